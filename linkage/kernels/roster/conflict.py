"""Which hard rules contradict each other: an irreducible set, found by leaving rules out one after another.

First every person is looked at alone, with every fact about that person a rule that can be left out (windows, days
off, certificates, caps, the pattern); only if each alone is possible are all looked at together. The deletion filter
is the textbook one (Chinneck and Dravnieks 1991), with rules left out in halves first. It asks only "possible or
not", in counts, so that the answer does not depend on the machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from ortools.sat.python import cp_model

from linkage.kernels.roster.clashes import gap_table, same_day_table, succession_table
from linkage.kernels.roster.columns import NO_LIMIT, Flags
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import LinearModel, cliques
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import Conflict, RosterOptions, RuleUse
from linkage.terms import RosterRule

MOST_QUESTIONS = 400
"""Questions to the solver before the set found so far is returned as it is."""
EFFORT_OF_A_QUESTION = 2.0
"""Deterministic seconds; a question that takes longer counts as possible, so that no rule is blamed unproven."""


class _Statement(LinearModel):
    """The linear model with every rule told apart, for facts in which nothing but the fixed pairs is known."""

    def _add_clashes(self, volunteer: int, own: Sequence[int]) -> None:
        facts = self.facts
        rows = np.asarray(own, dtype=np.int64)
        rest, has_pattern = facts.clash_kinds[volunteer]
        tables = [
            (RosterRule.GAPS, gap_table(facts.problem, facts.travel, rest, rows, rows)),
            (RosterRule.SUCCESSIONS, succession_table(facts.problem, rows, rows)),
        ]
        if has_pattern:
            tables.append((RosterRule.ONE_A_DAY, same_day_table(facts.problem, rows, rows)))
        for rule, table in tables:
            bits = [sum(1 << column for column in np.flatnonzero(row).tolist()) for row in table]
            bit_of = [1 << place for place in range(len(own))]
            for group in cliques(range(len(own)), bits, bit_of):
                columns = [sits for place in group for sits in self.serving(volunteer, own[place])]
                self.add([(sits, 1) for sits in columns], 1, RuleUse(rule=rule, volunteer=volunteer))
        for shift in own:
            self.rows.append(([(sits, 1) for sits in self.serving(volunteer, shift)], 1))
        self.at_most_one.append([])


def _wide(problem: RosterProblem, people: Flags) -> HardFacts:
    """Give the facts as if these people could do everything, and nobody else anything."""
    everyone = problem.volunteers
    able = replace(
        everyone,
        skills=np.ones_like(everyone.skills),
        skill_until=np.full_like(everyone.skill_until, NO_LIMIT),
        newcomer=everyone.newcomer if people.all() else np.zeros_like(everyone.newcomer),
    )
    facts = HardFacts.of(replace(problem, volunteers=able, teams=problem.teams if people.all() else ()))
    free = np.broadcast_to(people[:, None], facts.listed.shape)
    everything = np.ones_like(facts.listed)
    fixed = [pair for pair in facts.fixed if people[pair[0]]]
    return replace(
        facts, listed=free, available=everything, on_duty=everything, within_caps=everything, fixed=fixed, previous=[]
    )


def _ban_rows(model: LinearModel, facts: HardFacts) -> Iterator[tuple[int, RuleUse]]:
    """Yield the columns that a fact about the person forbids, with that fact."""
    problem = facts.problem
    days_off = {(v, day) for v, day in problem.patterns.days_off.tolist()}
    for (volunteer, shift, seat), column in model.sits.items():
        if not facts.listed[volunteer, shift]:
            yield column, RuleUse(rule=RosterRule.LISTED, volunteer=volunteer)
        if not facts.available[volunteer, shift]:
            yield column, RuleUse(rule=RosterRule.AVAILABLE, volunteer=volunteer)
        if (volunteer, facts.day[shift]) in days_off:
            yield column, RuleUse(rule=RosterRule.DAYS_OFF, volunteer=volunteer, index=facts.day[shift])
        if not facts.takes(volunteer, seat):
            skill = facts.skill_of_seat[seat]
            is_held = bool(problem.volunteers.skills[volunteer, skill])
            rule = RosterRule.CERTIFICATE if is_held else RosterRule.SKILL
            yield column, RuleUse(rule=rule, volunteer=volunteer, index=skill)


class _Question:
    """Rows that always hold, and groups of rows that may be left out; asked whether some choice of groups is possible."""

    def __init__(
        self, model: LinearModel, people: Flags, bans: Iterator[tuple[int, RuleUse]], options: RosterOptions
    ) -> None:
        self.model, self.options, self.asked = model, options, 0
        self.always: list[int] = []
        self.rows_of: dict[RuleUse, list[int]] = defaultdict(list)
        for column, use in bans:
            model.add([(column, 1)], 0, use)
        for row in range(len(model.rows)):
            named = model.uses.get(row)
            if named is None:
                self.always.append(row)
            elif named.volunteer < 0 or people[named.volunteer]:
                self.rows_of[named].append(row)

    def is_impossible(self, uses: Sequence[RuleUse]) -> bool:
        """Whether these rules contradict each other for certain."""
        self.asked += 1
        asked = cp_model.CpModel()
        columns = [asked.new_int_var(0, upper, "") for upper in self.model.upper]
        rows = [*self.always, *(row for use in uses for row in self.rows_of[use])]
        for row in rows:
            entries, limit = self.model.rows[row]
            asked.add(
                cp_model.LinearExpr.weighted_sum([columns[c] for c, _ in entries], [a for _, a in entries]) <= limit
            )
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.options.seed % 2**31
        solver.parameters.max_deterministic_time = EFFORT_OF_A_QUESTION
        if self.options.deadline is not None:
            solver.parameters.max_time_in_seconds = max(0.01, self.options.deadline.remaining_seconds())
        return bool(solver.solve(asked) == cp_model.INFEASIBLE)

    def may_ask(self) -> bool:
        """Whether there are questions and time left."""
        return self.asked < MOST_QUESTIONS and self.options.has_time()


def _filtered(question: _Question, uses: list[RuleUse]) -> Conflict:
    """Leave rules out, in halves first, as long as the rest contradict each other."""
    kept = list(uses)
    size = max(1, len(kept) // 2)
    while True:
        place = 0
        while place < len(kept):
            if not question.may_ask():
                return Conflict(rules=tuple(sorted(kept)), is_smallest=False)
            without = kept[:place] + kept[place + size :]
            if question.is_impossible(without):
                kept = without
            else:
                place += size
        if size == 1:
            return Conflict(rules=tuple(sorted(kept)))
        size = max(1, size // 2)


def _among(facts: HardFacts, people: Flags, options: RosterOptions, ask: Callable[[], bool]) -> Conflict | None:
    """Find a conflict among the rules of these people, if there is one for certain."""
    if not ask():
        return None
    wide = _wide(facts.problem, people)
    model = _Statement(wide, Costs.of(wide))
    question = _Question(model, people, _ban_rows(model, facts), options)
    uses = sorted(question.rows_of, key=lambda use: (list(RosterRule).index(use.rule), use))
    return _filtered(question, uses) if question.is_impossible(uses) else None


def find_conflict(facts: HardFacts, options: RosterOptions) -> Conflict | None:
    """Name hard rules that cannot all hold, or None where none is certain.

    Parameters
    ----------
    facts
        Facts of a problem for which no plan was found.
    """
    problem = facts.problem
    bound = {int(v) for v in problem.patterns.volunteer} | {v for v, _ in facts.fixed}
    for volunteer in sorted(bound):
        people = np.zeros(problem.volunteer_count, dtype=np.bool_)
        people[volunteer] = True
        found = _among(facts, people, options, options.has_time)
        if found is not None:
            return found
    return _among(facts, np.ones(problem.volunteer_count, dtype=np.bool_), options, options.has_time)
