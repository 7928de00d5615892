"""Household visits: the second channel of the survey."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from linkage.db.tables import Consent, Need, Party, Person, SurveyImport, SurveyResponse
from linkage.errors import InvalidFile, Unknown
from linkage.rules.survey_respondent import Respondent
from linkage.rules.survey_visit import Visit
from linkage.stages.survey_visit import record_visit
from linkage.terms import Channel, NeedCategory, NeedState

NOW = datetime(2024, 7, 3, 9, 0, tzinfo=UTC)


def a_visit(**changed):
    """Build a visit with the committee to somebody who needs lunch."""
    values = {
        "key": "v-1",
        "visited_on": date(2024, 7, 3),
        "place": "east-1",
        "present_party": "committee-east",
        "has_consent": True,
        "needs": {NeedCategory.MEAL: 1},
        "respondent": Respondent(name="王奶奶", phone="13900000001", birth_year=1940),
        "needed_by_on": date(2024, 7, 20),
    }
    return Visit(**(values | changed))


def record(adopted, visit, **options):
    """Record a visit."""
    return adopted.run(
        lambda session: record_visit(session, adopted.project_id, visit, actor="centre", now=NOW, **options)
    )


def test_visit_is_heard_with_the_committee(adopted) -> None:
    """A visit enters a person, a consent, a dated need, and who of the committee went along."""
    record(adopted, a_visit())

    (response,), (need,), (entry,) = (adopted.all(table) for table in (SurveyResponse, Need, SurveyImport))
    (committee,) = adopted.all(Party, code="committee-east")
    assert response.present_party_id == committee.id
    assert (need.category, need.priority, need.needed_by_on) == (NeedCategory.MEAL, 4, date(2024, 7, 20))
    assert (entry.channel, entry.source) == (Channel.HOME_VISIT, "visits")
    assert [len(adopted.all(table)) for table in (Person, Consent)] == [1, 1]


def test_visit_twice_is_one_visit(adopted) -> None:
    """The same visit entered again changes nothing."""
    record(adopted, a_visit())
    record(adopted, a_visit())

    assert [len(adopted.all(table)) for table in (SurveyImport, SurveyResponse, Need)] == [1, 1, 1]


def test_visit_corrected_and_corrected_back(adopted) -> None:
    """A corrected visit is its newer word; correcting it back is one more word and no conflict."""
    for needs in ({NeedCategory.MEAL: 1}, {NeedCategory.ESCORT: 1}, {NeedCategory.MEAL: 1}):
        record(adopted, a_visit(needs=needs))

    assert {need.category: need.state for need in adopted.all(Need)} == {
        NeedCategory.MEAL: NeedState.OPEN,
        NeedCategory.ESCORT: NeedState.WITHDRAWN,
    }
    assert len(adopted.all(SurveyImport)) == 2


def test_visit_with_mistakes_writes_nothing(adopted) -> None:
    """A visit to nowhere is refused with its reason and leaves no row."""
    with pytest.raises(InvalidFile, match="1 mistakes"):
        record(adopted, a_visit(place="moon"))

    assert adopted.all(SurveyResponse) == []


def test_visit_needs_a_source_in_the_charter(adopt, charter_sections) -> None:
    """A charter without a home-visit source says so instead of inventing one; a named source is taken."""
    adopted = adopt(survey=charter_sections["survey"][:1])

    with pytest.raises(Unknown, match="no survey source for home visits"):
        record(adopted, a_visit())

    assert record(adopted, a_visit(), source="paper").needs_count == 1
