"""Initiation: a checked charter becomes a project with its parties, places, contract units, offers and tranches.

Not one of the seven stages: it happens once, before the first. It decides nothing; the charter says everything.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import (
    Area,
    Claim,
    Community,
    ContractUnit,
    Gate,
    Party,
    Project,
    ProjectParty,
    ServiceItem,
    Tranche,
)
from linkage.db.tables import Charter as CharterRow
from linkage.errors import ConflictingKey
from linkage.schemas.charter import Charter
from linkage.stages.telling import Value, tell_party
from linkage.terms import PartyRole, ProjectState, Stage, TrancheState


def adopt(
    session: Session, charter: Charter, now: datetime, *, is_simulated: bool = False, seed: int | None = None
) -> int:
    """Create the project a charter describes; adopting the same charter again changes nothing.

    Returns
    -------
    int
        The project's id.

    Raises
    ------
    ConflictingKey
        If a project with this code exists under another charter.
    """
    body: dict[str, Any] = charter.model_dump(mode="json", exclude_none=True)
    digest = sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    known = session.execute(select(Project).where(Project.code == charter.project.code)).scalar_one_or_none()
    if known is not None:
        adopted = session.execute(
            select(CharterRow.id).where(CharterRow.project_id == known.id, CharterRow.sha256 == digest)
        ).first()
        if adopted is None:
            message = (
                f"project {known.code} exists under another charter; give the new charter a project code of its own"
            )
            raise ConflictingKey(message)
        return known.id
    project = Project(
        code=charter.project.code,
        name=charter.project.name,
        linkage_mode=charter.project.linkage_mode,
        state=ProjectState.OPEN,
        stage=Stage.SURVEY,
        cycle=1,
        version=1,
        from_on=charter.project.period.from_on,
        to_on=charter.project.period.to_on,
        is_simulated=is_simulated,
        seed=seed,
        stage_entered_at=now,
        due_at=now,
    )
    session.add(project)
    session.flush()
    session.add(CharterRow(project_id=project.id, sha256=digest, body=body, adopted_at=now))
    parties = _add_parties(session, project.id, charter)
    _add_places(session, project.id, charter, parties)
    units = _add_contract_units(session, project.id, charter)
    _add_offers(session, project.id, charter, parties, units)
    _add_tranches(session, project.id, charter, now)
    for claim in charter.project.claims:
        session.add(
            Claim(
                project_id=project.id,
                subject=claim.subject,
                value=str(claim.value),
                unit=claim.unit,
                source=claim.source,
                as_of=claim.as_of,
            )
        )
    session.flush()
    act(session, "project.adopted", project_id=project.id, charter=digest)
    _tell(session, project, charter, parties, now)
    return project.id


def _add_parties(session: Session, project_id: int, charter: Charter) -> dict[str, int]:
    rows: dict[str, Party] = {}
    for party in charter.parties:
        row = session.execute(select(Party).where(Party.code == party.code)).scalar_one_or_none()
        if row is None:
            row = Party(code=party.code, name=party.name, kind=party.kind, society=party.society)
            session.add(row)
        row.channel = party.contact.tag if party.contact else None
        rows[party.code] = row
    session.flush()
    for party in charter.parties:
        for role in party.roles:
            session.add(ProjectParty(project_id=project_id, party_id=rows[party.code].id, role=role))
    return {code: row.id for code, row in rows.items()}


def _add_places(session: Session, project_id: int, charter: Charter, parties: dict[str, int]) -> None:
    bodies = [party.code for party in charter.parties_with(PartyRole.COMMUNITY)]
    for number, community in enumerate(charter.communities):
        body = bodies[number] if number < len(bodies) else None
        row = Community(
            project_id=project_id,
            party_id=None if body is None else parties[body],
            code=community.code,
            name=community.name,
        )
        session.add(row)
        session.flush()
        for area in community.areas:
            session.add(Area(project_id=project_id, community_id=row.id, code=area.code, name=area.name))


def _add_contract_units(session: Session, project_id: int, charter: Charter) -> dict[str, int]:
    rows = {
        unit.code: ContractUnit(
            project_id=project_id,
            code=unit.code,
            name=unit.name,
            method=unit.method,
            target_count=unit.target_count,
            unit=unit.unit,
        )
        for unit in charter.contract_units
    }
    session.add_all(rows.values())
    session.flush()
    return {code: row.id for code, row in rows.items()}


def _add_offers(
    session: Session, project_id: int, charter: Charter, parties: dict[str, int], units: dict[str, int]
) -> None:
    for item in charter.services:
        session.add(
            ServiceItem(
                project_id=project_id,
                party_id=parties[item.party],
                contract_unit_id=None if item.contract_unit is None else units[item.contract_unit],
                code=item.code,
                name=item.name,
                society=item.society,
                category=item.category,
                method=item.method,
                capacity_per_cycle=item.capacity_per_cycle,
            )
        )


def _add_tranches(session: Session, project_id: int, charter: Charter, now: datetime) -> None:
    amounts = charter.tranche_amounts_fen()
    for ordinal, tranche in enumerate(charter.tranches, start=1):
        row = Tranche(
            project_id=project_id,
            ordinal=ordinal,
            code=tranche.code,
            name=tranche.name,
            cycle=tranche.cycle,
            amount_fen=amounts[tranche.code],
            state=TrancheState.LOCKED,
        )
        session.add(row)
        session.flush()
        waiting_since = now if tranche.cycle == 0 else None
        for kind in tranche.gates:
            session.add(Gate(project_id=project_id, tranche_id=row.id, kind=kind, waiting_since_at=waiting_since))


def _tell(session: Session, project: Project, charter: Charter, parties: dict[str, int], now: datetime) -> None:
    for party in charter.parties:
        duties = tuple(
            {"duty": duty.duty, "detail": duty.detail} for duty in charter.responsibilities if duty.party == party.code
        )
        context: dict[str, Value] = {
            "roles": "、".join(role.label for role in party.roles),
            "from_on": project.from_on,
            "to_on": project.to_on,
            "duties": duties,
        }
        tell_party(
            session, project, "initiation/project_adopted", parties[party.code], key="adopted", context=context, now=now
        )
