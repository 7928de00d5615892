"""Seats that somebody left: offers lapse, and somebody else is asked, least recently asked first.

Shared by scheduling and delivery: a volunteer may decline before the cycle starts or give a seat back in the
middle of it (条例 art. 22). The seats of one shift are offered again a bounded number of times; then a person
is told, once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Activity, Effect, Shift, ShiftOffer
from linkage.db.work import Work
from linkage.rules.scheduling_replace import Vacancy, replace
from linkage.stages.seats import (
    LIVE,
    add_offers,
    candidates,
    first_day_that_counts,
    last_asked_at,
    limits_of,
    offered_shifts,
    spans_by_person,
    tell_offers,
)
from linkage.stages.standing import Standing
from linkage.stages.steps import StepReport
from linkage.stages.telling import tell_role
from linkage.terms import ActivityState, OfferState, PartyRole

VACATED: Final = (OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN)
SHORTEST_NOTICE: Final = timedelta(hours=2)
"""Nobody is asked for an activity that begins sooner than this; example, unverified."""


def expire(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    """Let offers lapse that were not answered in time; silence is never taken for consent."""
    rows = session.execute(
        select(ShiftOffer)
        .where(
            ShiftOffer.project_id == standing.project.id,
            ShiftOffer.state == OfferState.OFFERED,
            ShiftOffer.expires_at <= now,
        )
        .order_by(ShiftOffer.id)
    ).scalars()
    count = 0
    for row in rows:
        row.state = OfferState.EXPIRED
        row.answered_at = now
        count += 1
    if not count:
        return None
    act(session, "shift_offers.expired", project_id=standing.project.id, count=count)
    return StepReport({"expired": count})


def replace_vacated(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    """Ask somebody else for seats that were declined, lapsed or given back, where there is still time."""
    project = standing.project
    vacancies = _vacancies(session, standing, now)
    if not vacancies:
        return None
    found = replace(
        vacancies,
        candidates(session, project.id),
        spans_by_person(session, project.id, first_day_that_counts(min(vacancy.starts_at for vacancy in vacancies))),
        last_asked_at(session, project.id),
        limits_of(session),
    )
    if found.hopeless:
        _tell_hopeless(session, standing, found.hopeless, now)
    if not found.offers:
        return None
    add_offers(session, standing, found.offers, now, is_replacement=True)
    tell_offers(
        session,
        standing,
        "scheduling/replacement_asked",
        found.offers,
        key=f"replacement-{now:%Y%m%dT%H%M%S}",
        now=now,
    )
    act(session, "shift_offers.replaced", project_id=project.id, count=len(found.offers))
    return StepReport({"replaced": len(found.offers)})


def next_expiry(session: Session, project_id: int) -> datetime | None:
    """Return when the next open offer lapses."""
    return session.execute(
        select(func.min(ShiftOffer.expires_at)).where(
            ShiftOffer.project_id == project_id, ShiftOffer.state == OfferState.OFFERED
        )
    ).scalar_one()


def _vacancies(session: Session, standing: Standing, now: datetime) -> list[Vacancy]:
    """List released shifts ahead that somebody left and whose seats are not all taken or asked for."""
    left = (
        select(ShiftOffer.shift_id)
        .where(ShiftOffer.project_id == standing.project.id, ShiftOffer.state.in_(VACATED))
        .distinct()
    )
    rows = session.execute(
        select(Shift, Activity.starts_at, Activity.ends_at)
        .join(Activity, Activity.id == Shift.activity_id)
        .where(
            Shift.id.in_(left),
            Activity.state == ActivityState.RELEASED,
            Activity.starts_at > now + SHORTEST_NOTICE,
        )
        .order_by(Shift.id)
    ).all()
    asked: dict[int, list[tuple[int, OfferState, bool, datetime]]] = defaultdict(list)
    for shift_id, person_id, state, is_replacement, offered_at in session.execute(
        select(
            ShiftOffer.shift_id,
            ShiftOffer.person_id,
            ShiftOffer.state,
            ShiftOffer.is_replacement,
            ShiftOffer.offered_at,
        ).where(ShiftOffer.shift_id.in_([shift.id for shift, _, _ in rows]))
    ):
        asked[shift_id].append((person_id, state, is_replacement, offered_at))
    vacancies = []
    for shift, starts_at, ends_at in rows:
        own = asked[shift.id]
        missing = shift.target_count - sum(state in LIVE for _, state, _, _ in own)
        if missing > 0:
            vacancies.append(
                Vacancy(
                    shift_id=shift.id,
                    activity_id=shift.activity_id,
                    skill=shift.skill,
                    is_lead=shift.is_lead,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    missing_count=missing,
                    rounds=len({offered_at for _, _, is_replacement, offered_at in own if is_replacement}),
                    asked=frozenset(person_id for person_id, _, _, _ in own),
                )
            )
    return vacancies


def _tell_hopeless(session: Session, standing: Standing, shift_ids: Sequence[int], now: datetime) -> None:
    """Tell the provider which seats stay empty, each shift once."""
    project = standing.project
    keys = {f"unfilled-shift-{shift_id}": shift_id for shift_id in shift_ids}
    told = set(session.execute(select(Effect.effect_key).where(Effect.effect_key.in_(keys))).scalars())
    fresh = {key: shift_id for key, shift_id in keys.items() if key not in told}
    if not fresh:
        return
    insert_rows(
        session, Effect, [{"project_id": project.id, "effect_key": key, "done_at": now} for key in sorted(fresh)]
    )
    act(session, "shifts.unfilled", project_id=project.id, count=len(fresh))
    shifts = offered_shifts(session, fresh.values()).values()
    context: dict[str, Any] = {
        "count": len(fresh),
        "shifts": tuple(
            {"name": shift.name, "starts_at": shift.starts_at, "place": shift.place}
            for shift in sorted(shifts, key=lambda shift: (shift.starts_at, shift.shift_id))
        ),
    }
    kind, key = "scheduling/seats_unfilled", f"unfilled-{min(fresh.values())}-{len(fresh)}"
    tell_role(session, project, kind, PartyRole.PROVIDER, key=key, context=context, now=now)
