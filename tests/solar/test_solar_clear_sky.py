"""A cloudless sky beside pvlib's own, and one clear-sky index for measured plants and for a city's."""

from __future__ import annotations

import numpy as np
from oracles.free_plane import free_plane, light_of_default_year

from solar.clear_sky import clear_ghi_of, clear_sky, clear_sky_index
from solar.measured.instants import hour_means, instants_under, running
from solar.measured.plant_power import PlantModel, plant_power
from solar.measured.record import PlantRecord
from solar.measured.sky_at_instants import sky_of
from solar.pv.chain import Chain, Heat
from solar.pv.glass import glass_of
from solar.pv.spectrum import clear_sky_index as index_of_light
from solar.sun import sun_position
from solar.weather import bundled

CHAIN = Chain(-0.0035, 0.215, 0.1142, 1.0, 0.96, 0.9637, Heat("pvsyst", 20.0, 0.0))


def test_a_cloudless_sky_is_pvlibs() -> None:
    import pandas as pd
    from pvlib.location import Location

    time = np.datetime64("2023-06-01", "s") + np.arange(0, 24 * 60, 10) * np.timedelta64(60, "s")
    elevation, _ = sun_position(time, 50.0, 8.0)
    ours = clear_sky(time, elevation, 50.0, 8.0, 200.0)
    theirs = Location(50.0, 8.0, "UTC", 200.0).get_clearsky(pd.DatetimeIndex(time, tz="UTC"))
    up = elevation > 8.0  # theirs is refracted
    for name in ("ghi", "dni", "dhi"):
        np.testing.assert_allclose(getattr(ours, name)[up], theirs[name].to_numpy()[up], rtol=0.03, atol=2.0)
        assert np.all(getattr(ours, name)[elevation < -1.0] == 0.0)
    hours = clear_ghi_of(time[::6], 3600.0, 50.0, 8.0, 200.0)
    trapeze = np.append(ours.ghi, ours.ghi[0])
    plain = [np.trapezoid(trapeze[i : i + 7]) / 6.0 for i in range(0, 144, 6)]
    np.testing.assert_allclose(hours, plain, atol=2.0)


def test_an_index_is_told_of_bright_hours_only() -> None:
    found = clear_sky_index(np.array([10.0, 300.0, np.nan, 500.0]), np.array([19.0, 600.0, 600.0, 100.0]))
    np.testing.assert_array_equal(found, [np.nan, 0.5, np.nan, 2.0])


def test_measured_plants_and_a_citys_have_one_physics_and_one_index() -> None:
    """The same free plane under the same weather, through the yield of a city and through that of a measured plant."""
    weather = bundled()
    light, _ = light_of_default_year()
    first = int(np.searchsorted(weather.start, np.datetime64("2015-03-01")))
    start = weather.start[first : first + 90 * 24]
    place = (weather.latitude_deg, weather.longitude_deg)
    instants = instants_under(start, *place)
    sky = sky_of(weather, instants)
    rows = np.flatnonzero((light.hour >= start[0]) & (light.hour <= start[-1]))
    at = np.searchsorted(start, light.hour[rows])
    nothing = np.zeros(len(start))
    for tilt, azimuth, glass in ((35.0, 180.0, "direct"), (90.0, 180.0, "sun"), (20.0, 80.0, "all")):
        record = PlantRecord("x", *place, 100.0, tilt, azimuth, 10.0, "roof", start, nothing, np.ones(len(start), bool))
        power = plant_power(sky, instants, record, PlantModel(CHAIN, glass_of(1.526, glass)))
        ours = hour_means(running(power.ac, instants), start)[at]
        city = free_plane(tilt, azimuth, CHAIN, glass).ac[0, rows]
        assert abs(np.sum(ours) / np.sum(city) - 1.0) < 1e-3
        assert float(np.sqrt(np.mean((ours - city) ** 2))) < 0.002
    elevation = instants.elevation_deg
    clear = hour_means(running(clear_sky(instants.time, elevation, *place, 100.0).ghi, instants), start)
    index = clear_sky_index(hour_means(running(sky.ghi, instants), start), clear)[at]
    asked = index_of_light(light, *place, 100.0)[rows]
    np.testing.assert_array_equal(np.isnan(index), np.isnan(asked))
    assert np.nanmax(np.abs(index - asked)) < 0.02 and np.nanpercentile(np.abs(index - asked), 90) < 0.002
