"""`linkage scheduling`: volunteers, activities, offers and answers. No acceptance, no assignment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.acting import ActorOption, ReasonOption, acting, looking
from linkage.cli.installation import JsonOption, OrganizationOption, ProjectArgument
from linkage.cli.output import counted, print_json, print_table, say, tell
from linkage.terms import OfferState

if TYPE_CHECKING:
    from linkage.schemas.volunteer_list import VolunteerEntry
    from linkage.stages.volunteers import NewVolunteer

app = typer.Typer(no_args_is_help=True, help="Scheduling: volunteers, activities, shift offers, answers.")


@app.command("volunteers")
def volunteers(
    project: ProjectArgument,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="VOLUNTEERS", help="A YAML list under 'volunteers:' — name, code, phone, skills, availability, …"
        ),
    ],
    actor: ActorOption,
    *,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter volunteers from a file; the same codes again change nothing."""
    from linkage.schemas.volunteer_list import load_volunteers
    from linkage.stages.volunteers import register_volunteers

    listed = load_volunteers(file)
    with acting(organization, project, actor) as act:
        newcomers = [_newcomer(one) for one in listed]
        ids = register_volunteers(act.session, act.project_id, newcomers, act.now)
    tell(f"{project}: {counted(len(ids), 'volunteer')} entered", {"volunteers": len(ids)}, as_json=as_json)


def _newcomer(entry: VolunteerEntry) -> NewVolunteer:
    from linkage.stages.volunteers import ANY_TIME, NewVolunteer

    given = {name: getattr(entry, name) for name in type(entry).model_fields if name != "availability"}
    return NewVolunteer(**given, availability=entry.windows() or ANY_TIME)


@app.command("activities")
def activities(
    project: ProjectArgument, *, organization: OrganizationOption = None, as_json: JsonOption = False
) -> None:
    """Show the cycle's activities: when, where, in what state, how many seats are taken."""
    from linkage.stages.scheduling_reading import activities_of_cycle

    with looking(organization, project) as act:
        found = activities_of_cycle(act.session, act.project_id)
    if as_json:
        print_json([row._asdict() for row in found])
        return
    rows = [
        (row.activity, row.name, row.starts, row.ends, row.place, row.state.value, f"{row.accepted}/{row.seats}")
        for row in found
    ]
    columns = ("activity", "name", "starts", "ends", "place", "state", "seats taken")
    print_table("Activities", columns, rows, wraps=("name", "place"))


@app.command("review")
def review(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="ACTIVITY", help="An activity that is struck out; repeatable."),
    ] = None,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Release the cycle's planned activities; only then are volunteers asked."""
    from linkage.stages.scheduling import review as review_activities

    with acting(organization, project, actor) as act:
        count = review_activities(
            act.session, act.project_id, actor=actor, now=act.now, except_codes=without or (), reason=reason
        )
    tell(
        f"{project}: {counted(count, 'activity')} released; volunteers are asked at the next run",
        {"released": count},
        as_json=as_json,
    )


@app.command("offers")
def offers(
    project: ProjectArgument,
    *,
    person: Annotated[str | None, typer.Option("--person", metavar="CODE", help="One volunteer.")] = None,
    state: Annotated[OfferState | None, typer.Option("--state", help="One state, such as offered.")] = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what volunteers are asked for and what they answered, by their codes."""
    from linkage.stages.scheduling_reading import offers_of

    with looking(organization, project) as act:
        rows = offers_of(act.session, act.project_id, person, state)
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    columns = ("offer", "volunteer", "activity", "starts", "skill", "state", "assignment")
    print_table("Offers", columns, rows, wraps=("activity",))


@app.command("stand-ins")
def stand_ins(
    project: ProjectArgument,
    activity: Annotated[
        str, typer.Argument(metavar="ACTIVITY", help="Its code, as linkage scheduling activities lists it.")
    ],
    *,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rank who could be asked for an activity's seats, least recently asked first, each with the reasons."""
    from linkage.stages.scheduling_reading import stand_ins_of

    with looking(organization, project) as act:
        rows = stand_ins_of(act.session, act.project_id, activity)
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    lines = [(*row[:5], ", ".join(reason.value for reason in row.reasons)) for row in rows]
    columns = ("seat", "open seats", "rank", "volunteer", "last asked", "why")
    print_table("Stand-ins", columns, lines, wraps=("why",))


OffersArgument = Annotated[
    list[int] | None,
    typer.Argument(metavar="OFFER...", help="Numbers as linkage scheduling offers lists them; default all that wait."),
]


@app.command("accept")
def accept(
    project: ProjectArgument,
    actor: ActorOption,
    offers: OffersArgument = None,
    *,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept shifts for a volunteer; the seats are theirs."""
    _answer(project, actor, offers or [], accepts=True, reason=None, organization=organization, as_json=as_json)


@app.command("decline")
def decline(
    project: ProjectArgument,
    actor: ActorOption,
    offers: OffersArgument = None,
    *,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decline shifts for a volunteer; somebody else is asked."""
    _answer(project, actor, offers or [], accepts=False, reason=reason, organization=organization, as_json=as_json)


def _answer(
    project: str,
    actor: str,
    offers: list[int],
    *,
    accepts: bool,
    reason: str | None,
    organization: str | None,
    as_json: bool,
) -> None:
    from linkage.stages.belonging import Numbered, require_own_seat
    from linkage.stages.people import find_person
    from linkage.stages.scheduling_answers import answer
    from linkage.stages.scheduling_reading import offers_of

    with acting(organization, project, actor) as act:
        if not offers:
            find_person(act.session, act.project_id, actor)
            waiting = offers_of(act.session, act.project_id, actor, OfferState.OFFERED)
            offers = [line.offer for line in waiting]
        seats: dict[int, int | None] = {}
        for offer in offers:
            require_own_seat(act.session, act.project_id, Numbered.OFFER, offer, actor)
            seats[offer] = answer(act.session, offer, accepts=accepts, actor=actor, now=act.now, reason=reason)
    if as_json:
        print_json([{"offer": offer, "assignment": assignment} for offer, assignment in seats.items()])
        return
    for offer, assignment in seats.items():
        say(f"offer {offer} is accepted: assignment {assignment}" if accepts else f"offer {offer} is declined")
    if not seats:
        say(f"nothing waits for an answer of {actor}")


@app.command("withdraw")
def withdraw(
    project: ProjectArgument,
    assignment: Annotated[
        int, typer.Argument(metavar="ASSIGNMENT", help="Its number, as linkage scheduling offers lists it.")
    ],
    actor: ActorOption,
    *,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a seat back before the service begins (条例 art. 22)."""
    from linkage.stages.belonging import Numbered, require_own_seat
    from linkage.stages.scheduling_answers import withdraw as give_back

    with acting(organization, project, actor) as act:
        require_own_seat(act.session, act.project_id, Numbered.ASSIGNMENT, assignment, actor)
        give_back(act.session, assignment, actor=actor, now=act.now, reason=reason)
    text = f"assignment {assignment} is given back; somebody else is asked"
    tell(text, {"withdrawn": assignment}, as_json=as_json)
