"""The Jinja2 environments: one for pages, one for plain messages, and what a template's mistake is told as.

Both are sandboxed, escape what they must and treat an undefined name as an error. Templates hold loops,
conditions and filters only. A fault names the template file, its line and what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from linkage.documents import wording
from linkage.errors import TemplateFault
from linkage.rules.figures import percent_with_n

FILTERS = {
    "yuan": wording.yuan,
    "capital_yuan": wording.capital_yuan,
    "chinese_date": wording.chinese_date,
    "chinese_month": wording.chinese_month,
    "chinese_instant": wording.chinese_instant,
    "hours": wording.hours,
    "share": wording.share,
    "percent_with_n": percent_with_n,
    "thousands": wording.thousands,
}


def render_page(templates: Path, name: str, values: Mapping[str, object]) -> str:
    """Render an HTML page: everything put in is escaped.

    Raises
    ------
    TemplateFault
        As `render_text`.
    """
    return _render(_environment(templates, autoescape=True), templates, name, values)


def render_text(templates: Path, name: str, values: Mapping[str, object]) -> str:
    """Render plain text: nothing is escaped, for nothing reads it as markup.

    Raises
    ------
    TemplateFault
        The file is missing, is not a template, or asks for something the context does not have.
    """
    return _render(_environment(templates, autoescape=False), templates, name, values)


def _render(
    environment: ImmutableSandboxedEnvironment, templates: Path, name: str, values: Mapping[str, object]
) -> str:
    """Render one template and tell its mistakes by file and line."""
    try:
        return environment.get_template(name).render(values)
    except TemplateNotFound as error:
        raise TemplateFault(f"template {error.name} does not exist; add it or correct the name") from error
    except TemplateSyntaxError as error:
        raise TemplateFault(f"template {error.name or name}, line {error.lineno}: {error.message}") from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        file, line = _place(error.__traceback__, name, templates)
        raise TemplateFault(f"template {file}, line {line}: {error}") from error


@lru_cache(maxsize=16)
def _environment(templates: Path, *, autoescape: bool) -> ImmutableSandboxedEnvironment:
    """Build an environment once for each folder; a changed template is read again."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates, encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters.update(FILTERS)
    return environment


def _place(traceback: TracebackType | None, name: str, templates: Path) -> tuple[str, int]:
    """Find the innermost line of a template in a traceback; Jinja2 maps its frames to the template's own lines."""
    found = (name, 0)
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        if file.is_relative_to(templates):
            found = (file.relative_to(templates).as_posix(), traceback.tb_lineno)
        traceback = traceback.tb_next
    return found
