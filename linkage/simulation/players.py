"""The parties of a simulated project: what each does when it is its turn.

Each function plays one party through the use case that party would use, and is called only for a condition that
waits for it. The players decide by the world's rates; the software never asks them how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from linkage.db.tables import Match, Party, ProjectParty, ServiceItem, ShiftOffer
from linkage.db.work import Work
from linkage.rules.assessment import judged_raters
from linkage.schemas.rubric import Indicator
from linkage.simulation.visits import visits_of_cycle
from linkage.simulation.world import World
from linkage.stages import (
    assessment,
    assessment_sheet,
    delivery,
    disbursement,
    matching_answers,
    reporting,
    scheduling,
    survey,
)
from linkage.stages.delivery_flags import clear_flag, waiting_flags
from linkage.stages.scheduling_answers import answer_all
from linkage.stages.standing import Condition, standing_of
from linkage.stages.survey_visit import record_visit
from linkage.terms import MatchState, OfferState, PartyRole, RaterKind

_PROVIDER_ACCEPTS = 0.97
_ROLE_OF_RATER = {
    RaterKind.PURCHASER: PartyRole.PURCHASER,
    RaterKind.COMMUNITY: PartyRole.COMMUNITY,
    RaterKind.THIRD_PARTY: PartyRole.ASSESSOR,
    RaterKind.PROVIDER: PartyRole.PROVIDER,
}


@dataclass(frozen=True)
class Table:
    """The project all players sit around."""

    work: Work
    world: World
    organization_id: int
    project_id: int

    def actor(self, role: PartyRole) -> str:
        """Return the code of the first party with a role."""
        with self.work.read(self.organization_id) as session:
            query = (
                select(Party.code)
                .join(ProjectParty, ProjectParty.party_id == Party.id)
                .where(ProjectParty.project_id == self.project_id, ProjectParty.role == role)
                .order_by(Party.id)
            )
            return session.execute(query).scalars().first() or role.value


def close_survey(table: Table, now: datetime) -> None:
    """The provider visits a few households with the committee, then ends the survey."""
    actor = table.actor(PartyRole.PROVIDER)
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        cycle = standing_of(session, table.project_id).project.cycle
        for visit in visits_of_cycle(table.world, cycle, now):
            record_visit(session, table.project_id, visit, actor=actor, now=now)
        survey.close(session, table.project_id, actor=actor, now=now)


def confirm_matches(table: Table, now: datetime) -> None:
    """The provider's social worker confirms the proposals."""
    actor = table.actor(PartyRole.PROVIDER)
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        matching_answers.confirm(session, table.project_id, actor=actor, now=now)


def answer_matches(table: Table, now: datetime) -> None:
    """Each party that offers accepts, now and then one declines what it was sent."""
    draw = table.world.stream(f"answer-matches|{now:%Y-%m-%d}")
    with table.work.read(table.organization_id) as session:
        asked = (
            select(Party.code)
            .join(ServiceItem, ServiceItem.party_id == Party.id)
            .join(Match, Match.service_item_id == ServiceItem.id)
            .where(Match.project_id == table.project_id, Match.state == MatchState.OFFERED)
            .distinct()
        )
        parties = sorted(session.execute(asked).scalars())
    for party in parties:
        with table.work.begin(table.organization_id, actor=party, now=now) as session:
            matching_answers.answer_all(
                session,
                table.project_id,
                party,
                accepts=bool(draw.random() < _PROVIDER_ACCEPTS),
                actor=party,
                now=now,
            )


def review_activities(table: Table, now: datetime) -> None:
    """The provider reviews and releases the planned activities."""
    actor = table.actor(PartyRole.PROVIDER)
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        scheduling.review(session, table.project_id, actor=actor, now=now)


def answer_shifts(table: Table, now: datetime) -> None:
    """Each volunteer answers every offer of theirs."""
    with table.work.read(table.organization_id) as session:
        query = select(ShiftOffer.id, ShiftOffer.person_id).where(
            ShiftOffer.project_id == table.project_id,
            ShiftOffer.state == OfferState.OFFERED,
            ShiftOffer.expires_at > now,
        )
        rows = session.execute(query.order_by(ShiftOffer.person_id, ShiftOffer.id)).all()
    offers: dict[int, list[int]] = {}
    for offer_id, person_id in rows:
        offers.setdefault(person_id, []).append(offer_id)
    ratio = table.world.rates.acceptance_ratio
    for person_id, ids in offers.items():
        draw = table.world.stream(f"answer-shifts|{person_id}|{ids[0]}")
        words = {offer_id: bool(draw.random() < ratio) for offer_id in ids}
        with table.work.begin(table.organization_id, actor=f"person-{person_id}", now=now) as session:
            answer_all(session, table.project_id, person_id, accepts=words, actor=f"person-{person_id}", now=now)


def clear_flags(table: Table, now: datetime) -> None:
    """A social worker looks into each flagged record and writes down why it stands."""
    actor = table.actor(PartyRole.PROVIDER)
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        for flag in waiting_flags(session, table.project_id):
            clear_flag(
                session,
                flag.subject,
                flag.subject_id,
                justification="电话核实：本人全程在场，离开时忘记签退",
                actor=actor,
                now=now,
                minutes=flag.minutes or 60,
            )


def close_delivery(table: Table, now: datetime) -> None:
    """The provider closes the cycle's delivery."""
    actor = table.actor(PartyRole.PROVIDER)
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        delivery.close_delivery(session, table.project_id, actor=actor, now=now)


def adopt_report(table: Table, now: datetime) -> None:
    """The provider reads the report and adopts it."""
    actor = table.actor(PartyRole.PROVIDER)
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        reporting.adopt_report(session, table.project_id, actor=actor, now=now)


def score(table: Table, now: datetime) -> None:
    """Each rater who has not scored fills in a sheet, mostly content."""
    with table.work.read(table.organization_id) as session:
        standing = standing_of(session, table.project_id)
        rubric = assessment_sheet.rubric_of(standing)
        waits = {condition.code for condition in assessment.conditions(session, standing, now) if not condition.is_open}
    for rater in judged_raters(rubric):
        if f"scored.{rater.value}" not in waits:
            continue
        draw = table.world.stream(f"score|{rater.value}|{now:%Y-%m}")
        lines = [line for line in rubric.indicators_of(rater) if line.source.judged]
        points = {line.code: _points(line, float(draw.uniform(0.84, 0.98))) for line in lines}
        role = _ROLE_OF_RATER.get(rater)
        actor = rater.value if role is None else table.actor(role)
        with table.work.begin(table.organization_id, actor=actor, now=now) as session:
            assessment_sheet.submit(session, table.project_id, rater, points, actor=actor, is_unrelated=True, now=now)


def _points(line: Indicator, share: float) -> Decimal:
    """Give a line a share of its points in halves, or the best of the levels a rater may choose from."""
    if line.source.levels:
        return max(level.points for level in line.source.levels)
    return (Decimal(round(share * float(line.max_points) * 2)) / 2).quantize(Decimal("0.1"))


def accept_rectification(table: Table, now: datetime) -> None:
    """The assessor accepts what was put right."""
    actor = table.actor(PartyRole.ASSESSOR)
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        assessment_sheet.accept_rectification(
            session, table.project_id, actor=actor, statement="整改完成，予以验收", now=now
        )


def deliver_documents(table: Table, tranche: str, now: datetime) -> None:
    """The provider hands over every paper a tranche asks for."""
    actor = table.actor(PartyRole.PROVIDER)
    names = table.world.charter.tranche(tranche).documents
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        disbursement.deliver_documents(session, table.project_id, tranche, names, actor=actor, now=now)


def approve_tranche(table: Table, tranche: str, now: datetime) -> None:
    """The purchaser approves a tranche whose other gates are open."""
    actor = table.actor(PartyRole.PURCHASER)
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        disbursement.answer_tranche(session, table.project_id, tranche, is_approved=True, actor=actor, now=now)


_TURNS: dict[str, Callable[[Table, datetime], None]] = {
    "survey_closed": close_survey,
    "matches_confirmed": confirm_matches,
    "matches_answered": answer_matches,
    "activities_reviewed": review_activities,
    "offers_answered": answer_shifts,
    "flags_cleared": clear_flags,
    "delivery_closed": close_delivery,
    "report_adopted": adopt_report,
    "rectified": accept_rectification,
}


def play(table: Table, condition: Condition, now: datetime) -> bool:
    """Do what a condition waits for; False if nobody at this table can."""
    if condition.code.startswith("scored."):
        score(table, now)
        return True
    turn = _TURNS.get(condition.code)
    if turn is not None:
        turn(table, now)
        return True
    tranche, _, gate = condition.code.partition(".")
    if gate == "documents":
        deliver_documents(table, tranche, now)
    elif gate == "approval":
        approve_tranche(table, tranche, now)
    else:
        return False
    return True
