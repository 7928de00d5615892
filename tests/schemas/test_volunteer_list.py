"""A list of volunteers: every mistake is told at once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.errors import InvalidFile, UnreadableFile
from linkage.schemas.volunteer_list import check_volunteers, load_volunteers

SOUND = """\
volunteers:
  - name: 志愿者一
    code: V0001
    phone: "139 0000 0001"
    skills: [做饭]
    availability:
      - {weekday: 3, start: "09:00", end: "14:00"}
  - name: 志愿者二
"""


def test_a_sound_list_is_read(tmp_path: Path) -> None:
    """Spans become minutes of a weekday; what is not said stays open."""
    (tmp_path / "volunteers.yaml").write_text(SOUND, "utf-8")

    first, second = load_volunteers(tmp_path / "volunteers.yaml")

    assert (first.code, first.windows(), first.skills) == ("V0001", ((3, 540, 840),), ("做饭",))
    assert (second.code, second.windows(), second.phone) == (None, (), None)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "path", "told"),
    [
        ("name: 志愿者一", "nam: 志愿者一", 2, "volunteers[0].nam", "did you mean 'name'?"),
        ("code: V0001", "code: XV0001", 3, "volunteers[0].code", "V"),
        ("code: V0001", "code: V0001x", 3, "volunteers[0].code", "V"),
        ('"139 0000 0001"', '"call 139 0000 0001"', 4, "volunteers[0].phone", ""),
        ("weekday: 3", "weekday: 8", 7, "volunteers[0].availability[0].weekday", "7"),
        ('end: "14:00"', 'end: "08:00"', 7, "volunteers[0].availability[0]", "ends before it begins"),
        ("volunteers:", "- volunteers:", 1, "", "no list of volunteers"),
    ],
    ids=["misspelt-key", "code-begins-wrong", "code-ends-wrong", "phone", "weekday", "span", "no-mapping"],
)
def test_a_mistake_is_told_with_its_line(right: str, wrong: str, line: int, path: str, told: str) -> None:
    """What is wrong and what would be right, where it stands; codes and phones are matched whole."""
    listed, problems = check_volunteers(SOUND.replace(right, wrong, 1))

    assert listed is None
    assert (line, path) in {(problem.line, problem.path) for problem in problems}
    assert any(told in problem.message for problem in problems)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """A file is corrected in one go."""
    file = tmp_path / "volunteers.yaml"
    file.write_text(SOUND.replace("V0001", "one").replace("weekday: 3", "weekday: 0"), "utf-8")

    with pytest.raises(InvalidFile, match="2 mistakes; nothing was entered") as refused:
        load_volunteers(file)

    assert len(refused.value.reasons) == 2
    assert str(file) in refused.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path and the remedy are told."""
    with pytest.raises(UnreadableFile, match=r"missing\.yaml cannot be read: .*check the path"):
        load_volunteers(tmp_path / "missing.yaml")
