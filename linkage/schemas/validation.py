"""Turn a read file into a record, and every refusal into a problem a person can act on.

A misspelt key is told once and then read as the key it was meant to be, so that what stands under it is checked
as well. Messages say what is wrong and what would be right; rules that span values stand elsewhere and run on
the `Draft` that comes out of here.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from linkage.schemas.draft import Draft, listed, nearest
from linkage.schemas.problem import Location, Problem, path_text
from linkage.schemas.record import AS_OF_PATTERN, CODE_PATTERN
from linkage.schemas.yaml_source import Value, YamlSource
from linkage.terms import Term

RecordT = TypeVar("RecordT", bound=BaseModel)

_SPELLINGS: Final = {
    CODE_PATTERN: "a code is lower-case letters, digits, '-' or '_', starts with a letter and has at most 40 characters",
    AS_OF_PATTERN: "a cut-off is written as YYYY, YYYY-MM or YYYY-MM-DD",
}
_EXPECTED: Final = {
    "string_type": "text is expected here; put it in quotation marks",
    "int_type": "a whole number is expected here, e.g. 12",
    "bool_type": "true or false is expected here",
    "decimal_type": "a number is expected here, e.g. 12 or 12.50",
    "decimal_parsing": "a plain number is expected here, without separators or units, e.g. 1050000.00",
    "float_type": "a number is expected here, e.g. 0.9",
    "float_parsing": "a number is expected here, e.g. 0.9",
    "finite_number": "a finite number is expected here",
    "tuple_type": "a list is expected here, one entry per line, each beginning with '- '; an empty list is []",
    "dict_type": "a mapping of 'key: value' lines is expected here",
    "model_type": "a mapping of 'key: value' lines is expected here",
}


def read_record(source: YamlSource, model: type[RecordT]) -> tuple[RecordT | None, Draft]:
    """Validate a read file against a model.

    Returns
    -------
    record, draft
        The record, None when anything was refused; and the draft on which further rules run.
    """
    draft = Draft(source, broken=set(source.refused), problems=list(source.problems))
    if source.value is None:
        if not draft.problems:
            draft.tell((), "the file is empty; start from a sample or from the JSON Schema")
        return None, draft
    lines = dict(source.lines)
    value = _mended(source.value, model, (), lines, draft)
    draft.source = YamlSource(value, lines, source.refused, source.problems)
    try:
        record = model.model_validate(value)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _tell(details, draft)
        return None, draft
    return record, draft


def _mended(value: Value, annotation: Any, location: Location, lines: dict[Location, int], draft: Draft) -> Value:
    """Copy a value with misspelt keys corrected and unknown ones left out, telling each."""
    annotation = _inner(annotation)
    if isinstance(value, list) and get_origin(annotation) is tuple:
        item = get_args(annotation)[0]
        return [_mended(child, item, (*location, index), lines, draft) for index, child in enumerate(value)]
    if not (isinstance(value, dict) and isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return value
    fields = annotation.model_fields
    mended: dict[str, Value] = {}
    for key, child in value.items():
        name = key
        if key not in fields:
            free = [known for known in fields if known not in value and known not in mended]
            meant = nearest(key.lower().replace("-", "_"), free)
            advice = f"did you mean '{meant}'?" if meant else _advice_on_key(key, list(fields))
            line = lines.get((*location, key), 1)
            draft.problems.append(Problem(line, path_text((*location, key)), f"unknown key '{key}'; {advice}"))
            if meant is None:
                draft.broken.add((*location, key))
                continue
            _move_lines(lines, (*location, key), (*location, meant))
            name = meant
        mended[name] = _mended(child, fields[name].annotation, (*location, name), lines, draft)
    return mended


def _advice_on_key(key: str, fields: list[str]) -> str:
    """Say which keys may stand where an unknown one does, nearest first when one resembles it."""
    near = nearest(key, fields)
    return f"'{near}' is already there; remove one" if near else f"keys known here: {listed(fields, 20)}"


def _move_lines(lines: dict[Location, int], old: Location, new: Location) -> None:
    for location in [known for known in lines if known[: len(old)] == old]:
        lines[new + location[len(old) :]] = lines[location]


def _inner(annotation: Any) -> Any:
    """Look through `X | None` and `Annotated`."""
    while True:
        origin = get_origin(annotation)
        if origin in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        elif hasattr(annotation, "__metadata__"):
            annotation = get_args(annotation)[0]
        else:
            return annotation


def _tell(details: ErrorDetails, draft: Draft) -> None:
    location: Location = tuple(step for step in details["loc"] if step != "[key]")
    refused = draft.source.refused
    if any(location[: len(known)] == known for known in refused):
        return
    if details["type"] == "too_short" and len(details["input"]) >= details["ctx"]["min_length"]:
        return  # there are enough entries; pydantic counts the sound ones, and the others are told themselves
    draft.broken.add(location)
    draft.tell(location, _message(details, location))


def _message(details: ErrorDetails, location: Location) -> str:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    field = str(location[-1]) if location else "file"
    if kind == "missing":
        return f"'{field}' is missing; add '{field}:' here"
    if value is None:
        return f"'{field}' is empty; write its value, or remove the line if it is optional"
    if kind == "enum":
        return _unknown_term(value, str(context["expected"]))
    if kind == "literal_error":
        return f"{_quoted(value)} is not allowed; allowed: {context['expected']}"
    return f"{_quoted(value)}: {_expectation(kind, context, details['msg'], value)}"


def _expectation(kind: str, context: dict[str, Any], fallback: str, value: Any) -> str:
    if kind in _LIMITS:
        return _LIMITS[kind](context)
    if kind in {"model_type", "dict_type"} and isinstance(value, str) and "：" in value:
        return "the colon after the key is full-width ('：'); write ': ' (half-width colon and a space)"
    if kind == "string_pattern_mismatch":
        return _SPELLINGS.get(str(context["pattern"]), f"must match {context['pattern']}")
    return _EXPECTED.get(kind, fallback)


_LIMITS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "greater_than_equal": lambda context: f"must be at least {context['ge']}",
    "greater_than": lambda context: f"must be more than {context['gt']}",
    "less_than_equal": lambda context: f"must be at most {context['le']}",
    "less_than": lambda context: f"must be less than {context['lt']}",
    "string_too_short": lambda _: "text is expected here, not nothing",
    "string_too_long": lambda context: f"at most {context['max_length']} characters are kept",
    "too_short": lambda context: f"at least {context['min_length']} entry is needed here",
    "decimal_max_places": lambda context: f"at most {context['decimal_places']} decimals are kept",
    "decimal_max_digits": lambda context: f"at most {context['max_digits']} digits are kept",
    "decimal_whole_digits": lambda context: f"at most {context['whole_digits']} digits before the point are kept",
}


def _unknown_term(value: Any, expected: str) -> str:
    """Name the allowed words with their Chinese labels, and the one a Chinese word or a misspelling meant."""
    words = re.findall(r"'([^']*)'", expected)
    terms = next((term for term in Term.__subclasses__() if [member.value for member in term] == words), None)
    labels = {member.value: member.label for member in terms} if terms is not None else dict.fromkeys(words, "")
    by_label = {label: word for word, label in labels.items()}
    text = str(value)
    label = nearest(text, by_label)
    meant = nearest(text.lower(), words) or (by_label[label] if label else None)
    allowed = f"allowed: {listed([f'{word} ({label})' if label else word for word, label in labels.items()], 20)}"
    return f"{_quoted(value)} is not known; " + (f"did you mean '{meant}'? {allowed}" if meant else allowed)


def _quoted(value: Any) -> str:
    """Quote the file's own words, shortened; collections are named by what they are."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return f"'{str(value).lower()}'"
    text = str(value)
    return f"'{text if len(text) <= 40 else text[:39] + '…'}'"
