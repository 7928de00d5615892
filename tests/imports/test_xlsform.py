"""KoboToolbox and ODK: their metadata, groups, three forms of a multiple choice, and repeat groups."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkage.errors import UnreadableFile
from linkage.imports.read import read_survey
from linkage.schemas.survey import QuestionKind, SurveyFile, SurveyFormat

KOBO_META = ["_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "__version__", "_index"]
ODK_TAIL = ["KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "Status", "ReviewState", "FormVersion"]


def _kobo(titles: list[str], *answers: list[object]) -> list[list[object]]:
    rows: list[list[object]] = [["start", "end", *titles, *KOBO_META]]
    for n, answer in enumerate(answers, 1):
        meta = [100 + n, f"u-{n}", "2026-10-12T01:05:00", "", "", "submitted_via_web", "v1", n]
        rows.append(["2026-10-12T09:00:00+08:00", "2026-10-12T09:04:00+08:00", *answer, *meta])
    return rows


def _odk(titles: list[str], *answers: list[object]) -> list[list[object]]:
    rows: list[list[object]] = [["SubmissionDate", *titles, "meta-instanceID", *ODK_TAIL]]
    for n, answer in enumerate(answers, 1):
        rows.append(["2026-10-12T01:05:00.000Z", *answer, f"uuid:{n}", f"uuid:{n}", "5", "A", "0", "", "approved", "1"])
    return rows


def _kinds(survey_file: SurveyFile) -> dict[str, str]:
    return {question.key: question.kind.value for question in survey_file.questions}


def _values(survey_file: SurveyFile, key: str) -> list[object]:
    return [answer.values[key] for answer in survey_file.answers]


@pytest.mark.parametrize(
    ("titles", "answers"),
    [
        pytest.param(["needs/services"], [["meals repair"], ["meals"], [""]], id="summary"),
        pytest.param(
            ["needs/services/meals", "needs/services/repair"], [["1", "1"], ["1", "0"], ["", ""]], id="details"
        ),
        pytest.param(
            ["needs/services", "needs/services/meals", "needs/services/repair"],
            [["repair meals", "1", "1"], ["meals", "1", "0"], ["", "", ""]],
            id="both",
        ),
        pytest.param(
            ["needs/services", "needs/services/meals", "needs/services/repair"],
            [["repair meals", "True", "True"], ["meals", "True", "False"], ["", "", ""]],
            id="both-as-words",
        ),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_kobo_multiple_choice_reads_alike_in_each_of_its_forms(
    write_csv: Callable[..., Path], titles: list[str], answers: list[list[object]], delimiter: str
) -> None:
    """Summary, details and both say the same, whatever the delimiter."""
    rows = _kobo([*titles, "needs/remark"], *([*answer, f"谢谢{n}"] for n, answer in enumerate(answers)))
    survey_file = read_survey(write_csv(rows, delimiter=delimiter, quoting=csv.QUOTE_ALL))

    assert survey_file.format is SurveyFormat.KOBO
    assert _kinds(survey_file) == {"needs/services": "multi", "needs/remark": "open"}
    assert [question.title for question in survey_file.questions] == ["services", "remark"]
    assert set(survey_file.questions[0].options) == {"meals", "repair"}
    assert [set(value or ()) for value in _values(survey_file, "needs/services")] == [
        {"meals", "repair"},
        {"meals"},
        set(),
    ]
    assert survey_file.answers[2].values["needs/services"] is None
    assert survey_file.answers[0].respondent == "u-1"
    assert survey_file.answers[0].submitted_at == datetime(2026, 10, 12, 1, 5, tzinfo=UTC)


def test_kobo_group_of_yes_no_questions_is_not_a_multiple_choice(write_csv: Callable[..., Path]) -> None:
    """A group with a neighbour that is not 0 or 1, or answered apart, stays several questions."""
    rows = _kobo(["home/lift", "home/lamp", "home/floor"], ["1", "0", "6"], ["0", "0", "2"])
    survey_file = read_survey(write_csv(rows))

    assert list(_kinds(survey_file)) == ["home/lift", "home/lamp", "home/floor"]


def test_kobo_option_the_form_does_not_know_is_a_problem(write_csv: Callable[..., Path]) -> None:
    """A name in the joined column without an option column is kept and named."""
    rows = _kobo(["s", "s/meals", "s/repair"], ["meals dance", "1", "0"], ["repair", "0", "1"])
    survey_file = read_survey(write_csv(rows))

    assert _values(survey_file, "s") == [("meals", "dance"), ("repair",)]
    assert [(problem.row, problem.column) for problem in survey_file.problems] == [(2, "s")]
    assert "dance" in survey_file.problems[0].message


def test_kobo_places_links_and_unknown_metadata_are_no_questions(write_csv: Callable[..., Path]) -> None:
    """Columns derived from a place or a picture are dropped; an unknown _column is named and kept raw."""
    rows = _kobo(
        ["place", "_place_latitude", "_place_longitude", "photo", "photo_URL", "_fancy"],
        ["31.1 121.2 0 0", "31.1", "121.2", "a.jpg", "https://kobo.example/a.jpg", "x"],
    )
    survey_file = read_survey(write_csv(rows))

    assert list(_kinds(survey_file)) == ["place", "photo"]
    assert [(problem.row, problem.column) for problem in survey_file.problems] == [(None, "_fancy")]
    assert survey_file.answers[0].raw["_fancy"] == "x"


def test_kobo_repeats_and_nested_repeats_join_their_respondent(write_xlsx: Callable[..., Path]) -> None:
    """A repeat group is a matrix counted by repeats, also when nested; an orphan row is a problem."""
    main = _kobo(["village"], ["东村"], ["西村"])
    people = [
        ["name", "age", "_index", "_parent_table_name", "_parent_index"],
        ["王芳", 71, 1, "main", 1],
        ["李强", 8, 2, "main", 2],
        ["张敏", 66, 3, "main", 2],
        ["孤儿", 1, 4, "main", 9],
    ]
    pills = [
        ["pill", "_index", "_parent_table_name", "_parent_index"],
        ["阿司匹林", 1, "people", 3],
        ["维生素", 2, "people", 1],
    ]
    survey_file = read_survey(write_xlsx(main, people, pills, names=["main", "people", "pills"]))

    assert _kinds(survey_file) == {
        "village": "open",
        "people/name": "matrix",
        "people/age": "matrix",
        "pills/pill": "matrix",
    }
    assert _values(survey_file, "people/name") == [{"1": "王芳"}, {"1": "李强", "2": "张敏"}]
    assert _values(survey_file, "people/age") == [{"1": 71}, {"1": 8, "2": 66}]
    assert _values(survey_file, "pills/pill") == [{"1": "维生素"}, {"1": "阿司匹林"}]
    assert [(problem.row, problem.column) for problem in survey_file.problems] == [(5, "_parent_index")]


def test_odk_reads_groups_choices_and_its_own_keys(write_csv: Callable[..., Path]) -> None:
    """ODK joins groups by a hyphen and choices by blanks; the respondent is meta-instanceID."""
    rows = _odk(
        ["start", "hh-village", "hh-members", "hh-needs", "remark"],
        ["2026-10-12T09:00:00.000+08:00", "dong", "4", "meals repair", "多来看看"],
        ["2026-10-12T09:00:00.000+08:00", "xi", "2", "meals", ""],
        ["2026-10-12T09:00:00.000+08:00", "dong", "", "", ""],
    )
    survey_file = read_survey(write_csv(rows))

    assert survey_file.format is SurveyFormat.ODK
    assert _kinds(survey_file) == {
        "hh-village": "single",
        "hh-members": "number",
        "hh-needs": "multi",
        "remark": "open",
    }
    assert [question.title for question in survey_file.questions] == ["village", "members", "needs", "remark"]
    assert _values(survey_file, "hh-needs") == [("meals", "repair"), ("meals",), None]
    assert _values(survey_file, "hh-members") == [4, 2, None]
    assert [answer.respondent for answer in survey_file.answers] == ["uuid:1", "uuid:2", "uuid:3"]
    assert survey_file.answers[0].submitted_at == datetime(2026, 10, 12, 1, 5, tzinfo=UTC)


def test_odk_split_choices_are_one_question(write_csv: Callable[..., Path]) -> None:
    """The option “split select multiples” adds columns question/option; they decide."""
    rows = _odk(["g-q", "g-q/a", "g-q/b"], ["a b", "1", "1"], ["b", "0", "1"])
    survey_file = read_survey(write_csv(rows))

    assert [(question.key, question.kind, question.options) for question in survey_file.questions] == [
        ("g-q", QuestionKind.MULTI, ("a", "b"))
    ]
    assert _values(survey_file, "g-q") == [("a", "b"), ("b",)]


def test_odk_repeat_table_alone_is_refused_by_name(write_csv: Callable[..., Path]) -> None:
    """The table of a repeat group has no respondents of its own; the message says which file is wanted."""
    path = write_csv([["name", "PARENT_KEY", "KEY"], ["Ana", "uuid:1", "uuid:1/m[1]"]])

    with pytest.raises(UnreadableFile, match=r"repeat group.*main table"):
        read_survey(path)


def test_kobo_repeat_sheet_alone_is_refused_by_name(write_csv: Callable[..., Path]) -> None:
    """Likewise for KoboToolbox."""
    path = write_csv([["name", "_parent_table_name", "_parent_index"], ["Ana", "main", "1"]])

    with pytest.raises(UnreadableFile, match="repeat group"):
        read_survey(path)
