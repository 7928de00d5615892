"""What a respondent says about themselves, made comparable: phone, identity number, age, gender, consent.

Each function reads one answer and returns None where it says nothing usable. A value is never guessed into
shape: an age given as a band counts from its lower end, and an age below a limit is not an age.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

from stdnum.iso7064 import mod_11_2

from linkage.schemas.survey import OwnText, Value

_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_LANDLINE: Final = re.compile(r"0\d{9,11}")
_BETWEEN_DIGITS: Final = re.compile(r"[\s\-—()·]")
_COUNTRY: Final = re.compile(r"^(\+86|0086|86(?=1[3-9]\d{9}$))")
_IDENTITY: Final = re.compile(r"\d{17}[\dX]")
_AGE: Final = re.compile(r"(\d{1,3})\s*(?:周?岁)?")
_AGE_BAND: Final = re.compile(r"(\d{1,3})\s*(?:周?岁)?\s*(?:[-—–~～至到]\s*\d{1,3}\s*(?:周?岁)?|(?:及|或)?以上|\+)")
_MALE: Final = frozenset({"男", "男性", "男士", "m", "male"})
_FEMALE: Final = frozenset({"女", "女性", "女士", "f", "female"})
OLDEST: Final = 130


@dataclass(frozen=True, slots=True)
class Respondent:
    """A person who allowed the use of these details; what was not asked or not usable is None."""

    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    id_number: str | None = field(default=None, repr=False)
    birth_year: int | None = None
    gender: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything tells this person from others."""
        return bool(self.name or self.phone or self.id_number)


def texts(value: Value) -> tuple[str, ...]:
    """List the words of an answer: its option labels, its free text, its number; a matrix as `row—answer`."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, OwnText):
        return (value.option,)
    if isinstance(value, tuple):
        return tuple(choice.option if isinstance(choice, OwnText) else choice for choice in value)
    if isinstance(value, int | float):
        return (f"{value:g}",)
    return tuple(f"{row}—{text}" for row, inner in value.items() for text in texts(inner))


def text(value: Value) -> str | None:
    """Return an answer as one line, None where nothing was answered."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    line = " ".join(part.strip() for part in texts(value)).strip()
    return line or None


def phone(value: Value) -> str | None:
    """Return a phone number as its digits: 11 of a mobile, area code and number of a landline."""
    line = text(value)
    if line is None:
        return None
    if line.isascii() and _MOBILE.fullmatch(line):
        return line
    digits = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", line))
    digits = _COUNTRY.sub("", digits)
    return digits if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits) else None


def id_number(value: Value) -> str | None:
    """Return an 18-digit identity number whose check digit is right (GB 11643-1999)."""
    line = text(value)
    if line is None:
        return None
    digits = unicodedata.normalize("NFKC", line).replace(" ", "").upper()
    if not _IDENTITY.fullmatch(digits) or not mod_11_2.is_valid(digits):
        return None
    with contextlib.suppress(ValueError):
        date.fromisoformat(f"{digits[6:10]}-{digits[10:12]}-{digits[12:14]}")
        return digits
    return None


def birth_year(age: Value, identity: str | None, today: date) -> int | None:
    """Return the year of birth: exact from an identity number, else this year less the age."""
    if identity is not None:
        return int(identity[6:10])
    line = text(age)
    if line is None:
        return None
    years = _years(line)
    return None if years is None else today.year - years


@lru_cache(maxsize=1024)
def _years(age: str) -> int | None:
    line = unicodedata.normalize("NFKC", age)
    found = _AGE.fullmatch(line) or _AGE_BAND.fullmatch(line)
    return None if found is None or int(found[1]) > OLDEST else int(found[1])


def gender(value: Value) -> str | None:
    """Return `male` or `female`."""
    line = (text(value) or "").lower()
    if line in _MALE:
        return "male"
    return "female" if line in _FEMALE else None
