"""The instance formats as JSON Schema, built from the declarations the readers check by.

The schema knows single values and keys; what goes together (ids that must be known, windows, totals) is told when a
file is read.
"""

from __future__ import annotations

from typing import Any

from linkage.imports.instances import matching_format, roster_format, rounds, surge
from linkage.imports.instances.fields import Record
from linkage.schemas.json_schema import DIALECT


def formats() -> dict[str, Record]:
    """Return the declaration of every format by name."""
    return {
        "matching": matching_format.FORMAT,
        "roster": roster_format.FORMAT,
        "surge": surge.FORMAT,
        "rounds": rounds.FORMAT,
    }


def instance_schema(name: str) -> dict[str, Any]:
    """Build the schema of a format (JSON Schema draft 2020-12)."""
    return {"$schema": DIALECT, "title": f"linkage solve {name}", **formats()[name].schema()}
