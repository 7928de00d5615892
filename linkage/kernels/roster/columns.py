"""Columns of the roster's tables: what is given becomes int64 or bool, what is not given its default.

Wrong numbers are kept as they are, for `validation` to name.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_LIMIT: Final = 2**31 - 1
MINUTES_PER_DAY: Final = 1440
ANY: Final = -1
"""A seat that asks for no skill, or a shift at no particular place or of no kind."""
NONE: Final = -1
"""A volunteer who belongs to no group."""


def integers(values: ArrayLike) -> Integers:
    """Turn whole numbers into int64; leave anything else as it is for `validation` to name."""
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(array.shape, dtype=np.int64)
    if array.dtype.kind in "iu" and not (array.dtype.kind == "u" and array.max() > NO_LIMIT):
        return array.astype(np.int64)
    return array


def column(values: ArrayLike | None, count: int, default: int) -> Integers:
    """Take the values given, or the default for everybody."""
    return np.full(count, default, dtype=np.int64) if values is None else integers(values)


def flags(values: ArrayLike | None, shape: int | tuple[int, int]) -> Flags:
    """Take the flags given, or False for everybody."""
    return np.zeros(shape, dtype=np.bool_) if values is None else np.asarray(values, dtype=np.bool_)
