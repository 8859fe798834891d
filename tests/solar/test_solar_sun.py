"""Sun positions against the acceptance table, the path, and directions in grid axes."""

from __future__ import annotations

import numpy as np
import pytest

from solar.site import Site
from solar.sun import in_interval_times, sun_direction, sun_path, sun_position
from solar.sun_grid import sun_grid

WIESBADEN = Site(50.08, 8.24, 117.0, -0.583)
# UTC+1 clock time, elevation, azimuth (NaN: not given): acceptance rows 1, 3, 4, 5.
ANGLES = [
    ("2026-03-21T12:00", 39.718, 168.858),
    ("2026-01-17T12:00", 18.750, np.nan),
    ("2026-06-21T12:00", 62.768, np.nan),
    ("2026-09-23T12:00", 39.570, np.nan),
    ("2026-12-21T12:00", 16.270, np.nan),
    ("2026-03-21T09:00", 22.641, 119.352),
    ("2026-03-21T15:00", 31.412, 224.133),
    ("2027-03-21T12:00", 39.623, np.nan),
    ("2028-03-21T12:00", 39.927, np.nan),
]
LENGTHS = {"2026-03-21T12:00": 24.07, "2026-01-17T12:00": 58.92, "2026-06-21T12:00": 10.29,
           "2026-09-23T12:00": 24.20, "2026-12-21T12:00": 68.53, "2026-03-21T09:00": 47.95,
           "2026-03-21T15:00": 32.75}  # fmt: skip


def position(clock: str) -> tuple[float, float]:
    """Sun at Wiesbaden at a UTC+1 clock time."""
    time = np.array([clock], "datetime64[s]") - np.timedelta64(1, "h")
    elevation, azimuth = sun_position(time, WIESBADEN.latitude_deg, WIESBADEN.longitude_deg)
    return float(elevation[0]), float(azimuth[0])


@pytest.mark.parametrize(("clock", "elevation_deg", "azimuth_deg"), ANGLES)
def test_angles_of_the_acceptance_table(clock: str, elevation_deg: float, azimuth_deg: float) -> None:
    elevation, azimuth = position(clock)
    assert elevation == pytest.approx(elevation_deg, abs=0.02)
    if not np.isnan(azimuth_deg):
        assert azimuth == pytest.approx(azimuth_deg, abs=0.02)


@pytest.mark.parametrize(("clock", "length_m"), LENGTHS.items())
def test_shadow_lengths_of_a_20_m_mast(clock: str, length_m: float) -> None:
    elevation, _ = position(clock)
    assert 20.0 / np.tan(np.radians(elevation)) == pytest.approx(length_m, rel=0.005)


def test_shadow_tip_in_grid_axes() -> None:
    """Row 2: EPSG:25832 tip of the mast's shadow, grid bearing 349.44°, through the convergence."""
    elevation, azimuth = position("2026-03-21T12:00")
    sun = sun_direction(elevation, azimuth, WIESBADEN.convergence_deg)
    tip = -20.0 * sun[:2] / sun[2]
    assert 445623.74 + tip[0] == pytest.approx(445619.33, abs=0.02)
    assert 5547802.12 + tip[1] == pytest.approx(5547825.78, abs=0.02)
    assert np.degrees(np.arctan2(tip[0], tip[1])) % 360 == pytest.approx(349.44, abs=0.02)
    true_north = sun_direction(elevation, azimuth)
    assert -20.0 * true_north[0] / true_north[2] == pytest.approx(-4.65, abs=0.02)
    assert -20.0 * true_north[1] / true_north[2] == pytest.approx(23.62, abs=0.02)


def test_nrel_example_unrefracted() -> None:
    """NREL/TP-560-34302 example: azimuth 194.34024°; its zenith 50.11162° includes refraction of 0.0165°."""
    time = np.array(["2003-10-17T19:30:30"], "datetime64[s]")
    elevation, azimuth = sun_position(time, 39.742476, -105.1786)
    assert azimuth[0] == pytest.approx(194.34024, abs=1e-3)
    assert 90.0 - elevation[0] == pytest.approx(50.11162 + 0.0163, abs=2e-3)


@pytest.mark.parametrize(("step_s", "n_sub"), [(3600, 6), (900, 2), (600, 1), (60, 1), (1800, 3)])
def test_instants_lie_inside_the_interval(step_s: int, n_sub: int) -> None:
    start = np.array(["2015-06-01T10:00"], "datetime64[s]")
    offset = (in_interval_times(start, step_s) - start).astype("timedelta64[ms]").astype(float) / 1000.0
    assert np.allclose(offset, (np.arange(n_sub) + 0.5) / n_sub * step_s)


def test_path_names_the_node_of_every_sun_up_instant() -> None:
    grid = sun_grid(WIESBADEN)
    start = np.datetime64("2026-03-21T00:00", "s") + np.arange(24) * np.timedelta64(3600, "s")
    path = sun_path(WIESBADEN, grid, start, 3600)
    assert path.direction.shape == (24, 6, 3)
    assert path.n_nodes == len(grid.direction)
    assert np.array_equal(path.node >= 0, path.elevation_deg > 0.0)
    up = path.node >= 0
    apart = np.sum(path.direction[up] * grid.direction[path.node[up]], axis=1)
    assert np.degrees(np.arccos(apart.min())) < 3.5
    assert np.allclose(np.degrees(np.arcsin(path.direction[..., 2])), path.elevation_deg)


def test_empty_input() -> None:
    elevation, azimuth = sun_position(np.empty(0, "datetime64[s]"), 50.0, 8.0)
    assert len(elevation) == len(azimuth) == 0
