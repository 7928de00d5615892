"""Reads the question columns that KoboToolbox and ODK share, both being made from XLSForms.

A multiple choice is one column of names joined by blanks (`summary`), one column of 0 and 1 per option,
`question/option` (`details`), or both; where the details exist they decide, because a label may hold blanks.
What identifies a respondent, and what is metadata, the format's own module says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from linkage.imports.columns import CHECK_MARKS, Cells, Column, Reading, checked, joined, plain
from linkage.imports.kinds import is_space_joined
from linkage.schemas.survey import Choice, QuestionKind, Value

BLANKS: Final = frozenset({""})


def questions(column: Column, indexes: Sequence[int], *, separator: str = "/") -> list[Reading]:
    """Read the columns of one sheet that hold answers.

    Parameters
    ----------
    indexes
        The columns left when metadata is taken away, in the order of the sheet.
    separator
        What joins group and question in a header: `/` in KoboToolbox, `-` in ODK.
    """
    header = column.sheet.header
    cells = {index: column.cells(index) for index in indexes}
    is_checked = {index: all(text is None or text in CHECK_MARKS for text in set(cells[index])) for index in indexes}
    titles = _titles([header[index] for index in indexes], separator)
    readings: list[Reading] = []
    taken: set[int] = set()
    for index in indexes:
        if index in taken:
            continue
        title = header[index]
        parts = [each for each in indexes if each > index and header[each].startswith(f"{title}/") and is_checked[each]]
        if parts:
            taken |= set(parts)
            options = {header[each][len(title) + 1 :]: cells[each] for each in parts}
            reading = checked(title, titles[title], options)
            readings.append(_reconciled(column, index, cells[index], reading))
            continue
        run = _details(header, indexes, index, cells, is_checked)
        if run:
            taken |= set(run)
            name = title.rpartition("/")[0]
            options = {header[each].rpartition("/")[2]: cells[each] for each in run}
            readings.append(checked(name, titles.get(name, name.rpartition(separator)[2]), options))
            continue
        answered = {text for text in cells[index] if text is not None}
        if is_space_joined(answered):
            readings.append(joined(title, titles[title], cells[index], kind=QuestionKind.MULTI, split=str.split))
        else:
            readings.append(plain(title, titles[title], cells[index]))
    return readings


def _titles(headers: list[str], separator: str) -> dict[str, str]:
    """Return each header's title: the part behind its groups, where two columns prove that there is a group."""
    groups = Counter(
        separator.join(parts[:depth])
        for parts in (header.split(separator) for header in headers)
        for depth in range(1, len(parts))
    )
    titles: dict[str, str] = {}
    for header in headers:
        parts = header.split(separator)
        depth = max((d for d in range(1, len(parts)) if groups[separator.join(parts[:d])] > 1), default=0)
        titles[header] = separator.join(parts[depth:])
    return titles


def _details(
    header: tuple[str, ...],
    indexes: Sequence[int],
    index: int,
    cells: dict[int, Cells],
    is_checked: dict[int, bool],
) -> list[int]:
    """Return the option columns of a multiple choice exported as details only, or nothing.

    A group of yes-no questions coded 1 and 0 looks the same; it is told apart by a neighbour in the group that
    is not so coded, or by a row that answers one and not the other.
    """
    name = header[index].rpartition("/")[0]
    if not name or name in header:
        return []
    members = [each for each in indexes if header[each].rpartition("/")[0] == name]
    if len(members) < 2 or not all(is_checked[each] for each in members):
        return []
    if members != list(range(members[0], members[0] + len(members))):
        return []
    columns = [cells[each] for each in members]
    is_together = all(all(cell is None for cell in row) or None not in row for row in zip(*columns, strict=True))
    is_answered = any(cell is not None for cell in columns[0])
    return members if is_together and is_answered else []


def _reconciled(column: Column, index: int, summary: Cells, reading: Reading) -> Reading:
    """Complain of names in the joined column that no option column knows; keep them, so that nothing is lost."""
    options = set(reading.question.options)
    if any(" " in option for option in options):
        return reading
    values: list[Value] = list(reading.values)
    for row, text in enumerate(summary):
        if text is None:
            continue
        unknown = [name for name in text.split() if name not in options]
        chosen = values[row]
        known: tuple[Choice, ...] = chosen if isinstance(chosen, tuple) else ()
        # A label exported in the joined column and a name in the headers differ throughout: then there is nothing to say.
        if unknown and len(known) < len(text.split()):
            column.complain(row, index, f"No option is named {', '.join(unknown)}; correct the answer or the form")
            values[row] = (*known, *unknown)
    return Reading(reading.question, values)
