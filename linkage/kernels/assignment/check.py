"""Checks a matching by itself: no solver, nothing shared with what made the plan but the problem and its result.

It returns every violation as a line of English for the log; an empty tuple means that the plan keeps every rule
and that the numbers it comes with are true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Integers
from linkage.kernels.assignment.result import AssignmentResult
from linkage.terms import MatchObjective, MatchStatus


def verify(problem: AssignmentProblem, result: AssignmentResult) -> tuple[str, ...]:
    """Tell every rule that a result breaks, and every number in it that is not so."""
    if not result.need.size == result.offer.size == result.window.size == result.quantity.size:
        return ("the plan's columns differ in length",)
    units, unknown = _units(problem, result)
    shape = tuple(_shape(problem, result, unknown))
    if shape:
        return shape
    return (
        *_needs(problem, result, units),
        *_choices(problem, units),
        *_capacities(problem, units),
        *_claims(problem, result, units),
    )


def _keys(problem: AssignmentProblem, need: Integers, offer: Integers, window: Integers) -> Integers:
    places = need * max(1, problem.offer_count) + offer
    keys: Integers = places * (problem.window_count + 1) + (window + 1)
    return keys


def _units(problem: AssignmentProblem, result: AssignmentResult) -> tuple[Integers, Integers]:
    """Spread the plan over the problem's pairs; tell the rows of the plan that are no pair."""
    pairs = _keys(problem, problem.pair_need, problem.pair_offer, problem.pair_window)
    keys = _keys(problem, result.need, result.offer, result.window)
    units = np.zeros(problem.pair_count, dtype=np.int64)
    place = np.searchsorted(pairs, keys)
    known = (place < pairs.size) & (result.offer < problem.offer_count) & (result.window < problem.window_count)
    known[known] = pairs[place[known]] == keys[known]
    np.add.at(units, place[known], result.quantity[known])
    return units, np.flatnonzero(~known)


def _shape(problem: AssignmentProblem, result: AssignmentResult, unknown: Integers) -> Iterator[str]:
    if (np.diff(_keys(problem, result.need, result.offer, result.window)) <= 0).any():
        yield "the plan is not sorted by need and offer, or lists a pair twice"
    if (result.quantity < 1).any():
        yield "the plan has a match of no units"
    for row in unknown.tolist():
        where = "" if result.window[row] == NONE else f" in window {result.window[row]}"
        yield f"need {result.need[row]} is matched to offer {result.offer[row]}{where}, which is not eligible"


def _needs(problem: AssignmentProblem, result: AssignmentResult, units: Integers) -> Iterator[str]:
    served = np.bincount(problem.pair_need, weights=units, minlength=problem.need_count).astype(np.int64)
    for need in np.flatnonzero(served > problem.need_quantity).tolist():
        yield f"need {need} is served {served[need]} of {problem.need_quantity[need]} units"
    left = problem.need_quantity - served
    for need in np.flatnonzero(left != result.unmet).tolist():
        yield f"need {need} has {left[need]} unmet units, told are {result.unmet[need]}"
    if problem.indivisible:
        matches = np.bincount(problem.pair_need[units > 0], minlength=problem.need_count)
        for need in np.flatnonzero((matches > 1) | ((served > 0) & (left > 0))).tolist():
            yield f"need {need} is split"
    if result.status is not MatchStatus.CONTRADICTORY:
        for row in np.flatnonzero(units < problem.fixed).tolist():
            yield (
                f"need {problem.pair_need[row]} keeps {units[row]} of {problem.fixed[row]} fixed units "
                f"at offer {problem.pair_offer[row]}"
            )


def _choices(problem: AssignmentProblem, units: Integers) -> Iterator[str]:
    """Exclusive groups, packages and the most that groups may be met, need by need."""
    if not (problem.group_max.size or problem.has_choices):
        return
    served: Counter[int] = Counter()
    rows = np.flatnonzero(units)
    for need, amount in zip(problem.pair_need[rows].tolist(), units[rows].tolist(), strict=True):
        served[need] += amount
    met_in_group: Counter[int] = Counter()
    met_of_set: dict[int, list[int]] = {}
    for need, amount in sorted(served.items()):
        met_in_group[int(problem.need_group[need])] += amount
        met_of_set.setdefault(int(problem.need_exclusive[need]), []).append(need)
    for group, most in enumerate(problem.group_max.tolist()):
        if most != NONE and met_in_group[group] > most:
            yield f"group {group} is met {met_in_group[group]} of at most {most} units"
    for name, needs in sorted(met_of_set.items()):
        if name != NONE and len(needs) > 1:
            yield f"needs {needs} of exclusive group {name} are met together"
    begun = {int(problem.need_package[need]) for need in served} - {NONE}
    for need in np.flatnonzero(np.isin(problem.need_package, sorted(begun))).tolist():
        if served[need] < problem.need_quantity[need]:
            yield f"need {need} of package {problem.need_package[need]} is not met whole, others of it are served"


def _capacities(problem: AssignmentProblem, units: Integers) -> Iterator[str]:
    used: Counter[int] = Counter()
    by_source: Counter[int] = Counter()
    by_window: Counter[int] = Counter()
    rows = np.flatnonzero(units)
    taken = (units[rows] * problem.pair_use[rows]).tolist()
    for offer, amount in zip(problem.pair_offer[rows].tolist(), taken, strict=True):
        used[offer] += amount
    in_window = np.flatnonzero(problem.pair_window[rows] != NONE).tolist()
    for place in in_window:
        by_window[int(problem.pair_window[rows[place]])] += taken[place]
    for window, amount in sorted(by_window.items()):
        if amount > problem.window_capacity[window]:
            yield f"window {window} gives {amount} of {problem.window_capacity[window]} units of capacity"
    for offer, amount in sorted(used.items()):
        by_source[int(problem.offer_source[offer])] += amount
        if amount > problem.offer_capacity[offer]:
            yield f"offer {offer} gives {amount} of {problem.offer_capacity[offer]} units of capacity"
    for source, amount in sorted(by_source.items()):
        if source != NONE and problem.source_caps[source] != NONE and amount > problem.source_caps[source]:
            yield f"source {source} gives {amount} of {problem.source_caps[source]} units of capacity"


def _claims(problem: AssignmentProblem, result: AssignmentResult, units: Integers) -> Iterator[str]:
    for objective in result.objectives:
        counted = _count(problem, units, objective.objective)
        if counted != objective.value:
            yield f"{objective.objective} is told as {objective.value}, counts {counted}"
        if objective.bound > objective.value:
            yield f"{objective.objective} has bound {objective.bound} above its value {objective.value}"
    closed = all(objective.bound == objective.value for objective in result.objectives)
    if (result.status is MatchStatus.CONTRADICTORY) != bool(result.conflicts):
        yield f"status is {result.status} with {len(result.conflicts)} conflicts"
    elif result.status is MatchStatus.CONTRADICTORY:
        if result.need.size:
            yield "a contradictory problem has a plan"
    elif (result.status is MatchStatus.OPTIMAL) != closed:
        yield f"status is {result.status}, its bounds say otherwise"
    if (result.gap_ratio > 0) == closed or result.gap_ratio < 0:
        yield f"the gap is told as {result.gap_ratio}, its bounds say otherwise"


def _count(problem: AssignmentProblem, units: Integers, objective: MatchObjective) -> int:
    """Count an objective pair by pair and group by group."""
    if objective is MatchObjective.CHANGED:
        rows = np.flatnonzero(problem.previous > units)
        return int((problem.previous[rows] - units[rows]).sum())
    rows = np.flatnonzero(units)
    if objective is MatchObjective.COST:
        return int((units[rows] * problem.pair_cost[rows]).sum())
    if objective is MatchObjective.CONTINUITY:
        known = set(problem.pair_need[problem.is_last == 1].tolist())
        other = [row for row in rows.tolist() if not problem.is_last[row] and int(problem.pair_need[row]) in known]
        return int(units[other].sum())
    served = np.zeros(problem.need_count, dtype=np.int64)
    np.add.at(served, problem.pair_need, units)
    unmet = problem.need_quantity - served
    if objective is MatchObjective.UNMET_PRIORITY:
        return int((unmet * problem.need_priority).sum())
    total = 0
    for group in range(problem.group_count):
        members = problem.need_group == group
        if objective is MatchObjective.QUOTA_SHORTFALL:
            least = int(problem.group_min[group]) if group < problem.group_min.size else 0
            total += max(0, least - int(served[members].sum()))
            continue
        asked, without = int(problem.need_quantity[members].sum()), int(unmet[members].sum())
        step, before = 0, 0  # the units up to `step` percent of what is asked cost `step` each
        while before < without:
            step += 1
            end = min(without, asked * step // 100)
            total += step * (end - before)
            before = end
    return total
