"""The sample files the schema tests read and spoil."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFIG = Path(__file__).parents[2] / "config"
CHARTERS = sorted((CONFIG / "projects").glob("*.yaml"))
RUBRICS = sorted((CONFIG / "rubrics").glob("*.yaml"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, paths in (("charter_path", CHARTERS), ("rubric_path", RUBRICS)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, paths, ids=[path.stem for path in paths])


@pytest.fixture
def drum_tower() -> str:
    """The Drum Tower Canteen charter as text, to be spoiled line by line."""
    return (CONFIG / "projects" / "drum-tower-canteen.yaml").read_text(encoding="utf-8")


@pytest.fixture
def four_bands() -> str:
    """The four-band rubric as text."""
    return (CONFIG / "rubrics" / "four-bands.yaml").read_text(encoding="utf-8")


@pytest.fixture
def performance() -> str:
    """The performance rubric as text."""
    return (CONFIG / "rubrics" / "performance.yaml").read_text(encoding="utf-8")


@pytest.fixture
def d_community_path() -> Path:
    """The D community charter's file."""
    return CONFIG / "projects" / "d-community.yaml"
