"""Recording a household visit: one respondent, in one transaction, idempotent by the visit's own number."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Party, SurveyImport, SurveyResponse
from linkage.errors import GateShut, Unknown
from linkage.rules.survey_visit import Visit, hear_visit
from linkage.schemas.charter import Charter
from linkage.stages.standing import poke, standing_of
from linkage.stages.survey_import import content_index
from linkage.stages.survey_needs import Utterance, Written
from linkage.stages.survey_record import write
from linkage.terms import Channel, ProjectState

FORMAT = "visit"


def record_visit(
    session: Session, project_id: int, visit: Visit, *, actor: str, now: datetime, source: str | None = None
) -> Written:
    """Record a visit; the same visit again changes nothing, a corrected one is its newer word.

    Parameters
    ----------
    source
        The survey source of the charter; None takes its first one for home visits.

    Raises
    ------
    InvalidFile
        With everything that is wrong with the visit.
    Unknown
        If the charter has no source for home visits.
    GateShut
        If the project is closed.
    """
    standing = standing_of(session, project_id)
    if standing.project.state is not ProjectState.OPEN:
        raise GateShut(f"project {standing.project.code} is {standing.project.state.value}; no visit is recorded")
    source = _source(standing.charter, source)
    heard = hear_visit(visit, standing.charter)
    content = content_index(session, heard)
    known = session.execute(
        select(SurveyResponse.id, SurveyResponse.content_index).where(
            SurveyResponse.project_id == project_id,
            SurveyResponse.source == source,
            SurveyResponse.respondent_key == visit.key,
        )
    ).first()
    if known is not None and known[1] == content:
        return Written()
    import_id = _enter(session, project_id, source, content, cycle=standing.project.cycle, now=now)
    present = None if visit.present_party is None else _party(session, visit.present_party)
    utterance = Utterance(
        heard,
        source,
        content,
        response_id=None if known is None else known[0],
        needed_by_on=visit.needed_by_on,
        present_party_id=present,
    )
    written = write(session, standing, import_id, [utterance], now)
    act(session, "survey.visited", project_id=project_id, by=actor, survey_import=import_id, needs=written.needs_count)
    poke(session, project_id, now)
    return written


def _enter(session: Session, project_id: int, source: str, content: bytes, *, cycle: int, now: datetime) -> int:
    """Enter the visit among the imports; an earlier word that came back keeps its first entry."""
    known = session.execute(
        select(SurveyImport.id).where(
            SurveyImport.project_id == project_id,
            SurveyImport.source == source,
            SurveyImport.file_sha256 == content.hex(),
        )
    ).scalar_one_or_none()
    if known is not None:
        return known
    row = {
        "project_id": project_id,
        "stored_file_id": None,
        "source": source,
        "channel": Channel.HOME_VISIT,
        "format": FORMAT,
        "cycle": cycle,
        "file_sha256": content.hex(),  # keyed: a visit is short enough to be guessed from a plain hash
        "respondent_count": 1,
        "imported_at": now,
    }
    return insert_rows(session, SurveyImport, [row])[0]


def _source(charter: Charter, source: str | None) -> str:
    if source is not None:
        return charter.survey_source(source).source
    for candidate in charter.survey:
        if candidate.channel is Channel.HOME_VISIT:
            return candidate.source
    raise Unknown(f"project {charter.project.code} has no survey source for home visits; add one under 'survey'")


def _party(session: Session, code: str) -> int:
    return session.execute(select(Party.id).where(Party.code == code)).scalar_one()
