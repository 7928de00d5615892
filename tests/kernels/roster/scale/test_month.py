"""The best schedule of one volunteer equals the best of all subsets."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np


def _gain(problem, facts, weight, gains, chosen):
    """Value of a set of pairs of volunteer 0, or None if it breaks a rule of day, gaps or caps."""
    from linkage.kernels.roster.scale.facts import CAP, CAP_DAY, CAP_WEEK, DAY, MINUTES, PERIOD, WEEK
    from linkage.kernels.roster.scale.state import fairness, is_clash

    if any(is_clash(facts, 0, one, other) for one, other in combinations(chosen, 2)):
        return None
    value, total = sum(gains[shift] for shift in chosen), 0
    for column, cap in ((DAY, CAP_DAY), (WEEK, CAP_WEEK), (PERIOD, CAP)):
        sums = {}
        for shift in chosen:
            key = int(facts.shifts[shift, column])
            sums[key] = sums.get(key, 0) + int(facts.shifts[shift, MINUTES])
        if column != PERIOD and any(minutes > facts.people[0, cap] for minutes in sums.values()):
            return None
    total = sum(sums.values())
    if total > facts.people[0, CAP]:
        return None
    value += sum(int(weight[2]) * min(int(facts.owed[0, p]), minutes) for p, minutes in sums.items())
    return value - int(weight[5]) * fairness(total) - int(weight[6]) * bool(chosen)


def test_best_schedule_equals_the_best_subset(a_random_roster):
    """Gaps, caps, pledge by period, load: the table finds the best value and a set that has it."""
    from linkage.kernels.roster.scale.facts import MINUTES, SHIFT
    from linkage.kernels.roster.scale.month import GAIN, PAIR, SIZE, best_schedule, desk_of, units
    from linkage.kernels.roster.scale.reading import work_out

    weight = np.asarray([0, 0, 3, 0, 0, 2, 5, 0])
    for seed in range(150):
        problem = a_random_roster(seed, people=1, shifts=9, days=6)
        people = replace(problem.volunteers, rest_minutes=np.zeros(1, dtype=np.int64))
        problem = replace(
            problem,
            volunteers=people,
            week_of_day=np.arange(6) // 3,
            period_of_day=np.arange(6) // 3,
            fixed=problem.fixed,
        )
        facts = work_out(problem)
        rng = np.random.default_rng(seed)
        desk = desk_of(facts, round_up=False)
        gains = {}
        for item, pair in enumerate(facts.pairs):
            shift = int(pair[SHIFT])
            gains[shift] = int(rng.integers(-400, 900))
            desk.items[item, PAIR], desk.items[item, GAIN] = item, gains[shift]
            desk.items[item, SIZE] = units(desk, facts.shifts[shift, MINUTES])
        value = best_schedule(facts, desk, weight, 0, len(gains))
        sets = [chosen for size in range(len(gains) + 1) for chosen in combinations(gains, size)]
        best = max(v for v in (_gain(problem, facts, weight, gains, chosen) for chosen in sets) if v is not None)

        assert value == best
        number = int(desk.chosen[-1])
        rows = desk.chosen[desk.chosen.size - 1 - number : desk.chosen.size - 1]
        chosen = [int(facts.pairs[int(desk.items[row, PAIR]), SHIFT]) for row in rows]
        assert _gain(problem, facts, weight, gains, chosen) == best
