"""The flat facts of a large roster say what the hard rules say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.problem import Pairs, Patterns


def test_pairs_are_the_candidates_of_the_hard_rules(a_random_roster):
    """Skill, certificate, list, window, days off and caps leave the same pairs, seats by seats."""
    from linkage.kernels.roster.scale.facts import PERSON, SEAT, SEATS, SHIFT
    from linkage.kernels.roster.scale.reading import work_out

    for seed in range(150):
        problem = a_random_roster(seed, people=6, shifts=8)
        rng = np.random.default_rng(seed)
        until = rng.choice([2000, 4000, 9000], problem.volunteers.skills.shape)
        chosen = rng.permutation(48)[: 48 if seed % 2 else 30]
        problem = replace(
            problem,
            volunteers=replace(problem.volunteers, skill_until=until),
            eligible=Pairs.of(chosen // 8, chosen % 8),
            patterns=Patterns.of(days_off=[[0, 1], [3, 0]]),
        )
        hard = HardFacts.of(problem)
        facts = work_out(problem)

        found = np.zeros((6, 8), dtype=np.bool_)
        found[facts.pairs[:, PERSON], facts.pairs[:, SHIFT]] = True
        assert (found == hard.candidate).all()
        for pair in facts.pairs:
            first = facts.shifts[pair[SHIFT], SEAT]
            bits = [int(facts.seats[first + i, 7]) for i in range(8) if pair[SEATS] >> i & 1]
            assert bits == sorted(hard.seats_for[pair[PERSON]][pair[SHIFT]])


def test_clashes_are_those_of_the_hard_rules(a_random_roster):
    """Overlap, buffer, travel by the shortest way, and rest."""
    from linkage.kernels.roster.scale.reading import work_out
    from linkage.kernels.roster.scale.state import is_clash

    for seed in range(40):
        problem = a_random_roster(seed, people=3, shifts=6)
        hard, facts = HardFacts.of(problem), work_out(problem)
        for volunteer in range(3):
            table = hard.clash_table(volunteer, np.arange(6), np.arange(6))
            for one in range(6):
                for other in range(6):
                    assert one == other or is_clash(facts, volunteer, one, other) == table[one, other]


def test_sifting_leaves_the_pairs_kept(a_random_roster):
    """The kept pairs stay in order, by volunteer and by shift."""
    from linkage.kernels.roster.scale.facts import SHIFT, sift
    from linkage.kernels.roster.scale.reading import work_out

    facts = work_out(a_random_roster(3, people=8, shifts=9))
    keep = np.arange(facts.pairs.shape[0]) % 3 > 0
    less = sift(facts, keep)

    assert (less.pairs == facts.pairs[keep]).all()
    for shift in range(9):
        own = less.shift_pair[less.shift_first[shift] : less.shift_first[shift + 1]]
        assert own.tolist() == np.flatnonzero(less.pairs[:, SHIFT] == shift).tolist()
