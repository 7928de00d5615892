"""What respondents write about themselves is read exactly or not at all."""

from __future__ import annotations

from datetime import date

import pytest

from linkage.rules import survey_respondent as respondent
from linkage.schemas.survey import OwnText, Value

TODAY = date(2024, 7, 1)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("13800138000", "13800138000", id="mobile"),
        pytest.param(" +86 138-0013-8000 ", "13800138000", id="country-code-and-dashes"),
        pytest.param("008613800138000", "13800138000", id="country-code-with-zeros"),
        pytest.param("8613800138000", "13800138000", id="country-code-without-plus"),
        pytest.param("１３８００１３８０００", "13800138000", id="full-width"),
        pytest.param("(0571) 8765 4321", "057187654321", id="landline"),
        pytest.param("87654321", None, id="no-area-code"),
        pytest.param("1380013800", None, id="ten-digits"),
        pytest.param("无", None, id="none"),
        pytest.param(None, None, id="not-answered"),
    ],
)
def test_phone_is_its_digits_or_nothing(written: Value, expected: str | None) -> None:
    """A phone is eleven digits of a mobile or an area code and number; anything else is no phone."""
    assert respondent.phone(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("11010519491231002X", "11010519491231002X", id="sound"),
        pytest.param("11010519491231002x", "11010519491231002X", id="small-x"),
        pytest.param("110105194912310021", None, id="wrong-check-digit"),
        pytest.param("110105194913310026", None, id="no-such-month"),
        pytest.param("110105491231002", None, id="fifteen-digits"),
        pytest.param(None, None, id="not-answered"),
    ],
)
def test_id_number_has_its_check_digit(written: Value, expected: str | None) -> None:
    """An identity number counts only with a right check digit and a real day of birth (GB 11643-1999)."""
    assert respondent.id_number(written) == expected


def test_id_number_needs_a_real_day_of_birth() -> None:
    """A number whose check digit is right but whose 31 February is not is no identity number."""
    from stdnum.iso7064 import mod_11_2

    stem = "11010519490231002"

    assert respondent.id_number(stem + mod_11_2.calc_check_digit(stem)) is None


@pytest.mark.parametrize(
    ("age", "identity", "expected"),
    [
        pytest.param(70, None, 1954, id="number"),
        pytest.param("72岁", None, 1952, id="with-unit"),
        pytest.param("60-69岁", None, 1964, id="band-from-its-lower-end"),
        pytest.param("80岁及以上", None, 1944, id="open-band"),
        pytest.param("60岁以下", None, None, id="below-is-no-age"),
        pytest.param("老年", None, None, id="word"),
        pytest.param(150, None, None, id="too-old"),
        pytest.param(None, None, None, id="not-answered"),
        pytest.param(30, "11010519491231002X", 1949, id="identity-number-wins"),
    ],
)
def test_birth_year_from_age_or_identity(age: Value, identity: str | None, expected: int | None) -> None:
    """The year of birth is exact from an identity number, else this year less the age."""
    assert respondent.birth_year(age, identity, TODAY) == expected


@pytest.mark.parametrize(
    ("written", "expected"), [("男", "male"), ("女士", "female"), ("F", "female"), ("其他", None), (None, None)]
)
def test_gender_in_two_words(written: Value, expected: str | None) -> None:
    """Gender is kept as one of two words, or not at all."""
    assert respondent.gender(written) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, (), id="not-answered"),
        pytest.param("午餐", ("午餐",), id="text"),
        pytest.param(OwnText("其他", "修灯"), ("其他",), id="own-words-stay-out"),
        pytest.param(("午餐", OwnText("其他", "修灯")), ("午餐", "其他"), id="several"),
        pytest.param(3, ("3",), id="number"),
        pytest.param({"助餐": "需要", "陪诊": None}, ("助餐—需要",), id="matrix"),
    ],
)
def test_texts_of_each_kind_of_answer(value: Value, expected: tuple[str, ...]) -> None:
    """Every shape of answer is read as words; a respondent's own words beside an option are not an option."""
    assert respondent.texts(value) == expected


def test_respondent_is_known_by_anything_that_tells_them_apart() -> None:
    """A person is entered when a name, a phone or an identity number is given, not for an age alone."""
    known = [respondent.Respondent(name="甲"), respondent.Respondent(phone="13800138000")]

    assert [one.is_known for one in (*known, respondent.Respondent(birth_year=1950))] == [True, True, False]
