"""Check a charter file: everything wrong with it at once, each with its line and what would be right.

Syntax, values and rules across sections are told together in one list sorted by line. Whether the assessment
scheme exists is checked only when the caller says which schemes there are; nothing here reads configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from linkage.errors import InvalidFile, UnreadableFile
from linkage.schemas import charter_balance, charter_codes, charter_offers
from linkage.schemas.charter import Charter
from linkage.schemas.draft import Draft
from linkage.schemas.problem import Problem, in_order
from linkage.schemas.validation import read_record
from linkage.schemas.yaml_source import read_yaml

_RULES: Final[tuple[Callable[[Draft], None], ...]] = (
    charter_codes.check_duplicates,
    charter_codes.check_references,
    charter_balance.check_period,
    charter_balance.check_beneficiaries,
    charter_balance.check_claims,
    charter_balance.check_roles,
    charter_balance.check_consents,
    charter_balance.check_summary,
    charter_balance.check_pledge,
    charter_balance.check_budget,
    charter_balance.check_ratios,
    charter_balance.check_tranche_cycles,
    charter_balance.check_gates,
    charter_offers.check_contract_units,
    charter_offers.check_methods,
    charter_offers.check_eligibility,
    charter_offers.check_schedules,
    charter_offers.check_crews,
    charter_offers.check_matching,
    charter_offers.check_survey,
    charter_offers.check_simulation,
)


def check_charter(
    text: str | bytes, source: str = "charter", *, schemes: Collection[str] | None = None
) -> tuple[Charter | None, tuple[Problem, ...]]:
    """Read a charter and tell every problem.

    Parameters
    ----------
    text
        The file's content; bytes are decoded as UTF-8.
    source
        What the text is called in the message when it is no mapping at all, usually the file's name.
    schemes
        Codes of the configured assessment schemes; None leaves the scheme unchecked.

    Returns
    -------
    charter, problems
        The charter when it is sound, else None; the problems sorted by line, empty when it is sound.
    """
    read = read_yaml(text)
    if read.value is not None and not isinstance(read.value, dict):
        return None, (Problem(1, "", f"{source} is no charter: it must begin with 'charter: 1' and hold sections"),)
    charter, draft = read_record(read, Charter)
    if read.value is not None:
        for rule in _RULES:
            rule(draft)
        if schemes is not None:
            charter_codes.check_scheme(draft, schemes)
    problems = in_order(draft.problems)
    return (None if problems else charter), problems


def load_charter(path: Path | str, *, schemes: Collection[str] | None = None) -> Charter:
    """Read a sound charter from a file.

    Raises
    ------
    UnreadableFile
        The file does not exist or may not be read.
    InvalidFile
        The charter has mistakes; `reasons` holds one line for each.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"charter {path} cannot be read: {error.strerror}; check the path") from error
    charter, problems = check_charter(content, path.name, schemes=schemes)
    if charter is None:
        message = (
            f"charter {path} has {len(problems)} mistake{'s' * (len(problems) > 1)}; correct them and check it again"
        )
        raise InvalidFile(message, [str(problem) for problem in problems])
    return charter
