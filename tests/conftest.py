"""Fixtures every test may ask for, and which files begin first."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from oracles.long_files import FIRST
from oracles.remembered import sun_remembered

# Tests of these folders ask where the sun stands.
SUNNY = {"shadow", "solar", "twin", "web"}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real sample data that lies beside a developer's checkout.

    Tests that need it carry ``@pytest.mark.shared`` and skip where the folder is absent, so the suite
    passes on a bare clone.
    """
    root = Path(os.environ.get("HELIOTWIN_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (root / "MANIFEST.md").is_file():
        pytest.skip(f"sample data not found at {root}")
    return root


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, each in its own order."""
    rank = {Path(__file__).parent / name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(scope="session", autouse=True)
def _spawn() -> None:
    """Processes begin as they do on Windows, whoever starts them."""
    multiprocessing.set_start_method("spawn", force=True)


@pytest.fixture(scope="session", autouse=True)
def _quiet_children() -> None:
    """`run.py test` makes Python warn of text in the locale's encoding; commands under test shall not.

    Their standard error is looked at, and numba, which opens a file of its own that way, would stand in it.
    """
    os.environ.pop("PYTHONWARNDEFAULTENCODING", None)


@pytest.fixture(scope="session", autouse=True)
def _one_sun(request: pytest.FixtureRequest) -> Iterator[None]:
    """The sun of a year at a place is computed once a process."""
    if SUNNY.isdisjoint(item.path.parent.name for item in request.session.items):
        yield
        return
    with sun_remembered():
        yield
