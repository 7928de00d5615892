"""`linkage delivery`: check-ins, service records, ratings, flags, closing a cycle."""

from __future__ import annotations

import mimetypes
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.acting import ActorOption, ReasonOption, acting, looking
from linkage.cli.installation import JsonOption, OrganizationOption, ProjectArgument
from linkage.cli.output import print_json, print_table, say, tell
from linkage.errors import UnreadableFile
from linkage.terms import CheckMethod, FlagSubject

app = typer.Typer(no_args_is_help=True, help="Delivery: check-ins, service records, ratings, flags.")

ActivityArgument = Annotated[
    str, typer.Argument(metavar="ACTIVITY", help="Its code; linkage scheduling activities lists them.")
]
VolunteerArgument = Annotated[str, typer.Argument(metavar="VOLUNTEER", help="The code, such as V0001.")]
AtOption = Annotated[
    datetime | None, typer.Option("--at", metavar="TIME", help="Local, such as 2024-07-03T10:55; default now.")
]
MethodOption = Annotated[CheckMethod, typer.Option("--method", help="How it was noted.")]


def _local(at: datetime | None, now: datetime) -> datetime:
    from linkage.stages.standing import LOCAL_ZONE

    if at is None:
        return now
    return at if at.tzinfo is not None else at.replace(tzinfo=LOCAL_ZONE)


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
    as_json: JsonOption = False,
) -> None:
    """Note that a volunteer has come; only somebody who accepted can (条例 art. 25)."""
    from linkage.stages.delivery_checks import check_in as note_in
    from linkage.stages.delivery_open import find_activity
    from linkage.stages.people import find_person

    with acting(organization, project, actor) as act:
        held = find_activity(act.session, act.project_id, activity)
        person_id = find_person(act.session, act.project_id, volunteer)
        assignment = note_in(
            act.session, held.id, person_id, at=_local(at, act.now), method=method, actor=actor, now=act.now
        )
    tell(f"{volunteer} is checked in at {activity}", {"assignment": assignment}, as_json=as_json)


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
    as_json: JsonOption = False,
) -> None:
    """Note that a volunteer has left; the minutes between are what the ledger takes."""
    from linkage.stages.delivery_checks import check_out as note_out
    from linkage.stages.delivery_open import find_activity
    from linkage.stages.people import find_person

    with acting(organization, project, actor) as act:
        held = find_activity(act.session, act.project_id, activity)
        person_id = find_person(act.session, act.project_id, volunteer)
        assignment = note_out(
            act.session, held.id, person_id, at=_local(at, act.now), method=method, actor=actor, now=act.now
        )
    tell(f"{volunteer} is checked out at {activity}", {"assignment": assignment}, as_json=as_json)


@app.command("record")
def record(
    project: ProjectArgument,
    activity: ActivityArgument,
    actor: ActorOption,
    *,
    key: Annotated[str, typer.Option(metavar="TEXT", help="Makes the entry one; entered again it changes nothing.")],
    minutes: Annotated[int, typer.Option(min=0, help="How long the service took.")],
    person: Annotated[str | None, typer.Option(metavar="CODE", help="The beneficiary, such as R0001.")] = None,
    person_times: Annotated[int, typer.Option("--person-times", min=1, help="Attendances this entry stands for.")] = 1,
    rating: Annotated[int | None, typer.Option(min=1, max=5, help="The beneficiary's word, 1 to 5.")] = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
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
    tell(f"R{ids[0]} is recorded at {activity}", {"record": f"R{ids[0]}"}, as_json=as_json)


@app.command("rate")
def rate(
    project: ProjectArgument,
    record_code: Annotated[str, typer.Argument(metavar="RECORD", help="The service record, such as R12.")],
    points: Annotated[
        int, typer.Argument(metavar="POINTS", min=1, max=5, help="1 very dissatisfied to 5 very satisfied.")
    ],
    actor: ActorOption,
    *,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter a service user's rating of one service, 1 to 5."""
    from linkage.stages.belonging import Numbered, require_number
    from linkage.stages.delivery_records import rate as enter_rating

    digits = record_code.upper().removeprefix("R")
    if not (digits.isascii() and digits.isdigit()):
        message = f"{record_code!r} names no service record; they are written R12"
        raise typer.BadParameter(message, param_hint="RECORD")
    with acting(organization, project, actor) as act:
        require_number(act.session, act.project_id, Numbered.RECORD, int(digits))
        enter_rating(act.session, int(digits), points, now=act.now)
    tell(f"R{digits}: rated {points}", {"record": f"R{digits}", "points": points}, as_json=as_json)


@app.command("evidence")
def evidence(
    project: ProjectArgument,
    activity: ActivityArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What proves it: a sign-in sheet, a photo, a summary.")],
    actor: ActorOption,
    *,
    kind: Annotated[str, typer.Option(help="What it is, such as sign_in_sheet, photo or summary.")] = "sign_in_sheet",
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Attach a file that proves an activity took place; it is kept by its content hash and never changed."""
    from linkage.documents.store import keep
    from linkage.stages.delivery_open import find_activity
    from linkage.stages.delivery_records import attach_evidence

    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}; check the path"
        raise UnreadableFile(message) from error
    with acting(organization, project, actor) as act:
        held = find_activity(act.session, act.project_id, activity)
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        stored_id = keep(act.session, content, name=file.name, media_type=media_type, now=act.now)
        attach_evidence(act.session, held.id, stored_id, kind=kind, actor=actor, now=act.now)
    digest = sha256(content).hexdigest()
    result = {"activity": activity, "kind": kind, "sha256": digest}
    tell(f"{file.name} is kept as evidence of {activity} ({digest[:12]}…)", result, as_json=as_json)


@app.command("flags")
def flags(project: ProjectArgument, *, organization: OrganizationOption = None, as_json: JsonOption = False) -> None:
    """Show the records that look wrong and wait for a person."""
    from linkage.stages.delivery_flags import waiting_flags
    from linkage.stages.standing import local_date

    with looking(organization, project) as act:
        found = waiting_flags(act.session, act.project_id)
    rows = [
        (
            flag.subject.value,
            flag.subject_id,
            flag.flag.value,
            flag.activity_code,
            flag.minutes,
            local_date(flag.since_at).isoformat(),
        )
        for flag in found
    ]
    columns = ("subject", "id", "flag", "activity", "minutes", "since")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table("Flags", columns, rows, wraps=("activity",))
    if rows:
        say(f"Look into each, then: linkage delivery clear {project} SUBJECT ID --justification TEXT --as CODE")


@app.command("clear")
def clear(
    project: ProjectArgument,
    subject: Annotated[FlagSubject, typer.Argument(metavar="SUBJECT", help="What is flagged: record or presence.")],
    subject_id: Annotated[int, typer.Argument(metavar="ID", help="Its number, as linkage delivery flags lists it.")],
    actor: ActorOption,
    *,
    justification: Annotated[str, typer.Option(metavar="TEXT", help="Why it stands or falls, in writing.")],
    minutes: Annotated[int | None, typer.Option(min=0, help="The minutes really given.")] = None,
    counts: Annotated[bool, typer.Option("--counts/--does-not-count", help="Whether it counts from now on.")] = True,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Clear a flag with a written justification."""
    from linkage.stages.belonging import Numbered, require_number
    from linkage.stages.delivery_flags import clear_flag

    if not justification.strip():
        raise typer.BadParameter("write why the record stands or falls", param_hint="--justification")
    kind = Numbered.RECORD if subject is FlagSubject.RECORD else Numbered.PRESENCE
    with acting(organization, project, actor) as act:
        require_number(act.session, act.project_id, kind, subject_id)
        try:
            clear_flag(
                act.session,
                subject,
                subject_id,
                justification=justification,
                actor=actor,
                now=act.now,
                counts=counts,
                minutes=minutes,
            )
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--minutes") from error
    result = {"subject": subject.value, "id": subject_id, "counts": counts}
    tell(f"{subject.value} {subject_id}: cleared", result, as_json=as_json)


@app.command("close")
def close(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close the cycle's delivery; what was released and not held is cancelled."""
    from linkage.stages.delivery import close_delivery

    with acting(organization, project, actor) as act:
        close_delivery(act.session, act.project_id, actor=actor, now=act.now, reason=reason)
    tell(f"{project}: the cycle's delivery is closed", {"closed": project}, as_json=as_json)
