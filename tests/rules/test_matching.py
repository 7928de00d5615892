"""The best plan over all needs and services, its reasons, and its gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pytest

from linkage.errors import InvalidProblem
from linkage.rules.matching import CommunityQuota, MatchPlan, MatchRules, propose
from linkage.rules.matching_gap import PlannedGap, gaps_of_lost
from linkage.rules.matching_pair import AskedNeed, MatchWeights, OfferedService, cost, obstacles
from linkage.terms import GapCause, MatchObjective, MatchState, MatchStatus, NeedCategory, Society

TODAY = date(2024, 7, 1)
WEIGHTS = MatchWeights()


def a_need(need_id: int, **changed: Any) -> AskedNeed:
    """Build a need for one lunch in the east."""
    values: dict[str, Any] = {
        "category": NeedCategory.MEAL,
        "quantity": 1,
        "priority": 1,
        "community": "east",
        "area": "east-1",
        "age": 70,
    }
    return AskedNeed(need_id, **(values | changed))


def a_service(service_item_id: int, **changed: Any) -> OfferedService:
    """Build a lunch with one place."""
    values: dict[str, Any] = {
        "code": f"s{service_item_id}",
        "party_id": service_item_id,
        "category": NeedCategory.MEAL,
        "remaining": 1,
    }
    return OfferedService(service_item_id, **(values | changed))


def plan(needs: Sequence[AskedNeed], services: Sequence[OfferedService], **options: Any) -> MatchPlan:
    """Propose with the standard weights."""
    return propose(needs, services, WEIGHTS, today=TODAY, **({"seed": 1} | options))


def served(found: MatchPlan) -> set[tuple[int, int, int]]:
    """Return need, service and units of each match."""
    return {(one.need_id, one.service_item_id, one.quantity) for one in found.matches}


def test_propose_serves_the_urgent_whoever_came_first() -> None:
    """One place, two needs: the urgent one has it, though the other came first."""
    found = plan([a_need(1), a_need(2, priority=8)], [a_service(1)])

    assert served(found) == {(2, 1, 1)}
    assert [(gap.need_id, gap.cause) for gap in found.gaps] == [(1, GapCause.CAPACITY_TAKEN)]
    assert found.status is MatchStatus.OPTIMAL


def test_propose_does_not_depend_on_the_order_of_needs() -> None:
    """Equal needs are ordered by the seed and not by arrival; another seed may choose another of them."""
    needs = [a_need(number) for number in range(1, 9)]

    same = [served(plan(order, [a_service(1)])) for order in (needs, needs[::-1], needs[3:] + needs[:3])]
    chosen = {next(iter(served(plan(needs, [a_service(1)], seed=seed))))[0] for seed in range(12)}

    assert same[0] == same[1] == same[2]
    assert len(chosen) > 1


def test_propose_prefers_whoever_waited_a_cycle() -> None:
    """Of equal needs, the one that stayed unmet before is served now."""
    needs = [a_need(number) for number in range(1, 5)] + [a_need(9, waited_cycles=1)]

    assert served(plan(needs, [a_service(1)])) == {(9, 1, 1)}


def test_propose_looks_at_the_whole_and_not_at_the_next() -> None:
    """The need that could go to either service leaves the one place that the other need must have."""
    needs = [a_need(1), a_need(2, area="east-2")]
    services = [a_service(1, areas=frozenset({"east"})), a_service(2, areas=frozenset({"east-1"}))]

    assert served(plan(needs, services)) == {(1, 2, 1), (2, 1, 1)}


def test_propose_tells_why_each_match() -> None:
    """A match names its grounds and why the next best service was not taken."""
    (match,) = plan([a_need(1)], [a_service(1), a_service(2, areas=frozenset({"east-1"}))]).matches

    assert match.service_item_id == 2
    assert match.reasons[-1] == {"code": "choice", "cause": "costlier", "choices": 2, "rank": 1, "next": "s1"}


def test_propose_tells_an_only_choice() -> None:
    """Where there was no choice, the reason says so."""
    (match,) = plan([a_need(1)], [a_service(1)]).matches

    assert match.reasons[-1]["cause"] == "only_choice"
    assert match.reasons[-1]["next"] is None


@pytest.mark.parametrize(
    ("need", "services", "cause", "change"),
    [
        pytest.param({}, [], GapCause.NO_OFFER, {"change": "add_offer", "category": "meal", "by": 3}, id="no-offer"),
        pytest.param(
            {"has_consent": False},
            [a_service(1)],
            GapCause.NO_CONSENT,
            {"change": "obtain_consent", "service_item": "s1", "also": []},
            id="no-consent",
        ),
        pytest.param(
            {"has_consent": False},
            [a_service(1, areas=frozenset({"west"})), a_service(2)],
            GapCause.NO_CONSENT,
            {"change": "obtain_consent", "service_item": "s2", "also": []},
            id="the-nearest-service-tells",
        ),
        pytest.param(
            {"age": None},
            [a_service(1, areas=frozenset({"west"})), a_service(2, min_age=60)],
            GapCause.UNKNOWN_AGE,
            {"change": "record_age", "service_item": "s2", "also": []},
            id="the-cheaper-obstacle-tells",
        ),
        pytest.param(
            {"age": 50},
            [a_service(1, areas=frozenset({"west"}), min_age=60)],
            GapCause.OUT_OF_AREA,
            {"change": "extend_area", "service_item": "s1", "also": ["widen_age"]},
            id="two-obstacles",
        ),
        pytest.param(
            {},
            [a_service(1, remaining=0)],
            GapCause.NO_CAPACITY,
            {"change": "raise_capacity", "service_item": "s1", "by": 3},
            id="no-capacity",
        ),
    ],
)
def test_propose_tells_why_each_gap(
    need: dict[str, Any], services: list[OfferedService], cause: GapCause, change: dict[str, Any]
) -> None:
    """A gap has one cause and the smallest change that would meet it."""
    found = plan([a_need(1, quantity=3, **need)], services)

    assert [(gap.cause, gap.quantity, gap.change) for gap in found.gaps] == [(cause, 3, change)]
    assert found.gaps[0].reasons[0]["code"] == cause.value


def test_propose_tells_who_holds_what_a_need_lost() -> None:
    """A need that lost reads its own priority and that of those who have the places."""
    found = plan([a_need(1, priority=8), a_need(2, priority=4), a_need(3, priority=2)], [a_service(1, remaining=2)])

    assert found.gaps[0].reasons[0] == {
        "code": "capacity_taken",
        "priority": 2,
        "held_by": 2,
        "least_priority_held": 4,
        "decided_by": "unmet_priority",
    }


def test_propose_divides_a_need_over_services() -> None:
    """Three units may be met by two services; what is left is a gap of its size."""
    found = plan([a_need(1, quantity=3)], [a_service(1), a_service(2)])

    assert served(found) == {(1, 1, 1), (1, 2, 1)}
    assert [gap.quantity for gap in found.gaps] == [1]


def test_propose_keeps_what_is_held_and_adds_only_the_rest() -> None:
    """Units that a pair has already stay with it; only what is added is proposed."""
    needs = [a_need(1, quantity=2), a_need(2, priority=8)]

    found = plan(needs, [a_service(1, remaining=3)], held={(1, 1): 1})

    assert served(found) == {(1, 1, 1), (2, 1, 1)}


def test_propose_does_not_move_what_is_held() -> None:
    """A need that was accepted keeps its place against a more urgent one that came later."""
    found = plan([a_need(1), a_need(2, priority=8)], [a_service(1)], held={(1, 1): 1})

    assert served(found) == set()
    assert [(gap.need_id, gap.cause) for gap in found.gaps] == [(2, GapCause.CAPACITY_TAKEN)]


def test_propose_refuses_to_hold_more_than_there_is() -> None:
    """Units held beyond a service's capacity are a contradiction, told and not planned around."""
    with pytest.raises(InvalidProblem) as refusal:
        plan([a_need(1, quantity=2)], [a_service(1)], held={(1, 1): 2})

    assert refusal.value.reasons == ("offer_capacity 0: 2 > 1",)


def test_propose_tries_no_pair_again() -> None:
    """A pair that came to nothing is not proposed again; the need goes to another service or becomes a gap."""
    services = [a_service(1), a_service(2)]

    assert served(plan([a_need(1)], services, tried={(1, 1)})) == {(1, 2, 1)}
    (gap,) = plan([a_need(1)], services, tried={(1, 1), (1, 2)}).gaps
    assert (gap.cause, gap.change) == (GapCause.DECLINED, None)


def test_propose_shares_a_shortage_between_areas_where_asked() -> None:
    """With fairness among the objectives, two places go to two areas and not twice to the nearer one."""
    near = [a_need(number, area="east-1") for number in (1, 2)]
    far = [a_need(number, area=None, community="west") for number in (3, 4)]
    service = a_service(1, remaining=2, areas=frozenset({"east-1", "west"}))
    objectives = (MatchObjective.UNMET_PRIORITY, MatchObjective.UNFAIRNESS, MatchObjective.COST)

    plain = {need_id for need_id, _, _ in served(plan([*near, *far], [service]))}
    fair = {
        need_id
        for need_id, _, _ in served(plan([*near, *far], [service], rules=MatchRules(objectives=tuple(objectives))))
    }

    assert plain == {1, 2}
    assert len(fair & {1, 2}) == len(fair & {3, 4}) == 1


def test_propose_with_nothing_is_an_empty_plan() -> None:
    """No needs and no services give no matches and no gaps."""
    assert (plan([], []).matches, plan([], []).gaps) == ((), ())


def best_by_hand(needs: Sequence[AskedNeed], services: Sequence[OfferedService]) -> tuple[int, int]:
    """Try every plan of single units; return the least unmet priority and, with it, the least cost."""
    choices = [
        [
            None,
            *(
                index
                for index, one in enumerate(services)
                if one.category is need.category and not obstacles(need, one)
            ),
        ]
        for need in needs
    ]
    best = (10**9, 10**9)
    for chosen in product(*choices):
        taken = [chosen.count(index) for index in range(len(services))]
        if any(count > one.remaining for count, one in zip(taken, services, strict=True)):
            continue
        unmet = sum(need.priority for need, index in zip(needs, chosen, strict=True) if index is None)
        spent = sum(
            cost(need, services[index], WEIGHTS, TODAY)
            for need, index in zip(needs, chosen, strict=True)
            if index is not None
        )
        best = min(best, (unmet, spent))
    return best


@pytest.mark.parametrize("seed", range(25))
def test_propose_equals_trying_everything(seed: int) -> None:
    """On small cases the plan is as good as the best of all plans, and every unit is a match or a gap."""
    rng = np.random.default_rng(seed)
    categories = (NeedCategory.MEAL, NeedCategory.ESCORT)
    needs = [
        a_need(
            number,
            category=categories[rng.integers(2)],
            priority=int(rng.choice([1, 2, 4, 8])),
            area=f"east-{rng.integers(1, 3)}",
            age=int(rng.integers(50, 80)),
            has_consent=bool(rng.random() < 0.8),
            last_party_id=int(rng.integers(1, 4)),
        )
        for number in range(1, 7)
    ]
    services = [
        a_service(
            number,
            category=categories[rng.integers(2)],
            remaining=int(rng.integers(0, 3)),
            areas=frozenset({f"east-{rng.integers(1, 3)}"}) if rng.random() < 0.5 else frozenset(),
            min_age=60 if rng.random() < 0.3 else None,
            first_on=date(2024, 7, int(rng.integers(1, 20))),
        )
        for number in range(1, 5)
    ]

    found = plan(needs, services, seed=seed)

    by_need = {need.need_id: need for need in needs}
    by_item = {one.service_item_id: one for one in services}
    spent = sum(cost(by_need[one.need_id], by_item[one.service_item_id], WEIGHTS, TODAY) for one in found.matches)
    unmet = sum(by_need[gap.need_id].priority for gap in found.gaps)
    assert (unmet, spent) == best_by_hand(needs, services)
    assert sorted([one.need_id for one in found.matches] + [gap.need_id for gap in found.gaps]) == sorted(by_need)


GAP = PlannedGap(1, GapCause.CAPACITY_TAKEN, 3, [{"code": "capacity_taken"}], {"change": "raise_capacity"})
ALL_TRIED = replace(GAP, cause=GapCause.DECLINED, change=None)


@pytest.mark.parametrize(
    ("gap", "lost", "expected"),
    [
        pytest.param(GAP, {}, [(GapCause.CAPACITY_TAKEN, 3)], id="nothing-lost"),
        pytest.param(
            GAP, {MatchState.DECLINED: 2}, [(GapCause.DECLINED, 2), (GapCause.CAPACITY_TAKEN, 1)], id="part-declined"
        ),
        pytest.param(GAP, {MatchState.DECLINED: 5}, [(GapCause.DECLINED, 3)], id="never-more-than-the-gap"),
        pytest.param(
            GAP,
            {MatchState.REJECTED: 1, MatchState.EXPIRED: 1, MatchState.DECLINED: 1},
            [(GapCause.DECLINED, 1), (GapCause.EXPIRED, 1), (GapCause.REJECTED, 1)],
            id="one-of-each",
        ),
        pytest.param(ALL_TRIED, {MatchState.REJECTED: 1}, [(GapCause.REJECTED, 3)], id="all-services-tried"),
    ],
)
def test_gaps_of_lost_table(gap: PlannedGap, lost: dict[MatchState, int], expected: list[tuple[GapCause, int]]) -> None:
    """Units that were declined, left unanswered or rejected say so; the rest keeps its cause; the sum stays."""
    assert [(one.cause, one.quantity) for one in gaps_of_lost(gap, lost)] == expected


def test_gaps_of_lost_offer_to_ask_again() -> None:
    """Where nothing else would help, the change is to ask the provider again."""
    (gap,) = gaps_of_lost(ALL_TRIED, {MatchState.EXPIRED: 3})

    assert gap.change == {"change": "ask_again"}


AIMS = (MatchObjective.UNMET_PRIORITY, MatchObjective.COST)


def test_society_cap_leaves_units_to_the_others() -> None:
    """A society's services take no more together than its cap; what they could have taken names the cap as its cause."""
    services = [a_service(1, remaining=9, society=Society.VOLUNTEER), a_service(2, remaining=1)]
    found = plan(
        [a_need(number) for number in range(1, 5)],
        services,
        rules=MatchRules(AIMS, society_caps={Society.VOLUNTEER: 2}),
    )

    assert sorted(service for _, service, _ in served(found)) == [1, 1, 2]
    assert [gap.cause for gap in found.gaps] == [GapCause.SOCIETY_CAP]


def test_community_quota_goes_before_priority_and_ends_at_its_maximum() -> None:
    """A community gets its minimum though others are more urgent, and nothing beyond its maximum."""
    urgent = [a_need(number, priority=8) for number in (1, 2, 3)]
    others = [a_need(number, community="west", area=None) for number in (4, 5)]
    quotas = {"west": CommunityQuota(min_units=1), "east": CommunityQuota(max_units=2)}
    found = plan([*urgent, *others], [a_service(1, remaining=3)], rules=MatchRules(AIMS, community_quotas=quotas))
    roomy = plan([*urgent, *others], [a_service(1, remaining=9)], rules=MatchRules(AIMS, community_quotas=quotas))

    assert len(served(found) & {(4, 1, 1), (5, 1, 1)}) == 1
    assert found.objectives["quota_shortfall"] == {"value": 0, "bound": 0}
    assert {need for need, _, _ in served(roomy)} >= {4, 5}
    assert [gap.cause for gap in roomy.gaps] == [GapCause.COMMUNITY_QUOTA]


def test_continuity_keeps_the_last_provider_though_another_is_cheaper() -> None:
    """Where the project asks for continuity before cost, a need stays with who served it last."""
    need = a_need(1, last_party_id=2)
    services = [a_service(1, areas=frozenset({"east-1"})), a_service(2)]
    weights = MatchWeights(other_provider=0)

    def taken(*aims: MatchObjective) -> set[int]:
        rules = MatchRules((MatchObjective.UNMET_PRIORITY, *aims))
        return {
            service for _, service, _ in served(propose([need], services, weights, today=TODAY, seed=1, rules=rules))
        }

    assert taken(MatchObjective.COST) == {1}
    assert taken(MatchObjective.CONTINUITY, MatchObjective.COST) == {2}


def test_quota_shortfall_named_without_quotas_is_no_mistake() -> None:
    """An installation may name an aim that a project has no numbers for."""
    found = plan([a_need(1)], [a_service(1)], rules=MatchRules((MatchObjective.QUOTA_SHORTFALL, *AIMS)))

    assert served(found) == {(1, 1, 1)}
