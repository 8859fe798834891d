"""One finished job over the little street, for every test that only looks at it; and small pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracles.houses import street, write_town

from twin.config import check_job
from twin.deliver import write_files
from twin.job import Outcome, cells_of, run_solar


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The street as CityJSON."""
    return write_town(tmp_path_factory.mktemp("town") / "town.city.json", street())


@pytest.fixture(scope="session")
def outcome(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Its finished job, tables written; do not write into its folder."""
    out = tmp_path_factory.mktemp("job") / "out"
    job = check_job({"cities": [town], "out": out, "sky": 145, "spacing_m": 2.0, "ground_spacing_m": 4.0})
    done = run_solar(job, lambda stage, done, of: None)
    done.store.finish(cells_of(done.prepared), write_files(done))
    return done


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The 3D picture of a job at a tenth of its width, for tests that do not look at it."""
    from twin.report import write

    monkeypatch.setattr(write, "PICTURE_WIDTH", 160)
    monkeypatch.setattr(write, "PICTURE_HEIGHT", 100)
