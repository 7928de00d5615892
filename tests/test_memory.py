"""Pausing the search for reference cycles: it comes back as it was, whatever happens inside."""

from __future__ import annotations

import gc

import pytest

from linkage.memory import collector_paused


def test_collector_rests_inside_and_runs_again_after_an_error() -> None:
    """The search rests during the block and starts again although the block ended in an error."""
    with pytest.raises(RuntimeError, match="power"), collector_paused():
        assert not gc.isenabled()
        message = "power"
        raise RuntimeError(message)

    assert gc.isenabled()


def test_inner_pause_does_not_end_the_outer() -> None:
    """A paused function called inside a pause leaves the search resting."""
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()
