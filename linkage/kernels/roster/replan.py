"""Make a roster again after something happened, changing as little as can be.

What was accepted stays fixed unless it is released or the disruption itself makes it impossible; among plans that
cover equally well, the one that gives up the fewest accepted places is taken, and the result bounds that number too.
Every place given up or newly taken is told with its reason; who could step in is ranked by `replacement`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from linkage.errors import InvalidProblem
from linkage.kernels.roster.disruption import Disruption, problem_after
from linkage.kernels.roster.fixed import seating
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.problem import Pairs, RosterProblem
from linkage.kernels.roster.replacement import Candidate, Ranking
from linkage.kernels.roster.result import RosterOptions, RosterResult
from linkage.terms import RosterMoveReason, RosterObjective

Pair = tuple[int, int]
COVERAGE = frozenset({RosterObjective.UNCOVERED, RosterObjective.LEAD_MISSING})


@dataclass(frozen=True, kw_only=True)
class Move:
    """One place that changed hands.

    Parameters
    ----------
    is_given_up
        True for an accepted place that is no longer held, False for a place newly taken.
    because_of
        The shift the person is needed on instead, for `NEEDED_ELSEWHERE`; the volunteer who left the place, for
        `FILLS_VACATED`; else -1.
    """

    volunteer: int
    shift: int
    is_given_up: bool
    reason: RosterMoveReason
    because_of: int = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Replan:
    """A roster made again.

    Parameters
    ----------
    problem
        The problem after the disruption, as it was solved: with what is fixed and what was accepted.
    result
        The new plan; one of its levels is `disturbance` alone.
    moves
        Every change against the accepted roster, by shift and volunteer, places given up first.
    candidates
        For each seat row below its target once the disruption has struck, and before anybody is moved, who could
        step in, best first; empty unless `last_asked` was given.
    """

    problem: RosterProblem
    result: RosterResult
    moves: tuple[Move, ...]
    candidates: dict[int, list[Candidate]]

    @property
    def moved(self) -> tuple[Move, ...]:
        """Accepted places given up though the person could have kept them."""
        chosen = {RosterMoveReason.NEEDED_ELSEWHERE, RosterMoveReason.OTHER_AIMS}
        return tuple(move for move in self.moves if move.reason in chosen)


def objectives_for_replanning(
    levels: Sequence[tuple[RosterObjective, ...]],
) -> tuple[tuple[RosterObjective, ...], ...]:
    """Put disturbance on a level of its own, right behind the last level that speaks of coverage or leads."""
    bare = [tuple(term for term in level if term is not RosterObjective.DISTURBANCE) for level in levels]
    bare = [level for level in bare if level]
    place = max((number + 1 for number, level in enumerate(bare) if COVERAGE & set(level)), default=0)
    return (*bare[:place], (RosterObjective.DISTURBANCE,), *bare[place:])


def _pairs(pairs: Pairs) -> list[Pair]:
    return sorted(set(zip(pairs.volunteer.tolist(), pairs.shift.tolist(), strict=True)))


def _columns(pairs: Sequence[Pair]) -> Pairs:
    return Pairs.of([v for v, _ in pairs], [s for _, s in pairs])


class _Accepted:
    """The accepted pairs under the new facts: which are gone and why, which stay fixed, which may move."""

    def __init__(self, facts: HardFacts, pairs: Sequence[Pair], disruption: Disruption, movable: set[Pair]) -> None:
        self.facts, self.disruption = facts, disruption
        absent = set(_pairs(disruption.absent))
        self.gone: dict[Pair, RosterMoveReason] = {}
        for volunteer, shift in pairs:
            reason = self._lost(volunteer, shift, absent)
            if reason is not None:
                self.gone[volunteer, shift] = reason
        self.kept = [pair for pair in pairs if pair not in self.gone]
        self.movable = (movable | self._shaken(pairs)) & set(self.kept)
        self.fixed = [pair for pair in self.kept if pair not in self.movable]

    def _lost(self, volunteer: int, shift: int, absent: set[Pair]) -> RosterMoveReason | None:
        if volunteer in self.disruption.dropped:
            return RosterMoveReason.DROPPED_OUT
        if shift in self.disruption.cancelled:
            return RosterMoveReason.CANCELLED
        if (volunteer, shift) in absent:
            return RosterMoveReason.UNAVAILABLE
        if self.facts.candidate[volunteer, shift]:
            return None
        if not self.facts.alone[volunteer, shift]:
            return RosterMoveReason.RULE
        return RosterMoveReason.TEAM if self.facts.team_of[volunteer] else RosterMoveReason.COMPANY

    def _shaken(self, pairs: Sequence[Pair]) -> set[Pair]:
        """Return pairs that can no longer be held for certain: newcomers left alone, patterns that lost a day."""
        people = self.facts.problem.volunteers
        escorted = {shift for volunteer, shift in self.kept if people.experienced[volunteer]}
        alone = {(v, s) for v, s in self.kept if people.newcomer[v] and s not in escorted}
        mates = {(m, s) for v, s in alone for m in self.facts.team_of[v]}
        patterned = {v for v, _ in self.gone if self.facts.pattern_of[v] >= 0}
        return alone | mates | {pair for pair in pairs if pair[0] in patterned}


def _candidates(
    problem: RosterProblem, facts: HardFacts, kept: Sequence[Pair], asked: ArrayLike
) -> dict[int, list[Candidate]]:
    """Rank who could step in for each seat that is below its target while nobody has moved."""
    rows = []
    for shift in sorted({s for _, s in kept}):
        seats = seating(facts, shift, [v for v, s in kept if s == shift]) or {}
        rows += [(volunteer, shift, seat) for volunteer, seat in sorted(seats.items())]
    filled = np.bincount(np.asarray([seat for _, _, seat in rows], dtype=np.int64), minlength=problem.seat_count)
    ranking = Ranking(problem, rows)
    return {
        seat: ranking.candidates(int(problem.seats.shift[seat]), seat, asked)
        for seat in np.flatnonzero(filled < problem.seats.target).tolist()
    }


def _given_up(accepted: _Accepted, now: set[Pair]) -> list[Move]:
    """Say of each accepted pair that is not in the plan why."""
    facts, found = accepted.facts, []
    for volunteer, shift in sorted({*accepted.gone, *accepted.kept} - now):
        reason, instead = accepted.gone.get((volunteer, shift)), -1
        if reason is None:
            own = [s for v, s in sorted(now) if v == volunteer and (v, s) not in accepted.kept]
            instead = next((s for s in own if facts.clash(volunteer, shift, s)), own[0] if own else -1)
            reason = RosterMoveReason.NEEDED_ELSEWHERE if own else RosterMoveReason.OTHER_AIMS
        found.append(Move(volunteer=volunteer, shift=shift, is_given_up=True, reason=reason, because_of=instead))
    return found


def _taken(accepted: _Accepted, now: set[Pair], given_up: Sequence[Move], old_shifts: int) -> list[Move]:
    """Say of each new pair what it fills."""
    left: dict[int, list[int]] = {}
    for move in given_up:
        left.setdefault(move.shift, []).append(move.volunteer)
    found = []
    for volunteer, shift in sorted(now - {*accepted.gone, *accepted.kept}, key=lambda pair: (pair[1], pair[0])):
        reason, before = RosterMoveReason.FILLS_EMPTY, -1
        if shift >= old_shifts:
            reason = RosterMoveReason.FILLS_NEW
        elif left.get(shift):
            reason, before = RosterMoveReason.FILLS_VACATED, left[shift].pop(0)
        found.append(Move(volunteer=volunteer, shift=shift, is_given_up=False, reason=reason, because_of=before))
    return found


def replan(
    problem: RosterProblem,
    accepted: Pairs,
    disruption: Disruption,
    *,
    movable: Pairs | None = None,
    objectives: tuple[tuple[RosterObjective, ...], ...] | None = None,
    last_asked: ArrayLike | None = None,
    options: RosterOptions | None = None,
) -> Replan:
    """Staff the shifts again after a disruption.

    Parameters
    ----------
    problem
        The problem the accepted roster was made for; its own fixed and previous pairs are not looked at.
    accepted
        The pairs that people know and agreed to.
    movable
        Accepted pairs that are released: they may be given up where coverage gains by it. Nobody's if not given;
        pass `accepted` to release all.
    objectives
        Levels in order; the problem's own, with disturbance behind coverage, if not given.
    last_asked
        (n_volunteers,) as `replacement.replacements` takes it; candidates are ranked only if it is given.

    Raises
    ------
    InvalidProblem
        The disruption or the accepted pairs do not fit the problem.
    """
    from linkage.kernels.roster.solve import schedule  # loads the solvers: only where they are wanted

    changed = problem_after(problem, disruption)
    pairs = _pairs(accepted)
    unknown = [
        pair for pair in pairs if not (0 <= pair[0] < problem.volunteer_count and 0 <= pair[1] < problem.shift_count)
    ]
    if unknown:
        raise InvalidProblem(
            "the accepted roster does not fit the problem; correct it and try again",
            [f"accepted volunteer {volunteer} on shift {shift}: there is no such pair" for volunteer, shift in unknown],
        )
    facts = HardFacts.of(changed)
    state = _Accepted(facts, pairs, disruption, set() if movable is None else set(_pairs(movable)))
    solved = replace(
        changed,
        previous=_columns(state.kept),
        fixed=_columns(state.fixed),
        objectives=objectives or objectives_for_replanning(problem.objectives),
    )
    result = schedule(solved, options)
    now = set(zip(result.volunteer.tolist(), result.shift.tolist(), strict=True))
    moves: list[Move] = []
    if result.has_plan:
        moves = sorted(_given_up(state, now), key=lambda move: (move.shift, move.volunteer))
        moves += _taken(state, now, moves, problem.shift_count)
    candidates = {} if last_asked is None else _candidates(changed, facts, state.kept, last_asked)
    return Replan(problem=solved, result=result, moves=tuple(moves), candidates=candidates)
