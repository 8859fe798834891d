"""A sky of the user's own is held against the weather's diffuse light in its own words, the record against the sun."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles.houses import street, write_town

from solar.irradiance import Sources, sources
from solar.site import Site
from solar.sky import reinhart
from solar.sun_grid import sun_grid
from solar.weather import Weather, bundled
from twin import job as jobs
from twin import provenance
from twin.config import check_job
from twin.errors import TwinError
from twin.free_level import free_level_kwh_m2, patches_kwh_m2, recorded_kwh_m2, sky_warnings, sun_warnings
from twin.report.surroundings_words import sky
from twin.report.words import Words
from twin.stopwatch import Stopwatch


@pytest.fixture(scope="module")
def year() -> Weather:
    return bundled()


def own_sky(year: Weather, factor: float) -> np.ndarray:
    """Uniform radiances that send ``factor`` times the record's DHI."""
    return np.repeat(factor * year.dhi[:, None] / np.pi, 145, axis=1)


def sent_of(year: Weather, factor: float | None) -> Sources:
    """What sun and sky send at the record's own place, the sky by a model or by the user."""
    site = Site(year.latitude_deg, year.longitude_deg)
    if factor is None:
        return sources(site, sun_grid(site, 200), year)
    return sources(site, sun_grid(site, 200), year, "matrix", reinhart(145), own_sky(year, factor))


@pytest.mark.parametrize("factor", [None, 1.0, 1.02, 0.97])
def test_a_sky_that_fits_is_no_warning(year: Weather, factor: float | None) -> None:
    sent, (ghi, dhi) = sent_of(year, factor), recorded_kwh_m2(year)
    assert sky_warnings(year, sent) == [] == sun_warnings(year, 0.0, sent)
    patches = patches_kwh_m2(sent)
    assert patches is None if factor is None else patches == pytest.approx(factor * dhi, rel=1e-4)
    assert free_level_kwh_m2(sent) == pytest.approx(ghi + (0.0 if factor is None else (factor - 1.0) * dhi), rel=0.02)


@pytest.mark.parametrize("factor", [1.1, 0.9])
def test_a_sky_of_another_energy_is_said_and_the_weather_is_not_blamed(year: Weather, factor: float) -> None:
    sent, (_, dhi) = sent_of(year, factor), recorded_kwh_m2(year)
    (line,) = sky_warnings(year, sent)
    assert line == (
        f"the sky matrix sends {factor * dhi:,.0f} kWh/m² on a free level plane, the weather's diffuse is {dhi:,.0f} "
        "kWh/m²"
    )
    assert sun_warnings(year, 194.0, sent) == []


@pytest.mark.parametrize("factor", [1.3, 0.0, 179.0])
def test_a_sky_of_another_unit_is_refused_in_its_own_words(year: Weather, factor: float) -> None:
    sent = sent_of(year, factor)
    assert sun_warnings(year, 194.0, sent) == []
    with pytest.raises(TwinError, match=r"sky matrix sends .* W/m²/sr") as raised:
        sky_warnings(year, sent)
    assert "nearer year" not in str(raised.value)


def test_another_sun_is_still_the_weathers(year: Weather) -> None:
    """The record in Spain's north: its beam comes in higher there, whatever the sky."""
    site = Site(year.latitude_deg - 20.0, year.longitude_deg)
    sent = sources(site, sun_grid(site, 200), year, "matrix", reinhart(145), own_sky(year, 1.0))
    with pytest.raises(TwinError, match=r"under another sun.*nearer year"):
        sun_warnings(year, 2000.0, sent)
    assert sky_warnings(year, sent) == []


def test_a_job_states_both_diffuse_sums(year: Weather, tmp_path: Path) -> None:
    town = write_town(tmp_path / "town.city.json", street()[:2])
    np.save(tmp_path / "sky.npy", own_sky(year, 1.1))
    job = check_job(
        {
            "cities": [town],
            "out": tmp_path / "out",
            "sky": 145,
            "sky_model": "matrix",
            "sky_matrix": tmp_path / "sky.npy",
            "no_trees": True,
        }
    )
    prepared = jobs.prepare(job, Stopwatch())
    sent = jobs.site_sources(prepared)
    head = provenance.manifest(job, prepared.scene, prepared.model, prepared.weather, prepared.directions, sent)
    (_, dhi) = recorded_kwh_m2(year)
    assert head["weather"]["dhi_kwh_m2"] == round(dhi, 1)
    assert head["sky_matrix"]["dhi_kwh_m2"] == pytest.approx(1.1 * dhi, abs=0.1)
    assert any("sky matrix" in line for line in head["weather"]["warnings"])
    said = {language: sky(head, Words(language)) for language in ("de", "en")}
    for text in said.values():
        assert "sky.npy" in text and f"{1.1 * dhi:.0f}" in text and f"{dhi:.1f}" in text.replace(",", ".")
    assert "Globalstrahlung" in said["de"] and "far ground" in said["en"]
    assert sky({"sky_model": "perez1990", "weather": {}}, Words("en")) == "Sky model: perez1990."
