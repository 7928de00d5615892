"""The survey stage: carrying over, merging, closing, and who is told."""

from __future__ import annotations

from datetime import UTC, datetime

from linkage.db.tables import CommonIssue, Need, Person, SurveyResponse
from linkage.stages import survey
from linkage.stages.survey_import import import_responses
from linkage.terms import NeedCategory, NeedState

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
