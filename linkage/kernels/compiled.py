"""Compiles inner loops to machine code with numba and keeps what was compiled between runs.

A module that marks functions with `compiled` loads numba, so it is imported late, by whoever is about to solve
something large; small problems never need it. What was compiled is kept in the user's cache folder under a digest
of the package's sources: a changed source is compiled anew. A compiled function may call compiled functions of
its own package only, releases the interpreter lock, and sees arrays and numbers, nothing else. Nothing is solved
here.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")
_CONFIG: Any = numba.config


@cache
def cache_folder(package: str) -> Path:
    """Folder that keeps the compiled functions of a package, such as `linkage.kernels.roster`.

    A folder of this process alone stands in where the user's cache folder cannot be written.
    """
    source = Path(sys.modules[package].__file__ or "").parent
    digest = sha256(numba.__version__.encode())
    for path in sorted(source.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "linkage" / f"{package}-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="linkage-kernels-"))
    return folder


def is_prepared(package: str) -> bool:
    """Whether functions of a package have been compiled on this machine before, so that the first call is quick."""
    return any(cache_folder(package).rglob("*.nbi"))


def is_loaded(function: Callable[..., object]) -> bool:
    """Whether a compiled function has been called in this process, so that the next call begins at once."""
    return bool(getattr(function, "signatures", ()))


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function when it is first called; integers and floats as in C, no bounds are checked."""
    before = _CONFIG.CACHE_DIR
    _CONFIG.CACHE_DIR = str(cache_folder(function.__module__.rpartition(".")[0]))
    try:
        fast: Callable[P, R] = numba.njit(cache=True, nogil=True)(function)
    finally:
        _CONFIG.CACHE_DIR = before
    return fast
