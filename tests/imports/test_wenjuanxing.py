"""问卷星: both forms, the metadata of several years, and the shapes a question can take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkage.imports.read import read_survey
from linkage.schemas.survey import OwnText, QuestionKind, SurveyFile, SurveyFormat, to_json

META_2016 = ["序号", "提交答卷时间", "所用时间", "来自IP", "来源", "来源详情"]
META_2018 = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", "总分"]


def _rows(questions: Sequence[str], *answers: Sequence[object], meta: Sequence[str] = META_2018) -> list[list[object]]:
    values = {"提交答卷时间": "2026/10/12 9:05:01", "所用时间": "136秒", "总分": "0"}
    rows: list[list[object]] = [[*meta, *questions]]
    for number, answer in enumerate(answers, 1):
        rows.append([str(number), *(values.get(title, "微信") for title in meta[1:]), *answer])
    return rows


def _values(survey_file: SurveyFile, key: str) -> list[object]:
    return [answer.values[key] for answer in survey_file.answers]


@pytest.mark.parametrize("meta", [META_2016, META_2018], ids=["2016", "2018-with-score"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
def test_text_form_reads_alike_whatever_the_year_and_the_encoding(
    write_csv: Callable[..., Path], meta: list[str], encoding: str
) -> None:
    """The order of the metadata, a total score and the encoding change nothing in what was answered."""
    rows = _rows(
        ["1、您的性别？", "3、需要的服务？(可多选)", "4、请按需要排序", "5、您还有什么话？", "请选择社区:"],
        ["女", "助餐┋其他【请注明】〖修┋脚〗", "助餐→理发", "希望张䶮常来", "鼓楼"],
        ["男", "助餐", "理发→助餐", "(空)", "鼓楼"],
        ["女", "(跳过)", "(跳过)", "", "(跳过)"],
        meta=meta,
    )
    survey_file = read_survey(write_csv(rows, encoding=encoding))

    assert survey_file.format is SurveyFormat.WENJUANXING_TEXT
    assert {question.key: question.kind.value for question in survey_file.questions} == {
        "1": "single",
        "3": "multi",
        "4": "ranking",
        "5": "open",
        "请选择社区:": "single",
    }
    assert survey_file.questions[1].options == ("助餐", "其他【请注明】")
    assert _values(survey_file, "3") == [("助餐", OwnText("其他【请注明】", "修┋脚")), ("助餐",), None]
    assert _values(survey_file, "4") == [("助餐", "理发"), ("理发", "助餐"), None]
    assert _values(survey_file, "5") == ["希望张䶮常来", None, None]
    assert survey_file.answers[0].submitted_at == datetime(2026, 10, 12, 1, 5, 1, tzinfo=UTC)
    assert survey_file.answers[2].row == 4
    assert survey_file.answers[0].raw["5、您还有什么话？"] == "希望张䶮常来"
    assert survey_file.problems == ()


def test_matrix_takes_the_columns_without_number_and_stops_at_a_question(write_xlsx: Callable[..., Path]) -> None:
    """A matrix is the column with —row and the un-numbered ones after it, but not an un-numbered question."""
    rows = _rows(
        ["13、您对服务满意吗？—送餐", "理发", "维修", "您所在的社区？", "15、60—69岁老人几位", "备注栏"],
        ["满意", "一般", "非常满意", "鼓楼", "1", "甲"],
        ["(跳过)", "(跳过)", "(跳过)", "和平", "2", "乙丙"],
    )
    survey_file = read_survey(write_xlsx(rows))

    assert [question.key for question in survey_file.questions] == ["13", "您所在的社区？", "15", "备注栏"]
    assert _values(survey_file, "13") == [{"送餐": "满意", "理发": "一般", "维修": "非常满意"}, None]
    assert survey_file.questions[0].title == "您对服务满意吗？"
    assert survey_file.questions[0].options == ("满意", "一般", "非常满意")
    assert survey_file.questions[2].title == "60—69岁老人几位"
    assert _values(survey_file, "15") == [1, 2]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([["满意", "一般"], ["一般", "不满意"]], ["2"], id="choices"),
        pytest.param([["满意", "甲小区"], ["一般", "乙小区"]], ["2", "住处"], id="choices-then-text"),
        pytest.param([["王芳", "71"], ["李强", "66"]], ["2"], id="blanks"),
        pytest.param([["王芳", "71"], ["李强", ""]], ["2", "住处"], id="answered-apart"),
        pytest.param([["5", "4"], ["1", "3"]], ["2"], id="scores"),
    ],
)
def test_column_after_a_matrix_row_belongs_to_it_if_answered_alike(
    write_csv: Callable[..., Path], rows: list[list[str]], expected: list[str]
) -> None:
    """Shared answers, or the same respondents and kind of answers, make a further row of the matrix."""
    survey_file = read_survey(write_csv(_rows(["2、您的评价—服务", "住处", "3、x"], *([*row, "y"] for row in rows))))

    assert [question.key for question in survey_file.questions] == [*expected, "3"]


def test_code_form_is_told_by_its_skips_whatever_else_is_empty(write_csv: Callable[..., Path]) -> None:
    """-3 tells the code form also where an empty text reads (空); both are no answer."""
    rows = _rows(["1、性别", "2、满意吗—送餐", "理发", "3、建议"], ["1", "5", "4", "(空)"], ["2", "-3", "-3", "好"])
    survey_file = read_survey(write_csv(rows))

    assert survey_file.format is SurveyFormat.WENJUANXING_CODE
    assert _values(survey_file, "1") == ["1", "2"]
    assert _values(survey_file, "2") == [{"送餐": "5", "理发": "4"}, None]
    assert _values(survey_file, "3") == [None, "好"]


def test_matrix_with_its_number_before_every_row_is_one_question(write_csv: Callable[..., Path]) -> None:
    """Exports that repeat number and title before each row, and matrices of several choices, are read as well."""
    rows = _rows(["2、需要哪些？—平日", "2、需要哪些？—周末"], ["助餐┋理发", "助餐"], ["理发", ""])
    survey_file = read_survey(write_csv(rows))

    assert [question.title for question in survey_file.questions] == ["需要哪些？"]
    assert _values(survey_file, "2") == [
        {"平日": ("助餐", "理发"), "周末": "助餐"},
        {"平日": "理发", "周末": None},
    ]


def test_code_form_reads_choices_rankings_and_skips(write_xlsx: Callable[..., Path]) -> None:
    """By code: a single choice is its number, options have columns, -3 is skipped and -2 empty."""
    rows = _rows(
        [
            "1、性别",
            "第3题(助餐)",
            "第3题(理发(上门))",
            "第3题(其他)",
            "第5题(甲)",
            "第5题(乙)",
            "第5题(丙)",
            "6、年龄",
        ],
        [2, 1, 0, 1, 2, 1, -2, 71],
        [1, 0, 1, 0, 1, -2, -2, 66],
        [-3, -3, -3, -3, -3, -3, -3, -3],
        [1, 0, 0, "修脚", -2, -2, -2, -2],
    )
    survey_file = read_survey(write_xlsx(rows))

    assert survey_file.format is SurveyFormat.WENJUANXING_CODE
    assert [(question.key, question.kind.value, question.options) for question in survey_file.questions] == [
        ("1", "single", ("1", "2")),
        ("3", "multi", ("助餐", "理发(上门)", "其他")),
        ("5", "ranking", ("甲", "乙", "丙")),
        ("6", "number", ()),
    ]
    assert _values(survey_file, "1") == ["2", "1", None, "1"]
    assert _values(survey_file, "3") == [("助餐", "其他"), ("理发(上门)",), None, (OwnText("其他", "修脚"),)]
    assert _values(survey_file, "5") == [("乙", "甲"), ("甲",), None, None]
    assert _values(survey_file, "6") == [71, 66, None, None]


def test_code_form_without_any_special_column_is_told_by_its_cells(write_csv: Callable[..., Path]) -> None:
    """Half of the columns being codes, and none being labels, is the code form."""
    rows = _rows(
        ["1、性别", "2、年龄段", "3、建议"], ["1", "3", "多办活动"], ["2", "3", "没有"], ["1", "4〖九十〗", "好"]
    )
    survey_file = read_survey(write_csv(rows))

    assert survey_file.format is SurveyFormat.WENJUANXING_CODE
    assert [question.kind.value for question in survey_file.questions] == ["single", "single", "open"]
    assert _values(survey_file, "2") == ["3", "3", OwnText("4", "九十")]


@pytest.mark.parametrize(
    "headers",
    [
        ["第2题(助餐)", "第2题(理发)"],
        ["2(助餐)", "2(理发)"],
        ["2、需要的服务(助餐)", "2、需要的服务(理发)"],
        ["2、需要的服务(可多选):助餐", "2、需要的服务(可多选):理发"],
        ["2.需要的服务：助餐", "2.需要的服务：理发"],
    ],
)
def test_option_columns_are_one_question_however_they_are_titled(
    write_csv: Callable[..., Path], headers: list[str]
) -> None:
    """Columns that share a number are one question, and the label is what differs."""
    survey_file = read_survey(write_csv(_rows(headers, ["1", "0"], ["0", "0"], ["1", "1"])))

    assert [(question.kind, question.options) for question in survey_file.questions] == [
        (QuestionKind.MULTI, ("助餐", "理发"))
    ]
    assert _values(survey_file, "2") == [("助餐",), None, ("助餐", "理发")]


def test_ranking_with_two_equal_ranks_is_a_problem(write_csv: Callable[..., Path]) -> None:
    """Ranks that contradict each other are named with their row."""
    rows = _rows(["第2题(助餐)", "第2题(理发)"], ["1", "2"], ["1", "1"])
    survey_file = read_survey(write_csv(rows))

    assert [(problem.row, problem.column) for problem in survey_file.problems] == [(3, "第2题(助餐)")]


def test_blanks_of_several_columns_become_a_matrix_of_text(write_csv: Callable[..., Path]) -> None:
    """Several blanks under one number keep their labels; they are no options."""
    rows = _rows(["8、紧急联系人(姓名)", "8、紧急联系人(电话)"], ["王芳", "13800000001"], ["李强", "13800000002"])
    survey_file = read_survey(write_csv(rows))

    assert survey_file.questions[0].kind is QuestionKind.MATRIX
    assert _values(survey_file, "8")[0] == {"姓名": "王芳", "电话": "13800000001"}


def test_respondent_that_stands_twice_counts_once(write_csv: Callable[..., Path]) -> None:
    """The first row of a respondent counts, the second is named, a row without a key is named too."""
    rows = _rows(["1、性别"], ["男"], ["女"], ["男"])
    rows[2][0], rows[3][0] = "1", ""
    survey_file = read_survey(write_csv(rows))

    assert [answer.respondent for answer in survey_file.answers] == ["1"]
    assert [(problem.row, problem.column) for problem in survey_file.problems] == [(3, "序号"), (4, "序号")]


def test_identity_number_eaten_by_the_spreadsheet_is_refused(write_xlsx: Callable[..., Path]) -> None:
    """An 18-digit number that came as a rounded one is refused by row and column, with the remedy."""
    rows = _rows(
        ["1、性别", "2、身份证号"],
        ["男", 110101199001011237],
        ["女", "11010119900101124X"],
        ["女", "1.10101E+17"],
        ["男", "110101199001011237"],
    )
    survey_file = read_survey(write_xlsx(rows))

    assert _values(survey_file, "2") == [None, "11010119900101124X", None, "110101199001011237"]
    assert [(problem.row, problem.column) for problem in survey_file.problems] == [
        (2, "2、身份证号"),
        (4, "2、身份证号"),
    ]
    assert all("as text" in problem.message for problem in survey_file.problems)


def test_time_of_submission_that_is_no_time_is_a_problem(write_csv: Callable[..., Path]) -> None:
    """A time that cannot be read is named and left open; the answer counts."""
    rows = _rows(["1、性别"], ["男"])
    rows[1][1] = "上周"
    survey_file = read_survey(write_csv(rows))

    assert survey_file.answers[0].submitted_at is None
    assert [(problem.row, problem.column) for problem in survey_file.problems] == [(2, "提交答卷时间")]


def test_public_form_is_plain_json(write_csv: Callable[..., Path]) -> None:
    """The public form has exactly the agreed keys, lists for several choices and an object for own words."""
    rows = _rows(["1、服务"], ["助餐┋其他〖修脚〗"], ["(跳过)"])
    survey_file = read_survey(write_csv(rows))

    assert to_json(survey_file) == {
        "format": "wenjuanxing-text",
        "respondents": 2,
        "questions": [{"key": "1", "title": "服务", "kind": "multi", "options": ["助餐", "其他"]}],
        "answers": [
            {"respondent": "1", "values": {"1": ["助餐", {"option": "其他", "text": "修脚"}]}},
            {"respondent": "2", "values": {"1": None}},
        ],
        "problems": [],
    }


def test_table_that_does_not_begin_in_the_first_cell_keeps_its_row_numbers(write_xlsx: Callable[..., Path]) -> None:
    """A table at C3 is read with its own columns, and its rows are numbered as the spreadsheet shows them."""
    survey_file = read_survey(write_xlsx(_rows(["1、性别"], ["男"], ["女"]), at=(2, 2)))

    assert [answer.row for answer in survey_file.answers] == [4, 5]
    assert _values(survey_file, "1") == ["男", "女"]


def test_columns_of_the_same_title_stay_apart(write_csv: Callable[..., Path]) -> None:
    """Rows of two matrices may have the same title; keys and raw cells stay apart."""
    rows = _rows(["1、满意吗—送餐", "理发", "2、重要吗—送餐", "理发"], ["满意", "一般", "重要", "一般"])
    survey_file = read_survey(write_csv(rows))

    assert survey_file.answers[0].values == {
        "1": {"送餐": "满意", "理发": "一般"},
        "2": {"送餐": "重要", "理发": "一般"},
    }
    assert survey_file.answers[0].raw["理发 (I)"] == "一般"
    assert len(survey_file.answers[0].raw) == len(survey_file.header)
