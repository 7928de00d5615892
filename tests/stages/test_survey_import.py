"""Importing a file: dry, once, again, changed; and what becomes of people, consents and needs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from linkage.db.tables import Consent, Need, Party, Person, SurveyImport, SurveyResponse
from linkage.errors import GateShut, InvalidFile, Unknown
from linkage.stages.survey_import import Novelty, import_responses, plan_import
from linkage.terms import ImportRemark, NeedCategory, NeedState, ProjectState

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)


def bring(adopted, file, sha="a", source="paper"):
    """Import a file."""
    return adopted.run(
        lambda session: import_responses(session, adopted.project_id, file, source, file_sha256=sha * 64, now=NOW)
    )


def needs(adopted):
    """Return the needs as person code, category, state, priority."""
    with adopted.work.read(adopted.organization_id) as session:
        rows = session.execute(
            select(Person.code, Need.category, Need.state, Need.priority)
            .select_from(Need)
            .outerjoin(Person, Person.id == Need.person_id)
            .order_by(Need.id)
        )
        return [(code, category.value, state.value, priority) for code, category, state, priority in rows]


def everything(adopted):
    """Return how many rows each table of the survey holds."""
    return [len(adopted.all(table)) for table in (SurveyImport, SurveyResponse, Person, Consent, Need)]


def test_plan_writes_nothing(adopted, an_answer, a_file) -> None:
    """A dry run says what would happen and leaves no row."""
    file = a_file(an_answer(1), an_answer(2, q5="否"), an_answer(3, q4="月球"))

    plan = adopted.look(lambda session: plan_import(session, adopted.project_id, file, "paper", NOW))

    assert (plan.respondent_count, plan.refused_count, plan.without_consent_count) == (3, 1, 1)
    assert plan.count(Novelty.NEW) == 2
    assert plan.needs_by_category == {NeedCategory.MEAL: 2}
    assert {remark.kind for remark in plan.remarks} == {ImportRemark.NO_CONSENT, ImportRemark.UNKNOWN_AREA}
    assert everything(adopted) == [0, 0, 0, 0, 0]


def test_import_enters_people_consents_and_needs(adopted, an_answer, a_file) -> None:
    """A consenting respondent becomes a person with sealed details, a consent under its text, and needs."""
    outcome = bring(adopted, a_file(an_answer(1, ("午餐", "陪诊"), q7=("没人做饭",))))

    assert needs(adopted) == [("R0001", "meal", "open", 8), ("R0001", "escort", "open", 2)]
    assert outcome.written.needs_count == 2
    with adopted.work.read(adopted.organization_id) as session:
        person = session.execute(select(Person)).scalar_one()
        response = session.execute(select(SurveyResponse)).scalar_one()
        consent = session.execute(select(Consent)).scalar_one()
        assert (person.name, person.phone, person.birth_year) == ("居民1", "13800000001", 1954)
        assert b"13800000001" not in (person.phone_sealed or b"")
        assert json.loads(response.raw or "")["电话"] == "13800000001"
        assert (consent.text_version, consent.evidence) == ("2024-1", "paper:k1")
        assert [need.consent_id for need in session.execute(select(Need)).scalars()] == [consent.id] * 2


def test_import_without_consent_keeps_no_personal_value(adopted, an_answer, a_file) -> None:
    """Who refuses is heard without a person, without a raw row and without contact in the answers."""
    bring(adopted, a_file(an_answer(1, q5="否")))

    assert needs(adopted) == [(None, "meal", "open", 2)]
    with adopted.work.read(adopted.organization_id) as session:
        response = session.execute(select(SurveyResponse)).scalar_one()
        assert response.raw is None
        assert json.loads(response.answers or "") == {"6": ["午餐"], "7": None, "8": None}
    assert adopted.all(Consent) == []


@pytest.mark.parametrize("sha", ["a", "b"])
def test_import_twice_changes_nothing(adopted, an_answer, a_file, sha) -> None:
    """The same file again, or the same answers in a new export, write no row at all."""
    file = a_file(an_answer(1), an_answer(2, q4="花园里"))
    bring(adopted, file)
    before = everything(adopted)

    outcome = bring(adopted, file, sha=sha)

    assert everything(adopted) == before == [1, 2, 2, 2, 2]
    assert outcome.is_known_file == (sha == "a")


def test_import_a_grown_export_adds_only_the_new(adopted, an_answer, a_file) -> None:
    """A later export holds the earlier answers too; only the new respondent is written."""
    bring(adopted, a_file(an_answer(1)))

    outcome = bring(adopted, a_file(an_answer(1), an_answer(2)), sha="b")

    assert [outcome.plan.count(novelty) for novelty in Novelty] == [1, 0, 1]
    assert [person.code for person in adopted.all(Person)] == ["R0001", "R0002"]


def test_import_changed_answers_renew_open_needs(adopted, an_answer, a_file) -> None:
    """A changed answer is the respondent's newer word: kept, raised, added, and what is not asked is withdrawn."""
    bring(adopted, a_file(an_answer(1, ("午餐", "陪诊"))))

    outcome = bring(adopted, a_file(an_answer(1, ("午餐", "米油"), q7=("没人做饭",), q4="花园里")), sha="b")

    assert needs(adopted) == [
        ("R0001", "meal", "open", 8),
        ("R0001", "escort", "withdrawn", 2),
        ("R0001", "goods", "open", 2),
    ]
    assert (outcome.written.renewed_count, outcome.written.withdrawn_count, outcome.written.needs_count) == (1, 1, 1)
    assert len({need.community_id for need in adopted.all(Need, state=NeedState.OPEN)}) == 1
    assert len(adopted.all(SurveyResponse)) == 1


def test_import_a_need_asked_again_opens_again(adopted, an_answer, a_file) -> None:
    """A need that was withdrawn and is asked for again is the same need, open."""
    bring(adopted, a_file(an_answer(1, ("午餐", "陪诊"))))
    bring(adopted, a_file(an_answer(1, ("午餐",))), sha="b")

    bring(adopted, a_file(an_answer(1, ("陪诊",))), sha="c")

    assert needs(adopted) == [("R0001", "meal", "withdrawn", 2), ("R0001", "escort", "open", 2)]


def test_import_changed_answers_leave_matched_needs(adopted, an_answer, a_file) -> None:
    """What a provider has taken on is never lost by a changed answer; it is counted as kept."""
    bring(adopted, a_file(an_answer(1, ("午餐", "陪诊"))))
    adopted.run(lambda session: mark(session, NeedState.ACCEPTED))

    outcome = bring(adopted, a_file(an_answer(1, ("午餐",), q7=("没人做饭",))), sha="b")

    assert needs(adopted) == [("R0001", "meal", "accepted", 2), ("R0001", "escort", "accepted", 2)]
    assert outcome.written.kept_count == 2


def mark(session, state):
    """Put every need into a state."""
    from linkage.db.audit import act

    for need in session.execute(select(Need)).scalars():
        need.state = state
    act(session, "test.marked")


def test_import_consent_taken_back_is_withdrawn(adopted, an_answer, a_file) -> None:
    """A later no withdraws the consent, stamped and not deleted (PIPL 15), and drops the raw row."""
    bring(adopted, a_file(an_answer(1)))

    bring(adopted, a_file(an_answer(1, q5="否")), sha="b")

    (consent,) = adopted.all(Consent)
    assert consent.withdrawn_at == NOW
    assert adopted.all(SurveyResponse)[0].raw_sealed is None
    assert adopted.all(Need)[0].consent_id is None


def test_import_consent_given_again_is_a_new_consent(adopted, an_answer, a_file) -> None:
    """Yes, no, yes: the first consent stays withdrawn and a later one is in force, though the form kept its date."""
    for sha, said in (("a", "是"), ("b", "否"), ("c", "是")):
        bring(adopted, a_file(an_answer(1, q5=said)), sha=sha)

    first, second = adopted.all(Consent)
    assert (first.withdrawn_at, second.withdrawn_at) == (NOW, None)
    assert second.given_at > NOW
    assert adopted.all(Need)[0].consent_id == second.id


def test_import_one_person_through_two_sources_asks_once(adopt, charter_sections, an_answer, a_file) -> None:
    """The same phone and name in two sources is one person; the second asking raises the need that stands."""
    second = charter_sections["survey"][0] | {"source": "desk", "channel": "desk"}
    adopted = adopt(survey=[*charter_sections["survey"], second])
    bring(adopted, a_file(an_answer(1), an_answer(2)))

    outcome = bring(adopted, a_file(replace(an_answer(1, q7=("没人做饭",)), respondent="d1")), sha="b", source="desk")

    assert outcome.written.repeated_count == 1
    assert needs(adopted) == [("R0001", "meal", "open", 8), ("R0002", "meal", "open", 2)]


def test_import_a_shared_phone_is_two_people(adopted, an_answer, a_file) -> None:
    """Husband and wife with one phone are two people, in one file and across files."""
    bring(adopted, a_file(an_answer(1), an_answer(2, q2="13800000001")))
    bring(adopted, a_file(an_answer(3, q2="13800000001")), sha="b")

    assert [person.code for person in adopted.all(Person)] == ["R0001", "R0002", "R0003"]


def test_import_a_new_key_of_a_known_person_is_that_person(adopted, an_answer, a_file) -> None:
    """Answering a new form with the same phone and name links to the person and takes over what is new."""
    bring(adopted, a_file(an_answer(1, q3=None)))

    bring(adopted, a_file(replace(an_answer(1, ("陪诊",), q4="东二"), respondent="k9")), sha="b")

    (person,) = adopted.all(Person)
    assert person.birth_year == 1954
    assert needs(adopted) == [("R0001", "meal", "open", 2), ("R0001", "escort", "open", 2)]


def test_import_refuses_another_questionnaire(adopted, an_answer, a_file) -> None:
    """A file that is not the source's questionnaire is refused with every reason, and nothing is written."""
    with pytest.raises(InvalidFile) as refusal:
        bring(adopted, a_file(an_answer(1)), source="visits")

    assert refusal.value.reasons == (
        "needs[0]: the file has no question '需求'; it has 姓名, 电话, 年龄, 片区, 同意, 需要什么, … (8 in all)",
    )
    assert everything(adopted) == [0, 0, 0, 0, 0]


def test_import_unknown_source_names_those_there_are(adopted, an_answer, a_file) -> None:
    """A source that the charter does not have is refused, naming the ones it has."""
    with pytest.raises(Unknown, match="it has paper, visits"):
        bring(adopted, a_file(an_answer(1)), source="web")


def test_import_into_a_closed_project_is_refused(adopted, an_answer, a_file) -> None:
    """Nothing is heard any more once a project is closed."""
    from linkage.db.audit import act
    from linkage.db.tables import Project

    def close(session):
        session.get_one(Project, adopted.project_id).state = ProjectState.CLOSED
        act(session, "test.closed")

    adopted.run(close)

    with pytest.raises(GateShut, match="is closed"):
        bring(adopted, a_file(an_answer(1)))


def test_import_of_one_organisation_is_unseen_by_another(adopted, an_answer, a_file, work) -> None:
    """The rows of an import belong to its organisation; another one sees none of them."""
    bring(adopted, a_file(an_answer(1)))
    other = work.organization("moonlight", "月光社会工作服务中心")

    with work.read(other) as session:
        seen = [session.execute(select(table)).first() for table in (Person, Need, SurveyResponse, Party)]

    assert seen == [None, None, None, None]
