"""Who may act in a project, and which numbers name its rows."""

from __future__ import annotations

from copy import deepcopy

import pytest

from linkage.db.tables import Match, ServiceItem
from linkage.errors import GateShut, Unknown
from linkage.stages import belonging, initiation, matching, survey, survey_import
from linkage.stages.belonging import Numbered
from linkage.stages.people import RESIDENT_PREFIX
from linkage.terms import PartyRole, Stage
from tests.stages.conftest import NOW, build_charter


@pytest.fixture
def matched(adopted, an_answer, a_file):
    """Return a project whose matches are proposed."""
    file = a_file(an_answer(1, ("午餐", "陪诊")))
    adopted.run(
        lambda session: survey_import.import_responses(
            session, adopted.project_id, file, "paper", file_sha256="a" * 64, now=NOW
        )
    )
    adopted.step(survey)
    adopted.enter(Stage.MATCHING)
    adopted.step(matching)
    return adopted


def test_parties_people_and_staff_may_act(matched) -> None:
    """Whoever the project knows may be named in the audit."""
    matched.look(
        lambda session: [
            belonging.require_actor(session, matched.project_id, code)
            for code in ("centre", "street", "staff", f"{RESIDENT_PREFIX}0001")
        ]
    )


@pytest.mark.parametrize(
    ("code", "told"),
    [("centr", "did you mean 'centre'?"), ("zzz", "known: street, centre, committee-east"), ("V9999", "known: ")],
    ids=["misspelt", "strange", "no-such-volunteer"],
)
def test_a_stranger_may_not_act(code: str, told: str, matched) -> None:
    """A mistyped name would stand in the audit for good; the nearest one is told instead."""
    with pytest.raises(Unknown, match=f"nobody called '{code}' acts in this project") as refused:
        matched.look(lambda session: belonging.require_actor(session, matched.project_id, code))

    assert told in refused.value.message


def test_a_match_is_answered_by_the_party_it_is_for(matched) -> None:
    """A number that is typed wrong must not give another party's word."""
    items = {row.id: row.code for row in matched.all(ServiceItem)}
    ids = {items[row.service_item_id]: row.id for row in matched.all(Match)}

    matched.look(lambda session: belonging.require_own_match(session, matched.project_id, ids["escort"], "team"))
    with pytest.raises(GateShut, match="is for team to answer, not for centre"):
        matched.look(lambda session: belonging.require_own_match(session, matched.project_id, ids["escort"], "centre"))


def test_a_number_of_another_project_names_nothing_here(matched, work) -> None:
    """Numbers run through all projects of an installation."""
    match_id = matched.all(Match)[0].id
    charter = build_charter(project=deepcopy(build_charter().project.model_dump(mode="json")) | {"code": "second"})
    with work.begin(matched.organization_id, now=NOW) as session:
        second = initiation.adopt(session, charter, NOW)

    matched.look(lambda session: belonging.require_number(session, matched.project_id, Numbered.MATCH, match_id))
    with pytest.raises(Unknown, match=f"no match {match_id} in this project"):
        matched.look(lambda session: belonging.require_number(session, second, Numbered.MATCH, match_id))
    assert matched.look(belonging.project_codes) == ["elder-care", "second"]


@pytest.mark.parametrize("kind", list(Numbered))
def test_a_number_that_names_nothing_is_refused(kind: Numbered, adopted) -> None:
    """Each kind of number is looked up in its own table."""
    with pytest.raises(Unknown, match=f"no {kind.value} 7 in this project"):
        adopted.look(lambda session: belonging.require_number(session, adopted.project_id, kind, 7))


def test_the_first_party_of_each_role_is_named(adopted) -> None:
    """Hints name somebody whose turn it is."""
    roles = adopted.look(lambda session: belonging.parties_by_role(session, adopted.project_id))

    assert (roles[PartyRole.PURCHASER], roles[PartyRole.PROVIDER]) == ("street", "centre")
    assert roles[PartyRole.COMMUNITY] == "committee-east"
    assert PartyRole.SUPERVISING_BODY not in roles
