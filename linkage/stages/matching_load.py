"""Reading a cycle's needs and services into the shape the matching rule decides on; it decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import Area, Community, Consent, Gap, Match, MatchRun, Need, Person, ServiceItem
from linkage.db.work import settings_of
from linkage.rules.matching import CommunityQuota, MatchRules, Pair
from linkage.rules.matching_pair import AskedNeed, MatchWeights, OfferedService
from linkage.rules.scheduling import PlanSpan, occurrences
from linkage.schemas.charter_party import Schedule
from linkage.stages.standing import Standing
from linkage.stages.working_calendar import calendar_for
from linkage.terms import MatchState, NeedCategory, NeedState

LIVE = (MatchState.PROPOSED, MatchState.OFFERED, MatchState.ACCEPTED)
"""A match in these states holds capacity and serves its need."""
REFUSED = (MatchState.DECLINED, MatchState.EXPIRED)
"""The provider will not take these units; the capacity behind them is gone for this cycle."""


@dataclass(frozen=True)
class Situation:
    """A cycle's needs and services, and what earlier rounds of its run left standing.

    Parameters
    ----------
    held
        Units of live matches, by need and service item.
    tried
        Pairs whose match was rejected, declined or left unanswered.
    lost
        Units so lost, by need and by how.
    """

    needs: tuple[AskedNeed, ...]
    services: tuple[OfferedService, ...]
    held: dict[Pair, int]
    tried: frozenset[Pair]
    lost: dict[int, Counter[MatchState]]

    @property
    def served(self) -> frozenset[int]:
        """The needs that hold at least one unit."""
        return frozenset(need_id for need_id, _ in self.held)


def run_of(session: Session, standing: Standing) -> MatchRun | None:
    """Find the match run of the present cycle."""
    return session.execute(
        select(MatchRun).where(MatchRun.project_id == standing.project.id, MatchRun.cycle == standing.project.cycle)
    ).scalar_one_or_none()


def situation_of(session: Session, standing: Standing, run: MatchRun | None, today: date) -> Situation:
    """Load what the rule decides on."""
    held: Counter[Pair] = Counter()
    refused: Counter[int] = Counter()
    lost: dict[int, Counter[MatchState]] = {}
    tried: set[Pair] = set()
    rows = session.execute(
        select(Match.need_id, Match.service_item_id, Match.state, Match.quantity).where(
            Match.match_run_id == (run.id if run is not None else None)
        )
    )
    for need_id, service_item_id, state, quantity in rows:
        if state in LIVE:
            held[need_id, service_item_id] += quantity
            continue
        tried.add((need_id, service_item_id))
        lost.setdefault(need_id, Counter())[state] += quantity
        if state in REFUSED:
            refused[service_item_id] += quantity
    needs = asked_needs(session, standing, today)
    services = offered_services(session, standing, today)
    return Situation(*_apart(needs, services, held, refused, tried), dict(held), frozenset(tried), lost)


def _apart(
    needs: Sequence[AskedNeed],
    services: Sequence[OfferedService],
    held: Mapping[Pair, int],
    refused: Mapping[int, int],
    tried: Collection[Pair],
) -> tuple[tuple[AskedNeed, ...], tuple[OfferedService, ...]]:
    """Take out of both sides what can no longer change: units refused, and units held on a pair that is closed."""
    asked = {need.need_id: need.quantity for need in needs}
    left = {
        service.service_item_id: service.remaining - refused.get(service.service_item_id, 0) for service in services
    }
    kept: Counter[int] = Counter()
    for (need_id, service_item_id), quantity in held.items():
        is_open = need_id in asked and service_item_id in left and (need_id, service_item_id) not in tried
        if is_open:
            kept[need_id] += quantity
            continue
        if need_id in asked:
            asked[need_id] -= quantity
        if service_item_id in left:
            left[service_item_id] -= quantity
    return (
        tuple(
            replace(need, quantity=max(asked[need.need_id], kept[need.need_id]))
            for need in needs
            if max(asked[need.need_id], kept[need.need_id]) > 0
        ),
        tuple(replace(service, remaining=max(left[service.service_item_id], 0)) for service in services),
    )


def asked_needs(session: Session, standing: Standing, today: date) -> tuple[AskedNeed, ...]:
    """List what is asked for in this cycle and not settled yet."""
    project = standing.project
    served = _served_before(session, standing)
    waited = _waited(session, standing)
    rows = session.execute(
        select(
            Need.id,
            Need.category,
            Need.quantity,
            Need.priority,
            Community.code,
            Area.code,
            Person.birth_year,
            Consent.id,
            Need.needed_by_on,
            Need.person_id,
        )
        .join(Community, Community.id == Need.community_id)
        .outerjoin(Area, Area.id == Need.area_id)
        .outerjoin(Person, Person.id == Need.person_id)
        .outerjoin(Consent, (Consent.id == Need.consent_id) & Consent.withdrawn_at.is_(None))
        .where(
            Need.project_id == project.id,
            Need.cycle == project.cycle,
            Need.state.in_((NeedState.OPEN, NeedState.MATCHED)),
        )
        .order_by(Need.id)
    )
    return tuple(
        AskedNeed(
            need_id=need_id,
            category=category,
            quantity=quantity,
            priority=priority,
            community=community,
            area=area,
            age=None if birth_year is None else today.year - birth_year,
            has_consent=consent_id is not None,
            needed_by_on=by_on,
            last_party_id=served.get((person_id, category)),
            waited_cycles=waited.get(need_id, 0),
        )
        for need_id, category, quantity, priority, community, area, birth_year, consent_id, by_on, person_id in rows
    )


def _served_before(session: Session, standing: Standing) -> dict[tuple[int | None, NeedCategory], int]:
    """List who served whom, in which category, in the cycle before."""
    rows = session.execute(
        select(Need.person_id, Need.category, ServiceItem.party_id)
        .select_from(Match)
        .join(MatchRun, MatchRun.id == Match.match_run_id)
        .join(Need, Need.id == Match.need_id)
        .join(ServiceItem, ServiceItem.id == Match.service_item_id)
        .where(
            Match.project_id == standing.project.id,
            MatchRun.cycle == standing.project.cycle - 1,
            Match.state == MatchState.ACCEPTED,
            Need.person_id.is_not(None),
        )
        .order_by(Match.id)
    )
    return {(person_id, category): party_id for person_id, category, party_id in rows}


def _waited(session: Session, standing: Standing) -> dict[int, int]:
    """Count for each need the earlier cycles that left it unmet."""
    rows = session.execute(
        select(Gap.need_id, func.count(Gap.match_run_id.distinct()))
        .where(Gap.project_id == standing.project.id)
        .group_by(Gap.need_id)
    )
    return dict(rows.all())


def offered_services(session: Session, standing: Standing, today: date) -> tuple[OfferedService, ...]:
    """List what is offered in this cycle; a service with no day left in it is not."""
    items = session.execute(
        select(ServiceItem).where(ServiceItem.project_id == standing.project.id).order_by(ServiceItem.id)
    ).scalars()
    found = (_service(session, standing, item, today) for item in items)
    return tuple(service for service in found if service is not None)


def _service(session: Session, standing: Standing, item: ServiceItem, today: date) -> OfferedService | None:
    terms = standing.charter.service_item(item.code)
    days = None if terms.schedule is None else _days(session, standing, terms.schedule, today)
    if days is not None and not days:
        return None
    return OfferedService(
        service_item_id=item.id,
        code=item.code,
        party_id=item.party_id,
        category=item.category,
        remaining=item.capacity_per_cycle,
        areas=frozenset(terms.areas),
        min_age=terms.eligibility.min_age,
        max_age=terms.eligibility.max_age,
        needs_consent=terms.eligibility.consent,
        first_on=days[0] if days else None,
        society=item.society,
    )


def _days(session: Session, standing: Standing, schedule: Schedule, today: date) -> tuple[date, ...]:
    cycle = standing.cycle
    span = PlanSpan(
        cycle=cycle.number,
        cycle_from_on=cycle.from_on,
        from_on=max(cycle.from_on, today + timedelta(days=1)),
        to_on=cycle.to_on,
    )
    return occurrences(schedule, span, calendar_for(settings_of(session), cycle.from_on, cycle.to_on))


def weights_of(session: Session) -> MatchWeights:
    """Return the weights an installation set."""
    return MatchWeights(area_mismatch=settings_of(session).matching.area_mismatch_cost)


def rules_of(session: Session, standing: Standing) -> MatchRules:
    """Return the project's own rules, and the installation's order of aims where the charter gives none."""
    terms = standing.charter.matching
    return MatchRules(
        objectives=terms.objectives or settings_of(session).matching.objectives,
        society_caps={cap.society: cap.max_units for cap in terms.society_caps},
        community_quotas={
            quota.community: CommunityQuota(quota.min_units, quota.max_units) for quota in terms.community_quotas
        },
    )


def names_of(session: Session, service_item_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of service items."""
    rows = session.execute(select(ServiceItem.id, ServiceItem.name).where(ServiceItem.id.in_(set(service_item_ids))))
    return dict(rows.all())
