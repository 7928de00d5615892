"""Disbursement: the gates of each tranche, and its release, exactly once.

The gates are looked at whenever a project is looked at, in whatever stage: a tranche of initiation falls due at
once, and a purchaser may approve a tranche while the next cycle's service is under way. Service never waits for
money; only the last cycle does.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Assessment, Decision, Effect, Gate, MoneyEntry, Party, ProjectParty, Tranche
from linkage.db.tables.ledger import MoneyKind
from linkage.db.work import Work
from linkage.errors import GateShut, Unknown
from linkage.rules import disbursement as rules
from linkage.schemas.draft import suggestion
from linkage.stages.standing import Condition, Standing, decide, standing_of
from linkage.stages.steps import StepReport, Table, each_time
from linkage.stages.telling import tell_role
from linkage.terms import DecisionKind, GateKind, PartyRole, Stage, TrancheState

_LATE_STAGES = (Stage.ASSESSMENT, Stage.DISBURSEMENT)


def find_tranche(session: Session, standing: Standing, code: str) -> Tranche:
    """Find a tranche by code.

    Raises
    ------
    Unknown
        With the nearest code, or the tranches there are.
    """
    rows = {row.code: row for row in tranches(session, standing)}
    if code not in rows:
        raise Unknown(f"project {standing.project.code} has no tranche {code!r}; {suggestion(code, rows)}")
    return rows[code]


def tranches(session: Session, standing: Standing) -> tuple[Tranche, ...]:
    """List a project's tranches in order."""
    query = select(Tranche).where(Tranche.project_id == standing.project.id).order_by(Tranche.ordinal)
    return tuple(session.execute(query).scalars())


def gates(session: Session, tranche: Tranche) -> tuple[Gate, ...]:
    """List a tranche's gates."""
    query = select(Gate).where(Gate.tranche_id == tranche.id).order_by(Gate.id)
    return tuple(session.execute(query).scalars())


def _is_due(standing: Standing, tranche: Tranche) -> bool:
    project = standing.project
    reached = project.cycle == tranche.cycle and project.stage in _LATE_STAGES
    return tranche.cycle == 0 or project.cycle > tranche.cycle or reached


def _view(session: Session, standing: Standing, tranche: Tranche) -> rules.TrancheView:
    held = gates(session, tranche)
    return rules.TrancheView(
        code=tranche.code,
        amount_fen=tranche.amount_fen,
        state=tranche.state,
        gates=tuple(gate.kind for gate in held),
        open_gates=frozenset(gate.kind for gate in held if gate.opened_at is not None),
        is_due=_is_due(standing, tranche),
    )


def _decisions(session: Session, standing: Standing, kind: DecisionKind) -> tuple[Decision, ...]:
    query = select(Decision).where(Decision.project_id == standing.project.id, Decision.kind == kind)
    return tuple(session.execute(query.order_by(Decision.id)).scalars())


def delivered_documents(session: Session, standing: Standing, tranche_code: str) -> frozenset[str]:
    """List the papers handed over for a tranche."""
    handed = _decisions(session, standing, DecisionKind.DELIVER_DOCUMENTS)
    return frozenset(row.detail["document"] for row in handed if row.detail["tranche"] == tranche_code)


def deliver_documents(
    session: Session,
    project_id: int,
    tranche_code: str,
    documents: tuple[str, ...],
    *,
    actor: str,
    now: datetime,
) -> tuple[str, ...]:
    """Record that papers were handed over for a tranche; return those still missing.

    Raises
    ------
    Unknown
        If the tranche asks for no such paper.
    """
    standing = standing_of(session, project_id)
    find_tranche(session, standing, tranche_code)
    asked = standing.charter.tranche(tranche_code).documents
    foreign = [name for name in documents if name not in asked]
    if foreign:
        message = f"tranche {tranche_code} asks for no {', '.join(foreign)}; it asks for {', '.join(asked) or 'none'}"
        raise Unknown(message)
    for name in documents:
        decide(
            session,
            standing,
            DecisionKind.DELIVER_DOCUMENTS,
            key=f"deliver_documents:{tranche_code}:{name}"[:120],
            verdict="delivered",
            actor=actor,
            now=now,
            detail={"tranche": tranche_code, "document": name},
        )
    session.flush()
    return rules.missing_documents(asked, delivered_documents(session, standing, tranche_code))


def answer_tranche(
    session: Session,
    project_id: int,
    tranche_code: str,
    *,
    is_approved: bool,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Record the purchaser's approval or refusal of a tranche; a refusal may be followed by an approval.

    Raises
    ------
    GateShut
        If another gate is still shut, or the one who acts is not a purchaser of the project.
    """
    standing = standing_of(session, project_id)
    tranche = find_tranche(session, standing, tranche_code)
    _require_purchaser(session, standing, actor)
    _open_gates(session, standing, now)
    view = _view(session, standing, tranche)
    if not view.is_due:
        message = (
            f"tranche {tranche_code} falls due after cycle {tranche.cycle}; the project is in {standing.project.cycle}"
        )
        raise GateShut(message)
    shut = rules.may_approve(view)
    if is_approved and shut:
        message = f"tranche {tranche_code} cannot be approved yet"
        reasons = tuple(f"{kind.value}: waits for {rules.WHOSE_TURN[kind].value}" for kind in shut)
        raise GateShut(message, reasons)
    earlier = [row for row in _approvals(session, standing, tranche_code) if row.verdict == "refused"]
    decide(
        session,
        standing,
        DecisionKind.APPROVE_TRANCHE,
        key=f"approve_tranche:{tranche_code}:{len(earlier) + 1}",
        verdict="approved" if is_approved else "refused",
        actor=actor,
        now=now,
        reason=reason,
        detail={"tranche": tranche_code},
    )


def _approvals(session: Session, standing: Standing, tranche_code: str) -> tuple[Decision, ...]:
    taken = _decisions(session, standing, DecisionKind.APPROVE_TRANCHE)
    return tuple(row for row in taken if row.detail["tranche"] == tranche_code)


def _require_purchaser(session: Session, standing: Standing, actor: str) -> None:
    query = (
        select(Party.code)
        .join(ProjectParty, ProjectParty.party_id == Party.id)
        .where(ProjectParty.project_id == standing.project.id, ProjectParty.role == PartyRole.PURCHASER)
    )
    purchasers = tuple(session.execute(query).scalars())
    if actor not in purchasers:
        message = f"{actor} is not a purchaser of {standing.project.code}; only {', '.join(purchasers)} may approve"
        raise GateShut(message)


def _evidence(
    session: Session, standing: Standing, tranche: Tranche, kind: GateKind
) -> tuple[str, dict[str, object]] | None:
    """Return who opened a gate and on what, or None while it stays shut."""
    if kind is GateKind.RESULT:
        query = select(Assessment).where(Assessment.tranche_id == tranche.id).order_by(Assessment.attempt.desc())
        latest = session.execute(query.limit(1)).scalar_one_or_none()
        if latest is None or not latest.is_passed:
            return None
        return "assessor", {
            "assessment_id": latest.id,
            "score_hundredths": latest.score_hundredths,
            "band": latest.band,
        }
    if kind is GateKind.DOCUMENTS:
        asked = standing.charter.tranche(tranche.code).documents
        handed = delivered_documents(session, standing, tranche.code)
        if rules.missing_documents(asked, handed):
            return None
        return "provider", {"documents": sorted(handed)}
    taken = _approvals(session, standing, tranche.code)
    if not taken or taken[-1].verdict != "approved":
        return None
    return taken[-1].actor, {"decision_id": taken[-1].id}


def _open_gates(session: Session, standing: Standing, now: datetime) -> int:
    opened = 0
    for tranche in tranches(session, standing):
        if tranche.state is not TrancheState.LOCKED or not _is_due(standing, tranche):
            continue
        for gate in gates(session, tranche):
            if gate.waiting_since_at is None:
                gate.waiting_since_at = now
                act(session, "gate.due", project_id=standing.project.id, tranche=tranche.code, gate=gate.kind.value)
            if gate.opened_at is not None:
                continue
            evidence = _evidence(session, standing, tranche, gate.kind)
            if evidence is None:
                continue
            gate.opened_by, gate.evidence = evidence
            gate.opened_at = now
            opened += 1
            act(session, "gate.opened", project_id=standing.project.id, tranche=tranche.code, gate=gate.kind.value)
    session.flush()
    return opened


def _release(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport:
    """Open the gates that can open and pay what may be paid; each payment leaves its effect row beside it."""
    opened = _open_gates(session, standing, now)
    rows = {tranche.code: tranche for tranche in tranches(session, standing)}
    total = session.execute(
        select(func.coalesce(func.sum(MoneyEntry.amount_fen), 0)).where(MoneyEntry.project_id == standing.project.id)
    ).scalar_one()
    due = rules.releases(
        [_view(session, standing, tranche) for tranche in rows.values()],
        released_fen=int(total),
        contract_fen=standing.charter.budget.total_fen,
    )
    for release in due:
        _pay(session, standing, rows[release.tranche], now)
    if not due and not opened:
        return StepReport()
    table = Table(
        "tranches",
        "拨付进度",
        ("批次", "金额（分）", "状态"),
        tuple((row.name, str(row.amount_fen), row.state.label) for row in rows.values()),
    )
    return StepReport({"gates_opened": opened, "tranches_released": len(due)}, (table,))


def _pay(session: Session, standing: Standing, tranche: Tranche, now: datetime) -> None:
    project = standing.project
    key = f"{project.code}:release:{tranche.code}"
    session.add(Effect(project_id=project.id, effect_key=key, done_at=now))
    session.add(
        MoneyEntry(
            project_id=project.id,
            tranche_id=tranche.id,
            entry_key=key,
            kind=MoneyKind.RELEASED,
            amount_fen=tranche.amount_fen,
            released_at=now,
        )
    )
    tranche.state = TrancheState.RELEASED
    session.flush()
    act(session, "tranche.released", project_id=project.id, tranche=tranche.code, amount_fen=tranche.amount_fen)
    for role in (PartyRole.PROVIDER, PartyRole.PURCHASER, PartyRole.SUPERVISING_BODY):
        tell_role(
            session,
            project,
            "disbursement/tranche_released",
            role,
            key=f"{tranche.code}-{role.value}",
            context={"tranche_name": tranche.name, "amount_fen": tranche.amount_fen, "released_at": now},
            now=now,
        )


RELEASE_STEPS = (each_time("release", "拨付条件与拨付", _release),)
STEPS = RELEASE_STEPS


def tranche_conditions(session: Session, standing: Standing) -> tuple[Condition, ...]:
    """List every gate of every tranche that is due and unpaid, open or shut: which, since when, whose turn."""
    listed: list[Condition] = []
    for tranche in tranches(session, standing):
        if tranche.state is not TrancheState.LOCKED or not _is_due(standing, tranche):
            continue
        listed.extend(
            Condition(
                code=f"{tranche.code}.{gate.kind.value}",
                label=f"{tranche.name}：{gate.kind.label}",
                is_open=gate.opened_at is not None,
                whose_turn=rules.WHOSE_TURN[gate.kind],
                since=gate.waiting_since_at,
                detail=_missing(session, standing, tranche, gate.kind),
            )
            for gate in gates(session, tranche)
        )
    return tuple(listed)


def _missing(session: Session, standing: Standing, tranche: Tranche, kind: GateKind) -> str:
    if kind is not GateKind.DOCUMENTS:
        return ""
    asked = standing.charter.tranche(tranche.code).documents
    return "、".join(rules.missing_documents(asked, delivered_documents(session, standing, tranche.code)))


def conditions(session: Session, standing: Standing, now: datetime) -> tuple[Condition, ...]:
    """Say what must be true before the project closes; earlier cycles go on while money is on its way."""
    if not standing.is_last_cycle:
        return ()
    return tranche_conditions(session, standing)


def next_look(session: Session, standing: Standing, now: datetime) -> datetime | None:
    """Nothing changes here by time alone."""
    return None
