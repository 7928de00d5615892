"""A whole project by commands alone; its first half is made in `conftest` and shared with the tests of reports."""

from __future__ import annotations

import pytest

from tests.cli.conftest import PROJECT, Terminal


@pytest.mark.xdist_group("commands")
def test_a_project_ends_with_its_last_tranche_by_commands_alone(at_the_end: Terminal) -> None:
    """From a charter to the last tranche every step can be typed, and status says which comes next."""
    terminal = at_the_end
    assert terminal.stand() == ("delivery", {"delivery_closed"})
    terminal.follow("disbursement approve elder-care first --as street")
    terminal.follow("delivery close elder-care --as centre")
    moved = terminal.do("run", PROJECT, "reporting", "--inline", "--json").json
    assert [(one["stage"], one["outcome"]) for one in moved] == [("delivery", "moved"), ("reporting", "waiting")]

    figures = terminal.do("reporting", "figures", PROJECT, "--json").json
    persons = next(row for row in figures if row["label"] == "服务人数")
    assert persons["text"] == "3 人"
    trace = terminal.do("trace", persons["trace"], "--json").json
    assert (trace["value"], trace["agrees"], trace["records"]["ids"]) == ("3", True, ["R1", "R2", "R3"])
    papers = terminal.follow("reporting documents elder-care").out
    assert "末期服务报告-第1期.pdf" in papers
    terminal.follow("reporting adopt elder-care --as centre")

    terminal.do("run", PROJECT, "--inline")
    assert {"scored.third_party", "scored.purchaser", "scored.community"} == terminal.stand()[1]
    _score(terminal)
    terminal.do("run", PROJECT, "--inline")
    early = terminal.type("disbursement", "approve", PROJECT, "last", "--as", "street", "--json")
    assert (
        early.status,
        early.refusal["error"],
        early.refusal["reasons"],
    ) == (1, "gate_shut", ["documents: waits for provider"])
    assert terminal.do("disbursement", "documents", PROJECT, "last", "末期报告", "--as", "centre", "--json").json == {
        "missing": []
    }
    terminal.follow("disbursement approve elder-care last --as street")
    terminal.do("run", PROJECT, "--inline")

    (one,) = terminal.do("status", "--json").json
    assert (one["state"], one["released_fen"], one["waits"]) == ("closed", 6_000_000, [])
    assert terminal.next() == []
    notices = terminal.do("notices", "--project", PROJECT, "--json").json
    assert {"sent"} == {notice["state"] for notice in notices}
    assert {"disbursement/tranche_released"} <= {
        notice["kind"] for notice in notices if notice["recipient"] == "centre"
    }
    chain = terminal.do("audit", "verify", "--json").json
    assert chain["breaks"] == []
    assert terminal.do("audit", "verify", "--head", f"{chain['count']}:{chain['hash']}").status == 0


def _score(terminal: Terminal) -> None:
    sheet = terminal.do("assessment", "show", PROJECT, "--json").json
    for rater, actor in (("third_party", "assessor"), ("purchaser", "street"), ("community", "committee-east")):
        lines = [f"{row['line']}={row['max_points']}" for row in sheet if row["rater"] == rater]
        command = ("assessment", "score", PROJECT, rater)
        assert terminal.type(*command, *lines[1:], "--unrelated", "--as", actor).status == 1
        assert terminal.type(*command, *lines, "--as", actor).status == 1
        terminal.do(*command, *lines, "--unrelated", "--as", actor)
