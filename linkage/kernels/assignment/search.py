"""Builds and improves plans whose needs are not split, from a relaxed flow, by insert, shift and eject.

A heuristic: it proves nothing, its bound comes from the flow. Needs are placed as parcels: the whole need where it
is undivided, else at most `_PARCELS` equal parts of it. Deterministic; it stops after the given number of tries or
at the deadline with the best it has, and every step leaves a plan that keeps the limits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

import numpy as np

from linkage.kernels.assignment import objectives
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Integers
from linkage.kernels.assignment.remainder import Remainder, served_of
from linkage.terms import MatchObjective

_PARCELS: Final = 16
_DEADLINE_EVERY: Final = 64


class _Choice(NamedTuple):
    """One place a parcel can go: what it adds to the plan, where, and the capacity it takes."""

    weight: int
    offer: int
    window: int
    size: int
    pair: int


@dataclass(eq=False)
class _Plan:
    """A plan under construction, in plain Python numbers (weights may leave 64 bits)."""

    choices: list[list[_Choice]]
    amount: list[int]
    need: list[int]
    free: list[int]
    in_window: list[int]
    under_cap: list[int]
    source: list[int]
    unmet_weight: list[int]
    group: list[int]
    most: list[int]
    exclusive: list[int]
    fair_weight: int
    fair_sum: list[list[int]]
    fair_scale: list[int]
    quota_weight: int
    allowed: list[int]
    unmet_in_group: list[int]
    at: list[dict[int, _Choice]]
    holders: dict[int, list[int]] = field(default_factory=dict)
    place: list[_Choice | None] = field(init=False)

    def __post_init__(self) -> None:
        self.place = [None] * len(self.choices)

    def room(self, choice: _Choice) -> int:
        room = self.free[choice.offer]
        source = self.source[choice.offer]
        if source != NONE:
            room = min(room, self.under_cap[source])
        return room if choice.window == NONE else min(room, self.in_window[choice.window])

    def may_serve(self, parcel: int, instead: int | None = None) -> bool:
        """Tell whether the group's maximum and the exclusive group allow a parcel to be served."""
        group, exclusive = self.group[parcel], self.exclusive[parcel]
        if group != NONE:
            freed = self.amount[instead] if instead is not None and self.group[instead] == group else 0
            if self.most[group] + freed < self.amount[parcel]:
                return False
        return all(self.need[other] == self.need[parcel] for other in self.holders.get(exclusive, ()))

    def put(self, parcel: int, choice: _Choice) -> None:
        self._take(parcel, choice, 1)
        self.at[choice.offer][parcel] = choice
        self.place[parcel] = choice

    def remove(self, parcel: int) -> None:
        choice = self.place[parcel]
        if choice is not None:
            self._take(parcel, choice, -1)
            del self.at[choice.offer][parcel]
            self.place[parcel] = None

    def _take(self, parcel: int, choice: _Choice, sign: int) -> None:
        self.free[choice.offer] -= sign * choice.size
        if choice.window != NONE:
            self.in_window[choice.window] -= sign * choice.size
        source = self.source[choice.offer]
        if source != NONE:
            self.under_cap[source] -= sign * choice.size
        if self.group[parcel] != NONE:
            self.unmet_in_group[self.group[parcel]] -= sign * self.amount[parcel]
            self.most[self.group[parcel]] -= sign * self.amount[parcel]
        if self.exclusive[parcel] != NONE:
            held = self.holders.setdefault(self.exclusive[parcel], [])
            held.append(parcel) if sign > 0 else held.remove(parcel)

    def loss(self, parcel: int) -> int:
        """Weigh the parcel being unserved, as things stand."""
        return self.unmet_weight[parcel] + self._fairness(parcel)

    def _fairness(self, parcel: int) -> int:
        group = self.group[parcel]
        if group == NONE or not (self.fair_weight or self.quota_weight):
            return 0
        unmet = self.unmet_in_group[group]
        low = unmet if self.place[parcel] is not None else unmet - self.amount[parcel]
        high, allowed = low + self.amount[parcel], self.allowed[group]
        loss = self.quota_weight * (max(0, high - allowed) - max(0, low - allowed))
        if self.fair_weight:
            loss += self.fair_weight * (self._fair_cost(group, high) - self._fair_cost(group, low))
        return loss

    def _fair_cost(self, group: int, unmet: int) -> int:
        demand = self.fair_scale[group]
        step = -(-unmet * objectives.STEPS // demand)
        if step <= 0:
            return 0
        return self.fair_sum[group][step - 1] + step * (unmet - demand * (step - 1) // objectives.STEPS)


def repair(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    remainder: Remainder,
    *,
    relaxed: Integers,
    tries: int,
    seconds_left: Callable[[], float],
) -> Integers:
    """Turn a relaxed plan into one that keeps every limit, and improve it.

    Parameters
    ----------
    relaxed
        (n_pairs,) int64 units without the fixed ones; may split needs and overfill offers.

    Returns
    -------
    Integers
        (n_pairs,) int64 units, the fixed ones included.
    """
    plan = _lay_out(problem, levels, remainder)
    _keep_unsplit(plan, relaxed)
    _place_waiting(plan, tries, seconds_left)
    units = remainder.fixed.copy()
    for parcel, choice in enumerate(plan.place):
        if choice is not None:
            units[choice.pair] += plan.amount[parcel]
    return units


def _lay_out(problem: AssignmentProblem, levels: Sequence[MatchObjective], remainder: Remainder) -> _Plan:
    """Cut needs into parcels and weigh every place they can go."""
    factor = _factors(problem, levels)
    cost_weight = factor.get(MatchObjective.COST, 0)
    kept_weight = factor.get(MatchObjective.CHANGED, 0)
    other_weight = factor.get(MatchObjective.CONTINUITY, 0)
    choices: list[list[_Choice]] = []
    amounts: list[int] = []
    needs: list[int] = []
    use, offer, window = problem.pair_use.tolist(), problem.pair_offer.tolist(), problem.pair_window.tolist()
    cost = (cost_weight * problem.pair_cost.astype(object) + other_weight * objectives.is_another(problem)).tolist()
    previous = remainder.previous.tolist()
    starts = problem.need_start.tolist()
    for need, quantity in enumerate(remainder.quantity.tolist()):
        count = min(quantity, 1 if problem.indivisible else _PARCELS)
        for part in range(count):
            amount = quantity // count + (part < quantity % count)
            before = part * (quantity // count) + min(part, quantity % count)
            options = [
                _Choice(
                    weight=cost[pair] * amount - kept_weight * max(0, min(previous[pair] - before, amount)),
                    offer=offer[pair],
                    window=window[pair],
                    size=amount * use[pair],
                    pair=pair,
                )
                for pair in range(starts[need], starts[need + 1])
                if amount * use[pair] <= remainder.capacity[offer[pair]]
            ]
            options.sort(key=lambda choice: (choice.weight, choice.size, choice.offer))
            choices.append(options)
            amounts.append(amount)
            needs.append(need)
    demand = objectives.group_demand(problem)
    widths = objectives.step_widths(demand)
    sums = np.cumsum(widths * np.arange(1, objectives.STEPS + 1), axis=1)
    unmet = objectives.by_group_of(problem, problem.need_quantity - served_of(problem, remainder.fixed))
    priority = problem.need_priority.tolist()
    unmet_weight = factor[MatchObjective.UNMET_PRIORITY]
    return _Plan(
        choices=choices,
        amount=amounts,
        need=needs,
        free=remainder.capacity.tolist(),
        in_window=remainder.windows.tolist(),
        under_cap=remainder.caps.tolist(),
        source=problem.offer_source.tolist(),
        unmet_weight=[unmet_weight * priority[need] * amount for need, amount in zip(needs, amounts, strict=True)],
        group=problem.need_group[np.array(needs, dtype=np.int64)].tolist(),
        most=remainder.most.tolist(),
        exclusive=problem.need_exclusive[np.array(needs, dtype=np.int64)].tolist(),
        fair_weight=factor.get(MatchObjective.UNFAIRNESS, 0),
        fair_sum=np.pad(sums, ((0, 0), (1, 0))).tolist(),
        fair_scale=demand.tolist(),
        quota_weight=factor.get(MatchObjective.QUOTA_SHORTFALL, 0),
        allowed=objectives.allowed_unmet(problem).tolist(),
        unmet_in_group=unmet.tolist(),
        at=[{} for _ in range(problem.offer_count)],
    )


def _factors(problem: AssignmentProblem, levels: Sequence[MatchObjective]) -> dict[MatchObjective, int]:
    """Weigh each level above all that the levels after it can add up to."""
    quantity = int(problem.need_quantity.sum())
    span = {
        MatchObjective.UNMET_PRIORITY: quantity * int(problem.need_priority.max(initial=1)),
        MatchObjective.UNFAIRNESS: quantity * objectives.STEPS,
        MatchObjective.QUOTA_SHORTFALL: quantity + int(problem.group_min.sum()),
        MatchObjective.CHANGED: int(problem.previous.sum()),
        MatchObjective.CONTINUITY: quantity,
        MatchObjective.COST: 2 * quantity * int(np.abs(problem.pair_cost).max(initial=0)),
    }
    factors: dict[MatchObjective, int] = {}
    below = 0
    for level in reversed(levels):
        factors[level] = below + 1
        below += factors[level] * span[level]
    return factors


def _keep_unsplit(plan: _Plan, relaxed: Integers) -> None:
    """Place what the relaxed plan does not split, the weightiest first where it overfills an offer."""
    left = relaxed.tolist()
    order = sorted(range(len(plan.choices)), key=lambda parcel: (-plan.unmet_weight[parcel], parcel))
    for parcel in order:
        for choice in plan.choices[parcel]:
            fits = left[choice.pair] >= plan.amount[parcel] and choice.size <= plan.room(choice)
            if fits and plan.may_serve(parcel):
                left[choice.pair] -= plan.amount[parcel]
                plan.put(parcel, choice)
                break


class _Move(NamedTuple):
    gain: int
    choice: _Choice
    other: int | None = None
    shift: _Choice | None = None


def _place_waiting(plan: _Plan, tries: int, seconds_left: Callable[[], float]) -> None:
    """Try to place what is not placed, the weightiest first."""
    waiting = [(-plan.loss(parcel), parcel) for parcel, choice in enumerate(plan.place) if choice is None]
    heapify(waiting)
    while waiting and tries > 0:
        tries -= 1
        if tries % _DEADLINE_EVERY == 0 and seconds_left() <= 0:
            break
        _, parcel = heappop(waiting)
        ejected = _apply(plan, parcel, _best_move(plan, parcel))
        if ejected is not None:
            heappush(waiting, (-plan.loss(ejected), ejected))


def _apply(plan: _Plan, parcel: int, move: _Move | None) -> int | None:
    """Carry out a move; tell the parcel it pushed out, if any."""
    if move is None:
        return None
    if move.other is not None:
        plan.remove(move.other)
    plan.put(parcel, move.choice)
    if move.other is not None and move.shift is not None:
        plan.put(move.other, move.shift)
        return None
    return move.other


def _best_move(plan: _Plan, parcel: int) -> _Move | None:
    """Find the best way to place a parcel that improves the plan."""
    loss = plan.loss(parcel)
    best: _Move | None = None
    for choice in plan.choices[parcel]:
        own = loss - choice.weight
        if own <= (0 if best is None else best.gain):
            break  # choices are sorted: no later one gains more by itself, and moving others rarely pays
        if plan.room(choice) >= choice.size and plan.may_serve(parcel):
            return _Move(own, choice)
        best = _best_instead(plan, parcel, choice, own, best)
    return best


def _best_instead(plan: _Plan, parcel: int, choice: _Choice, own: int, best: _Move | None) -> _Move | None:
    """Find a parcel at a full offer to push out or to shift elsewhere, if that beats the best move so far."""
    least = 0 if best is None else best.gain
    free = plan.free
    short = choice.size - free[choice.offer]
    may_serve = plan.may_serve(parcel)
    for other, held in plan.at[choice.offer].items():
        if held.size < short or not _fits_instead(plan, choice, held):
            continue
        gain = own + held.weight - plan.loss(other)
        if gain > least and plan.may_serve(parcel, other):
            best, least = _Move(gain, choice, other), gain
        if not may_serve:
            continue
        for elsewhere in plan.choices[other]:
            gain = own + held.weight - elsewhere.weight
            if gain <= least:
                break
            if (
                free[elsewhere.offer] >= elsewhere.size
                and elsewhere.offer != choice.offer
                and _keeps_cap(plan, choice, held, elsewhere)
            ):
                best, least = _Move(gain, choice, other, elsewhere), gain
                break
    return best


def _fits_instead(plan: _Plan, choice: _Choice, held: _Choice) -> bool:
    """Tell whether cap and window allow one parcel in the place of another at the same offer."""
    source = plan.source[choice.offer]
    if choice.window != NONE:
        freed = held.size if held.window == choice.window else 0
        if plan.in_window[choice.window] + freed < choice.size:
            return False
    return source == NONE or plan.under_cap[source] + held.size >= choice.size


def _keeps_cap(plan: _Plan, choice: _Choice, held: _Choice, elsewhere: _Choice) -> bool:
    """Tell whether cap and window allow a parcel elsewhere once it has left its place to another."""
    source = plan.source[elsewhere.offer]
    if elsewhere.window != NONE and plan.in_window[elsewhere.window] < elsewhere.size:
        return False
    if source == NONE:
        return True
    shared = choice.size - held.size if plan.source[choice.offer] == source else 0
    return plan.under_cap[source] - shared >= elsewhere.size
