"""Importing a survey file: the dry run that writes nothing, and the import that is one transaction.

Idempotent by source and respondent: the same answers again change nothing, changed answers are the respondent's
newer word. What a file means is decided by `rules.survey`; rows are written by `survey_record`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows, owner_of
from linkage.db.sealed import vault_of
from linkage.db.tables import SurveyImport, SurveyResponse
from linkage.errors import GateShut, InvalidFile
from linkage.memory import collector_paused
from linkage.rules.survey import Heard, Remark, hear
from linkage.schemas.survey import SurveyFile, as_line
from linkage.stages.standing import Standing, local_date, poke, standing_of
from linkage.stages.survey_needs import Utterance, Written
from linkage.stages.survey_record import write
from linkage.terms import Channel, NeedCategory, ProjectState


class Novelty(StrEnum):
    """How a respondent's answers compare with what is here."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class PlannedResponse:
    """One respondent of the file, compared with what is here."""

    heard: Heard
    content_index: bytes
    novelty: Novelty
    response_id: int | None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do; shown as the dry run.

    Parameters
    ----------
    needs_by_category
        Of new and changed responses.
    refused_count
        Respondents left out because nobody can tell where they live.
    misfits
        Why the file is not this source's; then nothing can be imported.
    """

    source: str
    channel: Channel
    format: str
    respondent_count: int
    refused_count: int
    without_consent_count: int
    needs_by_category: Mapping[NeedCategory, int]
    remarks: tuple[Remark, ...]
    misfits: tuple[str, ...]
    responses: tuple[PlannedResponse, ...] = field(repr=False)

    def count(self, novelty: Novelty) -> int:
        """Count the responses that are new, changed or unchanged."""
        return sum(response.novelty is novelty for response in self.responses)


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did; `import_id` is None when there was nothing to write."""

    import_id: int | None
    is_known_file: bool
    plan: ImportPlan = field(repr=False)
    written: Written = field(default_factory=Written)


@collector_paused()
def plan_import(session: Session, project_id: int, file: SurveyFile, source: str, now: datetime) -> ImportPlan:
    """Say what importing a file would do; nothing is written."""
    return _plan(session, standing_of(session, project_id), file, source, now)


def _plan(session: Session, standing: Standing, file: SurveyFile, source: str, now: datetime) -> ImportPlan:
    described = standing.charter.survey_source(source)
    hearing = hear(file, described, standing.charter, local_date(now))
    known = {
        key: (response_id, content)
        for key, response_id, content in session.execute(
            select(SurveyResponse.respondent_key, SurveyResponse.id, SurveyResponse.content_index).where(
                SurveyResponse.project_id == standing.project.id, SurveyResponse.source == source
            )
        )
    }
    responses = []
    for heard in hearing.heard:
        content = content_index(session, heard)
        response_id, before = known.get(heard.key, (None, None))
        novelty = Novelty.NEW if before is None else Novelty.UNCHANGED if before == content else Novelty.CHANGED
        responses.append(PlannedResponse(heard, content, novelty, response_id))
    fresh = [response.heard for response in responses if response.novelty is not Novelty.UNCHANGED]
    categories = Counter(need.category for heard in fresh for need in heard.needs)
    return ImportPlan(
        source=source,
        channel=described.channel,
        format=file.format.value,
        respondent_count=len(file.answers),
        refused_count=len(hearing.refused),
        without_consent_count=sum(not heard.has_consent for heard in hearing.heard),
        needs_by_category={category: categories[category] for category in NeedCategory if categories[category]},
        remarks=hearing.remarks,
        misfits=hearing.misfits,
        responses=tuple(responses),
    )


def content_index(session: Session, heard: Heard) -> bytes:
    """Return the keyed hash that tells whether a respondent's answers changed."""
    line = f"consent {heard.has_consent}, superseded {heard.is_superseded}: {as_line(heard.values)}"
    return vault_of(session).index(owner_of(session), "survey_response.content", line)


@collector_paused()
def import_responses(
    session: Session,
    project_id: int,
    file: SurveyFile,
    source: str,
    *,
    file_sha256: str,
    now: datetime,
    keep_original: Callable[[], int] | None = None,
) -> ImportOutcome:
    """Import a survey file; new and changed respondents are written, the rest is left as it is.

    Parameters
    ----------
    file_sha256
        Of the file's bytes; the same file again is recognised and changes nothing.
    keep_original
        Puts the file itself into the store and returns its row's id; called only when something is imported, so that
        a refused file leaves no copy of what residents said.

    Raises
    ------
    InvalidFile
        If the file is not the questionnaire the source describes.
    GateShut
        If the project is closed.
    """
    standing = standing_of(session, project_id)
    if standing.project.state is not ProjectState.OPEN:
        raise GateShut(f"project {standing.project.code} is {standing.project.state.value}; nothing more is imported")
    plan = _plan(session, standing, file, source, now)
    if plan.misfits:
        message = f"the file is not the questionnaire that source '{source}' of {standing.project.code} describes"
        raise InvalidFile(message, plan.misfits)
    known = session.execute(
        select(SurveyImport.id).where(
            SurveyImport.project_id == project_id,
            SurveyImport.source == source,
            SurveyImport.file_sha256 == file_sha256,
        )
    ).scalar_one_or_none()
    fresh = [response for response in plan.responses if response.novelty is not Novelty.UNCHANGED]
    if known is not None or not fresh:
        return ImportOutcome(known, known is not None, plan)
    (import_id,) = insert_rows(
        session,
        SurveyImport,
        [
            {
                "project_id": project_id,
                "stored_file_id": None if keep_original is None else keep_original(),
                "source": source,
                "channel": plan.channel,
                "format": plan.format,
                "cycle": standing.project.cycle,
                "file_sha256": file_sha256,
                "respondent_count": len(fresh),
                "imported_at": now,
            }
        ],
    )
    utterances = [Utterance(response.heard, source, response.content_index, response.response_id) for response in fresh]
    written = write(session, standing, import_id, utterances, now)
    act(
        session,
        "survey.imported",
        project_id=project_id,
        survey_import=import_id,
        responses=len(fresh),
        needs=written.needs_count,
    )
    poke(session, project_id, now)
    return ImportOutcome(import_id, is_known_file=False, plan=plan, written=written)
