"""The door to YAML: read a text that a person wrote and keep the line of every value.

Values come out as plain dicts, lists, text, integers, exact decimals, dates, booleans and nothing. What is
dangerous or ambiguous is refused with its line: aliases (they can blow a small file up), tags, duplicate keys,
several documents, tabs as indentation, an encoding other than UTF-8. Nothing is constructed from the file but
these plain values.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from linkage.schemas.problem import Location, Problem, path_text

LONGEST_SOURCE_CHARACTERS: Final = 1_000_000
DEEPEST_NESTING: Final = 32

Scalar = str | int | Decimal | date | bool | None
Value = Any  # dict[str, Value] | list[Value] | Scalar; a recursive alias helps neither pydantic nor the reader

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{0,18}\.[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class YamlSource:
    """A read document: its value, the line of every key and list item, and what was refused on the way.

    Parameters
    ----------
    value
        The whole document; None when it could not be read.
    lines
        1-based line by location. A location without a line of its own has its parent's.
    refused
        Locations whose value was refused; they hold None and are not worth a second complaint.
    problems
        What was refused, with reasons.
    """

    value: Value
    lines: dict[Location, int] = field(default_factory=dict)
    refused: frozenset[Location] = frozenset()
    problems: tuple[Problem, ...] = ()

    def line(self, location: Location) -> int:
        """Find the line of a location, or of the nearest thing around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)


def read_yaml(text: str | bytes) -> YamlSource:
    """Read one YAML document; whatever is wrong comes back as problems, never as an exception."""
    decoded = _decode(text) if isinstance(text, bytes) else _sized(text.removeprefix("\ufeff"))
    if isinstance(decoded, Problem):
        return YamlSource(None, problems=(decoded,))
    builder = _Builder()
    try:
        value = builder.build(iter(YAML(typ="safe", pure=True).parse(decoded)))
    except (YAMLError, _TooDeepError) as error:
        return YamlSource(None, problems=(*builder.problems, _fatal_problem(error, decoded)))
    return YamlSource(value, builder.lines, frozenset(builder.refused), tuple(builder.problems))


class _TooDeepError(ValueError):
    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


class _Builder:
    """Build plain values from parser events, so that depth is bounded and no alias is ever followed."""

    def __init__(self) -> None:
        self.lines: dict[Location, int] = {}
        self.refused: set[Location] = set()
        self.problems: list[Problem] = []

    def build(self, events: Iterator[Event]) -> Value:
        value: Value = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents == 1:
                    value = self._node(next(events), events, ())
                else:
                    self._tell((), event, "a second document starts here ('---'); one file holds one document")
                    break
        return value

    def _node(self, event: Event, events: Iterator[Event], location: Location) -> Value:
        if len(location) > DEEPEST_NESTING:
            raise _TooDeepError(_line(event))
        self.lines.setdefault(location, _line(event))
        if isinstance(event, AliasEvent):
            self._refuse(location, event, f"alias '*{event.anchor}' is not followed; write the value out in full")
            return None
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(location, event, f"tag '{tag}' is not allowed; write the plain value")
            self._skip(event, events)
            return None
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, location)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, location)
        return _scalar(event.value, is_plain=event.implicit[0]) if isinstance(event, ScalarEvent) else None

    def _mapping(self, events: Iterator[Event], location: Location) -> dict[str, Value]:
        mapping: dict[str, Value] = {}
        repeated: list[tuple[str, Event]] = []
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = event.value if isinstance(event, ScalarEvent) else None
            if key is None:
                self._tell(location, event, "a key must be a plain word followed by ': '")
                self._skip(event, events)
                self._skip(next(events), events)
            elif key in mapping:
                repeated.append((key, event))
                self._skip(next(events), events)
            else:
                self.lines[(*location, key)] = _line(event)
                mapping[key] = self._node(next(events), events, (*location, key))
        self._tell_repeated(location, repeated)
        return mapping

    def _tell_repeated(self, location: Location, repeated: list[tuple[str, Event]]) -> None:
        """Tell keys used twice; several of them in one list entry mean that the next entry's dash is missing."""
        if len(repeated) > 1 and location and isinstance(location[-1], int):
            keys = ", ".join(key for key, _ in repeated)
            message = f"the keys {keys} are used a second time from here; is a '- ' missing before this entry?"
            self._tell(location, repeated[0][1], message)
            self.refused.add(location[:-1])
            return
        for key, event in repeated:
            place = (*location, key)
            self._tell(place, event, f"key '{key}' was already used on line {self.lines[place]}; keep one of them")

    def _sequence(self, events: Iterator[Event], location: Location) -> list[Value]:
        sequence: list[Value] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            sequence.append(self._node(event, events, (*location, len(sequence))))
        return sequence

    def _refuse(self, location: Location, event: Event, message: str) -> None:
        self.refused.add(location)
        self._tell(location, event, message)

    def _tell(self, location: Location, event: Event, message: str) -> None:
        self.problems.append(Problem(_line(event), path_text(location), message))

    @staticmethod
    def _skip(event: Event, events: Iterator[Event]) -> None:
        depth = 0
        while True:
            depth += isinstance(event, MappingStartEvent | SequenceStartEvent)
            depth -= isinstance(event, MappingEndEvent | SequenceEndEvent)
            if depth == 0:
                return
            event = next(events)


def _scalar(text: str, *, is_plain: bool) -> Scalar:
    """Give a plain word its type as YAML 1.2 does; a number with leading zeros stays text (it is a code)."""
    value: Scalar = text
    if is_plain:
        if text in _WORDS:
            value = _WORDS[text]
        elif _INTEGER.fullmatch(text):
            value = int(text)
        elif _DECIMAL.fullmatch(text):
            value = Decimal(text)
        elif _DATE.fullmatch(text):
            with contextlib.suppress(ValueError):  # 2024-02-30 stays text, and its field says what is wrong
                value = date.fromisoformat(text)
    return value


def _sized(text: str) -> str | Problem:
    if len(text) <= LONGEST_SOURCE_CHARACTERS:
        return text
    return Problem(1, "", f"the file has {len(text):,} characters; at most {LONGEST_SOURCE_CHARACTERS:,} are read")


def _decode(content: bytes) -> str | Problem:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem(1, "", "the file is encoded as UTF-16; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        try:
            content.decode("gb18030")
        except UnicodeDecodeError:
            guess = ""
        else:
            guess = "; it looks like GBK"
        byte = content[error.start]
        return Problem(line, "", f"byte 0x{byte:02x} on this line is not UTF-8{guess}; save the file as UTF-8")
    return _sized(text)


def _fatal_problem(error: YAMLError | _TooDeepError, text: str) -> Problem:
    if isinstance(error, _TooDeepError):
        return Problem(error.line, "", f"nested more than {DEEPEST_NESTING} levels deep; nothing here needs that")
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Problem(line, "", f"a character that text never holds (code {error.character:#06x}); delete it")
    if isinstance(error, MarkedYAMLError):
        return _syntax_problem(error, text)
    return Problem(1, "", f"the file is not YAML: {error}")


def _syntax_problem(error: MarkedYAMLError, text: str) -> Problem:
    """Say in a writer's words what the parser stumbled over."""
    mark = error.problem_mark or error.context_mark
    lines = text.split("\n")
    number = min(mark.line, len(lines) - 1) if mark is not None else 0
    complaint = error.problem or error.context or "unreadable"
    for candidate in (number, number - 1):
        line = lines[candidate] if candidate >= 0 else ""
        if "\t" in line[: len(line) - len(line.lstrip())]:
            return Problem(candidate + 1, "", "a tab is used for indentation; use spaces (two for each level)")
        if "：" in line and ": " not in line and not line.rstrip().endswith(":"):
            message = "the colon after the key is full-width ('：'); write ': ' (half-width colon and a space)"
            return Problem(candidate + 1, "", message)
    if "quoted scalar" in (error.context or "") and error.context_mark is not None:
        return Problem(error.context_mark.line + 1, "", "the quotation mark opened here is never closed")
    if "mapping values are not allowed" in complaint:
        advice = "a ': ' stands where no key is expected; check the indentation, or put the text in quotation marks"
        return Problem(number + 1, "", advice)
    return Problem(
        number + 1, "", f"the YAML breaks off here ({complaint}); check indentation, brackets and quotation marks"
    )


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1
