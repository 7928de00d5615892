"""What the objects and lists of an instance file are made of, declared once for the checks and for the JSON Schema.

Each looks at many values at once where all fit, and keeps what is sound where they do not, as the single kinds do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from linkage.imports.instances.kinds import BROKEN, Kind, Mistakes, did_you_mean, printable, shown
from linkage.schemas.draft import listed


class SoundRows(list[Any]):
    """The sound values of a list, with the place each has in the file."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[int] = []


def place_in_file(rows: Sequence[Any], row: int) -> int:
    """Tell where a row stands in the file, also after broken ones were left out."""
    return rows.places[row] if isinstance(rows, SoundRows) else row


@dataclass(frozen=True)
class Many:
    """A list of values of one kind."""

    item: Kind
    least: int = 0

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        if not set(map(type, values)) <= {list} or (self.least and any(len(each) < self.least for each in values)):
            return False
        return self.item.fits(values[0] if len(values) == 1 else list(chain.from_iterable(values)))

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        if not isinstance(value, list):
            return mistakes.broken(path, f"must be a list, is {shown(value)}")
        if len(value) < self.least:
            return mistakes.broken(path, f"must hold at least {self.least}, holds {len(value)}")
        kept = SoundRows()
        for place, each in enumerate(value):
            sound = self.item.mend(each, f"{path}[{place}]", mistakes)
            if sound is not BROKEN:
                kept.append(sound)
                kept.places.append(place)
        return kept

    def schema(self) -> dict[str, Any]:
        """Describe."""
        return {"type": "array", "items": self.item.schema()} | ({"minItems": self.least} if self.least else {})


@dataclass(frozen=True)
class Row:
    """A short list with a meaning for each place, such as [start, end]."""

    items: tuple[Kind, ...]
    meaning: str

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        if not set(map(type, values)) <= {list} or not set(map(len, values)) <= {len(self.items)}:
            return False
        return all(kind.fits([each[place] for each in values]) for place, kind in enumerate(self.items))

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        if not isinstance(value, list) or len(value) != len(self.items):
            return mistakes.broken(path, f"must be {self.meaning}, is {shown(value)}")
        sound = [
            kind.mend(each, f"{path}[{place}]", mistakes)
            for place, (kind, each) in enumerate(zip(self.items, value, strict=True))
        ]
        return BROKEN if BROKEN in sound else sound

    def schema(self) -> dict[str, Any]:
        """Describe."""
        count = len(self.items)
        places = [kind.schema() for kind in self.items]
        return {
            "type": "array",
            "prefixItems": places,
            "minItems": count,
            "maxItems": count,
            "description": self.meaning,
        }


@dataclass(frozen=True)
class Key:
    """One key of an object.

    Parameters
    ----------
    is_open
        The value may be null, with a meaning of its own or the same as if the key were absent.
    """

    kind: Kind
    note: str
    is_required: bool = False
    is_open: bool = False


@dataclass(frozen=True)
class Record:
    """An object with known keys; a missing one is as its note says."""

    keys: Mapping[str, Key]
    note: str = ""

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        if not set(map(type, values)) <= {dict} or not set().union(*values) <= set(self.keys):
            return False
        for name, key in self.keys.items():
            held = [each[name] for each in values if name in each]
            if key.is_required and len(held) < len(values):
                return False
            if key.is_open:
                held = [each for each in held if each is not None]
            if held and not key.kind.fits(held):
                return False
        return True

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        if not isinstance(value, dict):
            return mistakes.broken(path or "the file", f"must be an object, is {shown(value)}")
        inside = f"{path}." if path else ""
        sound: dict[str, Any] = {}
        is_whole = True
        for name in value:
            if name not in self.keys:
                known = f"; known: {listed(self.keys)}"
                mistakes.tell(f"{inside}{printable(name)}", f"unknown key{did_you_mean(name, self.keys) or known}")
        for name, key in self.keys.items():
            if name not in value:
                if key.is_required:
                    mistakes.tell(f"{inside}{name}", f"is missing: {key.note}")
                    is_whole = False
            elif key.is_open and value[name] is None:
                sound[name] = None
            else:
                mended = key.kind.mend(value[name], f"{inside}{name}", mistakes)
                if mended is not BROKEN:
                    sound[name] = mended
                is_whole = is_whole and not (key.is_required and mended is BROKEN)
        if not is_whole and "id" in sound:
            mistakes.excused.add(sound["id"])
        return sound if is_whole else BROKEN

    def schema(self) -> dict[str, Any]:
        """Describe."""
        properties = {}
        for name, key in self.keys.items():
            kind = key.kind.schema()
            properties[name] = ({"anyOf": [kind, {"type": "null"}]} if key.is_open else kind) | {
                "description": key.note
            }
        required = [name for name, key in self.keys.items() if key.is_required]
        schema: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
        return schema | ({"required": required} if required else {}) | ({"description": self.note} if self.note else {})


@dataclass(frozen=True)
class ByName:
    """An object whose keys are names of the file's own."""

    kind: Kind

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        return set(map(type, values)) <= {dict} and self.kind.fits([one for each in values for one in each.values()])

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        if not isinstance(value, dict):
            return mistakes.broken(path, f"must be an object, is {shown(value)}")
        mended = {name: self.kind.mend(each, f"{path}.{printable(name)}", mistakes) for name, each in value.items()}
        return {name: each for name, each in mended.items() if each is not BROKEN}

    def schema(self) -> dict[str, Any]:
        """Describe."""
        return {"type": "object", "additionalProperties": self.kind.schema()}


@dataclass(frozen=True)
class OneOrMany:
    """A value, or a list of such values."""

    kind: Kind

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        lists = [each for each in values if isinstance(each, list)]
        return self.kind.fits([each for each in values if not isinstance(each, list)]) and Many(self.kind, 1).fits(
            lists
        )

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        return (Many(self.kind, 1) if isinstance(value, list) else self.kind).mend(value, path, mistakes)

    def schema(self) -> dict[str, Any]:
        """Describe."""
        return {"anyOf": [self.kind.schema(), Many(self.kind, 1).schema()]}
