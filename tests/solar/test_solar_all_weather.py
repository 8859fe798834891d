"""The all-weather sky against Radiance's gendaymtx, and what must hold for every sky."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.gendaymtx import references

from solar.all_weather import CLEARNESS, all_weather_radiance, diffuse_horizontal, interval_radiance
from solar.sky import Sky, reinhart

EXTRA = 1367.0


def sun_at(elevation_deg: np.ndarray, azimuth_deg: np.ndarray) -> np.ndarray:
    elevation, azimuth = np.radians(elevation_deg), np.radians(azimuth_deg)
    level = np.cos(elevation)
    return np.stack([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(elevation)], axis=1)


def skies(sky: Sky, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Radiances, DHI and elevations of n skies of any sort, by night and by day."""
    random = np.random.default_rng(seed)
    elevation = random.uniform(-20.0, 90.0, n)
    dni = np.where(random.random(n) < 0.3, 0.0, random.uniform(0.0, 1000.0, n))
    dhi = np.where(random.random(n) < 0.1, 0.0, 10.0 ** random.uniform(-2.0, 2.7, n))
    sun = sun_at(elevation, random.uniform(0.0, 360.0, n))
    return all_weather_radiance(sky, sun, dni, dhi, np.full(n, EXTRA), elevation), dhi, elevation


@pytest.mark.parametrize(("n_patches", "scale"), [(145, 1.00548), (577, 1.00147)])
def test_patches_agree_with_gendaymtx(n_patches: int, scale: float) -> None:
    # gendaymtx meets DHI by sin h at the centre times solid angle, which is this much more than the integral over
    # the patch: one factor for the whole sky, and all there is between the two
    sky, given = reinhart(n_patches), references(n_patches)
    elevation = np.degrees(np.arcsin(given.sun[:, 2]))
    radiance = all_weather_radiance(sky, given.sun, given.dni, given.dhi, given.dni_extra, elevation)
    assert np.allclose(radiance, given.radiance * scale, rtol=1e-4, atol=1e-4)
    centre = np.sum(sky.direction[:, 2] * sky.solid_angle * given.radiance, axis=1)
    assert np.allclose(centre, given.dhi, rtol=1e-5)


def test_references_reach_every_bin_of_clearness() -> None:
    given = references(145)
    cubed = 1.041 * np.arccos(given.sun[:, 2]) ** 3
    clearness = (1.0 + given.dni / given.dhi + cubed) / (1.0 + cubed)
    assert set(np.searchsorted(CLEARNESS, clearness, side="right")) == set(range(1, 9))


@pytest.mark.parametrize("n_patches", [145, 577, 2305])
def test_every_sky_sends_its_dhi_and_nothing_negative(n_patches: int) -> None:
    sky = reinhart(n_patches)
    radiance, dhi, elevation = skies(sky, 600, seed=n_patches)
    assert np.all(np.isfinite(radiance)) and radiance.min() >= 0.0
    assert np.allclose(diffuse_horizontal(sky, radiance), dhi, rtol=1e-12, atol=1e-12)
    assert not radiance[dhi == 0.0].any()
    night = elevation <= 0.0
    assert np.allclose(radiance[night], dhi[night, None] / np.pi, rtol=1e-12)


def test_a_sky_does_not_depend_on_its_neighbours() -> None:
    given = references(145)
    elevation = np.degrees(np.arcsin(given.sun[:, 2]))
    whole = (given.sun, given.dni, given.dhi, given.dni_extra, elevation)
    many = all_weather_radiance(reinhart(577), *(np.concatenate([part] * 8) for part in whole))
    for row in (0, 17, 49):
        alone = all_weather_radiance(reinhart(577), *(part[row : row + 1] for part in whole))
        assert np.array_equal(many[350 + row], alone[0])


def test_an_overcast_sky_is_brightest_at_the_zenith_and_a_clear_one_about_the_sun() -> None:
    sky = reinhart(577)
    sun = sun_at(np.array([35.0, 35.0]), np.array([180.0, 180.0]))
    overcast, clear = all_weather_radiance(
        sky, sun, np.array([0.0, 850.0]), np.array([120.0, 70.0]), np.full(2, EXTRA), np.full(2, 35.0)
    )
    assert overcast[-1] > 0.97 * overcast.max()
    middle = sky.elevation_deg.mean(axis=1) < 7.0
    # less steep than the 1/3 of the CIE overcast sky: at this brightness the cloud is not dense
    assert 0.5 < overcast[middle].mean() / overcast[-1] < 0.8
    assert np.argmax(clear) == np.argmax(sky.direction @ sun[0])
    south, north = sky.direction[:, 1] < -0.1, sky.direction[:, 1] > 0.1
    assert clear[south].mean() > 2.0 * clear[north].mean()


def test_the_sky_turns_with_the_sun() -> None:
    sky = reinhart(145)
    at = [
        all_weather_radiance(
            sky, sun_at(np.array([20.0]), np.array([azimuth])), np.array([500.0]), np.array([120.0]),
            np.array([EXTRA]), np.array([20.0]),
        )[0]
        for azimuth in (0.0, 60.0)
    ]  # fmt: skip
    # rows of 30, 24, 18, 12 and 6 patches: 60° are a sixth of each
    start = 0
    for count in (30, 30, 24, 24, 18, 12, 6):
        row = slice(start, start + count)
        assert np.allclose(np.roll(at[0][row], count // 6), at[1][row])
        start += count


def test_the_sun_at_the_zenith_or_at_the_horizon_leaves_a_finite_sky() -> None:
    sky = reinhart(2305)
    elevation = np.array([90.0, 0.0, 1e-6, 89.999])
    sun = sun_at(elevation, np.zeros(4))
    sun[0] = (0.0, 0.0, 1.0)
    radiance = all_weather_radiance(sky, sun, np.full(4, 300.0), np.full(4, 50.0), np.full(4, EXTRA), elevation)
    assert np.all(np.isfinite(radiance)) and np.allclose(diffuse_horizontal(sky, radiance), 50.0)


def test_an_interval_is_the_mean_of_its_instants_with_sun() -> None:
    sky = reinhart(145)
    elevation = np.array([[-2.0, 3.0, 8.0], [-9.0, -5.0, -1.0], [40.0, 42.0, 44.0]])
    sun = sun_at(elevation.ravel(), np.linspace(60.0, 200.0, 9)).reshape(3, 3, 3)
    dni, dhi, extra = np.array([100.0, 0.0, 600.0]), np.array([40.0, 2.0, 110.0]), np.full(3, EXTRA)
    got = interval_radiance(sky, sun, elevation > 0.0, dni, dhi, extra, elevation)

    def instant(row: int, column: int) -> np.ndarray:
        one = slice(row, row + 1)
        return all_weather_radiance(
            sky, sun[one, column], dni[one], dhi[one], extra[one], elevation[one, column]
        )[0]  # fmt: skip

    assert np.allclose(got[0], (instant(0, 1) + instant(0, 2)) / 2.0)
    assert np.allclose(got[1], 2.0 / np.pi)
    assert np.allclose(got[2], (instant(2, 0) + instant(2, 1) + instant(2, 2)) / 3.0)
    assert np.allclose(diffuse_horizontal(sky, got), dhi)
