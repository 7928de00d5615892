"""What compiles the optimisers ahead of use really runs each of them; a minute or two where nothing is compiled yet."""

import pytest

from linkage.kernels.preparing import ENGINES


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_solves_its_tiny_problem(name):
    """A changed engine must not break what prepares it; nothing is claimed about the plan."""
    ENGINES[name]()
