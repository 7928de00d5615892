"""`linkage scheduling`: volunteers, activities, offers and answers. No acceptance, no assignment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.acting import ActorOption, ReasonOption, acting, looking
from linkage.cli.installation import JsonOption, OrganizationOption, ProjectArgument
from linkage.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from linkage.schemas.volunteer_list import VolunteerEntry
    from linkage.stages.volunteers import NewVolunteer

app = typer.Typer(no_args_is_help=True, help="Scheduling: volunteers, activities, shift offers, answers.")


@app.command("volunteers")
def volunteers(
    project: ProjectArgument,
    file: Annotated[Path, typer.Argument(help="A YAML list of volunteers: name, phone, skills, availability, …")],
    actor: ActorOption,
    *,
    organization: OrganizationOption = None,
) -> None:
    """Enter volunteers from a file; the same codes again change nothing."""
    from linkage.schemas.volunteer_list import load_volunteers
    from linkage.stages.volunteers import register_volunteers

    listed = load_volunteers(file)
    with acting(organization, project, actor) as act:
        newcomers = [_newcomer(one) for one in listed]
        ids = register_volunteers(act.session, act.project_id, newcomers, act.now)
    say(f"{project}: {len(ids)} volunteers are entered")


def _newcomer(entry: VolunteerEntry) -> NewVolunteer:
    from linkage.stages.volunteers import ANY_TIME, NewVolunteer

    given = {name: getattr(entry, name) for name in type(entry).model_fields if name != "availability"}
    return NewVolunteer(**given, availability=entry.windows() or ANY_TIME)


@app.command("review")
def review(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="An activity that is struck out; repeatable.")
    ] = None,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
) -> None:
    """Release the cycle's planned activities; only then are volunteers asked."""
    from linkage.stages.scheduling import review as review_activities

    with acting(organization, project, actor) as act:
        count = review_activities(
            act.session, act.project_id, actor=actor, now=act.now, except_codes=without or (), reason=reason
        )
    say(f"{project}: {count} activities are released")


@app.command("offers")
def offers(
    project: ProjectArgument,
    *,
    person: Annotated[str | None, typer.Option("--person", help="One volunteer's code.")] = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what volunteers are asked for and what they answered, by their codes."""
    from linkage.stages.scheduling_reading import offers_of

    with looking(organization, project) as act:
        rows = offers_of(act.session, act.project_id, person)
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    print_table("offers", ("offer", "volunteer", "activity", "starts", "skill", "state", "assignment"), rows)


@app.command("accept")
def accept(
    project: ProjectArgument,
    offer: Annotated[int, typer.Argument(help="The offer's id; see linkage scheduling offers.")],
    actor: ActorOption,
    *,
    organization: OrganizationOption = None,
) -> None:
    """Accept a shift for a volunteer; the seat is theirs."""
    from linkage.stages.scheduling_answers import answer

    with acting(organization, project, actor) as act:
        assignment = answer(act.session, offer, accepts=True, actor=actor, now=act.now)
    say(f"offer {offer} is accepted: assignment {assignment}")


@app.command("decline")
def decline(
    project: ProjectArgument,
    offer: Annotated[int, typer.Argument(help="The offer's id; see linkage scheduling offers.")],
    actor: ActorOption,
    *,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
) -> None:
    """Decline a shift for a volunteer; somebody else is asked."""
    from linkage.stages.scheduling_answers import answer

    with acting(organization, project, actor) as act:
        answer(act.session, offer, accepts=False, actor=actor, now=act.now, reason=reason)
    say(f"offer {offer} is declined; somebody else is asked")


@app.command("withdraw")
def withdraw(
    project: ProjectArgument,
    assignment: Annotated[int, typer.Argument(help="The assignment's id.")],
    actor: ActorOption,
    *,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
) -> None:
    """Give a seat back before the service begins (条例 art. 22)."""
    from linkage.stages.scheduling_answers import withdraw as give_back

    with acting(organization, project, actor) as act:
        give_back(act.session, assignment, actor=actor, now=act.now, reason=reason)
    say(f"assignment {assignment} is given back; somebody else is asked")
