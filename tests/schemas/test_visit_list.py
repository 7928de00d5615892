"""A list of household visits: every mistake is told at once, with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import InvalidFile, UnreadableFile
from linkage.rules.survey_respondent import id_number, phone
from linkage.schemas.visit_list import PHONE_PATTERN, check_visits, load_visits
from linkage.terms import NeedCategory

SOUND = """\
visits:
  - key: visit-001
    visited_on: 2024-07-01
    place: east-1
    present_party: committee-east
    has_consent: true
    needs: {meal: 1, visit: 2}
    phone: "138 0000 0005"
    id_number: "11010519491231002X"
  - key: visit-002
    visited_on: 2024-07-02
    place: east-2
    has_consent: false
    needs: {escort: 1}
"""


def test_a_sound_list_is_read(tmp_path: Path) -> None:
    """Needs are categories with quantities; what is not said stays open."""
    (tmp_path / "visits.yaml").write_text(SOUND, "utf-8")

    first, second = load_visits(tmp_path / "visits.yaml")

    assert first.needs == {NeedCategory.MEAL: 1, NeedCategory.VISIT: 2}
    assert (first.visited_on, first.priority, first.has_consent) == (date(2024, 7, 1), 4, True)
    assert id_number(first.id_number) == first.id_number
    assert (second.present_party, second.phone, second.note) == (None, None, None)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "path"),
    [
        ("visited_on: 2024-07-01", "visited_on: 2024-07-32", 3, "visits[0].visited_on"),
        ("    has_consent: true\n", "", 2, "visits[0].has_consent"),
        ("meal: 1", "meal: 0", 7, "visits[0].needs.meal"),
        ("meal: 1", "meals: 1", 7, "visits[0].needs.meals"),
        ('"138 0000 0005"', '"238 0000 0005"', 8, "visits[0].phone"),
        ("1231002X", "12310021", 9, "visits[0].id_number"),
        ("1231002X", "1231002", 9, "visits[0].id_number"),
        ("visit-002", "visit-001", 10, "visits[1].key"),
        ("visits:", "visit:", 1, "visit"),
    ],
    ids=["date", "no-consent-said", "quantity", "category", "phone", "check-digit", "short-id", "twice", "heading"],
)
def test_a_mistake_is_told_with_its_line(right: str, wrong: str, line: int, path: str) -> None:
    """Each mistake stands where it was made."""
    assert right in SOUND
    listed, problems = check_visits(SOUND.replace(right, wrong, 1))

    assert listed is None
    assert [(problem.line, problem.path) for problem in problems] == [(line, path)]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """A file is corrected in one go, and none of it is entered before."""
    file = tmp_path / "visits.yaml"
    file.write_text(SOUND.replace("visit-002", "visit-001").replace("1231002X", "12310021"), "utf-8")

    with pytest.raises(InvalidFile, match="2 mistakes; nothing was entered") as refused:
        load_visits(file)

    assert "line 10: visits[1].key: 'visit-001' stands on line 2 too; give each visit its own" in refused.value.reasons
    assert str(file) in refused.value.message


def test_a_file_that_is_not_there_or_is_no_list_is_refused(tmp_path: Path) -> None:
    """The path and the remedy are told."""
    with pytest.raises(UnreadableFile, match=r"missing\.yaml cannot be read: .*check the path"):
        load_visits(tmp_path / "missing.yaml")
    assert "no list of visits" in check_visits("- 1\n")[1][0].message


@given(st.from_regex(PHONE_PATTERN, alphabet=st.sampled_from("0123456789 -+")))
def test_a_phone_the_file_may_hold_is_one_the_rules_can_read(written: str) -> None:
    """What passes here is never lost when the visit is entered."""
    assert phone(written.strip()) is not None
