"""What `linkage solve` shows people: objectives with their bounds, what could not be done and why, cheapest changes.

Built from the same answer that `--json` prints, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from linkage.cli.output import counted, print_table, say

ROWS_SHOWN: Final = 20

_STATUS: Final = {
    "optimal": "proven optimal",
    "within_gap": "within the gap asked for",
    "best_so_far": "best found so far",
    "best_found": "best found",
    "contradictory": "no plan: the rules below contradict each other",
    "no_plan": "no plan was found that meets the hard minima",
}


def show_head(answer: dict[str, Any], what: str) -> None:
    """Say how good the plan is, and print the objectives in their order."""
    gap = f", gap {answer['gap']:.4%}" if answer["gap"] else ""
    say(f"{what}: {_STATUS.get(answer['status'], answer['status'])}{gap}, {answer['seconds']:.2f} s")
    for remark in answer.get("remarks", ()):
        say(f"  note: {remark}")
    if answer.get("conflicts"):
        rows = [(row["rule"], _detail({k: v for k, v in row.items() if k != "rule"})) for row in answer["conflicts"]]
        print_table("Rules that cannot all hold", ("rule", "about"), rows)
    objectives = [
        (name, told["value"], told.get("bound"), _standing(told)) for name, told in answer["objectives"].items()
    ]
    if objectives:
        print_table("Objectives, most important first", ("objective", "value", "bound", ""), objectives)


def show_matching(answer: dict[str, Any]) -> None:
    """Show a matching."""
    show_head(answer, counted(len(answer["assignments"]), "match"))
    if answer.get("conflicts"):
        return
    rows = [(row["need"], row["offer"], row["quantity"], row.get("window")) for row in answer["assignments"]]
    _table("Plan", ("need", "offer", "quantity", "window"), rows)
    _table(
        "Unmet",
        ("need", "why", "cheapest change"),
        [(row["need"], _reasons(row["reasons"]), _match_change(row["cheapest_change"])) for row in answer["unmet"]],
    )

    if "prices" in answer:
        prices = [
            (
                _words(row["rule"]),
                _about(row),
                ", ".join(f"{name} {-gain:+}" for name, gain in row["gains"].items() if gain),
            )
            for row in answer["prices"]
        ]
        _table("One more unit", ("at", "of", "changes"), prices)


def show_roster(answer: dict[str, Any]) -> None:
    """Show a roster."""
    show_head(answer, counted(len(answer["assignments"]), "assignment"))
    if answer.get("conflicts"):
        return
    rows = [(row["shift"], row["volunteer"], row["skill"]) for row in answer["assignments"]]
    _table("Plan", ("shift", "volunteer", "skill"), rows)
    unfilled = [
        (row["shift"], row["seat"], row["missing"], _reasons(row["reasons"]), _roster_change(row["cheapest_change"]))
        for row in answer["unfilled"]
    ]
    _table("Unfilled", ("shift", "seat", "missing", "why", "cheapest change"), unfilled)
    below = [
        (row["volunteer"], row["detail"]["planned_minutes"], row["detail"]["owed_minutes"], row["code"])
        for row in answer.get("below_pledge", ())
    ]
    if below:
        _table("Below the pledge", ("volunteer", "minutes", "owed", "why"), below)


def _standing(told: dict[str, Any]) -> str:
    if "bound" not in told:
        return ""
    return "proven" if told["value"] <= told["bound"] else "not proven"


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    more = len(rows) - ROWS_SHOWN
    print_table(f"{title} ({len(rows):,})", columns, rows[:ROWS_SHOWN], wraps=columns[-2:])
    if more > 0:
        say(f"  … and {more:,} more; --json tells them all")


def _reasons(reasons: list[dict[str, Any]]) -> str:
    return "; ".join(f"{_words(row['code'])} ({_detail(row['detail'])})" for row in reasons)


def _detail(detail: dict[str, Any]) -> str:
    parts = []
    for name, value in detail.items():
        told = ", ".join(map(str, value)) if isinstance(value, list) else value
        parts.append(f"{_words(name)} {told}")
    return ", ".join(parts)


def _words(code: str) -> str:
    return code.replace("_", " ")


def _match_change(change: dict[str, Any] | None) -> str:
    if change is None:
        return ""
    parts = []
    for one in change["raises"]:
        about = _about(one)
        parts.append(
            f"+{one['by']} {_words(one['rule'])} of {about}" if one["by"] else f"{_words(one['rule'])} of {about}"
        )
    return " and ".join(parts) or f"keep a place at {change['offer']}"


def _about(row: dict[str, Any]) -> str:
    """Name what a rule is about, from the row that tells of it."""
    return " ".join(
        ", ".join(map(str, value)) if isinstance(value, list) else f"{name} {value}"
        for name, value in row.items()
        if name not in {"rule", "by", "gains"}
    )


def _roster_change(change: dict[str, Any] | None) -> str:
    if change is None:
        return ""
    who = "" if change["volunteer"] is None else f" for {change['volunteer']}"
    skill = f" {change['skill']}" if "skill" in change else ""
    minutes = f", {change['minutes']} minutes" if "minutes" in change else ""
    lead = ", qualified to lead" if change.get("lead") else ""
    return f"{_words(change['kind'])}{skill}{who}{minutes}{lead}"


def show_surge(answer: dict[str, Any]) -> None:
    """Show a surge plan."""
    for line in _surge_lines(answer):
        say(line)
    if "outcomes" in answer:
        _table("Expected", ("outcome", "count"), [(_words(name), n) for name, n in answer["outcomes"].items()])
    quota = ("day", "people", "contacts", "each", "people_with_one_more")
    for title, key in (("Quotas", "quotas"), ("Quotas with the people needed", "quotas_at_people_needed")):
        if answer[key]:
            _table(title, quota, [tuple(row[name] for name in quota) for row in answer[key]])
    variant = ("factor", "value", "people_needed", "finish_days")
    _table("If instead", variant, [tuple(row[name] for name in variant) for row in answer["sensitivity"]])


def _surge_lines(answer: dict[str, Any]) -> Iterator[str]:
    yield f"{answer['attempts']:,} attempts, {answer['work_hours']:,} hours of work"
    if answer["people_needed"] is not None:
        yield f"People needed to be in time: {answer['people_needed']:,} every day"
    if answer["finish_days"] is not None:
        yield f"The people given finish after {answer['finish_days']:.4g} days"
    else:
        yield "The people given never finish"
    if answer["is_met"] is not None:
        short = ", ".join(f"day {day}: {count}" for day, count in enumerate(answer["people_short_by_day"], 1) if count)
        yield "The people given are in time" if answer["is_met"] else f"Too late; people missing: {short}"
    inverse = answer["inverse"]
    if inverse["contacts_possible"] is not None:
        yield f"In that time the people given can reach {inverse['contacts_possible']:,}"
    for name, unit in (("contacts_per_hour_needed", "contacts an hour"), ("hours_per_day_needed", "hours a day")):
        if inverse[name] is not None:
            yield f"They would be in time at {inverse[name]:.5g} {unit}"


def show_rounds(answer: dict[str, Any]) -> None:
    """Show visit rounds, one table for each."""
    show_head(answer, counted(len(answer["rounds"]), "round"))
    for row in answer["rounds"]:
        out = f"{_clock(row['leave'])}-{_clock(row['back'])}, {row['travel_minutes']} minutes on the way"
        stops = [
            (
                _clock(stop["arrive"]),
                _clock(stop["begin"]),
                _clock(stop["end"]),
                stop.get("visit", f"lunch, {stop.get('lunch')}"),
                "with another" if stop.get("people", 1) > 1 else "",
            )
            for stop in row["stops"]
        ]
        print_table(
            f"Day {row['day']}, {row['worker']} from {row['depot']}: {out}",
            ("arrives", "begins", "ends", "visit", ""),
            stops,
        )
    unserved = [
        (row["visit"], row["missing"], _reasons(row["reasons"]), _rounds_change(row["cheapest_change"]))
        for row in answer["unserved"]
    ]
    if unserved:
        _table("Left out", ("visit", "missing", "why", "cheapest change"), unserved)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _rounds_change(change: dict[str, Any] | None) -> str:
    if change is None:
        return ""
    parts = [_words(change["kind"])]
    if "skill" in change:
        parts.append(f"{change['skill']} to {change['worker']}")
    elif change.get("worker"):
        parts.append(f"of {change['worker']}")
    if "count" in change:
        parts.append(f"({change['count']}) at {change['depot']}")
    spans = [change[name] for name in ("hours", "window") if name in change]
    parts += [f"to {_clock(start)}-{_clock(end)}" for start, end in spans]
    if change["kind"] == "allow_day":
        parts.append(f"{change['day']}")
    if "gap_days" in change:
        parts.append(f"to {change['gap_days']} days")
    if "minutes" in change:
        parts.append(f"(+{change['minutes']} minutes)")
    if "boxes" in change:
        parts.append(f"by {change['boxes']}")
    return " ".join(parts)
