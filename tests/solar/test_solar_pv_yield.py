"""Plants of several strings against a plain loop over hours, suns and strings."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.free_plane import free_plane, light_of_default_year, normal_of

from solar.irradiance import Reflection, far_ground, sources
from solar.pv.chain import Chain, Heat, ac_power, beam_iam, cell_temperature, dc_power
from solar.pv.glass import glass_of, passed_diffuse
from solar.pv.light import light_of
from solar.pv.power import Planes, Strings, plant_power
from solar.site import Site
from solar.sun_grid import sun_grid
from solar.weather import bundled

CHAIN = Chain(-0.0035, 0.215, 0.1142, 1.1, 0.96, 0.9637, Heat("pvsyst", 20.0, 0.0))


def a_city(seed: int, nodes: int) -> tuple[Planes, Strings]:
    """Three plants in four planes with seven strings, shaded at random."""
    rng = np.random.default_rng(seed)
    normal = np.array([normal_of(10, 95), normal_of(10, 275), normal_of(38, 200), normal_of(90, 150)])
    planes = Planes(normal, (1 + normal[:, 2]) / 2, np.sqrt(1 - normal[:, 2] ** 2), None)
    plane, plant = np.array([0, 0, 1, 2, 2, 2, 3]), np.array([0, 0, 0, 1, 1, 1, 2])
    seen = rng.choice([0.0, 0.25, 0.5, 1.0], (7, nodes), p=[0.2, 0.1, 0.1, 0.6])
    seen[4] = 1.0
    part = rng.uniform(0.4, 1.0, 7)
    kwp = np.array([4.0, 8.6, 4.0, 2.0, 8.6, 8.6, 3.0])
    # Half of the strings have walls around them.
    back = far_ground(normal[plane], 0.2, nodes)
    sun = rng.uniform(0.0, 0.2, (7, nodes)) * (np.arange(7) % 2)[:, None]
    walls = back._replace(
        sun=sun, isotropic=0.02 * part[:, None], horizon=0.01 * part[:, None], ghi=back.ghi * part[:, None]
    )
    views = (planes.sky_view[plane] * part)[:, None], (planes.horizon_view[plane] * part)[:, None]
    return planes, Strings(plane, plant, kwp, seen, *views, walls)


def by_hand(hours: range, planes: Planes, strings: Strings, optimisers: bool) -> np.ndarray:
    """Power [kW/kWp] of the plants, everything in loops, from the weather's own instants."""
    weather = bundled()
    site = Site(weather.latitude_deg, weather.longitude_deg, 100.0, 0.0)
    sent = sources(site, sun_grid(site), weather)
    out = np.zeros((int(strings.plant.max()) + 1, len(hours)))
    for column, h in enumerate(hours):
        dc = np.zeros(len(out))
        for t in range(len(strings.plane)):
            normal = planes.normal[strings.plane[t]]
            off = strings.reflection
            ground = off.ghi[t, 0] * sent.ghi[h] + off.isotropic[t, 0] * sent.isotropic[h]
            ground += off.horizon[t, 0] * sent.horizon[h]
            for j in np.flatnonzero(sent.path.node[h] >= 0):
                ground += off.sun[t, sent.path.node[h, j]] * (sent.direct[h, j] + sent.circumsolar[h, j])
            around = strings.sky_view[t, 0] * sent.isotropic[h] + strings.horizon_view[t, 0] * sent.horizon[h] + ground
            around = max(around, 0.0)
            suns = [j for j in range(sent.path.node.shape[1]) if sent.path.node[h, j] >= 0]
            cosine = [max(float(sent.path.direction[h, j] @ normal), 0.0) for j in suns]
            beam = [c * sent.direct[h, j] for c, j in zip(cosine, suns, strict=True)]
            whole = [c * (sent.direct[h, j] + sent.circumsolar[h, j]) for c, j in zip(cosine, suns, strict=True)]
            share = around / (around + sum(whole)) if sum(whole) > 0 else 0.5
            lit, used, passed = 0.0, 0.0, 0.0
            for c, b, w, j in zip(cosine, beam, whole, suns, strict=True):
                f = strings.seen[t, sent.path.node[h, j]]
                lit += w * f
                used += w * (f if optimisers or f == 1 else max(0.0, (f - share) / (1 - share)))
                passed += w - b * (1 - float(beam_iam(c, 1.526)))
            turned = passed / sum(whole) * used if sum(whole) > 0 else 0.0
            warm = cell_temperature(around + lit, weather.temp_air[h], weather.wind_speed[h], CHAIN)
            dc[strings.plant[t]] += strings.kwp[t] * dc_power(around + turned, warm, CHAIN.gamma_pdc)
        out[:, column] = ac_power(dc / np.bincount(strings.plant, strings.kwp), CHAIN)
    return out


@pytest.mark.parametrize("optimisers", [False, True])
def test_as_a_loop_says(optimisers: bool) -> None:
    light, nodes = light_of_default_year()
    planes, strings = a_city(3, nodes)
    power = plant_power(light, planes, strings, CHAIN, glass_of(1.526), 0.2, None, optimisers)
    start = bundled().start
    for first in (2000, 4100, 8000):
        hours = [h for h in range(first, first + 24) if np.isin(start[h], light.hour)]
        column = np.searchsorted(light.hour, start[hours])
        np.testing.assert_allclose(power.ac[:, column], by_hand(hours, planes, strings, optimisers), atol=6e-4)


def test_shade_and_mismatch_only_take() -> None:
    light, nodes = light_of_default_year()
    planes, strings = a_city(5, nodes)
    power = plant_power(light, planes, strings, CHAIN, glass_of(1.526), 0.2)
    assert np.all(power.ac <= power.without_mismatch + 1e-12)
    assert power.ac.sum() < power.without_mismatch.sum() < power.unshaded.sum()
    assert np.all((power.beam_share >= 0) & (power.beam_share <= 1))


def test_a_free_plant_of_many_strings_is_one_string() -> None:
    light, nodes = light_of_default_year()
    normal = normal_of(35, 180)[None]
    planes = Planes(normal, (1 + normal[:, 2]) / 2, np.sqrt(1 - normal[:, 2] ** 2), None)
    zero = np.zeros(5, np.intp)
    views = planes.sky_view[zero][:, None], planes.horizon_view[zero][:, None]
    ground = far_ground(normal[zero], 0.2, nodes)
    strings = Strings(zero, zero, np.array([1.0, 2, 3, 4, 5]), np.ones((5, nodes)), *views, ground)
    found = plant_power(light, planes, strings, CHAIN, glass_of(1.526), 0.2)
    np.testing.assert_allclose(found.ac, free_plane(35, 180, CHAIN, "direct").ac, rtol=1e-12)
    np.testing.assert_allclose(found.ac, found.unshaded, rtol=1e-12)


def test_a_plant_does_not_depend_on_its_block() -> None:
    light, nodes = light_of_default_year()
    planes, strings = a_city(9, nodes)
    whole = plant_power(light, planes, strings, CHAIN, glass_of(1.526), 0.2)
    rows = strings.plant == 1
    back = Reflection(*(column[rows] for column in strings.reflection))
    alone = Strings(np.zeros(3, np.intp), np.zeros(3, np.intp), *(column[rows] for column in strings[2:6]), back)
    part = Planes(planes.normal[2:3], planes.sky_view[2:3], planes.horizon_view[2:3], None)
    np.testing.assert_array_equal(plant_power(light, part, alone, CHAIN, glass_of(1.526), 0.2).ac[0], whole.ac[1])


def test_diffuse_glass_is_marions() -> None:
    from pvlib.iam import marion_diffuse

    glass = glass_of(1.526, "all")
    for tilt_deg in (10.0, 35.0, 90.0):
        sky, ground = passed_diffuse(glass, normal_of(tilt_deg, 180.0)[None])
        theirs = marion_diffuse("physical", tilt_deg)
        assert sky[0] == pytest.approx(theirs["sky"], abs=1e-3)
        assert ground[0] == pytest.approx(theirs["ground"], abs=1e-3)
    with pytest.raises(ValueError, match="no glass 'double'"):
        glass_of(1.526, "double")


def test_hours_of_finer_weather_keep_its_energy() -> None:
    """Quarter hours of Düsseldorf: the light of the hours sums to that of the quarters."""
    weather = bundled("duesseldorf-2024")
    site = Site(weather.latitude_deg, weather.longitude_deg, 40.0, 0.0)
    sent = sources(site, sun_grid(site), weather)
    light = light_of(sent, weather)
    up = sent.path.node >= 0
    z = sent.path.direction[..., 2]
    quarters = ((sent.direct + sent.circumsolar) * z)[up].sum() / 4
    assert float((light.strength * light.direction[2]).sum()) == pytest.approx(quarters, rel=1e-5)
    assert np.all(light.suns >= 1) and light.length_h == 1.0
    lit = np.isin(weather.start.astype("datetime64[h]"), light.hour)
    assert light.ghi.sum() == pytest.approx(weather.ghi[lit].sum() / 4, rel=0.01)
