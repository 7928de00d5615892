"""The matching stage: proposed, confirmed by a person, answered by the parties, concluded in four lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from linkage.db.audit import act
from linkage.db.tables import (
    Decision,
    FrozenList,
    Gap,
    Match,
    MatchRun,
    Message,
    Need,
    Person,
    Project,
    ServiceItem,
)
from linkage.errors import AlreadyAnswered, GateShut, Unknown
from linkage.schemas.document import ListContext
from linkage.stages import lifecycle, matching, survey
from linkage.stages.matching_answers import answer, answer_all, confirm
from linkage.stages.people import withdraw_consents
from linkage.stages.standing import standing_of
from linkage.stages.survey_import import import_responses
from linkage.terms import ConsentPurpose, GapCause, ListKind, MatchState, NeedCategory, NeedState, Stage

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)
AFTER = NOW + timedelta(hours=73)


def bring(adopted, *answers, sha="a"):
    """Import some answers."""
    file = answers[0]
    return adopted.run(
        lambda session: import_responses(session, adopted.project_id, file, "paper", file_sha256=sha * 64, now=NOW)
    )


@pytest.fixture
def heard(adopted, an_answer, a_file):
    """Bring a project to matching: three want lunch where two fit, one an escort, one refused, one wants a lawyer."""
    file = a_file(
        an_answer(1, ("午餐", "陪诊")),
        an_answer(2, ("午餐",), q7=("没人做饭",)),
        an_answer(3, ("午餐",), q4="花园里"),
        an_answer(4, ("米油",), q5="否"),
        an_answer(5, ("法律",)),
    )
    bring(adopted, file)
    adopted.enter(Stage.MATCHING)
    return adopted


def confirm_all(adopted, now=NOW, **options):
    """Confirm what is proposed."""
    return adopted.run(lambda session: confirm(session, adopted.project_id, actor="centre", now=now, **options), now)


def say(adopted, party, accepts=True, now=NOW, **options):
    """Let a party answer everything it was offered."""
    return adopted.run(
        lambda session: answer_all(
            session, adopted.project_id, party, accepts=accepts, actor=party, now=now, **options
        ),
        now,
    )


def looked(adopted, now=NOW):
    """Return when the stage asks to be looked at again."""
    return adopted.look(lambda session: matching.next_look(session, standing_of(session, adopted.project_id), now))


def matches_of(adopted, code):
    """Return the matches of a service, by id."""
    (item,) = adopted.all(ServiceItem, code=code)
    return adopted.all(Match, service_item_id=item.id)


def gaps(adopted):
    """Return category, cause and quantity of each gap."""
    with adopted.work.read(adopted.organization_id) as session:
        rows = session.execute(select(Need.category, Gap.cause, Gap.quantity).join(Need, Need.id == Gap.need_id))
        return sorted((category.value, cause.value, quantity) for category, cause, quantity in rows)


def test_matching_true_path(heard) -> None:
    """Proposals are confirmed, offered, accepted; what nobody takes is a gap with its cause; four lists are frozen."""
    heard.step(matching)
    assert heard.shut(matching) == ["matches_confirmed", "concluded", "residents_answered"]
    assert looked(heard) is None
    confirm_all(heard)
    assert heard.shut(matching) == ["matches_answered", "concluded", "residents_answered"]
    assert looked(heard) == NOW + timedelta(hours=72)
    assert [say(heard, party) for party in ("centre", "team", "shop")] == [2, 1, 0]
    assert looked(heard) == NOW

    summary = heard.step(matching)

    assert heard.shut(matching) == []
    assert (summary["accepted"], summary["unmet"], summary["residents_answered"]) == (3, 3, 4)
    assert {match.state for match in heard.all(Match)} == {MatchState.ACCEPTED}
    assert gaps(heard) == [("goods", "no_consent", 1), ("legal", "no_offer", 1), ("meal", "capacity_taken", 1)]
    (urgent,) = [need for need in heard.all(Need, category=NeedCategory.MEAL) if need.priority == 8]
    assert urgent.state is NeedState.ACCEPTED
    assert {gap.noted_on.isoformat() for gap in heard.all(Gap)} == {"2024-07-01"}


def test_matching_again_changes_nothing(heard) -> None:
    """Every step run twice leaves the rows it left once (a tick after a crash)."""
    heard.step(matching)
    heard.step(matching)
    confirm_all(heard)
    for party in ("centre", "team"):
        say(heard, party)
        say(heard, party)
    heard.step(matching)
    before = [len(heard.all(table)) for table in (MatchRun, Match, Gap, FrozenList, Message, Decision)]

    assert heard.step(matching) == {}

    assert [len(heard.all(table)) for table in (MatchRun, Match, Gap, FrozenList, Message, Decision)] == before


def test_charter_orders_and_caps_the_matching(adopt, an_answer, a_file):
    """The project's own rules hold: its aims in their order, and a cap on one society that names itself as the cause."""
    rules = {
        "objectives": ["continuity", "unmet_priority", "cost"],
        "society_caps": [{"society": "social_organization", "max_units": 1}],
    }
    project = adopt(matching=rules)
    bring(project, a_file(an_answer(1), an_answer(2)))
    project.enter(Stage.MATCHING)
    project.step(matching)

    [run] = project.all(MatchRun)
    assert list(run.objectives) == rules["objectives"]
    confirm_all(project)
    say(project, "centre")
    project.step(matching)
    assert gaps(project) == [("meal", "society_cap", 1)]


def test_conclude_freezes_four_lists_without_a_name(heard) -> None:
    """Needs, services, responsibilities and gaps stand in lists that may be posted: no person, no code, no phone."""
    heard.step(matching)
    confirm_all(heard)
    say(heard, "centre")
    say(heard, "team")
    heard.step(matching)

    lists = {row.kind: ListContext.model_validate(row.body) for row in heard.all(FrozenList)}

    assert set(lists) == set(ListKind) - {ListKind.VACANCY_LIST}
    assert ("东社区", "一号院", "助餐", "2024-07-01", 8, 2, 2) in lists[ListKind.NEEDS_LIST].rows
    lunch = lists[ListKind.SERVICE_LIST].rows[0]
    assert (lunch[0], lunch[-3:]) == ("助餐点午餐", (2, 2, 0))
    duties = lists[ListKind.RESPONSIBILITY_LIST].rows
    assert ("邻里志愿服务队", "承接：陪同就医", "1 条需求，共 1 份", "2024-09-30") in duties
    assert ("西社区", "助餐", "容量已用于其他需求", "增加服务容量1份（助餐点午餐）", 1, 1) in lists[
        ListKind.GAP_LIST
    ].rows
    assert ("东社区", "物资", "本人未同意使用信息", "征得本人同意（爱心米油）", 1, 1) in lists[ListKind.GAP_LIST].rows
    text = "".join(one.model_dump_json() for one in lists.values())
    assert not any(word in text for word in ("居民", "13800000001", "R0001"))


def test_notices_tell_each_what_concerns_them(heard) -> None:
    """Parties read counts, communities their gaps, the purchaser totals, residents their own needs and no others."""
    heard.step(matching)
    confirm_all(heard)
    say(heard, "centre")
    say(heard, "team")
    heard.step(matching)

    told = {
        kind: heard.messages(f"matching/{kind}")
        for kind in ("confirmation_asked", "matches_offered", "gaps_found", "lists_ready", "need_answered")
    }

    assert {kind: [code for code, _ in notices] for kind, notices in told.items()} == {
        "confirmation_asked": ["centre"],
        "matches_offered": ["centre", "team"],
        "gaps_found": ["committee-east", "committee-west"],
        "lists_ready": ["street"],
        "need_answered": ["R0001", "R0002", "R0003", "R0004"],
    }
    assert "助餐点午餐：2 条，共 2 份" in told["matches_offered"][0][1]
    assert "2024年7月4日 09:00前" in told["matches_offered"][0][1]
    assert "法律咨询：1 条——没有此类服务" in told["gaps_found"][0][1]
    assert "登记需求 6 条" in told["lists_ready"][0][1]
    assert "法律咨询：暂未满足（没有此类服务）" in told["need_answered"][3][1]
    to_parties = "".join(body for kind, notices in told.items() if kind != "need_answered" for _, body in notices)
    assert not any(word in to_parties for word in ("居民1", "13800000001", "R0001"))


def test_declined_units_become_gaps_that_say_so(heard) -> None:
    """A party that declines leaves its needs unmet with that cause; nobody else could take them."""
    heard.step(matching)
    confirm_all(heard)
    say(heard, "centre")
    say(heard, "team", accepts=False, reason="人手不足")

    heard.step(matching)

    assert ("escort", "declined", 1) in gaps(heard)
    (match,) = matches_of(heard, "escort")
    assert (match.state, match.answer_reason) == (MatchState.DECLINED, "人手不足")
    assert [need.state for need in heard.all(Need, category=NeedCategory.ESCORT)] == [NeedState.UNMET]


def test_silence_expires_and_becomes_a_gap(heard) -> None:
    """An offer nobody answers in time expires; a word after that is refused."""
    heard.step(matching)
    confirm_all(heard)
    say(heard, "centre")
    (match,) = matches_of(heard, "escort")
    heard.step(matching, AFTER)

    assert ("escort", "expired", 1) in gaps(heard)
    with pytest.raises(AlreadyAnswered, match="expired"):
        heard.run(lambda session: answer(session, match.id, accepts=True, actor="team", now=AFTER))


def test_an_answer_after_its_time_is_refused_before_the_clock_was_looked_at(heard) -> None:
    """The time to answer ends by itself, not when the lifecycle happens to look."""
    heard.step(matching)
    confirm_all(heard)
    (match,) = matches_of(heard, "escort")

    with pytest.raises(AlreadyAnswered, match="the time to answer"):
        heard.run(lambda session: answer(session, match.id, accepts=True, actor="team", now=AFTER))
    assert say(heard, "team", now=AFTER) == 0


def test_declined_units_are_proposed_to_whoever_else_could(adopt, charter_sections, an_answer, a_file) -> None:
    """What one party declines is proposed to another, and a person confirms again."""
    second = charter_sections["services"][1] | {"code": "escort-2", "name": "专车陪诊", "party": "shop", "areas": []}
    adopted = adopt(services=[*charter_sections["services"], second])
    bring(adopted, a_file(an_answer(1, ("陪诊",))))
    adopted.enter(Stage.MATCHING)
    adopted.step(matching)
    confirm_all(adopted)
    say(adopted, "team", accepts=False)

    adopted.step(matching)
    assert adopted.shut(matching) == ["matches_confirmed", "concluded", "residents_answered"]
    confirm_all(adopted)
    say(adopted, "shop")
    adopted.step(matching)

    assert [(match.state, match.round_number) for match in adopted.all(Match)] == [
        (MatchState.DECLINED, 1),
        (MatchState.ACCEPTED, 2),
    ]
    assert gaps(adopted) == []
    assert adopted.shut(matching) == []
    keys = [row.decision_key for row in adopted.all(Decision) if row.kind.value == "confirm_matches"]
    assert keys == ["confirm_matches:cycle-1", "confirm_matches:cycle-1:round-2"]
    assert len(adopted.messages("matching/confirmation_asked")) == 2


def test_rejected_proposal_frees_its_place_for_another(heard) -> None:
    """A proposal that the provider does not adopt is not offered; its place goes to who was left out."""
    heard.step(matching)
    first = matches_of(heard, "lunch")
    confirm_all(heard, except_matches={first[0].id})
    assert [match.state for match in matches_of(heard, "lunch")] == [MatchState.REJECTED, MatchState.OFFERED]
    say(heard, "centre")
    say(heard, "team")

    heard.step(matching)
    confirm_all(heard)
    say(heard, "centre")
    heard.step(matching)

    states = [match.state for match in matches_of(heard, "lunch")]
    assert states == [MatchState.REJECTED, MatchState.ACCEPTED, MatchState.ACCEPTED]
    assert ("meal", "rejected", 1) in gaps(heard)


def test_a_need_heard_late_is_proposed_in_the_next_round(heard, an_answer, a_file) -> None:
    """Who answers while matching runs is proposed as soon as nothing waits, and not forgotten."""
    heard.step(matching)
    confirm_all(heard)
    say(heard, "centre")
    say(heard, "team")
    bring(heard, a_file(an_answer(6, ("米油",))), sha="b")

    heard.step(matching)

    assert [match.state for match in matches_of(heard, "goods")] == [MatchState.PROPOSED]


def test_a_need_withdrawn_before_confirmation_is_not_offered(heard, an_answer, a_file) -> None:
    """Nobody is sent to a person who no longer asks."""
    heard.step(matching)
    bring(heard, a_file(an_answer(1, ("午餐",))), sha="b")

    confirm_all(heard)

    assert [match.state for match in matches_of(heard, "escort")] == [MatchState.REJECTED]


def test_a_consent_withdrawn_before_matching_counts(heard) -> None:
    """Consent is asked of the row as it stands today, not as it stood at the import."""

    def withdraw(session):
        people = session.execute(select(Person.id)).scalars().all()
        withdraw_consents(session, people, purpose=ConsentPurpose.SERVICE, now=NOW)
        act(session, "test.withdrawn")

    heard.run(withdraw)
    heard.step(matching)

    assert heard.all(Match) == []
    assert {cause for _, cause, _ in gaps(heard)} == {GapCause.NO_CONSENT.value, GapCause.NO_OFFER.value}
    assert heard.shut(matching) == []


def test_nothing_asked_is_concluded_at_once(adopted, an_answer, a_file) -> None:
    """Without needs there is nothing to confirm: the lists say so and the stage may be left."""
    bring(adopted, a_file(an_answer(1, ())))
    adopted.enter(Stage.MATCHING)

    adopted.step(matching)

    assert adopted.shut(matching) == []
    assert len(adopted.all(FrozenList)) == 4


def test_a_matching_not_yet_run_waits_for_itself(heard) -> None:
    """Before the first step the stage asks to be looked at now and is not open."""
    assert heard.shut(matching) == ["proposed", "concluded", "residents_answered"]
    assert looked(heard) == NOW


def test_confirm_twice_is_one_decision(heard) -> None:
    """Confirming again changes nothing."""
    heard.step(matching)

    assert confirm_all(heard).id == confirm_all(heard).id


def test_confirm_before_a_proposal_is_refused(heard) -> None:
    """There is nothing to confirm before matching has run."""
    with pytest.raises(GateShut, match="no match is proposed in cycle 1"):
        confirm_all(heard)


def test_confirm_except_a_stranger_is_refused(heard) -> None:
    """An id that is not among the proposals is a mistake, and nothing is confirmed."""
    heard.step(matching)

    with pytest.raises(Unknown, match="match 999"):
        confirm_all(heard, except_matches={999})
    assert {match.state for match in heard.all(Match)} == {MatchState.PROPOSED}


def test_answer_before_confirmation_is_refused(heard) -> None:
    """A proposal is not an offer: a person confirms it first."""
    heard.step(matching)
    (match,) = matches_of(heard, "escort")

    with pytest.raises(GateShut, match="a person confirms it first"):
        heard.run(lambda session: answer(session, match.id, accepts=True, actor="team", now=NOW))


def test_answer_one_match_and_stay_with_it(heard) -> None:
    """A single match may be answered; the same word again is nothing, another word is refused."""
    heard.step(matching)
    confirm_all(heard)
    first = matches_of(heard, "lunch")[0]
    for _ in range(2):
        heard.run(lambda session: answer(session, first.id, accepts=True, actor="centre", now=NOW))

    with pytest.raises(AlreadyAnswered, match="answered before: accepted"):
        heard.run(lambda session: answer(session, first.id, accepts=False, actor="centre", now=NOW))
    assert say(heard, "centre") == 1
    assert len([row for row in heard.all(Decision) if row.kind.value == "answer_match"]) == 2


@pytest.mark.parametrize("party", ["street", "nobody"])
def test_answer_of_a_party_that_offers_nothing_is_refused(heard, party) -> None:
    """Only who offers may answer."""
    with pytest.raises(Unknown, match="offers nothing"):
        say(heard, party)


def test_answer_an_unknown_match_is_refused(heard) -> None:
    """A match that does not exist is not answered."""
    with pytest.raises(Unknown, match="no match with id 77"):
        heard.run(lambda session: answer(session, 77, accepts=True, actor="team", now=NOW))


def test_last_cycles_provider_is_kept(adopt, charter_sections, an_answer, a_file) -> None:
    """Of two equal services the one that served the person last cycle is proposed."""
    twin = charter_sections["services"][0] | {"code": "lunch-2", "party": "shop"}
    adopted = adopt(services=[twin, *charter_sections["services"]])
    bring(adopted, a_file(an_answer(1)))
    (item,) = adopted.all(ServiceItem, code="lunch")

    def serve(session):
        (need,) = session.execute(select(Need)).scalars()
        need.state = NeedState.MET
        run = MatchRun(project_id=adopted.project_id, cycle=1, status="optimal", objectives={}, seed=0, proposed_at=NOW)
        session.add(run)
        session.flush()
        session.add(
            Match(
                project_id=adopted.project_id,
                match_run_id=run.id,
                need_id=need.id,
                service_item_id=item.id,
                quantity=1,
                state=MatchState.ACCEPTED,
                reasons=[],
            )
        )
        session.get_one(Project, adopted.project_id).cycle = 2
        act(session, "test.served")

    adopted.run(serve)
    bring(adopted, a_file(an_answer(1, q7=("没人做饭",))), sha="b")
    adopted.enter(Stage.MATCHING)

    adopted.step(matching)

    (match,) = adopted.all(Match, state=MatchState.PROPOSED)
    assert match.service_item_id == item.id
    assert {"code": "same_provider"} in match.reasons


def test_a_service_with_no_day_left_is_not_offered(adopt, charter_sections, an_answer, a_file) -> None:
    """A festival whose only date lies in another cycle cannot meet a need in this one."""
    lunch = charter_sections["services"][0]
    festival = lunch | {"schedule": {"on_dates": ["2024-12-01"], "start": "10:00", "duration_minutes": 60}}
    adopted = adopt(services=[festival, *charter_sections["services"][1:]])
    bring(adopted, a_file(an_answer(1)))
    adopted.enter(Stage.MATCHING)

    adopted.step(matching)

    assert gaps(adopted) == [("meal", "no_offer", 1)]


def test_lifecycle_carries_survey_to_scheduling(adopted, an_answer, a_file) -> None:
    """Run inline, a project leaves survey and matching once people have closed, confirmed and accepted."""
    bring(adopted, a_file(an_answer(1, ("午餐", "陪诊"))))
    outcomes = [lifecycle.run_inline(adopted.work, adopted.due, NOW).outcome]
    adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW))
    outcomes += [lifecycle.run_inline(adopted.work, adopted.due, NOW).outcome for _ in range(2)]
    confirm_all(adopted)
    say(adopted, "centre")
    say(adopted, "team")

    outcomes.append(lifecycle.run_inline(adopted.work, adopted.due, NOW).outcome)

    assert outcomes == ["waiting", "moved", "waiting", "moved"]
    assert adopted.due.stage is Stage.SCHEDULING
