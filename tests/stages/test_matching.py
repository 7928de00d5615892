"""The matching stage: proposed, confirmed by a person, answered by the parties, concluded in four lists."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linkage.db.tables import FrozenList, Gap, Match, Need
from linkage.stages import lifecycle, matching, survey
from linkage.stages.matching_answers import answer_all, confirm
from linkage.stages.survey_import import import_responses
from linkage.terms import GapCause, MatchState, NeedCategory, NeedState, Stage

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def heard(adopted, an_answer, a_file):
    """Bring a project to matching: three want lunch where two fit, one wants an escort, one refused consent."""
    file = a_file(
        an_answer(1, ("午餐", "陪诊")),
        an_answer(2, ("午餐",), q7=("没人做饭",)),
        an_answer(3, ("午餐",), q4="花园里"),
        an_answer(4, ("米油",), q5="否"),
        an_answer(5, ("法律",)),
    )
    adopted.run(
        lambda session: import_responses(session, adopted.project_id, file, "paper", file_sha256="a" * 64, now=NOW)
    )
    adopted.enter(Stage.MATCHING)
    return adopted


def confirm_all(adopted, now=NOW, **options):
    return adopted.run(lambda session: confirm(session, adopted.project_id, actor="centre", now=now, **options))


def say(adopted, party, accepts=True, now=NOW, **options):
    return adopted.run(
        lambda session: answer_all(
            session, adopted.project_id, party, accepts=accepts, actor=party, now=now, **options
        ),
        now,
    )


def test_matching_true_path(heard) -> None:
    """Proposals are confirmed, offered, accepted; what nobody takes is a gap with its cause; four lists are frozen."""
    heard.step(matching)
    assert heard.shut(matching) == ["matches_confirmed", "concluded", "residents_answered"]
    confirm_all(heard)
    assert heard.shut(matching) == ["matches_answered", "concluded", "residents_answered"]
    assert [say(heard, party) for party in ("centre", "team", "shop")] == [2, 1, 0]

    heard.step(matching)

    assert heard.shut(matching) == []
    assert {match.state for match in heard.all(Match)} == {MatchState.ACCEPTED}
    causes = {gap.cause for gap in heard.all(Gap)}
    assert causes == {GapCause.CAPACITY_TAKEN, GapCause.NO_CONSENT, GapCause.NO_OFFER}
    urgent = [need for need in heard.all(Need, category=NeedCategory.MEAL) if need.priority == 8]
    assert [need.state for need in urgent] == [NeedState.ACCEPTED]
    assert len(heard.all(FrozenList)) == 4


def test_lifecycle_carries_survey_to_scheduling(adopted, an_answer, a_file) -> None:
    """Run inline, a project leaves survey and matching once people have closed, confirmed and accepted."""
    file = a_file(an_answer(1, ("午餐", "陪诊")))
    adopted.run(
        lambda session: import_responses(session, adopted.project_id, file, "paper", file_sha256="a" * 64, now=NOW)
    )
    outcomes = [lifecycle.run_inline(adopted.work, adopted.due, NOW).outcome]
    adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW))
    outcomes += [lifecycle.run_inline(adopted.work, adopted.due, NOW).outcome for _ in range(2)]
    confirm_all(adopted)
    say(adopted, "centre")
    say(adopted, "team")

    outcomes.append(lifecycle.run_inline(adopted.work, adopted.due, NOW).outcome)

    assert outcomes == ["waiting", "moved", "waiting", "moved"]
    assert adopted.due.stage is Stage.SCHEDULING
