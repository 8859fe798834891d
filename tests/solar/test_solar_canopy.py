"""Crowns: names find their genus, the year is cut where leaves come and go, published transmissivities come back."""

from __future__ import annotations

import csv
from datetime import date
from importlib import resources

import numpy as np
import pytest

from solar.canopy import Seasons, season_index, seasons_of, species_of, species_table, transmittance

NORTH, SOUTH = 50.0, -33.0


def index(genus: str) -> int:
    return next(i for i, row in enumerate(species_table()) if row.genus == genus)


def k_of(genus: str) -> tuple[float, float]:
    row = species_table()[index(genus)]
    return row.k_leaf_on, row.k_leaf_off


@pytest.mark.parametrize(
    ("genus", "names"),
    [
        ("Tilia", ("Tilia cordata", "Linde", "Winterlinde", "WINTER-LINDE", "tilia x europaea 'Pallida'", "Linden")),
        ("Acer", ("Spitz-Ahorn", "Bergahorn", "Ahorn, Feld-", "Acer")),
        ("Aesculus", ("Roßkastanie", "Rosskastanie", "Gemeine ROSSKASTANIE")),
        ("Castanea", ("Esskastanie", "Edelkastanie")),
        ("Carpinus", ("Hainbuche", "Carpinus betulus")),
        ("Fagus", ("Rotbuche", "Buche", "Blutbuche")),
        ("Fraxinus", ("Gemeine Esche", "Esche")),
        ("Sorbus", ("Eberesche", "Sorbus aucuparia")),
        ("Quercus", ("Stieleiche (Quercus robur)", "Trauben-Eiche")),
        ("Larix", ("Lärche", "LAERCHE", "Europäische Lärche")),
        ("Metasequoia", ("Urweltmammutbaum",)),
        ("Sequoiadendron", ("Mammutbaum",)),
        ("Taxodium", ("Sumpfzypresse",)),
        ("Pinus", ("Föhre", "Waldkiefer")),
        ("deciduous", ("Laubbaum", "deciduous", "Laubgehölz")),
        ("evergreen", ("Nadelbaum", "evergreen")),
        ("unknown", ("", "1000", "5030_99", "ax.1234", "Baum", "T. cordata", "?", "unknown")),
    ],
)
def test_names_find_their_genus(genus: str, names: tuple[str, ...]) -> None:
    assert species_of(names).tolist() == [index(genus)] * len(names)


def test_every_german_and_latin_name_of_the_table_finds_its_own_row() -> None:
    for i, row in enumerate(species_table()):
        assert species_of([row.genus, row.genus.upper(), *row.german]).tolist() == [i] * (2 + len(row.german))
    assert species_of([]).shape == (0,)


def test_every_number_has_a_source_or_says_that_it_is_assumed() -> None:
    text = resources.files("solar").joinpath("data", "canopy.csv").read_text(encoding="utf-8")
    cited = (
        "Konarska 2014",
        "Heisler 1985",
        "Gardner & Sydnor 1984",
        "Hábitat Sustentable 431",
        "Castillo et al. 2022",
    )
    for row in csv.DictReader(text.splitlines()):
        said = row["source"]
        assert ("assumed" in said and "because" in said) or any(source in said for source in cited), row["genus"]
        assert (row["leaf_on"] == "") == (row["type"] == "evergreen")
        assert 0.0 < float(row["k_leaf_off"]) <= float(row["k_leaf_on"]) < 1.0


def test_published_transmissivities_come_back_over_their_chords() -> None:
    # τ as published, chord [m] as docs/trees.md states it; two digits of k are within 4 % of τ's exponent
    young, grown = 4.0, 6.0
    for genus, on, off, chord in (
        ("Pyrus", 0.25, 0.57, young),
        ("Zelkova", 0.39, 0.76, young),
        ("Gymnocladus", 0.40, 0.85, young),
        ("Gleditsia", 0.44, 0.79, young),
    ):
        assert np.exp(-np.array(k_of(genus)) * chord) == pytest.approx([on, off], rel=0.02)
    assert np.exp(-k_of("Pinus")[0] * grown) == pytest.approx(0.051, rel=0.03)
    assert np.exp(-k_of("Morus")[0] * grown) == pytest.approx(0.1453, rel=0.02)
    nursery = -np.log([[0.25, 0.57], [0.31, 0.75], [0.39, 0.76], [0.40, 0.85], [0.44, 0.79]]) / young
    konarska = -np.log([np.sqrt(0.013 * 0.053), (0.402 + 0.519) / 2.0]) / grown
    heisler = -np.log([[0.20, 0.60], [0.30, 0.68]]).mean(axis=0) / grown
    negundo = -np.log([0.1404, 0.4712]) / grown
    assert k_of("Platanus") == pytest.approx(heisler, abs=0.005)
    assert k_of("Acer") == pytest.approx((nursery[1] + heisler + negundo) / 3.0, abs=0.005)
    assert k_of("deciduous") == pytest.approx((nursery.mean(axis=0) + konarska + heisler + negundo) / 4.0, abs=0.005)


def test_the_year_is_cut_at_the_dates_of_the_species_present() -> None:
    tilia, quercus, pinus = index("Tilia"), index("Quercus"), index("Pinus")
    assert seasons_of([pinus, pinus], NORTH).start == ((1, 1),)
    assert seasons_of([], NORTH).k.shape == (1, 0)
    seasons = seasons_of([quercus, pinus, tilia, tilia], NORTH)
    assert seasons.start == ((4, 30), (5, 10), (10, 26), (11, 6))
    on, off, needles = k_of("Tilia")[0], k_of("Tilia")[1], k_of("Pinus")[0]
    assert np.array_equal(
        seasons.k,
        [[off, needles, on, on], [on, needles, on, on], [on, needles, off, off], [off, needles, off, off]],
    )


def test_no_choice_of_species_makes_many_seasons() -> None:
    assert len(seasons_of(np.arange(len(species_table())), NORTH).start) <= 5


def test_season_of_an_interval_is_that_of_its_middle() -> None:
    seasons = seasons_of([index("Tilia")], NORTH)
    start = np.array(
        ["2016-02-29T12", "2015-04-29T23", "2015-04-30T00", "2015-07-01T00", "2015-10-25T23", "2015-10-26T00",
         "2015-12-31T23", "2016-01-01T00"], "datetime64[s]"
    )  # fmt: skip
    assert season_index(start, 3600.0, seasons).tolist() == [1, 1, 0, 0, 0, 1, 1, 1]
    # a record labelled by the hour's end begins half an hour before midnight: its middle is what counts
    assert season_index(np.array(["2015-04-29T23:30"], "datetime64[m]"), 3600.0, seasons).tolist() == [0]
    whole = season_index(start, 3600.0, Seasons(((1, 1),), np.zeros((1, 0))))
    assert not whole.any()


def test_south_of_the_equator_seasons_are_half_a_year_later() -> None:
    tilia = [index("Tilia")]
    seasons = seasons_of(tilia, SOUTH)
    assert seasons.start == ((4, 26), (10, 29))
    summer, winter = np.array(["2015-01-15", "2015-07-15"], "datetime64[s]")[:, None]
    on, off = k_of("Tilia")
    assert seasons.k[season_index(summer, 3600.0, seasons)] == on
    assert seasons.k[season_index(winter, 3600.0, seasons)] == off


def test_a_users_dates_and_extinction() -> None:
    tilia, pinus = index("Tilia"), index("Pinus")
    seasons = seasons_of(
        [tilia, pinus], SOUTH, {"tilia": {"leaf_on": "09-20", "k_leaf_off": 0.05}, "Pinus": {"k_leaf_on": 0.7}}
    )
    assert seasons.start == ((4, 26), (9, 20))
    assert np.array_equal(seasons.k, [[0.05, 0.7], [k_of("Tilia")[0], 0.7]])
    assert k_of("Pinus")[0] == 0.5


@pytest.mark.parametrize(
    ("genus", "values", "words"),
    [
        ("Palme", {"k_leaf_on": 0.3}, "no genus 'Palme'"),
        ("Tilia", {"k": 0.3}, "k = 0.3"),
        ("Tilia", {"k_leaf_on": -0.1}, "0 or more"),
        ("Tilia", {"k_leaf_on": float("nan")}, "0 or more"),
        ("Tilia", {"k_leaf_on": "dicht"}, "0 or more"),
        ("Tilia", {"k_leaf_on": True}, "0 or more"),
        ("Tilia", {"k_leaf_on": [0.3, 0.4]}, "0 or more"),
        ("Tilia", {"k_leaf_on": date(2026, 4, 20)}, "0 or more"),
        ("Tilia", {"leaf_on": date(2026, 4, 20)}, "write MM-DD"),
        ("Tilia", {"leaf_on": "30.4."}, "MM-DD"),
        ("Tilia", {"leaf_on": "02-29"}, "MM-DD"),
        ("Tilia", {"leaf_on": "10-26"}, "different days"),
        ("Pinus", {"leaf_on": "04-01"}, "leaf_off"),
    ],
)
def test_values_that_cannot_be(genus: str, values: dict[str, float | str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        seasons_of([0], NORTH, {genus: values})


def test_light_through_several_crowns_is_the_product() -> None:
    k, length = np.array([0.3, 0.5]), np.array([[0.0, 0.0], [6.0, 0.0], [6.0, 2.0]])
    assert transmittance(k, length) == pytest.approx([1.0, np.exp(-1.8), np.exp(-1.8) * np.exp(-1.0)])
    assert transmittance(np.zeros(0), np.zeros((4, 0))).tolist() == [1.0] * 4
