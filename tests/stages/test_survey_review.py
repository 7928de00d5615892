"""What a person looks at: free words to classify, sources that disagree."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linkage.db.tables import Need
from linkage.errors import Unknown
from linkage.stages.survey_import import import_responses
from linkage.stages.survey_review import classify_answer, conflicting_claims, unclassified
from linkage.terms import NeedCategory

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def waiting(adopted, an_answer, a_file):
    """Import one answer whose free words fit no keyword."""
    file = a_file(an_answer(1, q8="电灯坏了，吃饭也不方便"))
    adopted.run(
        lambda session: import_responses(session, adopted.project_id, file, "paper", file_sha256="a" * 64, now=NOW)
    )
    return adopted


def classify(adopted, needs):
    """Say what the waiting answer means."""
    (answer,) = adopted.look(lambda session: unclassified(session, adopted.project_id))
    return adopted.run(
        lambda session: classify_answer(session, answer.response_id, answer.question_key, needs, now=NOW, priority=4)
    )


def test_classify_adds_what_a_person_understood(waiting) -> None:
    """A person reads the words; what is not asked for yet becomes a need with the response's place and consent."""
    added = classify(waiting, {NeedCategory.REPAIR: 1, NeedCategory.MEAL: 1})

    meal, repair = waiting.all(Need)
    assert (added, repair.category, repair.priority) == (1, NeedCategory.REPAIR, 4)
    assert (repair.person_id, repair.area_id, repair.consent_id) == (meal.person_id, meal.area_id, meal.consent_id)
    assert waiting.look(lambda session: unclassified(session, waiting.project_id)) == ()


def test_classify_as_nothing_ends_the_waiting(waiting) -> None:
    """Words that ask for nothing are classified as nothing, once."""
    assert classify(waiting, {}) == 0
    assert waiting.look(lambda session: unclassified(session, waiting.project_id)) == ()


def test_classify_what_does_not_wait_is_refused(waiting) -> None:
    """An answer that does not wait to be classified is not classified."""
    with pytest.raises(Unknown, match="waits to be classified"):
        waiting.run(lambda session: classify_answer(session, 1, "6", {NeedCategory.MEAL: 1}, now=NOW))


def test_conflicting_claims_stand_side_by_side(adopted) -> None:
    """456 and 465 stay two values with two sources and a date; figures nobody disputes are not listed."""
    (conflict,) = adopted.look(lambda session: conflicting_claims(session, adopted.project_id))

    assert conflict.label == "在册党员人数"
    assert [(one.value, one.source, one.as_of) for one in conflict.values] == [
        ("456 人", "社区党委介绍", "2023"),
        ("465 人", "党员花名册", "2023"),
    ]
