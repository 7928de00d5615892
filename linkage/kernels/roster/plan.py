"""A roster in the making: who sits where, what it costs, and what one more or one less would change.

Every change keeps the hard rules of the person and the seat (`can_serve` is asked first) and can be undone from the
journal. What several people must keep together (a newcomer's company, a complete team) may be broken for a moment:
it costs more than everything else, so that no change that leaves it broken is kept. It knows nothing of why a change
is tried; that is `search`. Duty patterns are not held here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from linkage.kernels.roster.company import Company
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs, load_units
from linkage.terms import RosterObjective

Row = tuple[int, int, int]


class _LoadCosts(dict[int, int]):
    """What a person's minutes cost in fairness and in people used; each number of minutes is worked out once."""

    def __init__(self, fair_unit: int, person_unit: int) -> None:
        super().__init__()
        self._fair_unit, self._person_unit = fair_unit, person_unit

    def __missing__(self, minutes: int) -> int:
        cost = self._fair_unit * load_units(minutes) ** 2 + (self._person_unit if minutes else 0)
        self[minutes] = cost
        return cost


class Plan:
    """Mutable state of a roster, with its exact lexicographic cost as one integer."""

    def __init__(self, facts: HardFacts, costs: Costs, rows: Iterable[Row] = ()) -> None:
        self.facts, self.costs = facts, costs
        people = facts.problem.volunteers
        n_people = len(facts.shifts_of)
        self.minutes, self.week, self.day, self.period = facts.minutes, facts.week, facts.day, facts.period
        self.strain = facts.strain
        self.cap = people.max_minutes.tolist()
        self.cap_week = people.max_minutes_week.tolist()
        self.cap_day = people.max_minutes_day.tolist()
        self.cap_strain = people.strain_cap_week.tolist()
        self.clashes = facts.clashes_of
        self.place = facts.bit_of
        self.seats_for = facts.seats_for
        self.maximum: list[int] = facts.problem.seats.maximum.tolist()
        unit = costs.unit
        self.uncovered_unit = unit[RosterObjective.UNCOVERED]
        self.lead_cost = [cost * unit[RosterObjective.LEAD_MISSING] for cost in costs.lead_cost]
        self.pledge_unit = unit[RosterObjective.PLEDGE_SHORTFALL]
        self.load_cost = _LoadCosts(unit[RosterObjective.UNFAIRNESS], unit[RosterObjective.PEOPLE_USED])
        self.taste = [self._taste(volunteer) for volunteer in range(n_people)]
        self.fixed = set(facts.fixed)
        self.company = Company(facts, costs)
        self.is_social = self.company.is_social

        weeks, days = max(facts.week, default=0) + 1, max(facts.day, default=0) + 1
        self.own: list[dict[int, int]] = [{} for _ in range(n_people)]
        self.on_shift: list[set[int]] = [set() for _ in facts.minutes]
        self.bits = [0] * n_people
        self.total = [0] * n_people
        self.in_week = [[0] * weeks for _ in range(n_people)]
        self.in_day = [[0] * days for _ in range(n_people)]
        self.strain_in_week = [[0] * weeks for _ in range(n_people)]
        self.owed = [list(row) for row in costs.pledge]
        self.filled = [0] * len(costs.target)
        self.open_places = [sum(costs.target[seat] for seat in seats) for seats in facts.seats_of_shift]
        self.led = [0] * len(facts.minutes)
        self.journal: list[tuple[bool, int, int, int]] = []
        self.cost = sum(unit[term] * value for term, value in costs.terms(()).items())
        for row in rows:
            self.add(*row)
        self.journal.clear()

    def _taste(self, volunteer: int) -> dict[int, int]:
        """Fixed part of what serving costs a volunteer, where it is not 0: wishes and the plan people know."""
        preference = self.costs.unit[RosterObjective.PREFERENCE]
        disturbance = self.costs.unit[RosterObjective.DISTURBANCE]
        taste = {shift: -preference * weight for shift, weight in self.costs.wished[volunteer].items()}
        taste |= {shift: preference * weight for shift, weight in self.costs.unwished[volunteer].items()}
        for shift in self.costs.kept[volunteer]:
            taste[shift] = taste.get(shift, 0) - disturbance
        return taste

    @property
    def rows(self) -> list[Row]:
        """The assignments."""
        return [(volunteer, shift, seat) for volunteer, own in enumerate(self.own) for shift, seat in own.items()]

    def is_open(self, seat: int) -> bool:
        """Whether one more person may take the seat, be it beyond its target."""
        return self.filled[seat] < self.maximum[seat]

    def is_short(self, seat: int) -> bool:
        """Whether the seat is below its target."""
        return self.filled[seat] < self.costs.target[seat]

    def fits_caps(self, volunteer: int, shift: int) -> bool:
        """Whether the minutes of one more shift stay within all caps."""
        minutes = self.minutes[shift]
        return bool(
            self.total[volunteer] + minutes <= self.cap[volunteer]
            and self.in_week[volunteer][self.week[shift]] + minutes <= self.cap_week[volunteer]
            and self.in_day[volunteer][self.day[shift]] + minutes <= self.cap_day[volunteer]
        )

    def fits_strain(self, volunteer: int, shift: int) -> bool:
        """Whether the strain of one more shift stays within the cap of its week."""
        spent = self.strain_in_week[volunteer][self.week[shift]]
        return bool(spent + self.strain[shift] <= self.cap_strain[volunteer])

    def can_serve(self, volunteer: int, shift: int) -> bool:
        """Whether a candidate could take one more shift now."""
        return (
            not self.bits[volunteer] & self.clashes[volunteer][shift]
            and self.fits_caps(volunteer, shift)
            and self.fits_strain(volunteer, shift)
        )

    def able(self, shift: int) -> list[int]:
        """List the candidates of a shift that could take it now; `can_serve` for all of them at once."""
        minutes, week, day, strain = self.minutes[shift], self.week[shift], self.day[shift], self.strain[shift]
        bits, total, in_week, in_day, clashes = self.bits, self.total, self.in_week, self.in_day, self.clashes
        cap, cap_week, cap_day = self.cap, self.cap_week, self.cap_day
        found = [
            v
            for v in self.facts.people_of[shift]
            if not bits[v] & clashes[v][shift]
            and total[v] + minutes <= cap[v]
            and in_day[v][day] + minutes <= cap_day[v]
            and in_week[v][week] + minutes <= cap_week[v]
        ]
        if strain:
            found = [v for v in found if self.strain_in_week[v][week] + strain <= self.cap_strain[v]]
        return found

    def open_seat(self, volunteer: int, shift: int) -> int:
        """Return the open seat this volunteer would best take, or -1; a seat asking for a skill wins a tie."""
        best, best_saving = -1, 0
        for seat in self.seats_for[volunteer][shift]:
            filled = self.filled[seat]
            if filled < self.maximum[seat]:
                saving = 2 * self.costs.saving(seat, filled) + (self.facts.skill_of_seat[seat] >= 0)
                if best < 0 or saving > best_saving:
                    best, best_saving = seat, saving
        return best

    def person_delta(self, volunteer: int, shift: int) -> int:
        """Cost change on the volunteer's side of serving one more shift."""
        minutes = self.minutes[shift]
        total = self.total[volunteer]
        owed = self.owed[volunteer][self.period[shift]]
        saved = min(minutes, owed) if owed > 0 else 0
        delta = self.taste[volunteer].get(shift, 0) - self.pledge_unit * saved
        if self.is_social[volunteer]:
            delta += self.company.delta(volunteer, shift)
        return delta + self.load_cost[total + minutes] - self.load_cost[total]

    def add_delta(self, volunteer: int, shift: int, seat: int) -> int:
        """Cost change of seating a volunteer."""
        delta = self.person_delta(volunteer, shift)
        delta -= self.uncovered_unit * self.costs.saving(seat, self.filled[seat])
        if self.costs.is_lead[volunteer] and not self.led[shift]:
            delta -= self.lead_cost[shift]
        return delta

    def entries(self, shift: int, people: Iterable[int]) -> list[tuple[int, int, int]]:
        """List (cost change, volunteer, seat) for those who find a seat: `open_seat` and `add_delta` for all at once."""
        seats = self._open_seats(shift)
        if not seats:
            return []
        minutes, period, pledge_unit = self.minutes[shift], self.period[shift], self.pledge_unit
        seats_for, taste, total, load_cost = self.seats_for, self.taste, self.total, self.load_cost
        is_lead, lead_cost = self.costs.is_lead, 0 if self.led[shift] else self.lead_cost[shift]
        is_social, company_delta = self.is_social, self.company.delta
        found = []
        for volunteer in people:
            own = seats_for[volunteer][shift]
            for place in seats:
                if place[0] in own:
                    break
            else:
                continue
            seat, saved = place
            load = total[volunteer]
            delta = taste[volunteer].get(shift, 0) - saved + load_cost[load + minutes] - load_cost[load]
            owed = self.owed[volunteer][period]
            if owed > 0:
                delta -= pledge_unit * min(owed, minutes)
            if lead_cost and is_lead[volunteer]:
                delta -= lead_cost
            if is_social[volunteer]:
                delta += company_delta(volunteer, shift)
            found.append((delta, volunteer, seat))
        return found

    def _open_seats(self, shift: int) -> list[tuple[int, int]]:
        """List the open seats of a shift with what filling them saves, in the order in which people would take them."""
        costs, skill = self.costs, self.facts.skill_of_seat
        ranked = []
        for seat in self.facts.seats_of_shift[shift]:
            filled = self.filled[seat]
            if filled < self.maximum[seat]:
                saving = costs.saving(seat, filled)
                ranked.append((-2 * saving - (skill[seat] >= 0), seat, self.uncovered_unit * saving))
        return [(seat, saved) for _, seat, saved in sorted(ranked)]

    def _apply(self, volunteer: int, shift: int, seat: int, sign: int) -> None:
        minutes = sign * self.minutes[shift]
        self.bits[volunteer] ^= self.place[shift]
        self.total[volunteer] += minutes
        week, day = self.week[shift], self.day[shift]
        self.in_week[volunteer][week] += minutes
        self.in_day[volunteer][day] += minutes
        self.strain_in_week[volunteer][week] += sign * self.strain[shift]
        self.owed[volunteer][self.period[shift]] -= minutes
        filled = self.filled[seat] + min(sign, 0)
        self.filled[seat] += sign
        self.open_places[shift] -= sign * (filled < self.costs.target[seat])
        self.led[shift] += sign * self.costs.is_lead[volunteer]
        if self.is_social[volunteer]:
            self.company.count(volunteer, shift, sign)
        if sign > 0:
            self.own[volunteer][shift] = seat
            self.on_shift[shift].add(volunteer)
        else:
            del self.own[volunteer][shift]
            self.on_shift[shift].remove(volunteer)

    def add(self, volunteer: int, shift: int, seat: int) -> None:
        """Seat a volunteer who can serve, on an open seat."""
        self.cost += self.add_delta(volunteer, shift, seat)
        self._apply(volunteer, shift, seat, 1)
        self.journal.append((True, volunteer, shift, seat))

    def remove(self, volunteer: int, shift: int) -> int:
        """Take a volunteer off a shift; return the seat that is free now."""
        seat = self.own[volunteer][shift]
        self._apply(volunteer, shift, seat, -1)
        self.cost -= self.add_delta(volunteer, shift, seat)
        self.journal.append((False, volunteer, shift, seat))
        return seat

    def undo(self, mark: int) -> None:
        """Go back to the state the journal had at this length."""
        while len(self.journal) > mark:
            was_added, volunteer, shift, seat = self.journal.pop()
            if was_added:
                self.remove(volunteer, shift)
            else:
                self.add(volunteer, shift, seat)
            self.journal.pop()

    def leave_broken_company(self) -> None:
        """Take off every shift, fixed pairs excepted, who lacks the company that a hard rule demands."""
        while True:
            broken = [pair for pair in self.company.broken(self.on_shift) if pair not in self.fixed]
            if not broken:
                return
            for volunteer, shift in broken:
                self.remove(volunteer, shift)

    def blockers(self, volunteer: int, shift: int) -> Sequence[int]:
        """Shifts of the volunteer of which giving up one would make room for this one (empty if none does alone)."""
        clash = self.bits[volunteer] & self.clashes[volunteer][shift]
        own = self.own[volunteer]
        if clash:
            if clash & (clash - 1):
                return ()
            options = [other for other in own if self.place[other] == clash]
        else:
            options = list(own)
        return [
            other
            for other in options
            if (volunteer, other) not in self.fixed and other != shift and self._makes_room(volunteer, shift, other)
        ]

    def _makes_room(self, volunteer: int, shift: int, other: int) -> bool:
        """Whether giving up another shift leaves enough under every cap for this one."""
        minutes, freed = self.minutes[shift], self.minutes[other]
        same_week, same_day = self.week[other] == self.week[shift], self.day[other] == self.day[shift]
        strain = self.strain[shift] - self.strain[other] * same_week
        return bool(
            self.total[volunteer] + minutes - freed <= self.cap[volunteer]
            and self.in_week[volunteer][self.week[shift]] + minutes - freed * same_week <= self.cap_week[volunteer]
            and self.in_day[volunteer][self.day[shift]] + minutes - freed * same_day <= self.cap_day[volunteer]
            and self.strain_in_week[volunteer][self.week[shift]] + strain <= self.cap_strain[volunteer]
        )
