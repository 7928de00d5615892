"""`linkage solve`: plans from files, refusals with reasons, and an end by Ctrl-C that leaves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from linkage.cli import main, solve, solve_running
from tests.cli.conftest import Terminal, environment

MATCHING: dict[str, Any] = {
    "needs": [{"id": "n1", "priority": 4}, {"id": "n2"}, {"id": "n3", "group": "estate-1"}],
    "offers": [{"id": "o1", "capacity": 1, "source": "merchant"}],
    "pairs": [{"need": "n1", "offer": "o1", "cost": 3}, {"need": "n2", "offer": "o1"}],
    "rules": {"source_caps": {"merchant": 5, "club": 1}},
}
ROSTER: dict[str, Any] = {
    "horizon_days": 2,
    "volunteers": [{"id": "v1", "skills": ["cook"], "pledge_minutes": 900}, {"id": "v2"}],
    "shifts": [
        {"id": "s1", "start": 480, "end": 600, "seats": [{"min": 1}, {"skill": "cook", "min": 1}]},
        {"id": "s2", "start": 1920, "end": 2000, "seats": [{"min": 1}, {"skill": "drive", "min": 1}]},
    ],
    "objectives": [["uncovered", "pledge_shortfall"], "preference"],
}
SURGE: dict[str, Any] = {
    "contacts": 30000,
    "contacts_per_hour": "30000/1456",
    "hours_per_day": 13,
    "people_by_day": [66],
    "days": 2,
    "outcomes": {"no_answer": 0.0, "needs_action": 0.02},
}
ROUNDS: dict[str, Any] = {
    "depots": [{"id": "station", "place": [0, 0]}],
    "visits": [
        {"id": "Li", "place": [4, 3], "minutes": 30, "window": [540, 600]},
        {"id": "Wu", "place": [8, 6], "minutes": 30, "people": 2},
        {"id": "Chen", "place": [0, 9], "minutes": 30, "skill": "nurse"},
    ],
    "workers": [{"id": "a", "hours": [480, 720]}, {"id": "b"}],
}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def _file(folder: Path, document: Any) -> Path:
    path = folder / "problem.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_matching_is_answered_in_the_file_s_ids(terminal, tmp_path):
    """Plan, objectives with bounds, reasons as codes with numbers, and the cheapest change."""
    answer = terminal.do("solve", "matching", _file(tmp_path, MATCHING), "--json").json

    assert answer["status"] == "optimal"
    assert answer["objectives"]["unmet_priority"] == {"value": 2, "bound": 2}
    assert answer["assignments"] == [{"need": "n1", "offer": "o1", "quantity": 1}]
    assert {"gap", "seconds"} <= set(answer)
    assert [row["need"] for row in answer["unmet"]] == ["n2", "n3"]
    assert [row["reasons"][0]["code"] for row in answer["unmet"]] == ["capacity_taken", "no_eligible_offer"]
    assert answer["unmet"][0]["reasons"][0]["detail"]["least_important_holders"] == ["n1"]
    assert (
        answer["unmet"][0]["cheapest_change"]["offer"],
        answer["unmet"][0]["cheapest_change"]["added_capacity"],
    ) == ("o1", 1)
    assert answer["remarks"] == ["rules.source_caps.club: no offer comes from this source"]


def test_a_change_told_meets_the_need(terminal, tmp_path):
    """The capacity that is said to be missing is added: the need is met."""
    changed = json.loads(json.dumps(MATCHING))
    changed["offers"][0]["capacity"] += 1

    answer = terminal.do("solve", "matching", _file(tmp_path, changed), "--json").json

    assert [row["need"] for row in answer["unmet"]] == ["n3"]


def test_a_need_that_rules_leave_out_is_told_where_it_could_go(terminal, tmp_path):
    """There is room, but keeping last cycle's helper stands first: no limit is to be raised, a place to be kept."""
    document = {
        "needs": [{"id": "n1", "last": "o1"}],
        "offers": [{"id": "o1", "capacity": 0}, {"id": "o2"}],
        "pairs": [{"need": "n1", "offer": "o1"}, {"need": "n1", "offer": "o2"}],
        "objectives": ["continuity", "unmet_priority", "cost"],
    }

    assert "keep a place at o2" in terminal.do("solve", "matching", _file(tmp_path, document)).out


def test_prices_are_told_when_asked_for(terminal, tmp_path):
    """One more unit at the offer serves the lighter need."""
    answer = terminal.do("solve", "matching", _file(tmp_path, MATCHING), "--prices", "--json").json

    assert {"rule": "offer_capacity", "offer": "o1", "gains": {"unmet_priority": 1, "cost": 0}} in answer["prices"]


def test_a_roster_is_answered_in_the_file_s_ids(terminal, tmp_path):
    """Seats are told by their place in the shift; summed terms under their names joined, and each by its own."""
    answer = terminal.do("solve", "roster", _file(tmp_path, ROSTER), "--json").json
    sums = answer["objectives"]

    assert answer["status"] == "optimal"
    assert sums["uncovered+pledge_shortfall"]["value"] == sums["uncovered"]["value"] + sums["pledge_shortfall"]["value"]
    assert {"volunteer": "v1", "shift": "s1", "skill": "cook"} in answer["assignments"]
    (unfilled,) = answer["unfilled"]
    assert (unfilled["shift"], unfilled["seat"], unfilled["missing"]) == ("s2", 1, 1)
    assert unfilled["reasons"] == [{"code": "skill", "detail": {"before": 2, "left": 0}}]
    assert unfilled["cheapest_change"]["kind"] == "grant_skill"
    assert unfilled["cheapest_change"]["skill"] == "drive"
    assert answer["below_pledge"][0]["volunteer"] == "v1"


def test_a_surge_reproduces_the_phone_check(terminal, tmp_path):
    """56 callers for two days, 38 for three; 16 staff and 50 volunteers take 1.7 days."""
    answer = terminal.do("solve", "surge", _file(tmp_path, SURGE), "--json").json
    three = terminal.do("solve", "surge", _file(tmp_path, SURGE | {"days": 3}), "--json").json

    assert (answer["people_needed"], three["people_needed"], round(answer["finish_days"], 1)) == (56, 38, 1.7)
    assert answer["is_met"]
    assert answer["outcomes"]["needs_action"] == 600
    assert sum(row["contacts"] for row in answer["quotas"]) == 30000
    assert {row["factor"] for row in answer["sensitivity"]} == {
        "contacts_per_hour",
        "hours_per_day",
        "retry_share",
        "people",
    }


def test_a_surge_turned_round_tells_what_can_be_reached(terminal, tmp_path):
    """Sixteen people and two days: how many contacts, and at which rate or hours all of them."""
    answer = terminal.do("solve", "surge", _file(tmp_path, SURGE | {"people_by_day": [16]}), "--json").json

    assert answer["people_short_by_day"] == [40, 40]
    assert answer["inverse"]["contacts_possible"] == 8571
    assert answer["inverse"]["contacts_per_hour_needed"] == pytest.approx(30000 / (16 * 2 * 13), abs=1e-6)
    assert answer["inverse"]["hours_per_day_needed"] is None


def test_rounds_are_answered_with_times(terminal, tmp_path):
    """Arrivals, waits and ways add up; who is left out has a reason and a change."""
    answer = terminal.do("solve", "rounds", _file(tmp_path, ROUNDS), "--json").json

    assert answer["objectives"]["unserved"] == {"value": 1, "bound": 1}
    assert [row["worker"] for row in answer["rounds"]] == ["a", "b"]
    for row in answer["rounds"]:
        clock = row["leave"]
        for stop in row["stops"]:
            assert stop["arrive"] == clock + stop["travel"]
            assert stop["begin"] == stop["arrive"] + stop["wait"]
            clock = stop["end"]
    together = {stop["begin"] for row in answer["rounds"] for stop in row["stops"] if stop.get("visit") == "Wu"}
    assert len(together) == 1
    assert answer["unserved"][0]["reasons"][0]["code"] == "no_skill"
    assert answer["unserved"][0]["cheapest_change"]["kind"] == "grant_skill"


@pytest.mark.parametrize(
    ("name", "document", "words"),
    [
        (
            "matching",
            MATCHING,
            ["proven optimal", "unmet_priority", "n2", "+1 offer capacity of offer o1", "note: rules"],
        ),
        ("roster", ROSTER, ["Unfilled (1)", "skill (before 2, left 0)", "grant skill drive for", "Below the pledge"]),
        ("surge", SURGE, ["People needed to be in time: 56", "1.697 days", "needs action"]),
        ("surge", SURGE | {"people_by_day": [0]}, ["never finish"]),
        ("surge", SURGE | {"people_by_day": [1]}, ["Too late"]),
        ("rounds", ROUNDS, ["a from station", "with another", "grant skill nurse to a"]),
    ],
)
def test_people_see_tables(name, document, words, terminal, tmp_path):
    """Without --json the same answer is shown in words."""
    shown = terminal.do(
        "solve", name, _file(tmp_path, document), "--prices" if name == "matching" else "--seconds=60"
    ).out

    assert all(word in shown for word in words), shown


@pytest.mark.parametrize("name", ["matching", "roster", "rounds"])
@pytest.mark.parametrize("document", [{}, {"shifts": []}, {"needs": []}, {"visits": []}])
def test_an_empty_instance_gives_an_empty_plan(name, document, terminal, tmp_path):
    """Nothing to plan is planned; it is no error."""
    (key,) = document or {"": 0}
    if key and key not in {"matching": "needs", "roster": "shifts", "rounds": "visits"}[name]:
        return
    answer = terminal.do("solve", name, _file(tmp_path, document), "--json").json

    assert answer["status"] == "optimal"
    assert not any(answer.get(key) for key in ("assignments", "rounds", "unmet", "unfilled", "unserved"))


def test_contradicting_pins_are_named(terminal, tmp_path):
    """Fixed pairs that break a limit together: status contradictory, the rules, exit 1, and no plan."""
    fixed = [{"need": "n1", "offer": "o1"}, {"need": "n2", "offer": "o1"}]
    ended = terminal.type("solve", "matching", _file(tmp_path, MATCHING | {"fixed": fixed}), "--json")

    assert (ended.status, ended.json["status"], ended.json["assignments"]) == (1, "contradictory", [])
    assert {"rule": "offer_capacity", "offer": "o1", "asked": 2, "allowed": 1} in ended.json["conflicts"]


def test_contradicting_shifts_are_named(terminal, tmp_path):
    """A person fixed on two shifts at once: the conflicting rules with the ids of the file, exit 1."""
    shifts = [
        {"id": "s1", "start": 480, "end": 600, "seats": [{"min": 1}]},
        {"id": "s2", "start": 500, "end": 620, "seats": [{"min": 1}]},
    ]
    document = {"volunteers": [{"id": "v1"}], "shifts": shifts, "fixed": [["v1", "s1"], ["v1", "s2"]]}
    path = _file(tmp_path, document)
    ended = terminal.type("solve", "roster", path, "--json")

    assert ended.status == 1
    assert ended.json["status"] == "contradictory"
    (row,) = ended.json["conflicts"]
    assert (row["rule"], row["fixed_volunteers"], row["fixed_shifts"]) == ("gaps", ["v1"], ["s1", "s2"])
    assert "cannot all hold" in terminal.type("solve", "roster", path).out


def test_mistakes_are_refused_with_reasons(terminal, tmp_path):
    """Exit 1; with --json one JSON object on standard error and nothing on standard output."""
    document = json.loads(json.dumps(MATCHING))
    document["pairs"][1]["need"] = "n22"
    document["offers"][0]["capacity"] = -1
    ended = terminal.type("solve", "matching", _file(tmp_path, document), "--json")

    assert ended.status == 1
    assert ended.refusal["error"] == "invalid_file"
    assert len(ended.refusal["reasons"]) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("solve", "matching"),
        ("solve", "matching", "x.json", "--seconds", "-1"),
        ("solve", "surge", "x.json", "--seconds", "nan"),
        ("solve", "schema", "lunch"),
    ],
)
def test_wrong_usage_ends_with_two(arguments, terminal):
    """A missing file, a negative time and an unknown format are told by the parser."""
    assert terminal.type(*arguments).status == 2


def test_a_schema_is_printed(terminal):
    """One JSON document, which names the keys and explains them."""
    schema = terminal.do("solve", "schema", "roster").json

    assert schema["properties"]["shifts"]["items"]["required"] == ["id", "start", "end", "seats"]


def test_no_time_still_gives_a_plan(terminal, tmp_path):
    """With no seconds at all the plan is sound and its bounds are honest."""
    for name, document in (("matching", MATCHING), ("roster", ROSTER), ("rounds", ROUNDS)):
        answer = terminal.do("solve", name, _file(tmp_path, document), "--seconds", "0", "--json").json
        for told in answer["objectives"].values():
            assert told.get("bound", told["value"]) <= told["value"]


def test_loops_are_compiled_ahead(terminal, monkeypatch):
    """Every engine is run once; what was compiled before takes no time."""
    called = []
    monkeypatch.setattr(
        "linkage.kernels.preparing.ENGINES", {"one": lambda: called.append(1), "two": lambda: called.append(2)}
    )

    assert terminal.do("solve", "prepare", "--json").json == {"compile_seconds": {"one": 0.0, "two": 0.0}}
    assert "two: ready" in terminal.do("solve", "prepare").out
    assert called == [1, 2, 1, 2]


def test_ctrl_c_prints_one_line_and_leaves_nothing(tmp_path):
    """The process ends at once with status 130 though the kernel is still at work."""
    script = textwrap.dedent(
        """
        import os, signal, threading
        from linkage.cli.output import prepare_streams
        from linkage.cli.solve_running import Clock, run
        prepare_streams()
        def work():
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(600)
        run(work, "Waiting", Clock(60), is_shown=True)
        """
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(tmp_path, {}),
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "Stopped; nothing was kept\n")


def test_ctrl_c_while_commands_are_loaded_is_no_error(monkeypatch, capsys):
    """In the first half second of a command a Ctrl-C used to end in a traceback."""

    def interrupted(_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("linkage.cli.app.main", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["solve"])

    assert (ended.value.code, capsys.readouterr().err) == (130, "Stopped\n")


class Event:
    """The beginning or the end of what the compiler does."""

    def __init__(self, *, is_start: bool) -> None:
        self.is_start = is_start


class Recorder:
    """What the compiler told: an end whose beginning was missed, then two things, one within the other."""

    def __init__(self) -> None:
        told = ((9.0, False), (10.0, True), (12.0, True), (13.0, False), (40.0, False))
        self.buffer = [(at, Event(is_start=is_start)) for at, is_start in told]


def test_the_clock_stands_still_while_loops_are_compiled():
    """Seconds of compiling or loading, nested ones once, are not counted against the deadline."""
    clock = solve_running.Clock(20)
    clock.compilations.tallies[solve_running.LOADS] = solve_running.Tally(Recorder())

    assert clock.compilations.seconds == 30.0
    assert not clock.compilations.is_running
    assert clock.remaining_seconds() > 49
    clock.start()
    assert clock.remaining_seconds() <= 20


def test_a_terminal_shows_progress_with_json_too(monkeypatch):
    """Whoever reads the answer from a file and waits at a terminal used to see nothing while loops were compiled."""
    asked = []
    real = solve_running.progress
    monkeypatch.setattr(solve_running, "progress", lambda **given: asked.append(given) or real(**given))

    assert solve_running.run(lambda: 7, "Waiting", solve_running.Clock(1), is_shown=False) == 7
    assert asked == [{}]


def test_engines_are_loaded_before_the_clock_starts(monkeypatch):
    """A large roster was given no plan within a second, as loading its engine took longer."""
    called = []
    monkeypatch.setattr("linkage.kernels.preparing.ENGINES", {"one": lambda: called.append(1)})
    clock = solve_running.Clock(20)
    clock.start(["one"])

    assert called == [1]
    assert clock.spent_seconds() < 20


def test_every_format_has_a_schema():
    """The list of formats is the list of declarations."""
    from linkage.imports.instances.schema import formats

    assert {each.value for each in solve.Format} == set(formats())
