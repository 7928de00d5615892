"""`linkage solve`: try the optimisers on a JSON file, without a project.

Reads a problem, solves it within a deadline, and prints the plan with its bounds, what could not be done and why.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from math import isnan
from pathlib import Path
from typing import Annotated, Any

import typer

from linkage.cli.installation import JsonOption
from linkage.cli.output import print_json, say
from linkage.cli.solve_running import DEFAULT_SECONDS, MAX_SECONDS, Clock, run

app = typer.Typer(
    no_args_is_help=True,
    help="Try the optimisers on a JSON file: matching, rosters, surges, visit rounds. No project is needed.",
    epilog=(
        "The formats: linkage solve schema FORMAT. Exit status 1: the file has mistakes (all are named), or its hard "
        "rules contradict each other (they are named)."
    ),
)


def _number(value: float) -> float:
    if isnan(value):
        raise typer.BadParameter("must be a number of seconds")
    return value


FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE.json", help="The problem; - reads standard input.", show_default=False)
]
SecondsOption = Annotated[
    float,
    typer.Option(
        "--seconds",
        min=0.0,
        max=MAX_SECONDS,
        callback=_number,
        metavar="N",
        help="Time limit for solving; the best plan so far is returned with its bound.",
    ),
]
EXACT_SHARE = 1 / 15
"""Deterministic seconds of the exact solver for each of the time limit: it ends by counting, well before the limit."""

SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Of random choices.")]


def _end(answer: dict[str, Any]) -> None:
    """Refuse where the hard rules leave no plan."""
    if answer["status"] in {"contradictory", "no_plan"}:
        raise typer.Exit(1)


@app.command("matching")
def matching(
    file: FileArgument,
    *,
    seconds: SecondsOption = DEFAULT_SECONDS,
    seed: SeedOption = 0,
    prices: Annotated[
        bool, typer.Option("--prices", help="Also tell what one more unit at each binding limit would gain.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Match needs to offers: which offer serves which need, how good that is known to be, and why some go unmet.

    The answer with --json: status, objectives {name: {value, bound}} in their order, gap, seconds, assignments [{need,
    offer, quantity, window}], unmet [{need, quantity, reasons [{code, detail}], cheapest_change}], conflicts where the
    fixed pairs contradict each other.
    """
    from linkage.imports.instances.matching import read_matching
    from linkage.imports.instances.matching_answer import matching_answer, matching_prices

    clock = Clock(seconds)

    def work() -> dict[str, Any]:
        from linkage.kernels.assignment.solve import MatchOptions, match
        from linkage.kernels.preparing import engines_of_matching

        instance = read_matching(file)
        clock.start(engines_of_matching(instance.problem))
        options = MatchOptions(objectives=instance.objectives, seed=seed, seconds_left=clock.remaining_seconds)
        result = match(instance.problem, options)
        answer = matching_answer(instance, result, clock.spent_seconds())
        return answer | ({"prices": matching_prices(instance, result)} if prices else {})

    answer = run(work, f"Matching {file.name}", clock, is_shown=not as_json)
    if as_json:
        print_json(answer)
    else:
        from linkage.cli.solve_show import show_matching

        show_matching(answer)
    _end(answer)


@app.command("roster")
def roster(
    file: FileArgument,
    *,
    seconds: SecondsOption = DEFAULT_SECONDS,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Staff shifts: who serves where, how good that is known to be, and why some places stay empty.

    The answer with --json: status, objectives {name: {value, bound}} in their order (summed ones joined by +), gap
    (of the first not proven: the share of what serving can gain that may be missing), seconds, assignments
    [{volunteer, shift, skill}], unfilled [{shift, seat, missing, reasons [{code, detail}],
    cheapest_change}], below_pledge, conflicts where hard rules contradict each other.
    """
    from linkage.imports.instances.roster import read_roster
    from linkage.imports.instances.roster_answer import roster_answer

    clock = Clock(seconds)

    def work() -> dict[str, Any]:
        from linkage.kernels.preparing import engines_of_roster
        from linkage.kernels.roster.reasons import pledge_shortfalls, shortages
        from linkage.kernels.roster.result import RosterOptions
        from linkage.kernels.roster.solve import schedule

        instance = read_roster(file)
        clock.start()
        if instance.contradictions:
            from linkage.imports.instances.roster_conflict import contradictory_answer

            return contradictory_answer(instance, clock.spent_seconds())
        clock.start(engines_of_roster(instance.problem))
        options = RosterOptions(seed=seed, deadline=clock)
        if not instance.problem.patterns.volunteer.size:
            effort = max(options.exact_effort, EXACT_SHARE * seconds)
            options = replace(options, exact_effort=effort)
        result = schedule(instance.problem, options)
        spent = clock.spent_seconds()
        return roster_answer(
            instance,
            result,
            shortages=shortages(instance.problem, result) if result.has_plan else (),
            shortfalls=pledge_shortfalls(instance.problem, result) if result.has_plan else (),
            seconds=spent,
        )

    answer = run(work, f"Staffing {file.name}", clock, is_shown=not as_json)
    if as_json:
        print_json(answer)
    else:
        from linkage.cli.solve_show import show_roster

        show_roster(answer)
    _end(answer)


@app.command("surge")
def surge(
    file: FileArgument,
    *,
    seconds: SecondsOption = DEFAULT_SECONDS,
    as_json: JsonOption = False,
) -> None:
    """Plan a wave of calls or visits: how many people, when it ends, each one's quota, and what would change it.

    The answer with --json: people_needed, finish_days, is_met, people_short_by_day, quotas, inverse (contacts that can
    be reached, rate and hours needed), sensitivity, outcomes.
    """
    from linkage.imports.instances.surge import read_surge, surge_answer
    from linkage.kernels.surge import plan

    clock = Clock(seconds)
    instance = read_surge(file)
    answer = surge_answer(instance, plan(instance.problem), clock.spent_seconds())
    if as_json:
        print_json(answer)
    else:
        from linkage.cli.solve_show import show_surge

        show_surge(answer)


@app.command("rounds")
def rounds(
    file: FileArgument,
    *,
    seconds: SecondsOption = DEFAULT_SECONDS,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Plan visit rounds: who visits which household on which day, when they arrive, and why some are left out.

    The answer with --json: status, objectives {name: {value, bound}}, gap, seconds, rounds [{worker, day, leave, back,
    stops [{visit, arrive, begin, end, wait}]}], unserved [{visit, missing, reasons [{code, detail}], cheapest_change}].
    """
    from linkage.imports.instances.rounds import read_rounds
    from linkage.imports.instances.rounds_answer import rounds_answer

    clock = Clock(seconds)

    def work() -> dict[str, Any]:
        from linkage.kernels.rounds.reasons import unserved
        from linkage.kernels.rounds.result import RoundsOptions
        from linkage.kernels.rounds.solve import plan_rounds

        instance = read_rounds(file)
        clock.start()
        options = RoundsOptions(seed=seed, deadline=clock)
        result = plan_rounds(instance.problem, options)
        spent = clock.spent_seconds()
        return rounds_answer(instance, result, unserved(instance.problem, result, options.has_time), spent)

    answer = run(work, f"Planning rounds of {file.name}", clock, is_shown=not as_json)
    if as_json:
        print_json(answer)
    else:
        from linkage.cli.solve_show import show_rounds

        show_rounds(answer)


class Format(StrEnum):
    """The formats of `linkage solve`."""

    MATCHING = "matching"
    ROSTER = "roster"
    SURGE = "surge"
    ROUNDS = "rounds"


@app.command("schema")
def schema(
    name: Annotated[Format, typer.Argument(metavar="FORMAT", help="matching, roster, surge or rounds.")],
) -> None:
    """Print a format as JSON Schema, every key explained, for editors and for programs that write such files."""
    from linkage.imports.instances.schema import instance_schema

    print_json(instance_schema(name.value))


@app.command("prepare")
def prepare(*, as_json: JsonOption = False) -> None:
    """Compile the optimisers' inner loops for this machine now, so that nobody waits for it later; once, a minute or two."""
    from linkage.kernels.preparing import ENGINES

    told = {}
    for name, engine in ENGINES.items():
        clock = Clock(MAX_SECONDS)
        run(engine, f"Preparing the optimiser for {name}", clock, is_shown=not as_json)
        told[name] = round(clock.compilations.seconds, 1)
        if not as_json:
            say(f"{name}: {'ready' if not told[name] else f'compiled in {told[name]:.1f} s'}")
    if as_json:
        print_json({"compile_seconds": told})
