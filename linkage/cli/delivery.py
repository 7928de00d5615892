"""`linkage delivery`: check-ins, service records, ratings, flags, closing a cycle."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from linkage.cli.acting import ActorOption, ReasonOption, acting, looking
from linkage.cli.installation import JsonOption, OrganizationOption, ProjectArgument
from linkage.cli.output import print_json, print_table, say
from linkage.errors import Unknown
from linkage.terms import CheckMethod

app = typer.Typer(no_args_is_help=True, help="Delivery: check-ins, service records, ratings, flags.")

ActivityArgument = Annotated[str, typer.Argument(help="The activity's code, such as canteen-lunch-2024-07-03.")]
VolunteerArgument = Annotated[str, typer.Argument(help="The volunteer's code, such as V0001.")]
AtOption = Annotated[datetime | None, typer.Option("--at", help="Local time; default now.")]
MethodOption = Annotated[CheckMethod, typer.Option("--method", help="How it was noted.")]


def _local(at: datetime | None, now: datetime) -> datetime:
    from linkage.stages.standing import LOCAL_ZONE

    return now if at is None else at.replace(tzinfo=LOCAL_ZONE)


@app.command("check-in")
def check_in(
    project: ProjectArgument,
    activity: ActivityArgument,
    volunteer: VolunteerArgument,
    actor: ActorOption,
    *,
    at: AtOption = None,
    method: MethodOption = CheckMethod.STAFF,
    organization: OrganizationOption = None,
) -> None:
    """Note that a volunteer has come; only somebody who accepted can (条例 art. 25)."""
    from linkage.stages.delivery_checks import check_in as note_in
    from linkage.stages.delivery_open import find_activity
    from linkage.stages.people import find_person

    with acting(organization, project, actor) as act:
        held = find_activity(act.session, act.project_id, activity)
        person_id = find_person(act.session, act.project_id, volunteer)
        note_in(act.session, held.id, person_id, at=_local(at, act.now), method=method, actor=actor, now=act.now)
    say(f"{volunteer} is checked in at {activity}")


@app.command("check-out")
def check_out(
    project: ProjectArgument,
    activity: ActivityArgument,
    volunteer: VolunteerArgument,
    actor: ActorOption,
    *,
    at: AtOption = None,
    method: MethodOption = CheckMethod.STAFF,
    organization: OrganizationOption = None,
) -> None:
    """Note that a volunteer has left; the minutes between are what the ledger takes."""
    from linkage.stages.delivery_checks import check_out as note_out
    from linkage.stages.delivery_open import find_activity
    from linkage.stages.people import find_person

    with acting(organization, project, actor) as act:
        held = find_activity(act.session, act.project_id, activity)
        person_id = find_person(act.session, act.project_id, volunteer)
        note_out(act.session, held.id, person_id, at=_local(at, act.now), method=method, actor=actor, now=act.now)
    say(f"{volunteer} is checked out at {activity}")


@app.command("record")
def record(
    project: ProjectArgument,
    activity: ActivityArgument,
    actor: ActorOption,
    *,
    key: Annotated[str, typer.Option(help="What makes this entry one entry; entered again it changes nothing.")],
    minutes: Annotated[int, typer.Option(min=0)],
    person: Annotated[str | None, typer.Option(help="The beneficiary's code.")] = None,
    person_times: Annotated[int, typer.Option("--person-times", min=1, help="Attendances this entry stands for.")] = 1,
    rating: Annotated[int | None, typer.Option(min=1, max=5, help="The beneficiary's word, 1 to 5.")] = None,
    organization: OrganizationOption = None,
) -> None:
    """Record a service at an activity."""
    from linkage.stages.delivery_open import find_activity
    from linkage.stages.delivery_records import ServiceEntry, record_service
    from linkage.stages.people import find_person

    with acting(organization, project, actor) as act:
        held = find_activity(act.session, act.project_id, activity)
        person_id = None if person is None else find_person(act.session, act.project_id, person)
        entry = ServiceEntry(key=key, minutes=minutes, person_id=person_id, person_times=person_times, rating=rating)
        ids = record_service(act.session, held.id, [entry], actor=actor, now=act.now)
    say(f"R{ids[0]} is recorded at {activity}")


@app.command("rate")
def rate(
    project: ProjectArgument,
    record_code: Annotated[str, typer.Argument(metavar="RECORD", help="The service record, such as R12.")],
    points: Annotated[int, typer.Argument(min=1, max=5)],
    actor: ActorOption,
    *,
    organization: OrganizationOption = None,
) -> None:
    """Enter a service user's rating of one service, 1 to 5."""
    from linkage.stages.delivery_records import rate as enter_rating

    if not record_code.removeprefix("R").isdigit():
        message = f"{record_code!r} names no service record; they are written R12"
        raise Unknown(message)
    with acting(organization, project, actor) as act:
        enter_rating(act.session, int(record_code.removeprefix("R")), points, now=act.now)
    say(f"{record_code}: rated {points}")


@app.command("flags")
def flags(project: ProjectArgument, *, organization: OrganizationOption = None, as_json: JsonOption = False) -> None:
    """Show the records that look wrong and wait for a person."""
    from linkage.stages.delivery_flags import waiting_flags

    with looking(organization, project) as act:
        found = waiting_flags(act.session, act.project_id)
    rows = [
        (
            flag.subject.value,
            flag.subject_id,
            flag.flag.value,
            flag.activity_code,
            flag.minutes,
            f"{flag.since_at:%Y-%m-%d}",
        )
        for flag in found
    ]
    columns = ("subject", "id", "flag", "activity", "minutes", "since")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table("flags", columns, rows)


@app.command("clear")
def clear(
    project: ProjectArgument,
    subject: Annotated[str, typer.Argument(help="record or presence")],
    subject_id: Annotated[int, typer.Argument(metavar="ID")],
    actor: ActorOption,
    *,
    justification: Annotated[str, typer.Option(help="Why it stands or falls, in writing.")],
    minutes: Annotated[int | None, typer.Option(min=0, help="The minutes really given.")] = None,
    counts: Annotated[bool, typer.Option("--counts/--does-not-count")] = True,
    organization: OrganizationOption = None,
) -> None:
    """Clear a flag with a written justification."""
    from linkage.stages.delivery_flags import FlagSubject, clear_flag

    try:
        kind = FlagSubject.of(subject)
    except ValueError as error:
        raise Unknown(str(error)) from error
    with acting(organization, project, actor) as act:
        clear_flag(
            act.session,
            kind,
            subject_id,
            justification=justification,
            actor=actor,
            now=act.now,
            counts=counts,
            minutes=minutes,
        )
    say(f"{subject} {subject_id}: cleared")


@app.command("close")
def close(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
) -> None:
    """Close the cycle's delivery; what was released and not held is cancelled."""
    from linkage.stages.delivery import close_delivery

    with acting(organization, project, actor) as act:
        close_delivery(act.session, act.project_id, actor=actor, now=act.now, reason=reason)
    say(f"{project}: the cycle's delivery is closed")
