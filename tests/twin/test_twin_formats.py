"""Results open in the tools people have: their own validators say so, and the README's query runs."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path

import duckdb
import geoparquet_validator
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import rasterio
from oracles.houses import SOUTH, WEST, Box, write_town
from rio_cogeo.cogeo import cog_validate

from twin.deliver import write_files
from twin.export.cog import NODATA, Frame, Raster, write_cog
from twin.job import Outcome, run_solar

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.parametrize("name", ["surfaces.parquet", "buildings.parquet"])
def test_geoparquet_validates(outcome: Outcome, name: str) -> None:
    report = geoparquet_validator.check(str(outcome.store.root / name))
    assert geoparquet_validator.conformant(report), geoparquet_validator.failed(report)


def test_geopackage_opens(outcome: Outcome) -> None:
    found = pyogrio.read_info(outcome.store.root / "surfaces.gpkg", layer="surfaces")
    assert found["features"] == len(outcome.surfaces)
    assert found["geometry_type"] == "Polygon Z" and "25832" in found["crs"]
    columns = ["surface_id", "object_id", "building_id", "kind", "area_m2", "exposed_area_m2", "tilt_deg"]
    columns += ["azimuth_deg", "sky_view", "irradiation_kwh_m2", "direct_kwh_m2", "diffuse_kwh_m2"]
    columns += ["reflected_kwh_m2", "flags", "confidence", *(f"irradiation_kwh_m2_{m:02d}" for m in range(1, 13))]
    assert set(columns) <= set(found["fields"])
    frame = pyogrio.read_dataframe(outcome.store.root / "surfaces.gpkg")
    assert frame.geometry.iloc[0].equals_exact(outcome.surfaces.geometry.iloc[0], 0.0)


def test_raster_is_a_cloud_optimised_geotiff_north_up(outcome: Outcome) -> None:
    path = outcome.store.root / "ground.tif"
    valid, errors, _ = cog_validate(path, strict=True)
    assert valid, errors
    with rasterio.open(path) as band:
        assert band.crs.to_epsg() == 25832 and band.transform.e == -4.0 and band.transform.a == 4.0
        value = band.read(1, masked=True)
        assert value.min() > 0 and value.max() < 1200
        # Every receiver of open land finds its own value under its own coordinates.
        for cell in outcome.store.cells():
            data = outcome.store.read_cell(cell)
            land = np.asarray(data.receivers.surface) == -1
            place = np.asarray(data.receivers.point)[land, :2] + data.origin[:2]
            assert all(v[0] != band.nodata for v in band.sample(place[::50]))


def test_windows_far_apart_share_one_sparse_raster(tmp_path: Path) -> None:
    """Two measured squares 40 km apart at 2 m: 400 million grid cells, a small file, values in their places."""
    frame = Frame(20_000, 20_000, 1000.0, 41_000.0, 2.0, "EPSG:25832", "two squares", "kWh/m2", {})
    one = Raster(np.array([[10.0, NODATA], [NODATA, 11.0]], np.float32), 1000.0, 41_000.0, 2.0)
    two = Raster(np.full((2, 2), 20.0, np.float32), 40_996.0, 1004.0, 2.0)
    over = Raster(np.array([[NODATA, 12.0]], np.float32), 1000.0, 41_000.0, 2.0)
    write_cog(frame, [(0, 0, one), (19_998, 19_998, two), (0, 0, over)], tmp_path / "far.tif")
    assert cog_validate(tmp_path / "far.tif", strict=True)[0]
    assert (tmp_path / "far.tif").stat().st_size < 1_000_000
    assert [path.name for path in tmp_path.iterdir()] == ["far.tif"]
    with rasterio.open(tmp_path / "far.tif") as band:
        places = [(1001.0, 40_999.0), (1003.0, 40_999.0), (1003.0, 40_997.0), (40_999.0, 1001.0), (20_000.0, 20_000.0)]
        assert [float(v[0]) for v in band.sample(places)] == [10.0, 12.0, 11.0, 20.0, NODATA]


def readme_sql() -> list[str]:
    """The README's queries in their order."""
    return re.findall(r"```sql\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_the_readme_query_runs(outcome: Outcome) -> None:
    query = readme_sql()[0].replace("heliotwin-demo/surfaces.parquet", str(outcome.store.root / "surfaces.parquet"))
    found = duckdb.sql(query).fetchall()
    assert len(found) == 10
    assert [row[3] for row in found] == sorted((row[3] for row in found), reverse=True)


# What two solar jobs say of a plan, the second with it: the year of every surface before and after.
TAKEN = """
SELECT b.building_id, b.kind, round(sum(b.irradiation_kwh_m2 * b.exposed_area_m2)) AS kwh_before,
       round(sum(a.irradiation_kwh_m2 * a.exposed_area_m2 - b.irradiation_kwh_m2 * b.exposed_area_m2)) AS kwh_change
FROM 'before/surfaces.parquet' b JOIN 'after/surfaces.parquet' a USING (surface_id)
GROUP BY ALL HAVING kwh_change < 0 ORDER BY kwh_change;
"""


def test_two_jobs_say_what_a_plan_takes(outcome: Outcome, tmp_path: Path) -> None:
    """A tower south of "left" and "right", inside the town's extent: they lose, and what it cannot shade stays."""
    tower = write_town(tmp_path / "plan.city.json", [Box("tower", WEST + 4, SOUTH + 14, 8, 8, 30)])
    before = outcome.prepared.job
    job = before.model_copy(update={"cities": [*before.cities, tower], "out": tmp_path / "after"})
    after = run_solar(job, lambda stage, done, of: None)
    write_files(after)
    query = TAKEN.replace("before/", f"{outcome.store.root}/").replace("after/", f"{tmp_path}/after/")
    found = duckdb.sql(query).fetchall()
    assert {row[0] for row in found} >= {"left", "right", "across"}
    assert all(row[3] < 0 for row in found) and [row[3] for row in found] == sorted(row[3] for row in found)
    same = outcome.surfaces.merge(after.surfaces, on="surface_id", suffixes=("", "_after"))
    assert len(same) == len(outcome.surfaces)
    change = (same["irradiation_kwh_m2_after"] - same["irradiation_kwh_m2"]).fillna(0.0)
    assert (change < 0.5).all()  # its walls send a little light to who sees them
    assert (same["direct_kwh_m2_after"] == same["direct_kwh_m2"]).sum() > 5


def test_every_file_says_where_it_comes_from(outcome: Outcome) -> None:
    """Licence lines travel with the data, whatever file is passed on."""
    root = outcome.store.root
    licence = outcome.prepared.weather.attribution[0]
    for name in ("surfaces.parquet", "buildings.parquet"):
        said = json.loads(pq.read_schema(root / name).metadata[b"heliotwin"])
        assert said["attribution"][0].startswith("Datengrundlage: ") and licence in said["attribution"]
        assert said["software"].startswith("heliotwin ")
    assert licence in pyogrio.read_info(root / "surfaces.gpkg")["layer_metadata"]["attribution"]
    with rasterio.open(root / "ground.tif") as band:
        assert licence in band.tags()["attribution"]


def test_the_documented_example_reads_a_store(outcome: Outcome) -> None:
    """docs/store.md is true: its code runs, and its tables name every array of a cell."""
    text = (README.parent / "docs" / "store.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(code[1].replace("heliotwin-demo", outcome.store.root.as_posix()), {})
    assert printed.getvalue().startswith("[")
    cell = next(outcome.store.cells())
    arrays = {path.stem for path in (outcome.store.root / "cells" / cell.name).glob("*.npy")}
    assert arrays == set(re.findall(r"`([a-z0-9_]+)`", text.split("Arrays of a cell")[1].split("```")[0])) & arrays
