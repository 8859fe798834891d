"""The clock of a plant: moved on purpose and found again; pvlib's Perez beside our plane; hours from instants."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.measured_plant import MODEL, measured, span_of, year

from solar.errors import PlantError, WeatherError
from solar.measured.against_physics import check_hours
from solar.measured.align import WRONG_MIN, align, check_clock, clock_jump, daylight_saving
from solar.measured.instants import Instants, hour_means, instants_under, running
from solar.measured.plane import Sky, on_plane
from solar.measured.plant_hours import PlantHours, hours_from_power, hours_from_weather
from solar.measured.plant_power import plant_power
from solar.measured.sky_at_instants import sky_of, split_global
from solar.pv.glass import glass_of
from solar.weather import bundled


def found_in(record, around_min: float = 0.0):
    _, _, instants, ac = year()
    return align(record.start, record.measured, record.usable, running(ac, instants), around_min)


@pytest.fixture(scope="module")
def beside() -> PlantHours:
    """The whole year, 18 min late, beside physics."""
    return hours_from_weather(measured(18.0), year()[0], MODEL)


@pytest.mark.parametrize("late_min", [-40.0, -17.0, 0.0, 8.0, 25.0, 60.0])
def test_a_moved_clock_is_found_to_two_minutes(late_min: float) -> None:
    found = found_in(measured(late_min))
    assert found.shift_min == pytest.approx(-late_min, abs=2.0)
    assert found.error_min < 2.0
    assert found.gain == pytest.approx(0.93, abs=0.01)
    assert found.unexplained < 0.005


def test_size_does_not_move_the_clock() -> None:
    assert found_in(measured(12.0, gain=0.3)).shift_min == pytest.approx(found_in(measured(12.0)).shift_min, abs=1e-6)


@pytest.mark.parametrize("late_min", [-60.0, 60.0, 90.0])
def test_an_hour_wrong_is_refused_with_minutes_and_remedy(late_min: float) -> None:
    with pytest.raises(PlantError, match=r"clock is wrong.*[+-]\d+ min.*zone or label"):
        check_clock(found_in(measured(late_min)), "plant.csv")


def test_the_middle_of_an_hour_taken_for_its_start_is_put_right() -> None:
    found = found_in(measured(30.0))
    assert found.shift_min == pytest.approx(-30.0, abs=2.0)  # moved back by half an hour, and not refused for it
    assert not daylight_saving(found) and clock_jump(found) is None
    check_clock(found, "plant.csv")
    right = hours_from_weather(measured(30.0), year()[0], MODEL)
    assert right.shift_min == pytest.approx(-30.0, abs=2.0)
    assert right.alignment.unexplained < 0.005 < right.alignment.unexplained_before


def test_daylight_saving_left_in_is_told() -> None:
    _, record, _, _ = year()
    summer = (record.start >= np.datetime64("2024-03-31T01")) & (record.start < np.datetime64("2024-10-27T01"))
    found = found_in(measured(np.where(summer, 60.0, 0.0)))
    assert daylight_saving(found)
    with pytest.raises(PlantError, match=r"daylight saving is in it.*zone"):
        check_clock(found, "plant.csv")


def test_a_shift_that_is_given_waives_its_size_alone() -> None:
    """Whoever says --shift answers for minutes, not for a clock that does not run evenly."""
    check_clock(found_in(measured(60.0)), "plant.csv", -60.0)
    _, record, _, _ = year()
    summer = (record.start >= np.datetime64("2024-03-31T01")) & (record.start < np.datetime64("2024-10-27T01"))
    with pytest.raises(PlantError, match="daylight saving is in it"):
        check_clock(found_in(measured(np.where(summer, 60.0, 0.0)), 55.0), "plant.csv", 55.0)
    with pytest.raises(PlantError, match="jumps by"):
        early = record.start < np.datetime64("2024-09-01")
        check_clock(found_in(measured(np.where(early, 55.0, 0.0)), -55.0), "plant.csv", -55.0)
    far = found_in(measured(300.0), -290.0)
    assert far.shift_min == pytest.approx(-300.0, abs=2.0)
    check_clock(far, "plant.csv", -290.0)


def test_hours_by_a_given_shift_are_checked_like_others() -> None:
    record, weather = span_of("2024-02-01", 150)
    summer = record.start >= np.datetime64("2024-04-01T00")
    late = record._replace(measured=np.where(summer, np.roll(record.measured, 1), record.measured))
    with pytest.raises(PlantError, match="jumps by"):
        hours_from_weather(late, weather, MODEL, 55.0)
    with pytest.raises(PlantError, match="nothing to do with what this weather gives"):
        days = record.measured.reshape(-1, 24)[np.random.default_rng(5).permutation(150)]
        hours_from_weather(record._replace(measured=days.ravel()), weather, MODEL, 0.0)
    assert hours_from_weather(record, weather, MODEL, 10.0).shift_min == 10.0


def test_a_clock_that_jumps_is_told_with_its_month() -> None:
    _, record, _, _ = year()
    found = found_in(measured(np.where(record.start < np.datetime64("2024-09-01"), 55.0, 0.0)))
    jump = clock_jump(found)
    assert jump is not None and jump[0] == np.datetime64("2024-09", "M") and jump[1] == pytest.approx(55.0, abs=3.0)
    with pytest.raises(PlantError, match=r"jumps by \+5\d min in 2024-09"):
        check_clock(found, "plant.csv")
    assert clock_jump(found_in(measured(0.0))) is None


def test_shade_of_winter_mornings_is_no_wrong_clock() -> None:
    """Two thirds of the morning's power lost from November to February move the best fit, but not beyond the bound."""
    _, record, _, _ = year()
    month = record.start.astype("datetime64[M]").astype(int) % 12 + 1
    hour = (record.start - record.start.astype("datetime64[D]")) / np.timedelta64(3600, "s")
    dark = np.isin(month, (11, 12, 1, 2)) & (hour < 10)
    shaded = measured(0.0)
    shaded = shaded._replace(measured=np.where(dark, 0.33 * shaded.measured, shaded.measured))
    found, plain = found_in(shaded), found_in(measured(0.0))
    moved = np.abs(found.month_min - plain.month_min)
    winter = np.isin(found.month.astype(int) % 12 + 1, (11, 12, 1, 2))
    assert (moved[winter] > 5.0).all() and (moved[~winter] < 1e-9).all()
    assert 0.5 < abs(found.shift_min - plain.shift_min) < WRONG_MIN and moved.max() < WRONG_MIN
    assert not daylight_saving(found) and clock_jump(found) is None
    check_clock(found, "plant.csv")


def test_too_few_hours_say_so() -> None:
    record = measured(0.0)
    usable = np.zeros(len(record.start), bool)
    usable[4000:4100] = True
    with pytest.raises(PlantError, match="too few to tell its clock"):
        check_clock(found_in(record._replace(usable=usable)), "plant.csv")


def test_hours_are_means_of_their_instants() -> None:
    start = np.datetime64("2024-06-01", "s") + np.arange(24) * np.timedelta64(3600, "s")
    instants = instants_under(start, 50.0, 8.0)
    values = np.random.default_rng(0).uniform(size=len(instants.time))
    sums = running(values, instants)
    plain = values[24:-24].reshape(24, 12).mean(axis=1)
    np.testing.assert_allclose(hour_means(sums, start), plain, rtol=1e-12)
    np.testing.assert_allclose(hour_means(sums, start, 60.0)[:-1], plain[1:], rtol=1e-12)
    # 2 min later: 0.6 of the first instant, 0.4 of the one after the last
    moved = (0.6 * values[24] + values[25:36].sum() + 0.4 * values[36]) / 12.0
    assert hour_means(sums, start, 2.0)[0] == pytest.approx(moved, rel=1e-12)
    values[30] = np.nan
    gap = hour_means(running(values, instants), start)
    assert np.isnan(gap[0]) and np.all(np.isfinite(gap[1:]))


def some(instants: Instants, rows: np.ndarray | slice) -> Instants:
    return Instants(instants.begin, *(part[rows] for part in instants[1:]))


def test_a_plane_under_pvlibs_perez() -> None:
    import pvlib

    weather, _, instants, _ = year()
    sky = sky_of(weather, instants)
    rows = np.flatnonzero((instants.elevation_deg > 5.0) & (sky.dhi > 5.0))[::97]
    sky, instants = Sky(*(part[rows] for part in sky)), some(instants, rows)
    zenith = 90.0 - instants.elevation_deg
    for tilt, azimuth in ((30.0, 190.0), (90.0, 90.0)):
        ours = on_plane(sky, instants, tilt, azimuth, 0.2, glass_of(1.526))
        theirs = pvlib.irradiance.get_total_irradiance(
            tilt,
            azimuth,
            zenith,
            instants.azimuth_deg,
            sky.dni,
            sky.ghi,
            sky.dhi,
            dni_extra=pvlib.irradiance.get_extra_radiation(_days(instants.time)),
            airmass=pvlib.atmosphere.get_relative_airmass(zenith),
            albedo=0.2,
            model="perez",
        )
        total = ours.beam + ours.diffuse
        np.testing.assert_allclose(total, theirs["poa_global"], atol=1e-6 * 1000, rtol=1e-6)
        # the beam alone passes the glass
        lost = theirs["poa_direct"] * (1.0 - pvlib.iam.physical(np.degrees(np.arccos(ours.cos_incidence))))
        np.testing.assert_allclose(ours.effective, total - lost, atol=0.6)


def test_a_vertical_plant_has_two_faces_whatever_its_tilt() -> None:
    """At 85° the rear looks slightly down; the faces of 90° swapped are those of the other side."""
    weather, record, instants, _ = year()
    instants = some(instants, slice(60 * 288, 120 * 288))
    sky = sky_of(weather, instants)
    model = MODEL._replace(bifaciality=1.0)

    def energy(tilt: float, azimuth: float, mounting: str) -> float:
        plant = record._replace(tilt_deg=tilt, azimuth_deg=azimuth, mounting=mounting)
        return float(np.nansum(plant_power(sky, instants, plant, model).ac))

    both, one = energy(90.0, 90.0, "vertical bifacial"), energy(90.0, 90.0, "facade")
    assert energy(90.0, 270.0, "vertical bifacial") == pytest.approx(both, rel=1e-9)
    assert energy(85.0, 90.0, "vertical bifacial") == pytest.approx(both, rel=0.03) and both > 1.5 * one


def _days(times):
    return (times.astype("datetime64[D]") - times.astype("datetime64[Y]")).astype(int) + 1


def test_a_sky_keeps_the_means_of_its_weather() -> None:
    weather, record, instants, _ = year()
    sky = sky_of(weather, instants)
    hourly = hour_means(running(sky.ghi, instants), record.start)
    quarter = np.convolve(weather.ghi, np.ones(4) / 4.0, "valid")
    np.testing.assert_allclose(np.nansum(hourly), weather.ghi.sum() / 4.0, rtol=2e-3)
    assert np.nanmax(hourly) <= quarter.max() * 1.01


@pytest.mark.parametrize("model", ["dirint", "erbs"])
def test_a_split_closes_to_the_global_it_came_from(model: str) -> None:
    weather, _, _, _ = year()
    dni, dhi = split_global(weather.ghi, weather.start, weather.step_s, 51.296, 6.7686, model)
    from solar.closure import mean_sun

    sun = mean_sun(weather.start, weather.step_s, 51.296, 6.7686)
    np.testing.assert_allclose(dni * sun.sin_elevation + dhi, weather.ghi, atol=1e-9)


def test_hours_beside_weather_hold_sun_sky_and_shift(beside: PlantHours) -> None:
    hours = check_hours(beside, "plant.csv")
    day = hours.usable & (hours.elevation_deg > 3.0)
    assert hours.shift_min == pytest.approx(-18.0, abs=4.0)  # the weather's own clock is put right too
    assert day.sum() > 3500
    residual = hours.measured[day] / 0.93 - hours.value_phys[day]
    assert float(np.sqrt(np.mean(residual**2))) < 0.04
    assert np.nanmin(hours.beam_share[day]) >= 0.0 and np.nanmax(hours.beam_share[day]) <= 1.0
    assert 0.2 < np.nanmedian(hours.clear_sky_index[day]) < 1.1
    assert hours.cos_incidence.max() <= 1.0 and not [f for f in hours.findings if f.kind == "shaded"]
    noon = int(np.argmax(np.where(day, hours.elevation_deg, 0.0)))
    assert hours.elevation_deg[noon] == pytest.approx(90.0 - 51.296 + 23.44, abs=0.8)


def test_a_plant_in_shade_is_named_with_its_sun_positions(beside: PlantHours) -> None:
    behind = (beside.azimuth_deg > 240.0) & (beside.azimuth_deg < 285.0) & (beside.elevation_deg < 30.0)
    shaded = beside._replace(measured=np.where(behind, 0.4 * beside.measured, beside.measured))
    shade = [finding for finding in check_hours(shaded, "plant.csv").findings if finding.kind == "shaded"]
    assert len(shade) == 1 and "azimuth 240–285°" in shade[0].done and "shade of its own" in shade[0].done


def test_lost_days_are_left_out_and_counted(beside: PlantHours) -> None:
    june = (beside.start >= np.datetime64("2024-06-10")) & (beside.start < np.datetime64("2024-06-13"))
    lost_in = beside._replace(measured=np.where(june, 0.01 * beside.measured, beside.measured))
    hours = check_hours(lost_in, "plant.csv")
    lost = next(finding for finding in hours.findings if finding.kind == "lost day")
    assert lost.number == 3 and lost.first == np.datetime64("2024-06-10") and not np.any(hours.usable[june])


def test_another_years_weather_and_another_size_are_refused() -> None:
    record, weather = span_of("2024-04-01", 60)
    with pytest.raises(PlantError, match="quarter-hour kWh taken for kW"):
        check_hours(hours_from_weather(record._replace(measured=record.measured / 4.0), weather, MODEL), "plant.csv")
    shuffled = record.measured.reshape(-1, 24)[np.random.default_rng(5).permutation(60)].ravel()
    with pytest.raises(PlantError, match="nothing to do with what this weather gives"):
        hours_from_weather(record._replace(measured=shuffled), weather, MODEL)
    with pytest.raises(PlantError, match="too few to tell"):
        hours_from_weather(record, bundled(), MODEL)


def test_the_spectrum_is_an_option() -> None:
    """It moves the energy of a month by a few per cent."""
    record, weather = span_of("2024-06-01", 20)
    plain = hours_from_weather(record, weather, MODEL, 0.0)
    turned = hours_from_weather(record, weather, MODEL._replace(technology="cigs"), 0.0)
    assert 0.002 < abs(float(turned.value_phys.sum() / plain.value_phys.sum()) - 1.0) < 0.06


def test_power_at_instants_becomes_hours() -> None:
    """PVGIS states instants; between them our hours come back to a few per cent, its own instants to the clear sky."""
    _, _, instants, ac = year()
    record, _ = span_of("2024-04-01", 100, 20.0)
    at = record.start + np.timedelta64(600, "s")
    seconds = (instants.time - instants.begin).astype(float)
    power = np.interp((at - instants.begin).astype(float), seconds, np.nan_to_num(ac))
    hours = hours_from_power(record, power, 10.0, MODEL, "instants of our own")
    assert hours.shift_min == pytest.approx(-20.0, abs=4.0)
    day = hours.usable & (hours.elevation_deg > 3.0)
    assert float(np.mean(hours.value_phys[day])) == pytest.approx(float(np.mean(hours.measured[day])) / 0.93, rel=0.03)
    assert np.all(np.isnan(hours.temp_air)) and np.all(np.isnan(hours.beam_share))


def test_the_error_is_one_of_weather() -> None:
    import pickle

    error = PlantError("a", "b", 3, "c")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, PlantError) and isinstance(again, WeatherError) and str(again) == str(error)
