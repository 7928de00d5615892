"""Who could step in for a vacated place: candidates ranked, with the reasons for their rank.

Nobody is moved here; a candidate who would leave another shift is named with that shift. Among those who
disturb the plan equally, whoever was asked longest ago comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linkage.errors import InvalidProblem
from linkage.kernels.roster.check_patterns import row_violations
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import Row
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.plan import Plan
from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterResult
from linkage.terms import ReplacementReason

NEVER_ASKED: Final = -1


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who may take the place under every hard rule.

    Parameters
    ----------
    leaves_shift
        The shift to give up first, or -1.
    refill_count
        How many others are free to take the place given up; 0 where none is given up.
    last_asked
        As given; `NEVER_ASKED` for never.
    planned_minutes
        What the plan holds for the person now.
    owed_minutes
        Pledge still open in the period of the shift.
    """

    volunteer: int
    leaves_shift: int
    refill_count: int
    last_asked: int
    planned_minutes: int
    owed_minutes: int
    reasons: tuple[ReplacementReason, ...]


def _keeps_company(plan: Plan, volunteer: int, shift: int, leaves: int) -> bool:
    """Whether nobody is left without the company a hard rule demands: newcomers, and teams, which never come in part."""
    facts, company = plan.facts, plan.company
    if facts.team_of[volunteer]:
        return False
    if company.newcomer[volunteer] and not company.experienced_on[shift]:
        return False
    is_last = leaves >= 0 and company.experienced[volunteer] and company.experienced_on[leaves] == 1
    return not (is_last and company.newcomers_on[leaves])


def _keeps_pattern(plan: Plan, volunteer: int, shift: int, leaves: int) -> bool:
    row = plan.facts.pattern_of[volunteer]
    own = [*(s for s in plan.own[volunteer] if s != leaves), shift]
    return row < 0 or next(row_violations(plan.facts.problem, row, own), None) is None


def _refills(plan: Plan, gone: int, shift: int, barred: set[int]) -> int:
    """Count who could take the place that `gone` leaves on a shift."""
    seat = plan.own[gone][shift]
    return sum(
        v != gone
        and v not in barred
        and seat in plan.seats_for[v][shift]
        and plan.can_serve(v, shift)
        and _keeps_company(plan, v, shift, -1)
        and _keeps_pattern(plan, v, shift, -1)
        for v in plan.facts.people_of[shift]
    )


def _reasons(plan: Plan, volunteer: int, shift: int, *, leaves: bool, last: int) -> tuple[ReplacementReason, ...]:
    found = [ReplacementReason.LEAVES_OTHER if leaves else ReplacementReason.FREE]
    if last == NEVER_ASKED:
        found.append(ReplacementReason.NEVER_ASKED)
    if plan.owed[volunteer][plan.period[shift]] > 0:
        found.append(ReplacementReason.BELOW_PLEDGE)
    if plan.costs.wished[volunteer].get(shift):
        found.append(ReplacementReason.WANTS)
    if plan.costs.unwished[volunteer].get(shift):
        found.append(ReplacementReason.WOULD_RATHER_NOT)
    if plan.costs.lead_cost[shift] and not plan.led[shift] and plan.costs.is_lead[volunteer]:
        found.append(ReplacementReason.LEADS)
    return tuple(found)


class Ranking:
    """A plan with vacated places, asked seat by seat who could step in.

    Parameters
    ----------
    problem
        Its seats hold at least one open place where somebody is looked for.
    rows
        Volunteer, shift and seat of every place that is taken.
    leaving
        Volunteers who drop out: taken off every shift first and never candidates.
    """

    def __init__(self, problem: RosterProblem, rows: Iterable[Row], leaving: Sequence[int] = ()) -> None:
        facts = HardFacts.of(problem)
        self._problem, self._gone = problem, set(leaving)
        self._plan = Plan(facts, Costs.of(facts), rows)
        for volunteer in sorted(self._gone):
            for shift in list(self._plan.own[volunteer]):
                self._plan.remove(volunteer, shift)

    def candidates(self, shift: int, seat: int, last_asked: ArrayLike, *, may_leave: bool = True) -> list[Candidate]:
        """Rank everybody who could take one place of a seat.

        Parameters
        ----------
        last_asked
            (n_volunteers,) int64, larger is more recent (minutes or days, any origin >= 0), `NEVER_ASKED` for never.
        may_leave
            Also name who could come by leaving another shift.

        Returns
        -------
        list of Candidate
            Who is free before who would leave another shift (whose place somebody can take before whose place
            stays empty); then who can lead where the lead is missing, who would not rather stay away, least
            recently asked, most pledge open, fewest minutes planned, lowest index.

        Raises
        ------
        InvalidProblem
            If there is no such seat or `last_asked` does not fit.
        """
        asked: NDArray[np.int64] = np.asarray(last_asked)
        mistakes = _mistakes(self._problem, shift, seat, asked)
        if mistakes:
            raise InvalidProblem("replacements cannot be ranked; correct the arguments and try again", mistakes)
        plan, found = self._plan, []
        for volunteer in plan.facts.people_of[shift]:
            if volunteer in self._gone or shift in plan.own[volunteer] or not plan.facts.takes(volunteer, seat):
                continue
            is_free = plan.can_serve(volunteer, shift)
            if not is_free and not may_leave:
                continue
            found += [
                self._candidate(volunteer, shift, leaves, int(asked[volunteer]))
                for leaves in ([-1] if is_free else plan.blockers(volunteer, shift))
                if _keeps_company(plan, volunteer, shift, leaves) and _keeps_pattern(plan, volunteer, shift, leaves)
            ]
        return _first_of_each(sorted(found, key=_rank))

    def take(self, volunteer: int, shift: int, seat: int) -> None:
        """Put a candidate who is free on the seat, so that the next question knows of it."""
        self._plan.add(volunteer, shift, seat)

    def _candidate(self, volunteer: int, shift: int, leaves: int, last: int) -> Candidate:
        plan = self._plan
        return Candidate(
            volunteer=volunteer,
            leaves_shift=leaves,
            refill_count=_refills(plan, volunteer, leaves, self._gone) if leaves >= 0 else 0,
            last_asked=last,
            planned_minutes=plan.total[volunteer],
            owed_minutes=max(0, plan.owed[volunteer][plan.period[shift]]),
            reasons=_reasons(plan, volunteer, shift, leaves=leaves >= 0, last=last),
        )


def replacements(
    problem: RosterProblem,
    result: RosterResult,
    shift: int,
    seat: int,
    *,
    last_asked: ArrayLike,
    leaving: Sequence[int] = (),
) -> list[Candidate]:
    """Rank everybody who could take one place of a seat of a roster; see `Ranking`."""
    rows = zip(result.volunteer.tolist(), result.shift.tolist(), result.seat.tolist(), strict=True)
    return Ranking(problem, rows, leaving).candidates(shift, seat, last_asked)


def _rank(candidate: Candidate) -> tuple[int, ...]:
    leaves = candidate.leaves_shift >= 0
    return (
        leaves + (leaves and candidate.refill_count == 0),
        ReplacementReason.LEADS not in candidate.reasons,
        ReplacementReason.WOULD_RATHER_NOT in candidate.reasons,
        candidate.last_asked,
        -candidate.owed_minutes,
        candidate.planned_minutes,
        candidate.volunteer,
        candidate.leaves_shift,
    )


def _first_of_each(ranked: list[Candidate]) -> list[Candidate]:
    best: dict[int, Candidate] = {}
    for candidate in ranked:
        best.setdefault(candidate.volunteer, candidate)
    return list(best.values())


def _mistakes(problem: RosterProblem, shift: int, seat: int, asked: NDArray[np.int64]) -> list[str]:
    found = []
    if not 0 <= shift < problem.shift_count:
        found.append(f"shift {shift} is outside 0..{problem.shift_count - 1}")
    if not 0 <= seat < problem.seat_count:
        found.append(f"seat {seat} is outside 0..{problem.seat_count - 1}")
    elif int(problem.seats.shift[seat]) != shift:
        found.append(f"seat {seat} belongs to shift {int(problem.seats.shift[seat])}, not to {shift}")
    if asked.shape != (problem.volunteer_count,):
        found.append(f"last_asked has shape {asked.shape}, expected ({problem.volunteer_count},)")
    elif asked.size and asked.dtype.kind not in "iu":
        found.append(f"last_asked must hold whole numbers, not {asked.dtype}")
    return found
