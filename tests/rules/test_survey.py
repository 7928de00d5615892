"""A survey file under a charter: what is heard, what is remarked, what does not fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from linkage.errors import InvalidFile
from linkage.rules.survey import Hearing, hear
from linkage.rules.survey_places import Place, only_place, places_by_text
from linkage.rules.survey_respondent import Respondent
from linkage.rules.survey_visit import Visit, hear_visit
from linkage.schemas.charter import Charter
from linkage.schemas.charter_check import load_charter
from linkage.schemas.charter_survey import SurveySource
from linkage.schemas.survey import Answer, CellProblem, Question, QuestionKind, SurveyFile, SurveyFormat, Value
from linkage.terms import ImportRemark, NeedCategory

CHARTER = load_charter(Path(__file__).parents[2] / "config" / "projects" / "drum-tower-canteen.yaml")
TODAY = date(2024, 7, 5)
AT = datetime(2024, 7, 1, 2, 0, tzinfo=UTC)
QUESTIONS = (
    Question(key="1", title="姓名", kind=QuestionKind.OPEN),
    Question(key="2", title="电话", kind=QuestionKind.OPEN),
    Question(key="3", title="年龄", kind=QuestionKind.NUMBER),
    Question(key="4", title="鼓楼", kind=QuestionKind.SINGLE),
    Question(key="5", title="同意", kind=QuestionKind.SINGLE),
    Question(key="6", title="需要", kind=QuestionKind.MULTI),
    Question(key="7", title="还有什么", kind=QuestionKind.OPEN),
)
SOURCE: dict[str, Any] = {
    "source": "paper",
    "channel": "questionnaire",
    "title": "问卷",
    "respondent": {
        "name": "姓名",
        "phone": "2",
        "age": "年龄",
        "area": "鼓楼",
        "consent": {"question": "同意", "yes": ["是"]},
    },
    "area_labels": {"上寨": "tower-02"},
    "needs": [
        {"question": "需要", "priority": 2, "options": {"午餐": "meal", "陪诊": "escort"}},
        {"question": "还有什么", "open": True, "keywords": {"看病": "escort"}},
    ],
}


def a_source(**changed: Any) -> SurveySource:
    """Build a source with some of its parts replaced."""
    return SurveySource.model_validate(SOURCE | changed)


def an_answer(number: int, **changed: Value) -> Answer:
    """Build one respondent's answers; `q6=…` sets a question."""
    values: dict[str, Value] = {
        "1": f"老人{number}",
        "2": f"138{number:08d}",
        "3": 70,
        "4": "上寨",
        "5": "是",
        "6": ("午餐",),
        "7": None,
    }
    values |= {key.removeprefix("q"): value for key, value in changed.items()}
    return Answer(f"k{number}", values, AT, {"姓名": str(values["1"])}, number + 1)


def hear_all(
    *answers: Answer, source: SurveySource | None = None, charter: Charter = CHARTER, **changed: Any
) -> Hearing:
    """Hear some answers under a source."""
    file = SurveyFile(SurveyFormat.KOBO, tuple(question.title for question in QUESTIONS), QUESTIONS, answers)
    return hear(replace(file, **changed), source or a_source(), charter, TODAY)


def remarks(hearing: Hearing) -> dict[ImportRemark, tuple[str, int, tuple[int, ...]]]:
    """Return the remarks by kind: subject, count, rows."""
    return {remark.kind: (remark.subject, remark.count, remark.rows) for remark in hearing.remarks}


def test_hear_classifies_locates_and_keeps_the_consenting() -> None:
    """A respondent who consents is heard whole: who, where, which needs with which priority."""
    (heard,) = hear_all(an_answer(1, q7="想看病")).heard

    assert heard.place == Place("dong-village", "tower-02")
    assert heard.respondent == Respondent(name="老人1", phone="13800000001", birth_year=1954)
    assert [(need.category, need.priority, need.question_key) for need in heard.needs] == [
        (NeedCategory.MEAL, 2, "6"),
        (NeedCategory.ESCORT, 1, "7"),
    ]
    assert heard.raw == {"姓名": "老人1"}


@pytest.mark.parametrize("said", ["否", None])
def test_hear_without_consent_keeps_the_need_and_nothing_of_the_person(said: Value) -> None:
    """No consent, no personal data (PIPL 13): the need is heard; name, phone, age and raw row are not kept."""
    hearing = hear_all(an_answer(1, q5=said))

    (heard,) = hearing.heard
    assert (heard.has_consent, heard.respondent, heard.raw) == (False, None, None)
    assert set(heard.values) == {"6", "7"}
    assert [need.category for need in heard.needs] == [NeedCategory.MEAL]
    assert remarks(hearing)[ImportRemark.NO_CONSENT] == ("同意", 1, (2,))


def test_hear_a_source_without_consent_question_says_so() -> None:
    """A questionnaire that never asks for consent gives needs nobody may be served for; the dry run says it."""
    hearing = hear_all(an_answer(1), source=a_source(respondent={"area": "鼓楼"}))

    assert ImportRemark.NO_CONSENT_QUESTION in remarks(hearing)
    assert not hearing.heard[0].has_consent


def test_hear_enters_nobody_who_cannot_be_told_apart() -> None:
    """An answer with consent but without name, phone or number is a need of nobody in particular."""
    (heard,) = hear_all(an_answer(1, q1=None, q2=None)).heard

    assert (heard.has_consent, heard.respondent) == (True, None)


def test_hear_remarks_on_everything_a_person_should_see() -> None:
    """Unused questions, unmapped options, free words, unusable values, areas and cells are told, each once."""
    extra = Question(key="9", title="建议", kind=QuestionKind.OPEN)
    problem = CellProblem(row=3, column="身份证", message="rounded")
    hearing = hear_all(
        an_answer(1, q6=("午餐", "其他"), q7="修电视", q2="123", q4="不知道"),
        an_answer(2, q6=("其他",)),
        questions=(*QUESTIONS, extra),
        problems=(problem,),
    )

    assert remarks(hearing) == {
        ImportRemark.UNKNOWN_QUESTION: ("建议", 1, ()),
        ImportRemark.UNMAPPED_OPTION: ("需要：其他", 2, (2, 3)),
        ImportRemark.UNCLASSIFIED_TEXT: ("还有什么", 1, (2,)),
        ImportRemark.UNUSABLE_VALUE: ("电话", 1, (2,)),
        ImportRemark.UNKNOWN_AREA: ("鼓楼：不知道", 1, (2,)),
        ImportRemark.REFUSED_CELL: ("身份证", 1, (3,)),
    }
    assert hearing.heard[0].unclassified == ("7",)


def test_hear_never_shows_words_that_were_typed() -> None:
    """Where a respondent typed the area, the remark names the question and the row, not the words."""
    typed = tuple(one.model_copy(update={"kind": QuestionKind.OPEN}) if one.key == "4" else one for one in QUESTIONS)
    hearing = hear_all(an_answer(1, q4="我家在桥头老井旁"), questions=typed)

    assert remarks(hearing)[ImportRemark.UNKNOWN_AREA] == ("鼓楼", 1, (2,))


def test_hear_unknown_area_in_one_community_is_located_there() -> None:
    """With one community nobody is lost: an unknown or empty area means the community."""
    hearing = hear_all(an_answer(1, q4="不知道"), an_answer(2, q4=None))

    assert [one.place for one in hearing.heard] == [Place("dong-village", None)] * 2


def test_hear_unknown_area_in_several_communities_is_refused() -> None:
    """With several communities a respondent nobody can place is left out and told, never put anywhere."""
    second = CHARTER.communities[0].model_copy(update={"code": "other", "name": "另一村", "areas": ()})
    charter = CHARTER.model_copy(update={"communities": (*CHARTER.communities, second)})
    hearing = hear_all(an_answer(1, q4="不知道"), an_answer(2, q4=None), an_answer(3, q4="另一村"), charter=charter)

    assert [one.key for one in hearing.refused] == ["k1", "k2"]
    assert [one.place for one in hearing.heard] == [Place("other", None)]


def test_hear_a_key_twice_counts_once() -> None:
    """The first row of a respondent's key counts; a later one is told."""
    hearing = hear_all(an_answer(1), replace(an_answer(2), respondent="k1"))

    assert [one.key for one in hearing.heard] == ["k1"]
    assert remarks(hearing)[ImportRemark.REPEATED_RESPONDENT] == ("", 1, (3,))


def test_hear_a_person_twice_lets_the_last_word_count() -> None:
    """The same name and phone under two keys is one person; the later answer asks, the earlier one is kept only."""
    first = replace(an_answer(1, q6=("陪诊",)), submitted_at=datetime(2024, 7, 3, tzinfo=UTC))
    second = replace(an_answer(1), respondent="k2", row=9)
    third = replace(an_answer(1), respondent="k3", row=10, submitted_at=None)
    hearing = hear_all(first, second, third)

    assert [(one.key, one.is_superseded) for one in hearing.heard] == [("k1", False), ("k2", True), ("k3", True)]
    assert hearing.heard[1].needs == ()
    assert remarks(hearing)[ImportRemark.REPEATED_PERSON][1] == 2


def test_hear_a_shared_phone_is_two_people() -> None:
    """A couple may share one phone: different names are different people, and the dry run shows it."""
    hearing = hear_all(an_answer(1), an_answer(2, q2="13800000001"))

    assert [one.is_superseded for one in hearing.heard] == [False, False]
    assert remarks(hearing)[ImportRemark.SHARED_PHONE] == ("", 1, (3,))


def test_hear_a_coded_age_is_no_age() -> None:
    """In an export by option code, 3 means the third band and not three years."""
    (heard,) = hear_all(an_answer(1, q3=3), format=SurveyFormat.WENJUANXING_CODE).heard

    assert heard.respondent is not None
    assert heard.respondent.birth_year is None


def test_hear_a_matrix_by_row_and_answer() -> None:
    """A row of a matrix and the answer to it are one option, written 助餐—需要."""
    matrix = Question(key="8", title="需要程度", kind=QuestionKind.MATRIX)
    source = a_source(needs=[{"question": "需要程度", "options": {"助餐—需要": "meal", "陪诊—需要": "escort"}}])
    hearing = hear_all(
        an_answer(1, q8={"助餐": "需要", "陪诊": "不需要"}), source=source, questions=(*QUESTIONS, matrix)
    )

    assert [need.category for need in hearing.heard[0].needs] == [NeedCategory.MEAL]
    assert remarks(hearing)[ImportRemark.UNMAPPED_OPTION] == ("需要程度：陪诊—不需要", 1, (2,))


@pytest.mark.parametrize(
    ("changed", "questions", "message"),
    [
        pytest.param(
            {"needs": [{"question": "需要什么帮助", "options": {"午餐": "meal"}}]},
            QUESTIONS,
            "needs[0]: the file has no question '需要什么帮助'",
            id="needs-question-missing",
        ),
        pytest.param(
            {"respondent": {"phone": "联系电话"}},
            QUESTIONS,
            "respondent.phone: the file has no question '联系电话'; did you mean '电话'?",
            id="near-title",
        ),
        pytest.param(
            {"needs": [{"question": "Lunch", "options": {"午餐": "meal"}}]},
            QUESTIONS,
            "it has 姓名, 电话",
            id="far-title",
        ),
        pytest.param(
            {},
            (*QUESTIONS, Question(key="8", title="需要", kind=QuestionKind.MULTI)),
            "2 questions are titled '需要'; name it by its key: 6, 8",
            id="title-twice",
        ),
        pytest.param(
            {"needs": [{"question": "需要", "options": {"早餐": "meal"}}]},
            QUESTIONS,
            "none of the 1 choices for '需要' is an option of the charter",
            id="no-option-known",
        ),
    ],
)
def test_hear_refuses_another_questionnaire(
    changed: dict[str, Any], questions: tuple[Question, ...], message: str
) -> None:
    """A re-worded questionnaire is noticed instead of misread: nobody is heard and every misfit is told."""
    hearing = hear_all(an_answer(1), source=a_source(**changed), questions=questions)

    assert hearing.heard == ()
    assert any(message in misfit for misfit in hearing.misfits), hearing.misfits


def test_places_a_name_of_two_places_means_neither() -> None:
    """Two areas of one name are told apart only by code or by the source's labels."""
    areas = CHARTER.communities[0].areas
    twin = areas[1].model_copy(update={"code": "tower-12"})
    community = CHARTER.communities[0].model_copy(update={"areas": (*areas, twin)})
    charter = CHARTER.model_copy(update={"communities": (community,)})

    places = places_by_text(charter, {"上寨": "tower-12"})

    assert areas[1].name not in places
    assert places["上寨"] == places["tower-12"] == Place("dong-village", "tower-12")
    assert only_place(charter) == Place("dong-village", None)


def a_visit(**changed: Any) -> Visit:
    """Build a visit made with the village committee."""
    values: dict[str, Any] = {
        "key": "v-1",
        "visited_on": date(2024, 7, 3),
        "place": "tower-02",
        "present_party": "village-committee",
        "has_consent": True,
        "needs": {NeedCategory.MEAL: 2},
        "respondent": Respondent(name="吴老爹", birth_year=1940),
        "note": "独居",
    }
    return Visit(**(values | changed))


def test_hear_visit_is_one_respondents_word() -> None:
    """A visit gives located, urgent needs, and says which committee went along."""
    heard = hear_visit(a_visit(needed_by_on=date(2024, 8, 1)), CHARTER)

    assert (heard.place, heard.respondent) == (Place("dong-village", "tower-02"), Respondent("吴老爹", birth_year=1940))
    assert [(need.category, need.quantity, need.priority) for need in heard.needs] == [(NeedCategory.MEAL, 2, 4)]
    assert (heard.values["present"], heard.values["needed_by"]) == ("village-committee", "2024-08-01")


def test_hear_visit_without_consent_keeps_no_name() -> None:
    """Whoever does not consent is heard without name or note."""
    heard = hear_visit(a_visit(has_consent=False, present_party=None), CHARTER)

    assert heard.respondent is None
    assert not {"name", "note", "birth_year"} & set(heard.values)


def test_hear_visit_tells_every_mistake_at_once() -> None:
    """A visit with five mistakes is refused with five reasons."""
    visit = a_visit(key="", place="moon", present_party="grain-shop", needs={NeedCategory.MEAL: 0}, priority=3)

    with pytest.raises(InvalidFile) as refusal:
        hear_visit(visit, CHARTER)

    assert len(refusal.value.reasons) == 5


def test_file_with_200_questions_too_many_is_refused() -> None:
    """A file that asks far more than its source describes is another questionnaire, and nobody is heard."""
    extra = tuple(Question(key=f"x{number}", title=f"附加题{number}", kind=QuestionKind.OPEN) for number in range(200))
    file = SurveyFile(format=SurveyFormat.MAPPING, header=(), questions=QUESTIONS + extra, answers=())
    heard = hear(file, a_source(), CHARTER, TODAY)

    assert heard.heard == ()
    assert "it has 207 questions, 200 more than the 7 that source 'paper' describes" in heard.misfits[0]
