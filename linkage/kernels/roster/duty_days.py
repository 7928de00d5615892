"""The days on and off of people with a duty pattern in one plan, and which rules of it one more shift would break.

Only the neighbourhood of the day is looked at; that the plan itself keeps the pattern is taken for granted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from linkage.kernels.roster.hard import HardFacts
from linkage.terms import RosterRule


class DutyDays:
    """What each person with a pattern works; asked before a shift is added."""

    def __init__(self, facts: HardFacts, own: Sequence[Sequence[int]]) -> None:
        problem = facts.problem
        patterns = problem.patterns
        self.facts = facts
        self.kind: list[int] = problem.shifts.kind.tolist()
        self.weekend_of_day: list[int] = problem.weekend_of_day.tolist()
        self.limits: list[list[int]] = patterns.max_shifts_by_kind.tolist()
        self.max_run: list[int] = patterns.max_consecutive_days.tolist()
        self.min_run: list[int] = patterns.min_consecutive_days.tolist()
        self.min_off: list[int] = patterns.min_consecutive_days_off.tolist()
        self.max_weekends: list[int] = patterns.max_weekends.tolist()
        self.own = [list(own[volunteer]) for volunteer in patterns.volunteer.tolist()]
        self.worked = [[False] * problem.horizon_days for _ in self.own]
        self.kinds = [Counter(self.kind[shift] for shift in shifts) for shifts in self.own]
        self.weekends = [{self.weekend_of_day[facts.day[shift]] for shift in shifts} - {-1} for shifts in self.own]
        for row, shifts in enumerate(self.own):
            for shift in shifts:
                self.worked[row][facts.day[shift]] = True

    def _stretch(self, row: int, day: int, step: int, *, worked: bool) -> int:
        """Count the days like this that follow a day in one direction; -1 if they reach the edge of the horizon."""
        days, count, day = self.worked[row], 0, day + step
        while 0 <= day < len(days) and days[day] is worked:
            count, day = count + 1, day + step
        return count if 0 <= day < len(days) or worked else -1

    def broken(self, volunteer: int, shift: int) -> Iterator[tuple[RosterRule, int]]:
        """Yield each rule of the person's pattern that one more shift would break, with the limit that would allow it."""
        row = self.facts.pattern_of[volunteer]
        kind, day = self.kind[shift], self.facts.day[shift]
        if 0 <= kind < len(self.limits[row]):
            count = 1 + self.kinds[row][kind]
            if count > self.limits[row][kind]:
                yield RosterRule.MAX_SHIFTS_BY_KIND, count
        weekends, weekend = self.weekends[row], self.weekend_of_day[day]
        if weekend >= 0 and weekend not in weekends and len(weekends) >= self.max_weekends[row]:
            yield RosterRule.MAX_WEEKENDS, len(weekends) + 1
        before, after = (self._stretch(row, day, step, worked=True) for step in (-1, 1))
        length = before + 1 + after
        if length > self.max_run[row]:
            yield RosterRule.MAX_CONSECUTIVE_DAYS, length
        is_inside = day - before > 0 and day + after < len(self.worked[row]) - 1
        if is_inside and length < self.min_run[row]:
            yield RosterRule.MIN_CONSECUTIVE_DAYS, length
        gaps = (
            self._stretch(row, day - before, -1, worked=False),
            self._stretch(row, day + after, 1, worked=False),
        )
        short = [gap for gap in gaps if 0 < gap < self.min_off[row]]
        if short:
            yield RosterRule.MIN_CONSECUTIVE_DAYS_OFF, min(short)
