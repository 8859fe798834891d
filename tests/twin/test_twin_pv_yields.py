"""From the store's bits to each plant's year: gathering, strings, and numbers that do not depend on the cut."""

from __future__ import annotations

import numpy as np
import pytest

from raytrace import bits
from solar.irradiance import Reflection, far_ground
from solar.pv.glass import glass_of
from solar.pv.power import Planes, Strings, plant_power
from twin import irradiation, skylight
from twin.job import Outcome, optics_of, site_sources
from twin.pv.choice import Reason
from twin.pv.config import PvConfig, read_pv
from twin.pv.gather import light_on, whole_surfaces
from twin.pv.plants import Plants, lay_out, take
from twin.pv.racks import Mounting
from twin.pv.strings import strings_seen
from twin.pv.yields import Hours, Yields, chain_of, year_of, yields_of


def plants_of(outcome: Outcome, config: PvConfig) -> Plants:
    prepared, totals = outcome.prepared, outcome.totals
    area = totals.exposed_area_m2
    energy = (totals.direct + totals.diffuse + totals.reflected).sum(axis=1)
    sun = np.divide(energy, area, out=np.zeros(len(area)), where=area > 0)
    return lay_out(prepared.model, prepared.scene, sun, area, config)


def computed(outcome: Outcome, plants: Plants, config: PvConfig, correct: object = None) -> Yields:
    prepared = outcome.prepared
    year = year_of(site_sources(prepared), prepared.weather, optics_of(prepared), prepared.scene.site, config)
    cells = irradiation.cells_of(outcome.store)
    receivers = outcome.totals.receivers
    return yields_of(cells, plants, receivers, year, config, correct, lambda stage, done, of: None)


def test_a_surface_comes_once_and_whole(outcome: Outcome) -> None:
    receivers = outcome.totals.receivers
    wanted = receivers > 0
    wanted[::3] = False
    parts = list(whole_surfaces(irradiation.cells_of(outcome.store), wanted, receivers, optics_of(outcome.prepared)))
    seen = np.concatenate([part.rows.surface for part in parts])
    np.testing.assert_array_equal(np.bincount(seen, minlength=len(wanted)), np.where(wanted, receivers, 0))
    # each surface within one part, and its rows in the order of the cells
    owners = [set(part.surface.tolist()) for part in parts]
    assert sum(map(len, owners)) == len(set().union(*owners))
    rows = {int(s): [] for s in np.flatnonzero(wanted)}
    for _, data in irradiation.cells_of(outcome.store):
        for row, surface in enumerate(np.asarray(data.receivers.surface)):
            if surface >= 0 and wanted[surface]:
                rows[int(surface)].append(np.asarray(data.receivers.point[row], np.float64) + data.origin)
    for part in parts:
        own = part.rows
        for surface in part.surface:
            np.testing.assert_array_equal(own.point[own.surface == surface], np.array(rows[int(surface)]))


def test_light_on_surfaces_is_what_their_view_says(outcome: Outcome) -> None:
    optics = optics_of(outcome.prepared)
    for _, data in irradiation.cells_of(outcome.store):
        only = np.unique(data.receivers.surface[data.receivers.surface >= 0])[::2]
        view = irradiation.view_of(data, optics, only=only)
        group, area_m2, reflection = light_on(data, optics, only)
        np.testing.assert_array_equal(group, view.group)
        np.testing.assert_array_equal(area_m2, view.area_m2)
        for part, expected in zip(reflection, view.reflection, strict=True):
            np.testing.assert_array_equal(part, expected)


def test_each_module_sees_what_its_nearest_receiver_sees(outcome: Outcome) -> None:
    config = read_pv()
    plants = plants_of(outcome, config)
    wanted = np.zeros(len(outcome.totals.receivers), bool)
    wanted[plants.surface] = True
    optics = optics_of(outcome.prepared)
    compared = 0
    for whole in whole_surfaces(irradiation.cells_of(outcome.store), wanted, outcome.totals.receivers, optics):
        seen, part = strings_seen(whole, plants, optics), whole.rows
        bit = bits.unpack(part.sun_bits, optics.n_sun)
        for row, string in enumerate(seen.view.group):
            module = np.flatnonzero(plants.string == string)
            plant = int(seen.plant[row])
            own = np.flatnonzero(part.surface == plants.surface[plant])
            away = np.linalg.norm(plants.centre[module][:, None] - part.point[own][None], axis=2)
            receiver = own[(away <= away.min(axis=1, keepdims=True) + 1e-4).argmax(axis=1)]
            receiver = receiver[~part.covered[receiver]]
            assert seen.modules[row] == len(receiver)
            np.testing.assert_allclose(seen.view.sun[row], bit[receiver].mean(axis=0), atol=1e-9)
            compared += 1
    # a string that lies wholly against a neighbour is none
    assert len(np.unique(plants.string)) - 2 <= compared <= len(np.unique(plants.string))


def test_with_optimisers_a_plant_is_the_sum_of_its_modules(outcome: Outcome) -> None:
    """Every module by itself through the chain, no string and no mean of shares in between."""
    layout = read_pv().layout.model_copy(update={"optimisers": True})
    config = read_pv().model_copy(update={"layout": layout})
    plants = plants_of(outcome, config)
    yields = computed(outcome, plants, config)
    facade = int(np.flatnonzero(plants.mounting == Mounting.FACADE)[0])
    prepared = outcome.prepared
    year = year_of(site_sources(prepared), prepared.weather, optics_of(prepared), prepared.scene.site, config)
    surface = plants.surface[facade]
    wanted = np.arange(len(outcome.totals.receivers)) == surface
    cells = irradiation.cells_of(outcome.store)
    (whole,) = whole_surfaces(cells, wanted, outcome.totals.receivers, optics_of(prepared))
    part = whole.rows
    module = np.arange(plants.module_start[facade], plants.module_start[facade + 1])
    own = np.linalg.norm(plants.centre[module][:, None] - part.point[None], axis=2).argmin(axis=1)
    count = len(own)
    normal = np.repeat(plants.normal[facade, :1], count, axis=0)
    bit = bits.unpack(part.sun_bits[own], prepared.directions.n_sun).astype(float)
    sky = bits.unpack(part.sky_bits[own], len(prepared.directions.sky.direction)).astype(float)
    walls = Reflection(*(np.repeat(column, count, axis=0) for column in whole.reflection))
    seen = skylight.seen_of(sky, normal, optics_of(prepared))
    each = np.arange(count)
    power = plant_power(
        year.light,
        Planes(normal, (1 + normal[:, 2]) / 2, np.ones(count), None),
        Strings(each, each, np.full(count, 0.43), bit, seen.factor, seen.horizon, walls),
        chain_of(config, "facade")._replace(dc_ac_ratio=1.0),
        glass_of(1.526),
        0.2,
        optimisers=True,
    )
    assert not part.covered[own].any()
    # one inverter a module converts a little less well at part load than one for all
    assert yields.month_kwh[facade].sum() == pytest.approx(0.43 * power.ac.sum(), rel=0.01)
    assert yields.modules[facade] == count


def test_a_plants_year_does_not_depend_on_the_others(outcome: Outcome) -> None:
    config = read_pv()
    plants = plants_of(outcome, config)
    whole = computed(outcome, plants, config)
    keep = np.arange(len(plants.surface)) % 3 != 1
    part = computed(outcome, take(plants, keep), config)
    for all_of, fewer in zip(whole, part, strict=True):
        np.testing.assert_array_equal(all_of[keep], fewer)
    for plant in (0, 5, len(keep) - 1):
        alone = np.arange(len(keep)) == plant
        for all_of, one in zip(whole, computed(outcome, take(plants, alone), config), strict=True):
            np.testing.assert_array_equal(all_of[alone], one)


def test_a_correction_stands_beside_and_never_instead(outcome: Outcome) -> None:
    config = read_pv()
    plants = plants_of(outcome, config)

    def tenth(hours: Hours) -> tuple[np.ndarray, np.ndarray]:
        """A tenth more in hours of some power."""
        answered = hours.power.ac > 0.3
        return np.where(answered, 1.1 * hours.power.ac, hours.power.ac), answered

    plain, corrected = computed(outcome, plants, config), computed(outcome, plants, config, tenth)
    np.testing.assert_array_equal(plain.month_kwh, corrected.month_kwh)
    phys = plain.month_kwh.sum(axis=1)
    np.testing.assert_allclose(corrected.month_ml_kwh.sum(axis=1), phys + 0.1 * corrected.answered_kwh, rtol=1e-9)
    assert np.all(corrected.answered_kwh <= phys) and np.all(plain.month_ml_kwh == 0)


def test_losses_have_their_order(outcome: Outcome) -> None:
    config = read_pv()
    plants = plants_of(outcome, config)
    yields = computed(outcome, plants, config)
    year = yields.month_kwh.sum(axis=1)
    assert np.all(year <= yields.without_mismatch_kwh * (1 + 1e-9))
    assert np.all(yields.without_mismatch_kwh <= yields.unshaded_kwh * 1.001)
    np.testing.assert_allclose(yields.kwp, yields.modules * 0.43)
    assert np.all(plants.reason[plants.surface] == Reason.NONE)


def test_flat_roofs_without_neighbours_yield_as_two_free_planes(outcome: Outcome) -> None:
    """Tents on the highest roof, which nothing shades: within 1.5 % of east and west planes at 10°, rows included."""
    from oracles.free_plane import normal_of

    config = read_pv()
    plants = plants_of(outcome, config)
    yields = computed(outcome, plants, config)
    prepared = outcome.prepared
    high = np.argmax(np.where(plants.mounting == Mounting.EAST_WEST, plants.centre[plants.module_start[:-1], 2], 0))
    year = year_of(site_sources(prepared), prepared.weather, optics_of(prepared), prepared.scene.site, config)
    normal = np.stack([normal_of(10, 90), normal_of(10, 270)])
    planes = Planes(normal, (1 + normal[:, 2]) / 2, np.sqrt(1 - normal[:, 2] ** 2), None)
    nodes = prepared.directions.n_sun
    ground = far_ground(normal, 0.2, nodes)
    views = planes.sky_view[:, None], planes.horizon_view[:, None]
    free = Strings(np.arange(2), np.zeros(2, np.intp), np.ones(2), np.ones((2, nodes)), *views, ground)
    found = plant_power(year.light, planes, free, chain_of(config, "free"), glass_of(1.526), 0.2)
    specific = yields.month_kwh[high].sum() / yields.kwp[high]
    assert specific == pytest.approx(found.ac.sum(), rel=0.015)


def test_the_spectral_option_moves_a_year_by_a_per_cent(outcome: Outcome) -> None:
    config = read_pv()
    module = config.module.model_copy(update={"spectral": True})
    spectral = config.model_copy(update={"module": module})
    plants = plants_of(outcome, config)
    ratio = computed(outcome, plants, spectral).month_kwh.sum() / computed(outcome, plants, config).month_kwh.sum()
    assert 0.97 < ratio < 1.03 and ratio != 1.0
