"""`linkage matching`: see proposals and gaps with their reasons, confirm them, answer as a party."""

from __future__ import annotations

from typing import Annotated

import typer

from linkage.cli.acting import ActorOption, ReasonOption, acting, looking
from linkage.cli.installation import JsonOption, OrganizationOption, ProjectArgument
from linkage.cli.output import counted, print_json, print_table, say, tell

app = typer.Typer(no_args_is_help=True, help="Matching: proposals with reasons, confirmation, answers, gaps.")


@app.command("show")
def show(project: ProjectArgument, *, organization: OrganizationOption = None, as_json: JsonOption = False) -> None:
    """Show this cycle's matches and gaps with their reasons (needs by id, never by name)."""
    from linkage.stages.matching_reading import gaps_of_cycle, matches_of_cycle

    with looking(organization, project) as act:
        matches = matches_of_cycle(act.session, act.project_id)
        gaps = gaps_of_cycle(act.session, act.project_id)
    if as_json:
        print_json({"matches": [row._asdict() for row in matches], "gaps": [row._asdict() for row in gaps]})
        return
    rows = [(row[0], f"N{row.need_id}", row.party, row.service, row.quantity, row.state, row.why) for row in matches]
    print_table("Matches", ("match", "need", "party", "service", "quantity", "state", "why"), rows)
    say("")
    print_table("Gaps", ("need", "category", "quantity", "why"), gaps)


@app.command("confirm")
def confirm(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    without: Annotated[
        list[int] | None, typer.Option("--without", metavar="NUMBER", help="A match that is not adopted; repeatable.")
    ] = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Confirm the proposals: they are offered to the parties that can serve them."""
    from linkage.stages.matching_answers import confirm as confirm_matches

    with acting(organization, project, actor) as act:
        confirm_matches(act.session, act.project_id, actor=actor, now=act.now, except_matches=without or ())
    text = f"{project}: confirmed; each party is told and answers: linkage matching accept {project} --as PARTY"
    tell(text, {"confirmed": project}, as_json=as_json)


def _answer(
    project: str,
    actor: str,
    match: int | None,
    *,
    accepts: bool,
    reason: str | None,
    organization: str | None,
    as_json: bool,
) -> None:
    from linkage.stages.belonging import require_own_match
    from linkage.stages.matching_answers import answer, answer_all

    with acting(organization, project, actor) as act:
        if match is not None:
            require_own_match(act.session, act.project_id, match, actor)
            answer(act.session, match, accepts=accepts, actor=actor, now=act.now, reason=reason)
            count = 1
        else:
            count = answer_all(
                act.session, act.project_id, actor, accepts=accepts, actor=actor, now=act.now, reason=reason
            )
    tell(
        f"{actor} {'accepts' if accepts else 'declines'} {counted(count, 'match')}",
        {"answered": count},
        as_json=as_json,
    )


MatchOption = Annotated[
    int | None, typer.Option("--match", metavar="NUMBER", help="One match; default all that wait for the party.")
]


@app.command("accept")
def accept(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    match: MatchOption = None,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept what was offered to a party."""
    _answer(project, actor, match, accepts=True, reason=reason, organization=organization, as_json=as_json)


@app.command("decline")
def decline(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    match: MatchOption = None,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decline what was offered to a party; the needs are matched again or become gaps."""
    _answer(project, actor, match, accepts=False, reason=reason, organization=organization, as_json=as_json)
