"""What happened to an accepted roster, and the problem after it: drop-outs, absences, cancelled and new shifts.

Indices stay what they were: who drops out keeps a row without windows, a cancelled shift keeps a row without seats,
new shifts and seats come after the old. Nothing is solved here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from linkage.errors import InvalidProblem
from linkage.kernels.roster.patterns import Patterns
from linkage.kernels.roster.problem import Pairs, RosterProblem
from linkage.kernels.roster.tables import Seats, Shifts, Windows


@dataclass(frozen=True, kw_only=True, eq=False)
class Disruption:
    """What is different from the problem that the accepted roster was made for.

    Parameters
    ----------
    dropped
        Volunteers who serve no more; their pledges and patterns lapse.
    absent
        Pairs of somebody who cannot come to one shift: the person is unavailable while it lasts.
    cancelled
        Shifts that do not take place.
    shifts, seats
        New shifts and their seats; `seats.shift` counts from 0 for the first of the new shifts.
    eligible
        Who may serve the new shifts (also counted from 0), where the problem has a list; everybody if not given.
    """

    dropped: tuple[int, ...] = ()
    absent: Pairs = field(default_factory=Pairs.of)
    cancelled: tuple[int, ...] = ()
    shifts: Shifts | None = None
    seats: Seats | None = None
    eligible: Pairs | None = None

    def mistakes(self, problem: RosterProblem) -> list[str]:
        """Name every index that the problem does not have."""
        people, shifts = problem.volunteer_count, problem.shift_count
        found = [f"dropped volunteer {v} is outside 0..{people - 1}" for v in self.dropped if not 0 <= v < people]
        found += [f"cancelled shift {s} is outside 0..{shifts - 1}" for s in self.cancelled if not 0 <= s < shifts]
        for volunteer, shift in zip(self.absent.volunteer.tolist(), self.absent.shift.tolist(), strict=True):
            if not (0 <= volunteer < people and 0 <= shift < shifts):
                found.append(f"absent volunteer {volunteer} on shift {shift}: there is no such pair")
        if (self.shifts is None) != (self.seats is None):
            found.append("new shifts and new seats are given together or not at all")
        return found


def _windows_after(problem: RosterProblem, disruption: Disruption) -> Windows:
    """Take away the windows of who dropped out, and cut those of who is absent around the shift."""
    windows = problem.windows
    stays = ~np.isin(windows.volunteer, np.asarray(disruption.dropped, dtype=np.int64))
    person, opens, closes = windows.volunteer[stays], windows.start[stays], windows.end[stays]
    for volunteer, shift in zip(disruption.absent.volunteer.tolist(), disruption.absent.shift.tolist(), strict=True):
        start, end = int(problem.shifts.start[shift]), int(problem.shifts.end[shift])
        hit = (person == volunteer) & (opens < end) & (closes > start)
        before = hit & (opens < start)
        after = hit & (closes > end)
        kept = ~hit
        person = np.concatenate((person[kept], person[before], person[after]))
        opens, closes = (
            np.concatenate((opens[kept], opens[before], np.full(int(after.sum()), end, dtype=np.int64))),
            np.concatenate((closes[kept], np.full(int(before.sum()), start, dtype=np.int64), closes[after])),
        )
    return Windows(volunteer=person, start=opens, end=closes)


def _patterns_after(patterns: Patterns, dropped: tuple[int, ...]) -> Patterns:
    stays = ~np.isin(patterns.volunteer, np.asarray(dropped, dtype=np.int64))
    columns = {name: getattr(patterns, name)[stays] for name in vars(patterns) if name != "days_off"}
    return Patterns(**columns, days_off=patterns.days_off)


def _with_new_shifts(problem: RosterProblem, disruption: Disruption) -> RosterProblem:
    new, seats = disruption.shifts, disruption.seats
    if new is None or seats is None:
        return problem
    first = problem.shift_count
    shifts = Shifts(
        **{name: np.concatenate((getattr(problem.shifts, name), column)) for name, column in vars(new).items()}
    )
    moved = replace(seats, shift=seats.shift + first)
    joined = Seats(
        **{name: np.concatenate((getattr(problem.seats, name), column)) for name, column in vars(moved).items()}
    )
    eligible = problem.eligible
    if eligible is not None:
        listed = disruption.eligible
        if listed is None:
            people, count = problem.volunteer_count, new.start.size
            listed = Pairs.of(np.repeat(np.arange(people), count), np.tile(np.arange(count), people))
        eligible = Pairs(
            volunteer=np.concatenate((eligible.volunteer, listed.volunteer)),
            shift=np.concatenate((eligible.shift, listed.shift + first)),
        )
    return replace(problem, shifts=shifts, seats=joined, eligible=eligible)


def problem_after(problem: RosterProblem, disruption: Disruption) -> RosterProblem:
    """Return the problem as it is now, with nothing fixed and no previous plan.

    Raises
    ------
    InvalidProblem
        The disruption names what the problem does not have, or the new shifts hold mistakes.
    """
    mistakes = disruption.mistakes(problem)
    if mistakes:
        raise InvalidProblem("the disruption does not fit the roster; correct it and try again", mistakes)
    bare = replace(problem, fixed=Pairs.of(), previous=Pairs.of(), released=np.zeros(0, dtype=np.int64))
    pledge = bare.volunteers.pledge_minutes.copy()
    pledge[list(disruption.dropped)] = 0
    off = np.isin(bare.seats.shift, np.asarray(disruption.cancelled, dtype=np.int64))
    none = {name: np.where(off, 0, getattr(bare.seats, name)) for name in ("minimum", "target", "maximum")}
    leads = bare.shifts.leads.copy()
    leads[list(disruption.cancelled)] = False
    bare = replace(
        bare,
        volunteers=replace(bare.volunteers, pledge_minutes=pledge),
        windows=_windows_after(bare, disruption),
        seats=replace(bare.seats, **none),
        shifts=replace(bare.shifts, leads=leads),
        patterns=_patterns_after(bare.patterns, disruption.dropped),
    )
    return _with_new_shifts(bare, disruption)
