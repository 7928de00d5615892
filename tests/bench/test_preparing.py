"""What compiles the optimisers ahead of use really runs each of them; a minute or two where nothing is compiled yet."""

from importlib import import_module

import pytest

from linkage.kernels.compiled import cache_folder, is_prepared
from linkage.kernels.preparing import ENGINES

PACKAGES = {
    "matching": "linkage.kernels.assignment.simplex",
    "undivided needs": "linkage.kernels.assignment.undivided",
    "rosters with few people": "linkage.kernels.roster.fewest",
    "duty rosters": "linkage.kernels.roster.duty",
    "large rosters": "linkage.kernels.roster.scale",
}


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_is_compiled_by_its_tiny_problem(name, tmp_path, monkeypatch):
    """Where nothing was compiled yet, the tiny problem compiles the engine's loops."""
    import_module(PACKAGES[name])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache_folder.cache_clear()
    assert not is_prepared(PACKAGES[name])
    ENGINES[name]()
    assert is_prepared(PACKAGES[name])
