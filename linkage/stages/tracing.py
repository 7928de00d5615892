"""Tracing: from a printed number to its records and on to the money, and from a need to what became of it.

Reads only. `F12` is a figure, `N5` a need, `A3` an activity, `R7` a service record, `H9` an hours entry, `T2` a
tranche. Every link is queried anew. No name, phone or condition is ever told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.orm import Session

from linkage.db.tables import Activity, Figure, HoursEntry, Need, Project, ServiceRecord, Tranche
from linkage.errors import Unknown
from linkage.stages import tracing_rows as rows
from linkage.stages.tracing_figure import trace_figure

_ID: Final = re.compile(r"([FNARTH])([1-9]\d{0,17})", re.IGNORECASE | re.ASCII)

_FOLLOW: Final[dict[str, tuple[type[Any], Callable[..., dict[str, Any]]]]] = {
    "F": (Figure, trace_figure),
    "N": (Need, rows.trace_need),
    "A": (Activity, rows.trace_activity),
    "R": (ServiceRecord, rows.trace_record),
    "H": (HoursEntry, rows.trace_hours),
    "T": (Tranche, rows.trace_tranche),
}


def trace(session: Session, trace_id: str, *, all_records: bool = False) -> dict[str, Any]:
    """Follow one id through everything it is linked to.

    Parameters
    ----------
    trace_id
        A letter and a number, such as `F12`.
    all_records
        List every id; otherwise counts and the first fifty.

    Returns
    -------
    dict
        Plain values, ready for JSON.

    Raises
    ------
    Unknown
        If there is no such thing here, or the id is not one.
    """
    matched = _ID.fullmatch(trace_id.strip())
    if matched is None:
        raise Unknown(f"{trace_id!r} is no trace id; write F, N, A, R, H or T and a number, such as F12")
    letter, number = matched.group(1).upper(), int(matched.group(2))
    table, follow = _FOLLOW[letter]
    row = session.get(table, number)
    if row is None:
        raise Unknown(f"no {table.__tablename__.replace('_', ' ')} {letter}{number} here")
    project = session.get_one(Project, row.project_id)
    head = {"id": f"{letter}{number}", "kind": table.__tablename__, "project": project.code}
    return head | {"is_simulated": project.is_simulated} | follow(session, row, all_records=all_records)
