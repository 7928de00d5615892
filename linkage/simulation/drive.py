"""A simulated project from its charter to its last tranche, on a clock of its own.

The clock jumps from one turn to the next: whoever a condition waits for takes their turn, days in the field pass,
and between turns the lifecycle is asked to go on, by whatever runs stages here. It ends when the project is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path

from linkage.db.work import Work
from linkage.documents.store import keep
from linkage.documents.writing import write_whole
from linkage.imports.read import read_survey
from linkage.schemas.charter import Charter
from linkage.simulation import players
from linkage.simulation.field import Field, activities_on, days_of_cycle, guests, volunteers_at
from linkage.simulation.players import Table
from linkage.simulation.survey_export import export_csv
from linkage.simulation.world import make_world
from linkage.stages.delivery_sheet import record_sheets
from linkage.stages.initiation import adopt
from linkage.stages.standing import LOCAL_ZONE, Condition, standing_of
from linkage.stages.status import ProjectStatus, project_status
from linkage.stages.survey_import import import_responses
from linkage.stages.volunteers import NewVolunteer, register_volunteers
from linkage.terms import Channel, PartyRole, ProjectState, Stage

_SURVEY_DAYS = 21
_MORNING, _EVENING = time(9), time(20)
_PLEDGE_DAY = 20
_LOOK_DAYS = 10
_BETWEEN_TURNS = timedelta(hours=3)
_PATIENCE = 5
_LAST_SUMMARY = timedelta(days=10)  # the last month's summary falls due after the project's end


@dataclass(frozen=True)
class Happening:
    """Something that took place, told to whoever watches.

    Parameters
    ----------
    share
        How far the project's period has gone, 0 to 1.
    """

    at: datetime
    cycle: int
    stage: Stage
    share: float


OnHappening = Callable[[Happening], None]
Tick = Callable[[datetime], object]


class StuckProject(Exception):
    """Nobody at the table can open what the project waits for: a defect, in the simulation or in the software."""


@dataclass(frozen=True)
class Demonstration:
    """A simulated project that has been put in and can be driven on."""

    table: Table
    survey_file: Path


def start(work: Work, charter: Charter, seed: int, *, scale: float = 1.0) -> Demonstration:
    """Adopt a charter as a simulated project, enter its volunteers and import its survey export.

    Returns
    -------
    Demonstration
        With the export that was written into the data folder and read back by the real import.
    """
    world = make_world(charter, seed, scale=scale)
    begin_on = charter.project.period.from_on - timedelta(days=_SURVEY_DAYS)
    now = _at(begin_on, _MORNING)
    owner = charter.organization
    organization_id = work.organization(owner.code, owner.name, owner.uscc)
    with work.begin(organization_id, actor=owner.code, now=now) as session:
        project_id = adopt(session, charter, now, is_simulated=True, seed=seed)
    table = Table(work, world, organization_id, project_id)
    _enter_volunteers(table, now)
    return Demonstration(table, _import_survey(table, begin_on))


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, LOCAL_ZONE)


def _enter_volunteers(table: Table, now: datetime) -> None:
    teams = table.world.charter.parties_with(PartyRole.VOLUNTEER_ORGANIZATION)
    team = teams[0].code if teams else None
    newcomers = [
        NewVolunteer(
            name=one.name,
            code=f"V{one.number:04d}",  # started again, the same people
            phone=one.phone,
            skills=one.skills,
            availability=one.availability,
            is_lead=one.is_lead,
            birth_year=one.birth_year,
            party_code=team,
            max_minutes_per_month=one.max_minutes_per_month,
        )
        for one in table.world.volunteers
    ]
    with table.work.begin(table.organization_id, actor="provider", now=now) as session:
        register_volunteers(session, table.project_id, newcomers, now)


def _import_survey(table: Table, begin_on: date) -> Path:
    """Write the questionnaire's export, as its platform would, and import the file."""
    source = next(one for one in table.world.charter.survey if one.channel is not Channel.HOME_VISIT)
    content = export_csv(table.world, source, datetime.combine(begin_on, _MORNING))
    folder = table.work.settings.data_folder / "simulated"
    name = f"{table.world.charter.project.code}-{source.source}.csv"
    write_whole(folder, {name: content})
    now = _at(begin_on + timedelta(days=_SURVEY_DAYS - 5), _MORNING)
    file = read_survey(folder / name)
    actor = table.actor(PartyRole.PROVIDER)
    with table.work.begin(table.organization_id, actor=actor, now=now) as session:
        import_responses(
            session,
            table.project_id,
            file,
            source.source,
            file_sha256=sha256(content).hexdigest(),
            keep_original=lambda: keep(session, content, name=name, media_type="text/csv", now=now),
            now=now,
        )
    return folder / name


def drive(
    demonstration: Demonstration,
    tick: Tick,
    on_happening: OnHappening = lambda _: None,
    *,
    look: Tick | None = None,
    resume_at: datetime | None = None,
) -> datetime:
    """Play the project to its end and return the instant it closed.

    Parameters
    ----------
    tick
        Lets the lifecycle go on at an instant: runs what can run, sends what is due.
    look
        The same for the days between, on which a project in delivery is only looked at; default `tick`.
    resume_at
        The instant the clock had reached when the play was interrupted.

    Raises
    ------
    StuckProject
        If a condition waits for nobody who plays.
    """
    table = demonstration.table
    period = table.world.charter.project.period
    now = resume_at or _at(period.from_on - timedelta(days=4), _MORNING)
    idle = 0
    while True:
        tick(now)
        status = _status(table, now)
        on_happening(Happening(now, status.cycle, status.stage, _share(period.from_on, period.to_on, now)))
        if status.state is not ProjectState.OPEN:
            tick(now + _LAST_SUMMARY)
            return now
        if status.stage is Stage.DELIVERY and _field_is_open(status):
            now = _serve(table, now, look or tick, on_happening)
            continue
        before, now = now, _play_turns(table, status, now)
        idle = 0 if now > before else idle + 1
        if idle > _PATIENCE:
            message = f"{status.code} waits at {status.stage.value}: {[wait.code for wait in status.waits]}"
            raise StuckProject(message)
        now += _BETWEEN_TURNS


def _play_turns(table: Table, status: ProjectStatus, now: datetime) -> datetime:
    """Let everybody whose turn it is act, and who follows from that, until only the lifecycle can go on."""
    played: set[str] = set()
    while True:
        turns = [turn for turn in _turns(status) if turn.code not in played]
        acted = [players.play(table, turn, now) for turn in turns]
        if not any(acted):
            return now
        played.update(turn.code for turn in turns)
        now += _BETWEEN_TURNS
        status = _status(table, now)


def _status(table: Table, now: datetime) -> ProjectStatus:
    with table.work.read(table.organization_id) as session:
        return project_status(session, table.project_id, now)


def _share(from_on: date, to_on: date, now: datetime) -> float:
    return min(1.0, max(0.0, (now.date() - from_on) / (to_on - from_on)))


def _field_is_open(status: ProjectStatus) -> bool:
    return any(wait.code == "period_over" for wait in status.waits)


def _turns(status: ProjectStatus) -> Sequence[Condition]:
    """List what somebody can do now: what shuts the stage, and the gates of money in their order.

    A purchaser approves only when nothing else shuts the tranche, and several lines of one rater are one sheet.
    """
    listed = [wait for wait in status.waits if not _is_money(status, wait)]
    scored = [wait for wait in listed if wait.code.startswith("scored.")]
    turns = [wait for wait in listed if wait not in scored] + scored[:1]
    for tranche in status.tranches:
        shut = [gate for gate in status.money if gate.code.startswith(f"{tranche.code}.") and not gate.is_open]
        kinds = [gate.code.partition(".")[2] for gate in shut]
        if "result" in kinds:
            continue
        turns.extend(gate for gate in shut if gate.code.endswith(".documents"))
        turns.extend(gate for gate in shut if gate.code.endswith(".approval") and kinds == ["approval"])
    return turns


def _is_money(status: ProjectStatus, wait: Condition) -> bool:
    return any(wait.code.startswith(f"{tranche.code}.") for tranche in status.tranches)


def _serve(table: Table, now: datetime, tick: Tick, on_happening: OnHappening) -> datetime:
    """Let a cycle's days pass: every activity's sheet is entered in its evening; return the morning after."""
    with table.work.read(table.organization_id) as session:
        standing = standing_of(session, table.project_id)
        residents = guests(session, table.project_id)
        days = days_of_cycle(session, standing)
    cycle = standing.cycle
    field = Field(table.world, residents)
    _look_into_flags(table, now, tick)
    looked_on = now.astimezone(LOCAL_ZONE).date()
    for day in days:
        if day < now.astimezone(LOCAL_ZONE).date() or day > cycle.to_on:
            continue
        if _is_time_to_look(looked_on, day):
            looked_on = day
            tick(_at(day, _MORNING))
            _look_into_flags(table, _at(day, _MORNING), tick)
        _enter_sheets(table, field, day)
        share = _share(standing.project.from_on, standing.project.to_on, _at(day, _EVENING))
        on_happening(Happening(_at(day, _EVENING), cycle.number, Stage.DELIVERY, share))
    return max(now, _at(cycle.to_on + timedelta(days=1), _MORNING))


def _look_into_flags(table: Table, at: datetime, tick: Tick) -> None:
    """Have flagged records looked into at once, so that their hours are entered in time."""
    if any(wait.code == "flags_cleared" for wait in _status(table, at).waits):
        players.clear_flags(table, at)
        tick(at + _BETWEEN_TURNS)


def _is_time_to_look(looked_on: date, day: date) -> bool:
    """Say whether the lifecycle must be asked again: records are due in 10 working days, pledges from day 20."""
    is_pledge_day = day.day >= _PLEDGE_DAY and (looked_on.day < _PLEDGE_DAY or looked_on.month != day.month)
    return is_pledge_day or (day - looked_on).days >= _LOOK_DAYS


def _enter_sheets(table: Table, field: Field, day: date) -> None:
    """Enter one day's sign-in sheets, as a social worker does in the evening."""
    actor = "provider"
    evening = _at(day, time(23))
    with table.work.begin(table.organization_id, actor=actor, now=evening) as session:
        standing = standing_of(session, table.project_id)
        activities = activities_on(session, standing, day)
        volunteers = volunteers_at(session, [activity.id for activity, _ in activities])
        sheets = [field.sheet(activity, code, volunteers[activity.id]) for activity, code in activities]
        came_back = [sheet for sheet in sheets if sheet is not None]
        record_sheets(session, came_back, actor=actor, now=evening)
