"""Which hard rules contradict each other: an irreducible set, found by leaving rules out one after another.

First every person is looked at alone, with every fact about that person a rule that can be left out (windows, days
off, certificates, caps, the pattern); only if each alone is possible are all looked at together. The deletion filter
is the textbook one (Chinneck and Dravnieks 1991), with rules left out in halves first. It asks only "possible or
not", in counts, so that the answer does not depend on the machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from ortools.sat.python import cp_model

from linkage.kernels.roster.clashes import gap_table, same_day_table, succession_table
from linkage.kernels.roster.columns import NO_LIMIT
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import LinearModel, cliques
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.patterns import Patterns
from linkage.kernels.roster.problem import Pairs, Requests, RosterProblem, Volunteers, Windows
from linkage.kernels.roster.result import Conflict, RosterOptions, RuleUse
from linkage.terms import RosterRule

MOST_QUESTIONS = 400
"""Questions to the solver before the set found so far is returned as it is."""
MOST_EFFORT = 60.0
"""Deterministic seconds of all questions about one set of people, after which the set is returned as it is."""
MOST_SHIFTS, MOST_PAIRS = 4000, 40_000
"""Larger problems are not looked into: person by person up to so many shifts, all together up to so many pairs."""
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


def _alone(problem: RosterProblem, fixed: Sequence[tuple[int, int]], volunteer: int) -> RosterProblem:
    """Give the problem of one person, who is volunteer 0 there, with nobody to wait for."""
    windows, patterns, eligible = problem.windows, problem.patterns, problem.eligible
    own = windows.volunteer == volunteer
    row = patterns.volunteer == volunteer
    columns = {name: getattr(patterns, name)[row] for name in vars(patterns) if name != "days_off"}
    days_off = patterns.days_off[patterns.days_off[:, 0] == volunteer]
    listed = None if eligible is None else eligible.shift[eligible.volunteer == volunteer]
    kept = [shift for v, shift in fixed if v == volunteer]
    people = {name: column[[volunteer]] for name, column in vars(problem.volunteers).items()}
    return replace(
        problem,
        volunteers=Volunteers(**people | {"newcomer": np.zeros(1, dtype=np.bool_)}),
        windows=Windows(volunteer=np.zeros(int(own.sum()), np.int64), start=windows.start[own], end=windows.end[own]),
        eligible=None if listed is None else Pairs(volunteer=np.zeros_like(listed), shift=listed),
        patterns=Patterns(
            **columns | {"volunteer": np.zeros(int(row.sum()), np.int64)}, days_off=days_off * np.asarray([0, 1])
        ),
        fixed=Pairs.of([0] * len(kept), kept),
        requests=Requests.of(),
        previous=Pairs.of(),
        released=np.zeros(0, dtype=np.int64),
        served_minutes=np.zeros((0, 0), dtype=np.int64),
        teams=(),
    )


def _wide(problem: RosterProblem) -> HardFacts:
    """Give the facts as if everybody could do everything."""
    everyone = problem.volunteers
    able = replace(
        everyone, skills=np.ones_like(everyone.skills), skill_until=np.full_like(everyone.skill_until, NO_LIMIT)
    )
    facts = HardFacts.of(replace(problem, volunteers=able))
    everything = np.ones_like(facts.listed)
    return replace(
        facts, listed=everything, available=everything, on_duty=everything, within_caps=everything, previous=[]
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

    def __init__(self, model: LinearModel, bans: Iterator[tuple[int, RuleUse]], options: RosterOptions) -> None:
        self.model, self.options, self.asked, self.effort = model, options, 0, 0.0
        self.always: list[int] = []
        self.rows_of: dict[RuleUse, list[int]] = defaultdict(list)
        for column, use in bans:
            model.add([(column, 1)], 0, use)
        for row in range(len(model.rows)):
            named = model.uses.get(row)
            if named is None:
                self.always.append(row)
            else:
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
        status = solver.solve(asked)
        self.effort += float(solver.response_proto.deterministic_time)
        return bool(status == cp_model.INFEASIBLE)

    def may_ask(self) -> bool:
        """Whether there are questions and time left."""
        return self.asked < MOST_QUESTIONS and self.effort < MOST_EFFORT and self.options.has_time()


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


def _among(facts: HardFacts, options: RosterOptions) -> Conflict | None:
    """Find a conflict among the rules of a problem, if there is one for certain."""
    if not options.has_time():
        return None
    wide = _wide(facts.problem)
    model = _Statement(wide, Costs.of(wide))
    question = _Question(model, _ban_rows(model, facts), options)
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
    if problem.shift_count > MOST_SHIFTS:
        return None
    for volunteer in sorted({*problem.patterns.volunteer.tolist(), *(v for v, _ in facts.fixed)}):
        found = _among(HardFacts.of(_alone(problem, facts.fixed, volunteer)), options)
        if found is not None:
            named = (replace(use, volunteer=volunteer if use.volunteer == 0 else use.volunteer) for use in found.rules)
            return replace(found, rules=tuple(sorted(named)))
    if problem.volunteer_count * problem.shift_count > MOST_PAIRS:
        return None
    return _among(facts, options)
