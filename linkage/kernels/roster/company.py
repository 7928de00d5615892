"""Who serves beside whom: newcomers beside somebody experienced, teams complete, groups that like to be together.

It counts for every shift and says what one more person would change: what breaks a hard rule costs the plan's
penalty for each person it concerns, what pleases a group saves its weight in `preference`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.terms import RosterObjective


class Company:
    """Counts of newcomers, experienced people, team and group members on every shift."""

    def __init__(self, facts: HardFacts, costs: Costs) -> None:
        people, n_shifts = facts.problem.volunteers, len(facts.minutes)
        self.newcomer: list[bool] = people.newcomer.tolist()
        self.experienced: list[bool] = people.experienced.tolist()
        self.team_of, self.group = facts.team_of, costs.group
        self.penalty = costs.penalty
        self.together_unit = facts.problem.together_weight * costs.unit[RosterObjective.PREFERENCE]
        has_newcomers = any(self.newcomer)
        self.is_social = [
            bool((has_newcomers and (new or old)) or team or group >= 0)
            for new, old, team, group in zip(self.newcomer, self.experienced, self.team_of, self.group, strict=True)
        ]
        self.newcomers_on = [0] * n_shifts
        self.experienced_on = [0] * n_shifts
        self.team_on: Counter[tuple[int, int]] = Counter()
        self.group_on: Counter[tuple[int, int]] = Counter()

    def delta(self, volunteer: int, shift: int) -> int:
        """Cost change of one more person on a shift, as far as company goes."""
        broken = 0
        if not self.experienced_on[shift]:
            if self.newcomer[volunteer]:
                broken += 1
            elif self.experienced[volunteer]:
                broken -= self.newcomers_on[shift]
        team = self.team_of[volunteer]
        if team:
            broken += -1 if self.team_on[team[0], shift] else len(team) - 1
        delta = self.penalty * broken
        group = self.group[volunteer]
        if group >= 0 and self.group_on[group, shift]:
            delta -= self.together_unit
        return delta

    def count(self, volunteer: int, shift: int, sign: int) -> None:
        """Note that a person joined (1) or left (-1) a shift."""
        self.newcomers_on[shift] += sign * self.newcomer[volunteer]
        self.experienced_on[shift] += sign * self.experienced[volunteer]
        team, group = self.team_of[volunteer], self.group[volunteer]
        if team:
            self.team_on[team[0], shift] += sign
        if group >= 0:
            self.group_on[group, shift] += sign

    def broken(self, on_shift: Sequence[set[int]]) -> Iterator[tuple[int, int]]:
        """Yield the pairs of volunteer and shift that lack their company now."""
        for shift, people in enumerate(on_shift):
            for volunteer in sorted(people):
                team = self.team_of[volunteer]
                alone = self.newcomer[volunteer] and not self.experienced_on[shift]
                if alone or (team and self.team_on[team[0], shift] < len(team)):
                    yield volunteer, shift
