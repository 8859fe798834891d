"""The mean day of every month against the weights of solar.irradiance and the tables of the job."""

from __future__ import annotations

import numpy as np

from solar.irradiance import sun_weights
from twin.irradiation import cells_of, view_of
from twin.job import Outcome, optics_of, site_sources
from twin.month_hour import BINS, HOURS, MonthHour, YearBins, bin_of, mean_w_m2, month_hour, year_bins
from twin.skylight import seen_of


def of_job(outcome: Outcome) -> tuple[MonthHour, YearBins]:
    prepared = outcome.prepared
    year = year_bins(site_sources(prepared), prepared.weather, optics_of(prepared))
    return month_hour(cells_of(outcome.store), year, len(prepared.model.kind)), year


def test_months_are_those_of_the_table(outcome: Outcome) -> None:
    found, _ = of_job(outcome)
    rows = outcome.surfaces["surface_index"].to_numpy()
    exposed = outcome.surfaces["exposed_area_m2"].to_numpy()
    for month in range(12):
        per_m2 = outcome.surfaces[f"irradiation_kwh_m2_{month + 1:02d}"].fillna(0.0).to_numpy()
        energy = (found.direct + found.diffuse + found.reflected)[rows, month]
        np.testing.assert_allclose(energy, per_m2 * exposed, rtol=1e-6, atol=1e-9)
    for name in ("direct", "diffuse", "reflected"):
        per_m2 = outcome.surfaces[f"{name}_kwh_m2"].fillna(0.0).to_numpy()
        np.testing.assert_allclose(getattr(found, name)[rows].sum(axis=1), per_m2 * exposed, rtol=1e-6, atol=1e-9)


def test_hours_are_those_of_the_weights(outcome: Outcome) -> None:
    """Dense weights of every node and hour, multiplied out."""
    found, year = of_job(outcome)
    prepared = outcome.prepared
    sent, bins = site_sources(prepared), bin_of(prepared.weather)
    path, nodes = sent.path, np.zeros((BINS, prepared.directions.n_sun))
    for hour, instant in zip(*np.nonzero(path.node >= 0), strict=True):
        energy = (sent.direct + sent.circumsolar)[hour, instant] * path.step_s / 3.6e6
        nodes[bins[hour], path.node[hour, instant]] += energy
    want = np.zeros_like(found.hours, dtype=np.float64)
    for _, data in cells_of(outcome.store):
        view = view_of(data, optics_of(prepared))
        for group in range(len(view.group)):
            direct, ring = sun_weights(sent, view.normal[group : group + 1], bins, BINS)
            want[view.group[group]] += (direct[0] + ring[0]) @ view.sun[group]
            want[view.group[group]] += nodes @ view.reflection.sun[group]
        sky = seen_of(view.sky, view.normal, optics_of(prepared))
        off = view.reflection
        want[view.group] += (sky.factor + off.isotropic) * year.isotropic[:, 0]
        want[view.group] += (sky.horizon + off.horizon) * year.horizon[:, 0] + off.ghi * year.ghi[:, 0]
    np.testing.assert_allclose(found.hours, want, rtol=1e-5, atol=1e-5)


def test_the_mean_day_has_the_sun_of_its_season(outcome: Outcome) -> None:
    found, year = of_job(outcome)
    watts = mean_w_m2(found, year)
    assert year.length_h.min() >= 28 and year.length_h.sum() == 8760
    shown = found.area_m2 > 0
    by_hour = watts[shown].reshape(-1, 12, HOURS)
    assert abs(by_hour[:, :, 0]).max() == 0.0  # midnight UTC
    assert by_hour[:, 5].sum() > 3 * by_hour[:, 11].sum()
    assert np.argmax(by_hour[:, 5].mean(axis=0)) in (10, 11, 12)
    # Power times hours is the energy of the year again.
    energy = (watts[shown] * year.length_h).sum(axis=1) / 1000.0 * found.area_m2[shown]
    np.testing.assert_allclose(energy, found.hours[shown].sum(axis=1), rtol=1e-5)


def test_what_nobody_sees_has_no_mean(outcome: Outcome) -> None:
    found, year = of_job(outcome)
    assert np.isnan(mean_w_m2(found._replace(area_m2=np.zeros_like(found.area_m2)), year)).all()
