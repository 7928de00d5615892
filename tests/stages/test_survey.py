"""The survey stage: carrying over, merging, closing, and who is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from linkage.db.audit import act
from linkage.db.tables import CommonIssue, Need, Person, Project, SurveyResponse
from linkage.errors import GateShut
from linkage.stages import survey
from linkage.stages.standing import standing_of
from linkage.stages.survey_import import import_responses
from linkage.terms import NeedCategory, NeedState, Stage

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)


def test_survey_true_path(adopted, an_answer, a_file) -> None:
    """An imported file becomes needs, needs become common issues, and the provider closes the survey."""
    file = a_file(an_answer(1, ("午餐", "陪诊")), an_answer(2, q4="花园里"), an_answer(3, q5="否"))
    adopted.run(
        lambda session: import_responses(session, adopted.project_id, file, "paper", file_sha256="a" * 64, now=NOW)
    )
    adopted.step(survey)
    assert adopted.shut(survey) == ["survey_closed"]

    adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW))

    assert adopted.shut(survey) == []
    assert len(adopted.all(SurveyResponse)) == 3
    assert [person.code for person in adopted.all(Person)] == ["R0001", "R0002"]
    assert {need.category for need in adopted.all(Need)} == {NeedCategory.MEAL, NeedCategory.ESCORT}
    assert all(need.state is NeedState.OPEN and need.common_issue_id for need in adopted.all(Need))
    assert len(adopted.all(CommonIssue)) == 3
    assert [code for code, _ in adopted.messages("survey/survey_closed")] == ["committee-east", "committee-west"]


def bring(adopted, file, sha="a"):
    """Import a file."""
    return adopted.run(
        lambda session: import_responses(session, adopted.project_id, file, "paper", file_sha256=sha * 64, now=NOW)
    )


def turn(adopted, states):
    """Begin the next cycle with the needs of the last one in these states, in order."""

    def change(session):
        for need, state in zip(session.execute(select(Need).order_by(Need.id)).scalars(), states, strict=True):
            need.state = state
        session.get_one(Project, adopted.project_id).cycle += 1
        act(session, "test.turned")

    adopted.run(change)
    adopted.enter(Stage.SURVEY)


def test_carry_over_opens_what_was_not_served(adopted, an_answer, a_file) -> None:
    """Unmet, late and accepted-but-never-served needs are open again in the next cycle; met and withdrawn are not."""
    bring(adopted, a_file(*(an_answer(number) for number in range(1, 6))))
    adopted.step(survey)
    states = [NeedState.UNMET, NeedState.MET, NeedState.WITHDRAWN, NeedState.OPEN, NeedState.ACCEPTED]
    turn(adopted, states)

    summary = adopted.step(survey)

    assert summary["carried_over"] == 3
    assert [(need.cycle, need.state.value) for need in adopted.all(Need)] == [
        (2, "open"),
        (1, "met"),
        (1, "withdrawn"),
        (2, "open"),
        (2, "open"),
    ]
    assert {need.asked_on.isoformat() for need in adopted.all(Need)} == {"2024-07-01"}
    assert adopted.shut(survey) == ["survey_closed"]


def test_carry_over_leaves_a_need_that_was_asked_again(adopted, an_answer, a_file) -> None:
    """Who asks again before the carry-over is heard once: the new need stands, the old one stays in its cycle."""
    bring(adopted, a_file(an_answer(1)))
    turn(adopted, [NeedState.UNMET])
    bring(adopted, a_file(an_answer(1, q7=("没人做饭",))), sha="b")

    adopted.step(survey)

    assert [(need.cycle, need.state.value, need.priority) for need in adopted.all(Need)] == [
        (1, "unmet", 2),
        (2, "open", 8),
    ]


def test_carry_over_happens_once(adopted, an_answer, a_file) -> None:
    """Running the stage again carries nothing over twice."""
    bring(adopted, a_file(an_answer(1)))
    turn(adopted, [NeedState.UNMET])
    adopted.step(survey)

    assert adopted.step(survey) == {}


def looked(adopted):
    """Return when the stage asks to be looked at again."""
    return adopted.look(lambda session: survey.next_look(session, standing_of(session, adopted.project_id), NOW))


def test_needs_gather_by_community_and_category(adopted, an_answer, a_file) -> None:
    """Needs of one kind in one community are one issue; a need heard later joins it."""
    bring(adopted, a_file(an_answer(1), an_answer(2, q4="东二"), an_answer(3, q4="花园里")))
    bring(adopted, a_file(an_answer(4)), sha="b")

    assert len(adopted.all(CommonIssue)) == 2
    assert len({need.common_issue_id for need in adopted.all(Need)}) == 2
    assert adopted.shut(survey) == ["survey_closed"]


def test_merge_takes_in_a_need_that_moved(adopted, an_answer, a_file) -> None:
    """A need that turned out to be of another community waits to be merged there, and the stage waits for it."""
    bring(adopted, a_file(an_answer(1)))
    bring(adopted, a_file(an_answer(1, q4="花园里")), sha="b")
    assert adopted.shut(survey) == ["merged", "survey_closed"]
    assert looked(adopted) == NOW

    assert adopted.step(survey)["merged_needs"] == 1

    west = adopted.all(CommonIssue)[1]
    assert [need.common_issue_id for need in adopted.all(Need)] == [west.id]
    assert looked(adopted) is None


def test_close_before_anything_was_heard_is_refused(adopted) -> None:
    """A survey that heard nobody cannot be closed."""
    with pytest.raises(GateShut, match="nothing was heard in cycle 1"):
        adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW))


def test_close_at_another_stage_is_refused(adopted, an_answer, a_file) -> None:
    """A survey is closed while the project stands at it."""
    bring(adopted, a_file(an_answer(1)))
    adopted.enter(Stage.DELIVERY)

    with pytest.raises(GateShut, match="stands at delivery"):
        adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW))


def test_close_twice_is_one_decision(adopted, an_answer, a_file) -> None:
    """Closing again is the same decision, and communities are told once, in counts."""
    bring(adopted, a_file(an_answer(1, ("午餐", "陪诊")), an_answer(2)))
    first, second = (
        adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW).id)
        for _ in range(2)
    )

    assert first == second
    (east, west) = adopted.messages("survey/survey_closed")
    assert "登记需求 3 条" in east[1]
    assert "助餐：2 条" in east[1]
    assert "没有登记需求" in west[1]
    assert not any(word in east[1] for word in ("居民1", "13800000001", "R0001"))


def test_close_tells_only_communities_with_a_committee(adopt, charter_sections, an_answer, a_file) -> None:
    """A place without a committee among the parties has nobody to be told."""
    parties = [one for one in charter_sections["parties"] if one["code"] != "committee-west"]
    adopted = adopt(parties=parties)
    bring(adopted, a_file(an_answer(1)))

    adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW))

    assert [code for code, _ in adopted.messages("survey/survey_closed")] == ["committee-east"]


def test_survey_where_nobody_needs_anything_was_still_heard(adopted, an_answer, a_file) -> None:
    """Answers that ask for nothing are answers: the stage may be left."""
    bring(adopted, a_file(an_answer(1, ())))
    adopted.step(survey)

    assert adopted.shut(survey) == ["survey_closed"]
