"""Cost, ranking, car parks and the table of legal strips."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from twin.errors import ConfigError
from twin.pv.config import read_pv
from twin.sites.car_parks import car_park_of
from twin.sites.config import check_sites_job, read_sites_job, sites_example
from twin.sites.cost import lcoe_ct, lcoe_of
from twin.sites.rank import class_of, ranked
from twin.sites.strips import read_strips


def test_cost_of_electricity_in_closed_form() -> None:
    """Without aging the sums are annuities: (I · a + A) / E."""
    rate, years = 0.04, 30
    annuity = rate / (1 - (1 + rate) ** -years)
    assert lcoe_ct(800.0, 13.3, 1000.0, rate, years, 0.0) == pytest.approx((800 * annuity + 13.3) / 10.0)
    assert lcoe_ct(800.0, 0.0, 1000.0, 0.0, 20, 0.0) == pytest.approx(4.0)
    assert lcoe_ct(800.0, 13.3, 0.0, rate, years, 0.0) == math.inf
    aged = sum((1 - 0.005 * y) for y in range(20))
    assert lcoe_ct(800.0, 0.0, 1000.0, 0.0, 20, 0.005) == pytest.approx(100 * 800 / (1000 * aged))


def test_costs_are_those_that_ise_publishes() -> None:
    """Fraunhofer ISE 2024: 4.1 ct/kWh in the south at 700 €/kWp, 6.9 in the north at 900 (about 1,180, 850 kWh/kWp)."""
    fixed = read_pv().park.fixed
    middle = sum(fixed.wacc) / 2
    assert lcoe_ct(fixed.capex_eur_kwp[0], fixed.opex_eur_kw, 1180.0, middle, 30, 0.0025) == pytest.approx(4.1, abs=0.2)
    assert lcoe_ct(fixed.capex_eur_kwp[1], fixed.opex_eur_kw, 850.0, middle, 30, 0.0025) == pytest.approx(6.9, abs=0.3)
    cost = lcoe_of(fixed, 950.0, 1030.0, 1110.0, 30, 0.0025)
    assert 4.0 < cost.low < cost.middle < cost.high < 7.5


def test_support_sorts_first_and_changes_no_figure() -> None:
    rows = [
        {"site_id": "a", "class": "other", "usable_m2": 9.0, "kwp": 1.0, "lcoe_ct": 4.0, "mwh": 9.0},
        {"site_id": "b", "class": "privileged", "usable_m2": 9.0, "kwp": 1.0, "lcoe_ct": 6.0, "mwh": 1.0},
        {"site_id": "c", "class": "eeg", "usable_m2": 9.0, "kwp": 1.0, "lcoe_ct": 5.0, "mwh": 1.0},
        {"site_id": "d", "class": "other", "usable_m2": 0.0, "kwp": math.nan, "lcoe_ct": math.nan, "mwh": 0.0},
        {"site_id": "e", "class": "other", "usable_m2": 9.0, "kwp": 1.0, "lcoe_ct": 3.0, "mwh": 2.0},
    ]
    assert ranked(rows, "lcoe") == [4, 1, 2, None, 3]
    assert ranked(rows, "mwh") == [3, 1, 2, None, 4]
    assert class_of({"privileged": 0.5, "eeg": 1.0}, 0.5, False) == "privileged"
    assert class_of({"privileged": 0.49, "eeg": 1.0}, 0.5, False) == "eeg"
    assert class_of({"privileged": 1.0}, 0.5, True) == "car_park"


@pytest.mark.parametrize(
    ("spaces", "usable", "new", "state", "counts", "expected"),
    [
        (51, 1300.0, None, None, True, (51, True, 76.5)),
        (50, 1300.0, None, None, True, (50, False, 0.0)),
        (36, 1300.0, None, True, True, (36, True, 54.0)),
        (100, 1300.0, False, None, True, (100, False, 0.0)),
        (100, 650.0, True, None, True, (50, True, 75.0)),
        (100, 1300.0, True, None, False, (100, None, None)),
    ],
)
def test_duty_of_car_parks(
    spaces: int, usable: float, new: bool | None, state: bool | None, counts: bool, expected: tuple[object, ...]
) -> None:
    rule = read_pv().park.car_park
    found = car_park_of(float(spaces), 1300.0, usable, rule, 0.215, counts, new, state)
    assert (found.suitable, found.obliged, found.required_kw) == expected
    assert found.possible_kw == pytest.approx(found.suitable * 12.5 * 0.9 * 0.215)
    assert found.met is (None if not counts else found.possible_kw >= (found.required_kw or 0.0))


def test_a_car_park_without_a_number_is_counted_from_its_area() -> None:
    found = car_park_of(None, 1300.0, 1300.0, read_pv().park.car_park, 0.215, True, None, None)
    assert found.estimated and found.spaces == 52 and found.required_kw == 78.0


def test_legal_strips_as_the_standards_have_them() -> None:
    strips = read_strips()
    (ban,) = strips.excluding("motorway")
    assert ban.distance_m == 40.0 and "FStrG" in ban.legal_basis and "2c" in ban.note.de
    reach = {boost.class_: boost.distance_m for boost in strips.boosting("motorway")}
    assert reach == {"privileged": 200.0, "eeg": 500.0, "notice": 100.0}
    two_tracks = {boost.class_ for boost in strips.boosting("railway_main")}
    assert two_tracks == {"privileged", "eeg"} and {b.class_ for b in strips.boosting("railway")} == {"eeg"}
    for kind in ("natura2000", "nature_reserve", "biotope", "national_park", "biosphere_core"):
        assert strips.excluding(kind)[0].distance_m == 0.0
    assert strips.excluding("meadow") == [] and strips.boosting("meadow") == []
    assert all(one.source and one.legal_basis and one.title.de and one.title.en for one in strips.exclude)


def test_options_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "sites.toml"
    path.write_text(sites_example(), encoding="utf-8")
    job = check_sites_job(read_sites_job(path))
    assert job.exclude[0].file == tmp_path / "nsg.gpkg" and job.boost[0].kind == "motorway"
    with pytest.raises(ConfigError, match="rule"):
        check_sites_job({"cities": ["a"], "out": "o", "terrain": ["t"], "areas": "a.gpkg", "rule": "solarpflicht"})
