"""Check an assessment rubric: everything wrong with it at once, each with its line and what would be right.

A sound rubric covers every score from 0 to 100 with exactly one band, weighs its raters to 100 %, and gives
every indicator one source of points that its steps or levels can fill.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Final

from linkage.errors import InvalidFile, UnreadableFile
from linkage.schemas.draft import EACH, Draft, listed
from linkage.schemas.problem import Location, Problem, in_order
from linkage.schemas.rubric import Rubric
from linkage.schemas.validation import read_record
from linkage.schemas.yaml_source import read_yaml
from linkage.terms import RaterKind

_SOURCES: Final = ("figure", "judged", "ratings")
_THRESHOLDS: Final = ("at_least_ratio", "at_least")


def check_bands(draft: Draft) -> None:
    """Bands descend to 0, so that every score has one; a band that fails does not pay."""
    for location, code in draft.find("bands", EACH, "code"):
        _tell_repeated(draft, "band", location, code)
    for location, band in draft.items("bands", EACH):
        if draft.is_sound(location) and band["pays"] and not band["passes"]:
            draft.tell((*location, "pays"), "a band that does not pass may not pay; write 'pays: false'")
    bounds = _column(draft, ("bands",), "at_least")
    for (_, above), (location, below) in pairwise(bounds):
        if below >= above:
            draft.tell(location, f"'{below}' is not below the band before ({above}); list the bands from high to low")
    if bounds and bounds[0][1] > 100:
        draft.tell(bounds[0][0], f"'{bounds[0][1]}' is above 100, which no score reaches")
    if bounds and bounds[-1][1] != 0:
        draft.tell(bounds[-1][0], f"the last band starts at 0 so that every score has a band, not at '{bounds[-1][1]}'")


def check_raters(draft: Draft) -> None:
    """Raters are named once, weigh 100 % together, and each has something to score."""
    for location, kind in draft.find("raters", EACH, "kind"):
        _tell_repeated(draft, "rater", location, kind)
    weights = _column(draft, ("raters",), "weight_percent")
    total = sum((weight for _, weight in weights), Decimal(0))
    if weights and total != 100:
        draft.tell(("raters",), f"the weights sum to {total} %; they must sum to 100 %")
    kinds = _sound_column(draft, "raters", "kind")
    scored = _sound_column(draft, "indicators", "rater")
    if kinds is None or scored is None or len(kinds) < len(list(draft.items("raters", EACH))):
        return
    for location, rater in draft.find("indicators", EACH, "rater"):
        if rater not in kinds:
            draft.tell(location, f"'{rater}' is not among the raters; known: {listed(sorted(kinds))}")
    for location, kind in draft.find("raters", EACH, "kind"):
        if kind not in scored and not scored - kinds:
            draft.tell(location, f"rater '{kind}' has no indicator; give it one or remove it")


def check_indicators(draft: Draft) -> None:
    """An indicator has one source of points, of the kind its rater can give."""
    for location, code in draft.find("indicators", EACH, "code"):
        _tell_repeated(draft, "indicator", location, code)
    kinds = _sound_column(draft, "raters", "kind")
    for location, source in draft.find("indicators", EACH, "source"):
        given = [name for name in _SOURCES if source.get(name)]
        rater = draft.get((*location[:-1], "rater"))
        if kinds is not None and rater not in kinds:
            continue
        if len(given) != 1:
            wording = f"not {', '.join(given)} together" if given else "none is given"
            draft.tell(location, f"give exactly one of {', '.join(_SOURCES)}; {wording}")
        elif given == ["ratings"] and rater not in {None, RaterKind.SERVICE_USER}:
            draft.tell(location, f"ratings come from service users, not from '{rater}'; write 'judged: true'")
        elif given == ["judged"] and rater == RaterKind.SYSTEM:
            draft.tell(location, "the system judges nothing; name a figure with steps, or another rater")
        elif bool(source.get("steps")) != (given == ["figure"]):
            remedy = "add 'steps:'" if given == ["figure"] else "steps belong to a figure; remove them"
            draft.tell(location, f"a figure earns points by steps; {remedy}")
        elif source.get("levels") and given != ["judged"]:
            draft.tell((*location, "levels"), "levels belong to 'judged: true'; remove them")


def check_steps(draft: Draft) -> None:
    """Steps descend in threshold and points, all by one measure; the top gives the full points."""
    for location, _ in draft.items("indicators", EACH):
        most = draft.number((*location, "max_points"))
        for kind in ("steps", "levels"):
            place: Location = (*location, "source", kind)
            points = _column(draft, place, "points")
            _tell_ascent(draft, points, "points")
            if points and most is not None and points[0][1] != most:
                draft.tell(
                    points[0][0], f"'{points[0][1]}' is not the indicator's max_points {most}; the top must reach it"
                )
        place = (*location, "source", "steps")
        given = [
            (step_location, [name for name in _THRESHOLDS if step.get(name) is not None])
            for step_location, step in draft.items(*place, EACH)
            if draft.is_sound(step_location)
        ]
        wrong = [step_location for step_location, names in given if len(names) != 1]
        for step_location in wrong:
            draft.tell(step_location, "give either at_least_ratio or at_least, one of them")
        measures = {names[0] for _, names in given if len(names) == 1}
        if len(measures) > 1:
            draft.tell(place, "the steps mix at_least_ratio and at_least; use one of them throughout")
        elif measures and not wrong:
            _tell_ascent(draft, _column(draft, place, measures.pop()), "threshold")


_RULES: Final[tuple[Callable[[Draft], None], ...]] = (check_bands, check_raters, check_indicators, check_steps)


def check_rubric(text: str | bytes, source: str = "rubric") -> tuple[Rubric | None, tuple[Problem, ...]]:
    """Read a rubric and tell every problem, sorted by line; the rubric is None when there is one."""
    read = read_yaml(text)
    if read.value is not None and not isinstance(read.value, dict):
        return None, (Problem(1, "", f"{source} is no rubric: it must begin with 'rubric: 1' and hold sections"),)
    rubric, draft = read_record(read, Rubric)
    if read.value is not None:
        for rule in _RULES:
            rule(draft)
    problems = in_order(draft.problems)
    return (None if problems else rubric), problems


def load_rubric(path: Path | str) -> Rubric:
    """Read a sound rubric from a file named after its code.

    Raises
    ------
    UnreadableFile
        The file does not exist or may not be read.
    InvalidFile
        The rubric has mistakes; `reasons` holds one line for each.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"rubric {path} cannot be read: {error.strerror}; check the path") from error
    rubric, problems = check_rubric(content, path.name)
    if rubric is None:
        message = f"rubric {path} has {len(problems)} mistake{'s' * (len(problems) > 1)}; correct them and try again"
        raise InvalidFile(message, [str(problem) for problem in problems])
    if rubric.code != path.stem:
        raise InvalidFile(f"rubric {path} has the code '{rubric.code}'; name the file {rubric.code}.yaml")
    return rubric


def _column(draft: Draft, section: Location, field: str) -> list[tuple[Location, Decimal]]:
    """Read one number of every entry of a section; nothing if a single one is missing or broken."""
    entries = list(draft.items(*section, EACH))
    numbers = [(location, Decimal(value)) for location, value in draft.find(*section, EACH, field)]
    return numbers if len(numbers) == len(entries) else []


def _sound_column(draft: Draft, section: str, field: str) -> set[str] | None:
    entries = list(draft.items(section, EACH))
    found = {value for _, value in draft.find(section, EACH, field)}
    is_complete = all(draft.get((*location, field)) is not None for location, _ in entries)
    return found if entries and is_complete else None


def _tell_ascent(draft: Draft, column: list[tuple[Location, Decimal]], noun: str) -> None:
    for (_, above), (location, below) in pairwise(column):
        if below >= above:
            draft.tell(location, f"{noun} '{below}' is not below the one before ({above}); list them from high to low")


def _tell_repeated(draft: Draft, noun: str, location: Location, word: str) -> None:
    pattern = (location[0], EACH, location[-1])
    first = next(place for place, value in draft.find(*pattern) if value == word)
    if first != location:
        draft.tell(location, f"{noun} '{word}' was already given on line {draft.source.line(first)}; give each its own")
