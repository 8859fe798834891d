"""Free planes against pvlib's Perez at the same sub-hour sun positions, and the properties `twin` relies
on.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pvlib
import pytest

from solar.closure import extraterrestrial
from solar.irradiance import (
    SkyView,
    Sources,
    bin_totals,
    far_ground,
    hourly,
    node_energy,
    reflected_fraction,
    sources,
    sun_weights,
)
from solar.site import Site
from solar.sky import horizon_weights, reinhart, sky_weights
from solar.sun_grid import SunGrid, sun_grid
from solar.weather import Weather, bundled, month_index, read_weather

PLANES = {"horizontal": (0, 180), "35 S": (35, 180), "30 E": (30, 90), "30 W": (30, 270),
          "90 N": (90, 0), "90 E": (90, 90), "90 S": (90, 180), "90 W": (90, 270)}  # fmt: skip


class Year(NamedTuple):
    """One weather year at its own site, with everything a plane needs."""

    weather: Weather
    grid: SunGrid
    sources: Sources
    month: np.ndarray


def normal_of(tilt_deg: float, azimuth_deg: float) -> np.ndarray:
    tilt, azimuth = np.radians(tilt_deg), np.radians(azimuth_deg)
    return np.array([np.sin(tilt) * np.sin(azimuth), np.sin(tilt) * np.cos(azimuth), np.cos(tilt)])


NORMALS = np.array([normal_of(*plane) for plane in PLANES.values()])


def year_of(weather: Weather, model: str = "perez1990") -> Year:
    site = Site(weather.latitude_deg, weather.longitude_deg)
    grid = sun_grid(site)
    return Year(weather, grid, sources(site, grid, weather, model), month_index(weather))


@pytest.fixture(scope="module")
def default() -> Year:
    return year_of(bundled())


def engine(year: Year, albedo: float, normals: np.ndarray = NORMALS) -> np.ndarray:
    """Monthly irradiation (G, 12) [kWh/m²] of free planes as `twin` composes it; nodes behind a plane are
    unseen.
    """
    sky = reinhart(577)
    sun_seen = (year.grid.direction @ normals.T).T > 0
    sky_seen = (sky.direction @ normals.T).T > 0
    weights = sun_weights(year.sources, normals, year.month, 12)
    totals = bin_totals(year.sources, year.month, 12)
    sky_view = (sky_weights(sky, normals) * sky_seen).sum(axis=1) / np.pi
    horizon_view = (horizon_weights(sky, normals) * sky_seen).sum(axis=1)
    sun = ((weights.direct + weights.circumsolar) * sun_seen[:, None, :]).sum(axis=2)
    diffuse = np.outer(sky_view, totals.isotropic) + np.outer(horizon_view, totals.horizon)
    return sun + diffuse + albedo * np.outer(reflected_fraction(normals), totals.ghi)


def by_pvlib(year: Year, tilt: float, azimuth: float, albedo: float, clip: bool = True) -> np.ndarray:
    """The same months (12,) from pvlib: Perez and beam at each in-interval sun, mean over the sun-up ones."""
    weather, path = year.weather, year.sources.path
    n_sub = path.elevation_deg.shape[1]
    zenith, sun_azimuth = 90.0 - path.elevation_deg.ravel(), path.azimuth_deg.ravel()
    up = zenith < 90.0
    dni, dhi, extra = (np.repeat(x, n_sub) for x in (weather.dni, weather.dhi, extraterrestrial(weather.start)))
    airmass = pvlib.atmosphere.get_relative_airmass(np.where(up, zenith, 80.0))
    n = len(zenith)
    parts = pvlib.irradiance.perez(
        np.full(n, tilt),
        np.full(n, azimuth),
        dhi,
        dni,
        extra,
        zenith,
        sun_azimuth,
        airmass,
        return_components=True,
    )
    sky = parts["poa_sky_diffuse"] if clip else unclipped(parts, dhi, dni, extra, zenith, airmass, tilt)
    cosine = np.maximum(pvlib.irradiance.aoi_projection(tilt, azimuth, zenith, sun_azimuth), 0.0)
    each = np.where(up, np.where(dhi > 0, sky, 0.0) + dni * cosine, 0.0).reshape(-1, n_sub)
    n_up = up.reshape(-1, n_sub).sum(axis=1)
    plane = each.sum(axis=1) / np.maximum(n_up, 1)
    plane += np.where(n_up == 0, pvlib.irradiance.isotropic(tilt, weather.dhi), 0.0)
    plane += pvlib.irradiance.get_ground_diffuse(tilt, weather.ghi, albedo)
    return np.bincount(year.month, plane, 12) * weather.step_s / 3.6e6


def unclipped(parts: dict, dhi: np.ndarray, dni: np.ndarray, extra: np.ndarray, zenith: np.ndarray,
              airmass: np.ndarray, tilt: float) -> np.ndarray:  # fmt: skip
    """pvlib's sum where it is positive; where pvlib set all parts to 0, the negative sum from its
    coefficients.
    """
    from solar.perez import brightness

    f1, f2 = brightness(dni, dhi, extra, 90.0 - zenith)
    beta = np.radians(tilt)
    behind = dhi * ((1 - f1) * (1 + np.cos(beta)) / 2 + f2 * np.sin(beta))  # clipping bites with the sun behind
    return np.where(parts["poa_sky_diffuse"] > 0.0, parts["poa_sky_diffuse"], np.minimum(behind, 0.0))


@pytest.mark.parametrize("albedo", [0.0, 0.2])
def test_free_planes_of_the_default_year(default: Year, albedo: float) -> None:
    ours = engine(default, albedo)
    for months, plane in zip(ours, PLANES.values(), strict=True):
        reference = by_pvlib(default, *plane, albedo)
        assert months.sum() == pytest.approx(reference.sum(), rel=0.005), plane
        assert months == pytest.approx(reference, rel=0.01), plane


def test_known_sums_of_the_default_year(default: Year) -> None:
    year = dict(zip(PLANES, engine(default, 0.2).sum(axis=1), strict=True))
    assert year["horizontal"] == pytest.approx(1095.0, abs=1.5)
    assert year["35 S"] == pytest.approx(1292.0, abs=4.0)
    assert year["90 S"] == pytest.approx(924.0, abs=3.0)
    assert year["90 N"] == pytest.approx(366.0, abs=2.0)
    assert year["30 E"] == pytest.approx(1047.0, abs=3.0)


def test_horizontal_plane_returns_ghi(default: Year) -> None:
    horizontal = engine(default, 0.2)[0]
    ghi = bin_totals(default.sources, default.month, 12).ghi
    assert horizontal.sum() == pytest.approx(ghi.sum(), rel=0.001)
    assert ghi == pytest.approx(
        [28.4, 42.6, 79.0, 118.5, 152.5, 158.9, 155.3, 143.7, 103.8, 60.6, 30.4, 21.2], abs=0.06
    )


def test_isotropic_model_is_pvlibs(default: Year) -> None:
    year = year_of(default.weather, "isotropic")
    assert not year.sources.circumsolar.any() and not year.sources.horizon.any()
    ours = engine(year, 0.0)
    path, weather = year.sources.path, year.weather
    for months, (tilt, azimuth) in zip(ours, PLANES.values(), strict=True):
        cosine = np.maximum(path.direction @ normal_of(tilt, azimuth), 0.0) * (path.node >= 0)
        beam = weather.dni * cosine.sum(axis=1) / np.maximum((path.node >= 0).sum(axis=1), 1)
        reference = np.bincount(year.month, beam + pvlib.irradiance.isotropic(tilt, weather.dhi), 12) / 1000.0
        assert months == pytest.approx(reference, rel=0.01)
        assert months.sum() == pytest.approx(reference.sum(), rel=0.002)
    assert ours[0].sum() == pytest.approx(weather.ghi.sum() / 1000.0, rel=1e-4)


def test_not_clipping_changes_nothing_that_matters(default: Year) -> None:
    """pvlib sets a negative sky part to zero for each plane and hour; we cannot (linear) and lose nothing
    by it.
    """
    for plane in PLANES.values():
        clipped, free = (by_pvlib(default, *plane, 0.0, clip=clip).sum() for clip in (True, False))
        assert 0.0 <= clipped - free < 1e-4 * clipped


def test_quarter_hour_year(default: Year) -> None:
    year = year_of(bundled("duesseldorf-2024"))
    assert year.sources.direct.shape == (35136, 2)
    ours = engine(year, 0.2)
    for months, plane in zip(ours, PLANES.values(), strict=True):
        assert months.sum() == pytest.approx(by_pvlib(year, *plane, 0.2).sum(), rel=0.005)
    assert ours[0].sum() == pytest.approx(989.9, rel=0.001)


def test_hourly_series_add_up_to_the_weights(default: Year) -> None:
    """The second way to the same energy: every interval on its own, behind a half-blocked sky."""
    rng = np.random.default_rng(9)
    visible = rng.random(len(default.grid.direction)) < 0.5
    weights = sun_weights(default.sources, NORMALS, default.month, 12)
    totals = bin_totals(default.sources, default.month, 12)
    for g, normal in enumerate(NORMALS):
        far = far_ground(normal, 0.2, len(visible))
        back = far._replace(sun=0.1 * visible, isotropic=np.array([0.02]), horizon=np.array([0.03]))
        series = hourly(default.sources, normal, visible, SkyView(np.array([0.4]), np.array([0.3]), np.zeros(0)), back)
        months = [np.bincount(default.month, part, 12) / 1000.0 for part in series]
        direct = (weights.direct[g] * visible).sum(axis=1)
        diffuse = (
            (weights.circumsolar[g] * visible).sum(axis=1) + 0.4 * totals.isotropic[:, 0] + 0.3 * totals.horizon[:, 0]
        )
        reflected = 0.1 * (node_energy(default.sources, default.month, 12).T @ visible.astype(float))
        reflected += 0.02 * totals.isotropic[:, 0] + 0.03 * totals.horizon[:, 0]
        reflected += 0.2 * totals.ghi[:, 0] * reflected_fraction(NORMALS)[g]
        for ours, expected in zip(months, (direct, diffuse, reflected, direct + diffuse + reflected), strict=True):
            assert ours == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_one_plane_does_not_depend_on_the_others(default: Year) -> None:
    rng = np.random.default_rng(2)
    normals = rng.normal(size=(17, 3))
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    together = sun_weights(default.sources, normals, default.month, 12)
    for g in (0, 7, 16):
        alone = sun_weights(default.sources, normals[g : g + 1], default.month, 12)
        assert np.array_equal(alone.direct[0], together.direct[g])
        assert np.array_equal(alone.circumsolar[0], together.circumsolar[g])


def test_another_site_gets_its_own_sun(default: Year) -> None:
    """At a site further east the sun comes earlier, while beam, diffuse and GHI stay those of the record."""
    site = Site(50.08, 11.0, 0.0, 1.5)
    grid = sun_grid(site)
    there = sources(site, grid, default.weather)
    assert np.array_equal(there.ghi, default.weather.ghi)
    lit = (there.path.node >= 0).any(axis=1)
    assert np.allclose(there.direct.sum(axis=1)[lit], default.weather.dni[lit])
    assert not there.direct[~lit].any()
    assert np.allclose(there.isotropic[~lit], default.weather.dhi[~lit])


def test_wrong_calls_are_refused(default: Year) -> None:
    site = Site(50.0, 8.0)
    with pytest.raises(ValueError, match="perez1990, haydavies, isotropic"):
        sources(site, default.grid, default.weather, "perez1987")
    with pytest.raises(ValueError, match="0 to 5"):
        sun_weights(default.sources, NORMALS, default.month, 6)
    with pytest.raises(ValueError, match="bin"):
        bin_totals(default.sources, default.month[:-1], 12)


@pytest.mark.shared
def test_denver_against_the_range_of_ashrae_140(shared_data: Path) -> None:
    """Case 600, albedo 0.2: six programs' ranges for horizontal, north, east, south, west [kWh/m²]."""
    year = year_of(read_weather(shared_data / "weather" / "USA_CO_Denver.Intl.AP.725650_TMY3.epw.gz"))
    total = dict(zip(PLANES, engine(year, 0.2).sum(axis=1), strict=True))
    for plane, low, high in (("horizontal", 1663, 1670), ("90 N", 399, 477), ("90 E", 1017, 1068),
                             ("90 S", 1291, 1387), ("90 W", 903, 997)):  # fmt: skip
        assert low <= total[plane] <= high, plane


@pytest.mark.shared
def test_polar_night_and_midnight_sun(shared_data: Path) -> None:
    year = year_of(read_weather(shared_data / "weather" / "BESTEST_WD400_Barrow_700260_TMY3.epw.gz"))
    for months, plane in zip(engine(year, 0.2), PLANES.values(), strict=True):
        assert months.sum() == pytest.approx(by_pvlib(year, *plane, 0.2).sum(), rel=0.005), plane
    assert (year.sources.path.node[year.month == 5] >= 0).all()
    assert (year.sources.path.node[year.month == 11] == -1).all()
