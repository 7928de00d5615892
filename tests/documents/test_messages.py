"""Messages are rendered from their own folder, and a template's mistake is told by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.documents.messages import render_message
from linkage.errors import TemplateFault


def a_message(folder: Path, title: str, body: str) -> Path:
    """Write one message's templates and return the folder of all messages."""
    own = folder / "delivery" / "record_due"
    own.mkdir(parents=True)
    (own / "title.txt").write_text(title, encoding="utf-8")
    (own / "body.txt").write_text(body, encoding="utf-8")
    return folder


def test_message_is_rendered_with_filters_and_one_line_title(tmp_path: Path) -> None:
    """The title fits a mail header even if a value brings a line break; the body keeps its lines."""
    folder = a_message(tmp_path, "{{ project }}：拨付\n", "金额 {{ amount_fen|yuan }}\n时长 {{ minutes|hours }}\n\n")

    assert render_message(
        folder, "delivery/record_due", {"project": "鼓楼\r\nBcc: x", "amount_fen": 123456, "minutes": 100}
    ) == ("鼓楼 Bcc: x：拨付", "金额 1,234.56 元\n时长 1 小时 40 分\n")


def test_message_values_are_never_template_code(tmp_path: Path) -> None:
    """A value that looks like a template, or like markup, is printed as it is."""
    folder = a_message(tmp_path, "{{ name }}", "{{ name }}")

    assert render_message(folder, "delivery/record_due", {"name": "{{7*7}}<b>"}) == ("{{7*7}}<b>", "{{7*7}}<b>\n")


@pytest.mark.parametrize(
    ("title", "body", "message"),
    [
        pytest.param(
            "t", "一\n{{ missing }}", r"delivery/record_due/body.txt, line 2: 'missing' is undefined", id="name"
        ),
        pytest.param("t", "{{ name.phone }}", r"body.txt, line 1: .*phone", id="attribute"),
        pytest.param("t", "\n\n{% for x in %}", r"body.txt, line 3", id="syntax"),
        pytest.param("t", "{{ name|nosuch }}", r"body.txt, line 1.*nosuch", id="filter"),
        pytest.param("t", "{{ name|yuan }}", r"body.txt, line 1", id="wrong-type"),
        pytest.param("{{ ''.__class__ }}", "b", r"title.txt, line 1", id="sandbox"),
        pytest.param(" ", "b", r"title.txt, line 1: it renders to nothing", id="empty-title"),
        pytest.param("t", "{% include '../../../secret.txt' %}", r"does not exist", id="outside"),
    ],
)
def test_message_fault_names_file_and_line(tmp_path: Path, title: str, body: str, message: str) -> None:
    """A template that does not render is told with its file, its line and what is missing."""
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    folder = a_message(tmp_path / "messages", title, body)

    with pytest.raises(TemplateFault, match=message):
        render_message(folder, "delivery/record_due", {"name": "甲"})


@pytest.mark.parametrize("kind", ["delivery/none", "../delivery/record_due", "delivery", ""])
def test_message_without_a_folder_is_refused(tmp_path: Path, kind: str) -> None:
    """An unknown message is never dropped in silence, and a name never leads out of the folder."""
    with pytest.raises(TemplateFault):
        render_message(tmp_path, kind, {})
