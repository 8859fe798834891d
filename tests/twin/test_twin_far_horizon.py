"""Ridges take exactly the minutes that geometry says, and the same from every job that holds the cell."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from oracles.hills import write_geotiff
from oracles.ridges import on_ellipsoid, on_sphere, radius_along

from io_citygml.crs import meridian_convergence_deg, parse_crs, to_geographic
from solar.far_horizon import FarHorizon, above
from solar.sun import sun_direction, sun_position
from twin.cells import Cell
from twin.errors import TwinError
from twin.far_horizon.march import AZIMUTHS, earth_radius_m, march
from twin.far_horizon.raster import Raster
from twin.far_horizon.terrain import FarTerrain, build_far_terrain, far_horizon_of

CRS = parse_crs("EPSG:25832+7837")
CELL = Cell(445500, 5547500)
X, Y, EYE_M = 445750.0, 5547750.0, 120.0
GRID_AZIMUTH = np.arange(AZIMUTHS) * 0.25


class Ridge(NamedTuple):
    """A wall in the west, its face along a line of the grid."""

    away_m: float
    top_m: float
    reach_m: float
    step_m: float


RIDGES = {"5 km": Ridge(5000.0, 520.0, 9000.0, 50.0), "30 km": Ridge(30000.0, 900.0, 40000.0, 100.0)}


def far_of(path: Path, low: tuple, high: tuple, reach_m: float) -> FarTerrain:
    return build_far_terrain([path], CRS, np.array(low), np.array(high), reach_m)


@pytest.fixture(scope="module", params=RIDGES)
def ridge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ridge, FarHorizon]:
    """A plateau behind a wall, over a plain, in a file whose step is not that of the raster."""
    r = RIDGES[request.param]
    n = int(np.ceil((r.reach_m + 1500.0) / r.step_m))
    x = np.arange(-n, n + 1) * r.step_m
    z = np.where(x <= -r.away_m, r.top_m, 100.0) + np.zeros((len(x), 1))
    path = tmp_path_factory.mktemp("far") / "ridge.tif"
    write_geotiff(path, z, X - n * r.step_m, Y - n * r.step_m, r.step_m)
    far = far_of(path, CELL.box[:2], CELL.box[2:], r.reach_m)
    assert far.facts["short_towards"] == [] and far.facts["missing_share"] == 0.0
    return r, far_horizon_of(far, CELL, EYE_M, 2000.0)


def evening(day: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each second of an afternoon: elevation, true azimuth, direction in the grid, of the sun in the cell's middle."""
    times = np.datetime64(f"{day}T13:30:00") + np.arange(0, 7 * 3600).astype("timedelta64[s]")
    latitude, longitude = (float(v) for v in to_geographic(CRS, X, Y))
    elevation, azimuth = sun_position(times, latitude, longitude)
    convergence = float(meridian_convergence_deg(CRS, X, Y))
    return elevation, azimuth, sun_direction(elevation, azimuth, convergence)


def last_second(seen: np.ndarray) -> int:
    """When it sets, and never rises again."""
    last = int(np.flatnonzero(seen).max())
    assert seen[: last + 1].all() and not seen[last + 1 :].any()
    return last


@pytest.mark.parametrize("day", ["2026-03-20", "2026-06-21", "2026-12-21"])
def test_a_ridge_takes_the_minutes_that_geometry_says(ridge: tuple[Ridge, FarHorizon], day: str) -> None:
    wall, horizon = ridge
    elevation, azimuth, direction = evening(day)
    sets = last_second(above(horizon, direction))
    # a sphere as the map draws it, with Euler's radius in each azimuth
    bearing = np.degrees(np.arctan2(direction[:, 0], direction[:, 1])) % 360.0
    west = np.sin(np.radians(bearing)) < -0.1
    distance = np.where(west, wall.away_m / np.maximum(-np.sin(np.radians(bearing)), 0.1), 1.0)
    radius = radius_along(50.08, bearing)
    face = np.where(west, on_sphere(distance, EYE_M, wall.top_m, radius), 0.0)
    assert sets == last_second(elevation > face)
    # the ellipsoid itself: also the map's scale (up to 0.04 %) and its bent straight lines
    run = np.linspace(-1.4 * wall.away_m, 1.4 * wall.away_m, 4001)
    line = np.column_stack([np.full(len(run), X - wall.away_m), Y + run, np.full(len(run), wall.top_m)])
    true_azimuth, true_elevation = on_ellipsoid((X, Y, EYE_M), line)
    exact = np.interp(azimuth, true_azimuth, true_elevation, left=0.0, right=0.0)
    assert abs(sets - last_second(elevation > exact)) <= 1
    # and without the ridge the sun would have shone on
    assert (last_second(elevation > 0.0) - sets) / 60.0 > 7.5


def test_curvature_counts(ridge: tuple[Ridge, FarHorizon]) -> None:
    wall, horizon = ridge
    due_west = horizon.elevation_deg[1080]
    rise, away = wall.top_m - EYE_M, wall.away_m
    assert due_west == pytest.approx(np.degrees(np.arctan((rise - away**2 / 2 / 6.385e6) / away)), rel=2e-3)
    assert due_west == pytest.approx(float(on_sphere(away, EYE_M, wall.top_m, 6.389e6)), abs=3e-4)
    assert (horizon.elevation_deg[:720] == 0.0).all()  # the plain in the east lies below the eye


def hills(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    out = 100.0 + 0.0 * x
    for east, north, wide, high in ((-6e3, 3e3, 900.0, 400.0), (4e3, -9e3, 2e3, 300.0), (1e3, 14e3, 1200.0, 700.0)):
        out = out + high * np.exp(-((x - X - east) ** 2 + (y - Y - north) ** 2) / wide**2)
    return out


def test_hills_against_every_metre_of_every_ray() -> None:
    step, reach = 25.0, 16_000.0
    n = int(reach / step) + 3
    column, row = int(X / step) - n, int(Y / step) - n
    x, y = (column + np.arange(2 * n + 1)) * step, (row + np.arange(2 * n + 1)) * step
    raster = Raster(hills(*np.meshgrid(x, y)).astype(np.float32), column, row, step)
    elevation, known, gap = march(raster, (X, Y), EYE_M, 1000.0, reach, earth_radius_m(50.08))
    assert np.isinf(gap).all()
    assert known == pytest.approx(reach - 1000.0 / np.maximum(*np.abs(unit(GRID_AZIMUTH))), abs=1e-6)
    for a in range(0, AZIMUTHS, 37):
        east, north = unit(GRID_AZIMUTH[a])
        d = np.arange(1000.0 / max(abs(east), abs(north)), reach, 1.0)
        seen = on_sphere(d, EYE_M, hills(X + d * east, Y + d * north), radius_along(50.08, GRID_AZIMUTH[a]))
        assert elevation[a] == pytest.approx(max(seen.max(), 0.0), abs=0.003)


def unit(azimuth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))


def test_near_terrain_is_left_to_the_rays(tmp_path: Path) -> None:
    """A mound within the halo's box is traced, so it is not in the profile; one outside is."""
    x = np.arange(-160, 161) * 25.0
    z = np.full((len(x), len(x)), 100.0)
    z[160, 160 + 60] = 300.0  # 1500 m east
    z[160 + 100, 160] = 300.0  # 2500 m north
    far = far_of(
        write_geotiff(tmp_path / "mounds.tif", z, X - 4000.0, Y - 4000.0, 25.0), CELL.box[:2], CELL.box[2:], 3500.0
    )
    east, north = 360, 0
    none, near, wide = (far_horizon_of(far, CELL, EYE_M, near_m).elevation_deg for near_m in (None, 1000.0, 2000.0))
    assert none[east] == near[east] == pytest.approx(np.degrees(np.arctan(180 / 1500)), abs=0.01)
    assert none[north] == near[north] == wide[north] > 4.0
    assert wide[east] == 0.0
    # in the box's corner it begins later: at 45° √2 times as far
    assert far_horizon_of(far, CELL, EYE_M, 2400.0).elevation_deg[north] == 0.0


def test_where_a_height_is_missing_there_is_no_horizon(tmp_path: Path) -> None:
    x = np.arange(-80, 81) * 100.0
    z = np.full((len(x), len(x)), 600.0)
    z[:, x < -3000.0] = np.nan
    far = far_of(
        write_geotiff(tmp_path / "half.tif", z, X - 8000.0, Y - 8000.0, 100.0), CELL.box[:2], CELL.box[2:], 7000.0
    )
    profile = far_horizon_of(far, CELL, EYE_M, 3500.0).elevation_deg
    assert profile[1080] == 0.0 and profile[360] > 5.0
    assert far.facts["short_towards"] == ["SW", "W", "NW"]
    assert far.facts["known_km"]["least"] == pytest.approx(2.75, abs=0.1)  # from the corner of the cell


def test_a_cell_meets_the_same_horizon_in_every_job(tmp_path: Path) -> None:
    """One cell, a row of cells, a city: the same bits, also of a file in degrees."""
    longitude, latitude = np.meshgrid(8.0 + np.arange(500) * 0.0008, 49.9 + np.arange(600) * 0.0006)
    z = 200.0 + 150.0 * np.sin(longitude * 300.0) * np.cos(latitude * 400.0)
    path = write_geotiff(tmp_path / "degrees.tif", z, 8.0, 49.9, 0.0008, crs="EPSG:4326")
    boxes = [
        ((445500, 5547500), (446000, 5548000)),
        ((441000, 5547500), (447500, 5548000)),
        ((438500, 5541000), (450000, 5556500)),
    ]
    found = [far_horizon_of(far_of(path, low, high, 8000.0), CELL, EYE_M, 500.0).elevation_deg for low, high in boxes]
    assert found[0].max() > 2.0
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()


def test_a_cell_beside_the_far_terrain_is_refused(tmp_path: Path) -> None:
    z = np.full((50, 50), 100.0)
    far = far_of(
        write_geotiff(tmp_path / "a.tif", z, X - 2500.0, Y - 2500.0, 100.0), CELL.box[:2], CELL.box[2:], 2000.0
    )
    with pytest.raises(TwinError, match="outside the far terrain"):
        far_horizon_of(far, Cell(CELL.east + 5000, CELL.north), EYE_M, None)
    with pytest.raises(TwinError, match="too large"):
        far_of(tmp_path / "a.tif", (0.0, 0.0), (5e5, 5e5), 40_000.0)
