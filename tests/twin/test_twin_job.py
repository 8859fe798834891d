"""The batch job: what it computes, that cutting and threads change nothing, that a killed run loses nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas
import numba
import numpy as np
import pytest
from oracles.door import called
from oracles.houses import SOUTH, WEST, Box, street, write_town

from solar.weather import bundled
from twin import cells, irradiation
from twin.config import SolarJob, check_job
from twin.deliver import write_files
from twin.errors import TwinError
from twin.job import Outcome, Prepared, cells_of, optics_of, prepare, receivers_of, run_solar
from twin.operators import look, stand
from twin.receivers import is_land
from twin.stopwatch import Stopwatch
from twin.store import Store


def quiet(stage: str, done: int, of: int) -> None:
    """No progress bar."""


def job_of(city: Path, out: Path, **options: object) -> SolarJob:
    given = {"cities": [city], "out": out, "sky": 145, "spacing_m": 2.0, "ground_spacing_m": 4.0, **options}
    return check_job(given)


def traced(prepared: Prepared, cell: cells.Cell) -> tuple[np.ndarray, np.ndarray]:
    """Bits of one cell."""
    standing = stand(prepared.casters, cell, receivers_of(prepared, cell), prepared.job.halo_m, None)
    data = look(standing, prepared.directions.direction, prepared.directions.n_sun)
    return data.operators.sun_bits, data.operators.sky_bits


def test_areas_add_up_and_the_party_wall_is_covered(outcome: Outcome) -> None:
    table = outcome.surfaces.set_index("surface_id")
    assert (table["exposed_area_m2"] <= table["area_m2"] * (1 + 1e-6)).all()
    shared = table[(table["object_id"] == "left") & (table["azimuth_deg"].between(80, 100))].iloc[0]
    assert shared["exposed_area_m2"] == 0 and "covered" in shared["flags"]
    assert np.isnan(shared["irradiation_kwh_m2"])
    # The neighbour is 10 m high beside 6 m: four of its west wall's ten metres look over the roof.
    higher = table[(table["object_id"] == "right") & (table["azimuth_deg"].between(260, 280))].iloc[0]
    assert higher["exposed_area_m2"] == pytest.approx(40.0, rel=1e-6)
    assert higher["area_m2"] == pytest.approx(100.0)


def test_parts_sum_to_irradiation_and_months_to_the_year(outcome: Outcome) -> None:
    table = outcome.surfaces.dropna(subset=["irradiation_kwh_m2"])
    parts = table["direct_kwh_m2"] + table["diffuse_kwh_m2"] + table["reflected_kwh_m2"]
    np.testing.assert_allclose(parts, table["irradiation_kwh_m2"], rtol=1e-9)
    months = sum(table[f"irradiation_kwh_m2_{m:02d}"] for m in range(1, 13))
    np.testing.assert_allclose(months, table["irradiation_kwh_m2"], rtol=1e-9)


def test_azimuth_is_true_north(outcome: Outcome) -> None:
    """A wall along grid east faces grid south, which is true south turned by the convergence (−1.5° here)."""
    convergence = outcome.prepared.scene.site.convergence_deg
    assert convergence == pytest.approx(-1.5, abs=0.1)
    walls = outcome.surfaces[(outcome.surfaces["kind"] == "WallSurface")]
    south = walls[walls["azimuth_deg"].between(170, 190)]
    np.testing.assert_allclose(south["azimuth_deg"], 180 + convergence, atol=1e-9)


def weather_at(outcome: Outcome, path: Path) -> Path:
    """The default year as a plain CSV that claims to be measured at the job's own place."""
    year, site = bundled("try2015-region12"), outcome.prepared.scene.site
    head = f"# latitude: {site.latitude_deg}\n# longitude: {site.longitude_deg}\n# utc_offset: +00:00\n# label: start\n"
    rows = (f"{t},{g},{d}" for t, g, d in zip(year.start, year.ghi, year.dhi, strict=True))
    path.write_text(head + "time,ghi,dhi\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_the_report_does_not_say_where_files_lie(outcome: Outcome) -> None:
    assert outcome.report["city_model"]["files"][0]["file"] == "town.city.json"
    assert str(outcome.prepared.job.cities[0].parent) not in json.dumps(outcome.report)


def test_a_free_roof_receives_the_weather(outcome: Outcome, tmp_path: Path) -> None:
    """One house alone under weather of its own place: its flat roof gets the global horizontal irradiation."""
    city = write_town(tmp_path / "alone.city.json", [Box("alone", WEST, SOUTH, 10, 10, 6)])
    year = weather_at(outcome, tmp_path / "year.csv")
    done = run_solar(job_of(city, tmp_path / "out", sky=577, weather=str(year)), quiet)
    assert done.report["weather"]["distance_km"] <= 0.1
    roof = done.surfaces[done.surfaces["kind"] == "RoofSurface"].iloc[0]
    assert roof["sky_view"] == pytest.approx(1.0, abs=1e-9)
    assert roof["irradiation_kwh_m2"] == pytest.approx(done.report["weather"]["ghi_kwh_m2"], rel=0.002)
    south = done.surfaces[done.surfaces["azimuth_deg"].between(170, 190)].iloc[0]
    assert south["sky_view"] == pytest.approx(0.5, abs=1e-6)


def test_one_job_or_cell_by_cell_one_thread_or_two(outcome: Outcome) -> None:
    prepared = outcome.prepared
    before = numba.get_num_threads()
    try:
        for threads in {1, min(2, numba.config.NUMBA_NUM_THREADS)}:
            numba.set_num_threads(threads)
            for cell in reversed(cells_of(prepared)):
                sun, sky = traced(prepared, cell)
                kept = outcome.store.read_cell(cell)
                np.testing.assert_array_equal(sun, kept.operators.sun_bits)
                np.testing.assert_array_equal(sky, kept.operators.sky_bits)
    finally:
        numba.set_num_threads(before)


def test_files_cut_another_way_give_the_same_receivers(town: Path, outcome: Outcome, tmp_path: Path) -> None:
    """The same houses in two files, named so that they are read in another order, stand in the same rows."""
    houses = street()
    folder = tmp_path / "cut"
    folder.mkdir()
    write_town(folder / "a.city.json", houses[6:])
    write_town(folder / "b.city.json", houses[:6])
    other = prepare(job_of(folder, tmp_path / "out"), Stopwatch())
    for cell in cells_of(outcome.prepared):
        one, two = receivers_of(outcome.prepared, cell), receivers_of(other, cell)
        np.testing.assert_array_equal(one.point, two.point)
        np.testing.assert_array_equal(one.normal, two.normal)
        kept = outcome.store.read_cell(cell).operators
        if other.directions.direction.tobytes() == outcome.prepared.directions.direction.tobytes():
            np.testing.assert_array_equal(traced(other, cell)[0], kept.sun_bits)


def land_places(done: Outcome) -> np.ndarray:
    """Every open-land receiver of a job in the CRS."""
    return np.concatenate(
        [
            (np.asarray(data.receivers.point) + data.origin)[is_land(data.receivers.surface)]
            for data in map(done.store.read_cell, done.store.cells())
        ]
    )


def under(place: np.ndarray, boxes: list[Box]) -> np.ndarray:
    """Which places lie inside one of the boxes."""
    x, y = place[:, 0], place[:, 1]
    return np.any([(x > b.x) & (x < b.x + b.width) & (y > b.y) & (y < b.y + b.depth) for b in boxes], axis=0)


def test_a_wall_on_a_cell_border_keeps_its_receivers(tmp_path: Path) -> None:
    """They stand 1 cm off it, in a cell that the house itself does not touch."""
    border = Box("border", 364500.0, 5650500.0, 10, 10, 6)
    city = write_town(tmp_path / "border.city.json", [border])
    done = run_solar(job_of(city, tmp_path / "out", ground_margin_m=0.0), quiet)
    assert (done.surfaces["receivers"] > 0).all()
    np.testing.assert_allclose(done.surfaces["exposed_area_m2"], done.surfaces["area_m2"], rtol=1e-6)
    assert {cell.name for cell in done.store.cells()} >= {"364000_5650500", "364500_5650000", "364500_5650500"}


def test_a_stray_vertex_is_refused(tmp_path: Path) -> None:
    city = write_town(tmp_path / "stray.city.json", [Box("stray", WEST, SOUTH, 10, 10, 6)])
    content = json.loads(city.read_text(encoding="utf-8"))
    content["vertices"][6] = [-364440000, -5650100000, 6000]
    city.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(TwinError, match=r"stray/\d of stray spans"):
        run_solar(job_of(city, tmp_path / "out"), quiet)


def test_a_house_in_another_country_is_refused(tmp_path: Path) -> None:
    """It would move the one sun of the job, and every result of the others, without a word."""
    houses = [Box(f"h{i}", WEST + 20 * i, SOUTH, 10, 10, 6) for i in range(3)]
    far = write_town(tmp_path / "far.city.json", [*houses, Box("stray", 0.0, 0.0, 10, 10, 6)])
    with pytest.raises(TwinError, match=r"stray lies \d+ km from the middle of the city"):
        run_solar(job_of(far, tmp_path / "out"), quiet)
    assert not (tmp_path / "out").exists()


def test_open_land_lies_outside_the_houses(outcome: Outcome) -> None:
    place = land_places(outcome)
    assert len(place) > 500 and np.abs(place[:, 2] - 100.01).max() < 1e-3
    assert not under(place, street()).any()


def test_open_land_on_a_slope_lies_outside_the_houses(tmp_path: Path) -> None:
    """A terrace down a slope: the ground between two bases must not run through the lower house's floor."""
    terrace = [Box(f"h{i}", WEST + 10 * i, SOUTH, 10, 10, 6, base=100.0 + 2 * i) for i in range(6)]
    city = write_town(tmp_path / "terrace.city.json", terrace)
    done = run_solar(job_of(city, tmp_path / "out", ground_spacing_m=1.0, ground_margin_m=15.0), quiet)
    place = land_places(done)
    assert not under(place, terrace).any()
    assert place[:, 2].min() >= 100.0 and place[:, 2].max() <= 110.02
    expected = sum(
        1
        for x in np.arange(WEST - 15, WEST + 75) + 0.5
        for y in np.arange(SOUTH - 15, SOUTH + 25) + 0.5
        if not under(np.array([[x, y]]), terrace)[0] and done.prepared.land.near_buildings(np.array([[x, y]]))[0]
    )
    assert len(place) == expected


def test_a_chimney_does_not_lift_the_ground(tmp_path: Path) -> None:
    city = write_town(tmp_path / "house.city.json", [Box("house", WEST, SOUTH, 10, 10, 9)])
    content = json.loads(city.read_text(encoding="utf-8"))
    first = len(content["vertices"])
    content["vertices"] += [
        [4000 + x, 4000 + y, z] for z in (109000, 111000) for x, y in ((0, 0), (500, 0), (500, 500))
    ]
    content["CityObjects"]["chimney"] = {
        "type": "BuildingInstallation",
        "parents": ["house"],
        "geometry": [
            {"type": "MultiSurface", "lod": "2", "boundaries": [[[first, first + 1, first + 4, first + 3]]]},
        ],
    }
    content["CityObjects"]["house"]["children"] = ["chimney"]
    city.write_text(json.dumps(content), encoding="utf-8")
    done = run_solar(job_of(city, tmp_path / "out"), quiet)
    assert len(done.prepared.model.objects) == 2
    assert np.abs(land_places(done)[:, 2] - 100.01).max() < 1e-3


def test_flat_ground_level_covers_what_lies_below(town: Path, tmp_path: Path) -> None:
    done = run_solar(job_of(town, tmp_path / "out", ground_level_m=103.0, spacing_m=1.0), quiet)
    table = done.surfaces[(done.surfaces["object_id"] == "across") & (done.surfaces["kind"] == "WallSurface")]
    np.testing.assert_allclose(table["exposed_area_m2"], table["area_m2"] * 4 / 7, rtol=1e-3)
    cell = next(iter(done.store.cells()))
    data = done.store.read_cell(cell)
    land = np.asarray(data.receivers.surface) == -1
    assert np.abs(np.asarray(data.receivers.point)[land, 2] + data.origin[2] - 103.01).max() < 1e-3


def test_user_points_are_measured_where_they_stand(town: Path, tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text(
        "name,x,y,z,nx,ny,nz\n"
        f"roof,{WEST + 5},{SOUTH + 5},106,0,0,2\n"
        f"courtyard,{WEST + 25},{SOUTH + 5},100,0,0,1\n"
        f"inside,{WEST + 5},{SOUTH + 5},103,0,0,1\n",
        encoding="utf-8",
    )
    done = run_solar(job_of(town, tmp_path / "out", receivers=points), quiet)
    write_files(done)
    table = geopandas.pd.read_parquet(tmp_path / "out" / "receivers.parquet").set_index("name")
    roof = done.surfaces[(done.surfaces["object_id"] == "left") & (done.surfaces["kind"] == "RoofSurface")].iloc[0]
    assert table.loc["roof", "irradiation_kwh_m2"] == pytest.approx(roof["irradiation_kwh_m2"], rel=0.1)
    assert table.loc["inside", "irradiation_kwh_m2"] == 0.0
    assert table["inside_solid"].tolist() == [False, False, True]
    assert 0 < table.loc["courtyard", "irradiation_kwh_m2"] < table.loc["roof", "irradiation_kwh_m2"]


def test_another_job_is_not_mixed_in(outcome: Outcome, town: Path) -> None:
    with pytest.raises(TwinError, match="spacing_m"):
        run_solar(job_of(town, outcome.store.root, spacing_m=3.0), quiet)
    stranger = outcome.store.root.parent / "strange"
    stranger.mkdir()
    (stranger / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(TwinError, match="not empty"):
        run_solar(job_of(town, stranger), quiet)
    assert [p.name for p in stranger.iterdir()] == ["thesis.txt"]


def test_another_weather_in_the_same_store_traces_nothing(outcome: Outcome, town: Path, tmp_path: Path) -> None:
    root = tmp_path / "again"
    run_solar(job_of(town, root), quiet)
    import raytrace

    before = raytrace.rays_traced()
    again = run_solar(job_of(town, root, weather="duesseldorf-2024"), quiet)
    assert raytrace.rays_traced() == before
    assert again.report["weather"]["ghi_kwh_m2"] == pytest.approx(989.9, abs=0.2)


def test_points_of_another_crs_are_transformed(town: Path, tmp_path: Path) -> None:
    import shapely

    place = geopandas.GeoSeries([shapely.Point(WEST + 5, SOUTH + 5, 106.0)], crs="EPSG:25832")
    frame = geopandas.GeoDataFrame({"nx": [0.0], "ny": [0.0], "nz": [1.0]}, geometry=place).to_crs("EPSG:4326")
    frame.to_file(tmp_path / "points.gpkg")
    done = run_solar(job_of(town, tmp_path / "out", receivers=tmp_path / "points.gpkg"), quiet)
    assert done.prepared.points is not None
    found = done.prepared.points[["x", "y", "z"]].to_numpy()[0]
    assert found == pytest.approx([WEST + 5, SOUTH + 5, 106.0], abs=0.01)


def test_a_run_that_did_not_end_answers_no_question(town: Path, tmp_path: Path) -> None:
    """Weather changed, then killed before the tables: the old tables must not speak for the new weather."""
    root = tmp_path / "out"
    done = run_solar(job_of(town, root, hourly=True), quiet)
    done.store.finish(cells_of(done.prepared), write_files(done))
    assert (root / "hourly.zarr").is_dir()
    Store.open_finished(root)
    run_solar(job_of(town, root, weather="duesseldorf-2024"), quiet)  # as if killed before writing files
    with pytest.raises(TwinError, match="not finished"):
        Store.open_finished(root)
    assert not (root / "surfaces.parquet").exists() and not (root / "hourly.zarr").exists()


def test_a_store_with_a_missing_cell_answers_no_question(town: Path, tmp_path: Path) -> None:
    done = run_solar(job_of(town, tmp_path / "out"), quiet)
    done.store.finish(cells_of(done.prepared), write_files(done))
    shutil.rmtree(done.store.root / "cells" / cells_of(done.prepared)[0].name)
    with pytest.raises(TwinError, match="missing"):
        Store.open_finished(done.store.root)


def test_a_damaged_cell_is_traced_again(town: Path, tmp_path: Path) -> None:
    done = run_solar(job_of(town, tmp_path / "out"), quiet)
    cell = next(iter(done.store.cells()))
    path = done.store.root / "cells" / cell.name / "sun_bits.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    run_solar(job_of(town, tmp_path / "out"), quiet)
    assert path.read_bytes() == whole


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": 99}), encoding="utf-8")
    with pytest.raises(TwinError, match="newer"):
        Store.open(tmp_path)


def digest(root: Path) -> dict[str, bytes]:
    """Every byte of a result but the seconds it took."""
    files = (p for p in root.rglob("*") if p.is_file() and p.name != "timing.json")
    return {str(p.relative_to(root)): p.read_bytes() for p in files}


def command(town: Path, out: Path) -> list[str]:
    return ["solar", str(town), "-o", str(out), "--sky", "145", "--ground-spacing", "0.5", "--spacing", "0.5"]


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a POSIX signal")
@pytest.mark.usefixtures("small_pictures")
def test_killed_and_resumed_gives_the_same_bytes(town: Path, tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    assert called(*command(town, whole), cwd=tmp_path).code == 0
    apart = [sys.executable, "-m", "twin.cli.main", *command(town, torn)]
    running = subprocess.Popen(apart, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(torn.glob("cells/*/done.json")):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert len(list(torn.glob("cells/*/done.json"))) < len(list(whole.glob("cells/*/done.json")))
    assert not (torn / "report.json").exists()
    assert called(*command(town, torn), cwd=tmp_path).code == 0
    one, two = digest(whole), digest(torn)
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_sums_over_cells_do_not_depend_on_the_cut(outcome: Outcome) -> None:
    """A house across the border: its two halves add to the whole."""
    table = outcome.surfaces
    roof = table[(table["object_id"] == "across") & (table["kind"] == "RoofSurface")].iloc[0]
    area = []
    for _, data in irradiation.cells_of(outcome.store):
        view = irradiation.view_of(data, optics_of(outcome.prepared), np.array([roof["surface_index"]], np.int32))
        area += view.area_m2.tolist()
    assert len(area) == 2 and sum(area) == pytest.approx(96.0, rel=1e-6)
