"""Every mistake of an instance file is told at once, with its path and what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from linkage.errors import InvalidFile
from linkage.imports.instances.matching import read_matching
from linkage.imports.instances.roster import read_roster
from linkage.imports.instances.rounds import read_rounds
from linkage.imports.instances.surge import read_surge
from tests.imports.instances.conftest import EXAMPLES, changed

READERS: dict[str, Any] = {
    "matching": read_matching,
    "roster": read_roster,
    "surge": read_surge,
    "rounds": read_rounds,
}


def _reasons(name: str, path: Any) -> list[str]:
    with pytest.raises(InvalidFile) as refusal:
        READERS[name](path)
    assert "nothing was solved" in refusal.value.message
    return list(refusal.value.reasons)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_sound_file_is_read(name, example, written):
    """The examples that the other tests break are sound."""
    READERS[name](written(example(name)))


MISTAKES = [
    pytest.param("matching", "pairs.0.need", "n22", 'pairs[0].need: "n22" is no need of this file; nearest is "n2"', id="need"),
    pytest.param("matching", "pairs.0.offer", 7, "pairs[0].offer: 7 is no offer of this file", id="offer"),
    pytest.param("matching", "needs.1.id", "n1", 'needs[1].id: "n1" is the id of needs[0] already', id="twice"),
    pytest.param("matching", "offers.1.capacity", -1, "offers[1].capacity: must lie in 0 ..", id="negative-capacity"),
    pytest.param("matching", "offers.1.capacity", 10**30, "offers[1].capacity: must lie in 0 ..", id="overflow"),
    pytest.param("matching", "pairs.0.cost", float("nan"), "pairs[0].cost: must be a whole number, is nan", id="nan"),
    pytest.param("matching", "pairs.0.cost", float("inf"), "pairs[0].cost: must be a whole number, is inf", id="inf"),
    pytest.param("matching", "pairs.0.cost", 2.5, "pairs[0].cost: must be a whole number, is 2.5", id="part"),
    pytest.param("matching", "pairs.0.cost", "3", 'pairs[0].cost: must be a whole number, is "3"', id="text-number"),
    pytest.param("matching", "pairs.0.cost", True, "pairs[0].cost: must be a whole number, is true", id="truth"),
    pytest.param("matching", "pairs.0.cost", None, "pairs[0].cost: must be a whole number, is null", id="null"),
    pytest.param("matching", "pairs.0.kost", 3, 'pairs[0].kost: unknown key; did you mean "cost"?', id="unknown-key"),
    pytest.param("matching", "pairs.0", 3, "pairs[0]: must be an object, is 3", id="no-object"),
    pytest.param("matching", "pairs", {}, "pairs: must be a list, is an object", id="no-list"),
    pytest.param("matching", "pairs.0.need", ..., "pairs[0].need: is missing: id of a need", id="missing"),
    pytest.param(
        "matching", "pairs.4", {"need": "n1", "offer": "o1"}, "pairs[4]: the same need, offer and window as pairs[0]", id="pair-twice"
    ),
    pytest.param("matching", "needs.0.id", "n\x1b[2J", "needs[0].id: must be a non-empty id without control", id="escape"),
    pytest.param("matching", "needs.0.id", "", "needs[0].id: must be a non-empty id", id="empty-id"),
    pytest.param("matching", "needs.0.window", [9, 3], "needs[0].window: ends at 3, before it starts at 9", id="window"),
    pytest.param(
        "matching", "offers.0.windows.0.end", 3, "offers[0].windows[0]: ends at 3, before it starts at 540", id="offer-window"
    ),
    pytest.param("matching", "pairs.1.window", "evening", 'pairs[1].window: "evening" is no window of this offer', id="no-window"),
    pytest.param("matching", "pairs.0.window", "pm", "does not meet the need's own window", id="other-window"),
    pytest.param("matching", "needs.0.last", "o22", 'needs[0].last: "o22" is no offer of this file; nearest is "o2"', id="last"),
    pytest.param("matching", "rules.exclusive.0.2", "n7", 'rules.exclusive[0][2]: "n7" is no need', id="exclusive"),
    pytest.param("matching", "rules.exclusive.1", ["n1", "n3"], 'rules.exclusive[1][1]: "n3" is in', id="exclusive-twice"),
    pytest.param("matching", "rules.source_caps.merchant", -2, "rules.source_caps.merchant: must lie in", id="cap"),
    pytest.param("matching", "objectives.1", "costs", "objectives[1]: must be one of", id="objective"),
    pytest.param(
        "matching", "objectives.1", "changed", 'objectives[2]: "changed" stands in objectives[1] already', id="objective-twice"
    ),
    pytest.param("matching", "objectives.1", "cost", "objectives: unmet_priority is missing", id="nothing-asked"),
    pytest.param("matching", "objectives", ["cost", "unmet_priority"], "objectives: cost stands before", id="cost-first"),
    pytest.param(
        "matching", "rules.quotas.estate-4", {"min": 3, "max": 1}, "rules.quotas.estate-4: min 3 is above max 1", id="quota"
    ),
    pytest.param("matching", "fixed.0", {"need": "n1", "offer": "o2"}, "fixed[0]: this need and offer are no pair", id="fixed"),
    pytest.param("matching", "fixed.0", {"need": "n2", "offer": "o1"}, "name the window meant", id="fixed-window"),
    pytest.param("roster", "shifts.1.end", 1920, "shifts[1].end: 1920 is not after the start at 1920", id="no-length"),
    pytest.param("roster", "shifts.0.day", 3, "on day 3 that would be 4800", id="day"),
    pytest.param("roster", "shifts.1.start", 99999, "outside the horizon of 7 days", id="late-shift"),
    pytest.param("roster", "shifts.1.end", 99999, "more than a day after the horizon", id="late-end"),
    pytest.param("roster", "volunteers.0.available.1", [9, 3], "volunteers[0].available[1]: ends at 3, before", id="available"),
    pytest.param("roster", "volunteers.0.available.1", [9], "must be [start, end] in minutes, is a list of 1", id="half"),
    pytest.param("roster", "volunteers.0.certificates.drive", 9, "certificates.drive: is no skill of this volunteer", id="certificate"),
    pytest.param("roster", "volunteers.1.experienced", True, "volunteers[1]: is both newcomer and experienced", id="both"),
    pytest.param("roster", "volunteers.2.pattern.days_off.0", 9, "pattern.days_off[0]: day 9 is outside", id="day-off"),
    pytest.param("roster", "volunteers.2.pattern.min_minutes", 9999, "is above the most allowed, 4320", id="min-minutes"),
    pytest.param("roster", "shifts.0.seats.0.min", 3, "shifts[0].seats[0]: min 3 is above target 2", id="min-target"),
    pytest.param("roster", "shifts.0.seats.0.max", 1, "shifts[0].seats[0]: max 1 is below target 2", id="max-target"),
    pytest.param("roster", "shifts.0.seats", ..., "shifts[0].seats: is missing", id="no-seats"),
    pytest.param("roster", "requests.0.shift", "s11", 'requests[0].shift: "s11" is no shift of this file; nearest is "s1"', id="shift"),
    pytest.param("roster", "requests.1", {"volunteer": "v1", "shift": "s1"}, "requests[1]: the same volunteer and shift", id="request"),
    pytest.param("roster", "previous.1", ["v9", "s1"], 'previous[1][0]: "v9" is no volunteer', id="previous"),
    pytest.param("roster", "released.0", "v9", 'released[0]: "v9" is no volunteer', id="released"),
    pytest.param("roster", "teams.0", ["v1"], "teams[0]: must hold at least 2, holds 1", id="team-of-one"),
    pytest.param("roster", "teams", [["v1", "v2"], ["v2", "v3"]], "teams[1][0]: v2 is in teams[0] already", id="two-teams"),
    pytest.param("roster", "served_minutes.v8", 9, '"v8" is no volunteer', id="served"),
    pytest.param("roster", "objectives.4", "uncovered", 'objectives[4]: "uncovered" stands in objectives[0] already', id="term-twice"),
    pytest.param("roster", "objectives.1.1", "uncovered", 'objectives[1][1]: "uncovered" stands in', id="term-twice-inside"),
    pytest.param("roster", "objectives", [], "objectives: must hold at least 1, holds 0", id="no-objectives"),
    pytest.param("roster", "weights.fairness", 1, "weights.fairness: unknown key; did you mean", id="weight"),
    pytest.param("roster", "minutes_per_distance", "1/0", "minutes_per_distance: must be a number or a fraction", id="speed"),
    pytest.param("surge", "contacts", -1, "contacts: must lie in", id="contacts"),
    pytest.param("surge", "contacts_per_hour", 0, "contacts_per_hour: must be more than 0", id="no-rate"),
    pytest.param("surge", "contacts_per_hour", "1/0", "contacts_per_hour: must be a number or a fraction", id="rate"),
    pytest.param("surge", "retry_share", 1, "retry_share: must be less than 1", id="all-again"),
    pytest.param("surge", "people_by_day.0", -3, "people_by_day[0]: must lie in", id="people"),
    pytest.param("rounds", "visits.0.window", [700, 600], "visits[0].window: ends at 600, before it starts", id="visit-window"),
    pytest.param("rounds", "visits.0.window", [3420, 3500], '3420 would be minute 540 with "days": [2]', id="absolute"),
    pytest.param("rounds", "workers.0.depot", "statoin", 'workers[0].depot: "statoin" is no depot of this file; nearest', id="depot"),
    pytest.param("rounds", "workers.1.days.1", 5, "workers[1].days[1]: day 5 is outside the horizon of 5", id="worker-day"),
    pytest.param("rounds", "depots", [], "depots: is missing: workers need a place", id="no-depot"),
    pytest.param("rounds", "visits.0.people", 3, "visits[0].people: must lie in 1 .. 2, is 3", id="three-people"),
    pytest.param("rounds", "workers.0.lunch.window", [9, 3], "workers[0].lunch.window: ends at 3", id="lunch"),
    pytest.param("rounds", "minutes_per_distance", 10**5, "minutes_per_distance: makes", id="slow"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "value", "words"), MISTAKES)
def test_a_mistake_is_told_with_its_path(name, path, value, words, example, written):
    """One mistake gives one line, which names where it is and what is wrong; it never gives a plan."""
    reasons = _reasons(name, written(changed(example(name), path, value)))

    assert any(words in reason for reason in reasons), reasons


def test_all_mistakes_are_told_at_once(example, written):
    """Kinds, ids and times are checked in one go; what is broken itself raises no second complaint elsewhere."""
    document = example("roster")
    for path, value in (
        ("volunteers.0.skils", ["cook"]),
        ("volunteers.1.available", [[9, 3]]),
        ("shifts.0.priority", "high"),
        ("shifts.1.start", ...),
        ("requests.0.shift", "s2"),
        ("previous.1", ["v1", "s77"]),
    ):
        changed(document, path, value)
    reasons = _reasons("roster", written(document))

    assert [reason.partition(":")[0] for reason in reasons] == [
        "volunteers[0].skils",
        "shifts[0].priority",
        "shifts[1].start",
        "volunteers[1].available[0]",
        "previous[1][1]",
    ]


def test_rows_keep_their_place_when_one_before_is_broken(example, written):
    """A mistake in the third row is told of the third row, also when the first could not be read."""
    document = changed(changed(example("matching"), "pairs.0", 3), "pairs.2.need", "n99")

    assert [reason.partition(":")[0] for reason in _reasons("matching", written(document))] == [
        "pairs[0]",
        "pairs[2].need",
    ]


def test_many_mistakes_are_counted(example, written):
    """A file whose every row is wrong gives a page of them, and the number of all."""
    document = example("matching") | {"pairs": [{"need": "n1", "offer": "o2", "cost": "x"}] * 500}
    reasons = _reasons("matching", written(document))

    assert len(reasons) == 101
    assert "400 more" in reasons[-1] or "more of the same" in reasons[-1]


def test_whole_numbers_may_be_written_with_a_point(example, written):
    """3.0 is 3: many programs write all numbers so."""
    instance = read_matching(written(changed(example("matching"), "pairs.0.cost", 3.0)))

    assert instance.problem.pair_cost.tolist()[0] == 3
