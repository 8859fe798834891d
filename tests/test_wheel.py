"""The built wheel, installed elsewhere, runs the demo outside the repository: all data is package data."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_packages_data_and_licences_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {
        "twin",
        "raytrace",
        "solar",
        "shadow",
        "io_citygml",
    }
    for data in (
        "twin/data/demo/LoD2_32_364_5650_1_NW.gml.gz",
        "twin/data/demo/LICENSES.md",
        "twin/data/geoid/de_bkg_gcg2016.tif",
        "twin/data/geoid/LICENSES.md",
        "solar/data/TRY2015_494902084637_Jahr.dat.gz",
        "solar/data/dwd_15min_2024_Duesseldorf_6.7686_51.2960.csv.gz",
        "solar/data/LICENSES.md",
    ):
        assert data in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.endswith((".pyc", ".nbi", ".nbc"))]


def test_installed_elsewhere_the_demo_runs(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-compile"]
    subprocess.run([*pip, "--target", str(site), str(wheel)], check=True)
    # Kernels of the same source that are compiled already serve there too (raytrace/jit.py); the rest is compiled.
    kept = site / "raytrace" / "__pycache__"
    kept.mkdir()
    for pattern in ("*.nbc", "*.nbi"):
        for path in (ROOT / "raytrace" / "__pycache__").glob(pattern):
            shutil.copyfile(path, kept / path.name)
    # The new folder comes before the checkout that an editable install puts on the path; -P keeps "" off it.
    environment = {**os.environ, "PYTHONPATH": str(site)}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def python(*arguments: str) -> str:
        command = [sys.executable, "-P", *arguments]
        done = subprocess.run(
            command, cwd=elsewhere, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = python("-c", "import twin, raytrace, solar, shadow, io_citygml; print(twin.__file__)")
    assert Path(where.strip()).is_relative_to(site)
    (script,) = (path for path in (site / "bin").glob("heliotwin*"))
    summary = json.loads(python(str(script), "demo", "--spacing", "10", "--ground-spacing", "20", "--json"))
    out = elsewhere / "heliotwin-demo"
    assert summary["kinds"][0]["kind"] == "RoofSurface"
    for name in ("surfaces.gpkg", "surfaces.parquet", "buildings.parquet", "ground.tif", "report.json"):
        assert (out / name).stat().st_size > 1000
    for name in ("overview.png", "pv.png", "summary.html"):
        assert (out / name).stat().st_size > 50_000
