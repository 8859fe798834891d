"""A finished job over a block of the demo district, and a browser a module, for the tests that look through one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from oracles.browser import a_browser
from oracles.district import write_part

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class Job(NamedTuple):
    """Where a city file and its finished job lie; nobody writes there."""

    city: Path
    out: Path


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Irradiance, PV and its correction for a block of houses, coarsely sampled."""
    from twin.config import check_job
    from twin.deliver import write_files
    from twin.job import cells_of, run_solar

    folder = tmp_path_factory.mktemp("block")
    city = write_part(folder / "block.gml")
    options = {"cities": [city], "out": folder / "out", "sky": 145, "spacing_m": 3.0, "ground_spacing_m": 20.0}
    more = {"ground_margin_m": 20.0, "correct": "default"}
    done = run_solar(check_job({**options, **more}), lambda stage, done, of: None)
    done.store.finish(cells_of(done.prepared), write_files(done))
    return Job(city, folder / "out")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module."""
    with a_browser() as chromium:
        yield chromium


def exported(
    job: Job, scratch: pytest.TempPathFactory, to: str, profile: str = "cesium", suppress: Path | None = None
) -> Path:
    """What `heliotwin export` makes of the job."""
    from twin.export.options import ExportOptions
    from twin.export.run import run_export
    from twin.serve.viewer_export import export_viewer

    folder = scratch.mktemp(to) / profile
    of_tiles = profile if to == "3dtiles" else None
    options = ExportOptions(source=job.out, to=to, out=folder, profile=of_tiles, suppress=suppress)
    run_export(options, lambda stage, done, of: None, export_viewer)
    return folder


@pytest.fixture(scope="session")
def tilesets(job: Job, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of the job's tilesets by profile."""
    return {
        profile: exported(job, tmp_path_factory, "3dtiles", profile) for profile in ("cesium", "vcmap", "masterportal")
    }


@pytest.fixture(scope="session")
def objection(job: Job, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Path]]:
    """A building whose owner objected, and the tilesets without its results by profile."""
    import pandas as pd

    table = pd.read_parquet(job.out / "surfaces.parquet", columns=["building_id", "value_phys"])
    building = str(table.dropna(subset="value_phys")["building_id"].iloc[0])
    ids = tmp_path_factory.mktemp("objection") / "ids.csv"
    ids.write_text(f"id\n{building}\n", encoding="utf-8")
    folders = {profile: exported(job, tmp_path_factory, "3dtiles", profile, ids) for profile in ("cesium", "vcmap")}
    return building, folders


@pytest.fixture(scope="session")
def map_tiles(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the job's PMTiles and their style."""
    return exported(job, tmp_path_factory, "pmtiles")


@pytest.fixture(scope="session")
def pyramids(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the job's map pictures."""
    return exported(job, tmp_path_factory, "xyz")


@pytest.fixture(scope="session")
def cogs(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the job's COGs."""
    return exported(job, tmp_path_factory, "cog")


@pytest.fixture(scope="session")
def viewer_folder(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The viewer with the job's data, for any web server."""
    return exported(job, tmp_path_factory, "viewer")
