"""Facts of a finished job, what an export is made of, and everything written beside it."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
from oracles import beside_facts
from oracles.beside_facts import ATTRIBUTION, CITY, FILES, STUDY_FORMATS, exported

from io_citygml.crs import parse_crs
from twin.errors import ConfigError, TwinError
from twin.export.beside.exported import exported_of
from twin.export.beside.facts import (
    OF_A_STUDY,
    Ai,
    ai_of,
    bbox_of,
    facts_of,
    facts_of_study,
    period_of,
    reference_period,
)
from twin.export.beside.iso19139 import iso19139
from twin.export.beside.licences import LICENCES, NOT_CHOSEN, licence_of
from twin.export.beside.publisher import Publisher, no_publisher, read_publisher
from twin.export.beside.readme import readme
from twin.export.beside.words import steps_of, title_of
from twin.export.beside.write import write_beside
from twin.export.objections import Objections
from twin.export.source import open_source
from twin.export.study_files import KIND
from twin.job import Outcome

DAY = datetime.date(2026, 11, 28)


def test_a_job_s_facts(outcome: Outcome) -> None:
    root = outcome.store.root
    facts = facts_of(open_source(root, title="Straße"), DAY, CITY)
    assert (facts.kind, facts.title, facts.created, facts.publisher) == ("solar", "Straße", DAY, CITY)
    assert facts.crs == "EPSG:25832"
    assert facts.crs_name == "ETRS89 / UTM zone 32N"
    assert facts.resolution_m == 2.0
    assert facts.attribution[0].startswith("Datengrundlage: ")
    assert facts.attribution[0].endswith(", verändert")
    assert facts.software.startswith("heliotwin ")
    assert [entry.role for entry in facts.inputs] == ["city"]
    assert not facts.is_part_of_year


def test_the_box_holds_open_land_too(outcome: Outcome) -> None:
    """It reaches further than the buildings: clients cut off what lies outside the box."""
    import rasterio

    root = outcome.store.root
    source = open_source(root)
    to = pyproj.Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)
    with rasterio.open(root / "ground.tif") as land:
        low, high = land.bounds[:2], land.bounds[2:]
    assert (np.array(low) < source.surfaces.total_bounds[:2]).all()
    west, south, east, north = facts_of(source, DAY).bbox
    for x, y in ((low[0], low[1]), (low[0], high[1]), (high[0], low[1]), (high[0], high[1])):
        lon, lat = to.transform(x, y)
        assert west <= lon <= east and south <= lat <= north


def test_heights_name_the_grid_that_led_to_them(outcome: Outcome) -> None:
    source = open_source(outcome.store.root)
    own = facts_of(source, DAY, geoid=Path("/data/geo/us_noaa_g2018u0.tif"))
    for facts, said in ((own, "us_noaa_g2018u0.tif"), (facts_of(source, DAY), "GCG2016")):
        for name in ("3dtiles", "viewer"):
            assert steps_of(facts, exported(name))[-1].endswith(f"Höhen über dem Ellipsoid ({said}).")
        for name in ("gpkg", "cog"):
            assert "Ellipsoid" not in " ".join(steps_of(facts, exported(name)))
    draped = steps_of(beside_facts.facts(kind="shadow"), exported("czml"))
    assert "Ellipsoid" not in " ".join(draped)


def test_no_file_says_that_anybody_objected(outcome: Outcome, tmp_path: Path) -> None:
    root = outcome.store.root
    plain = facts_of(open_source(root), DAY)
    name = str(open_source(root).buildings["building_id"].iloc[0])
    facts = facts_of(open_source(root, objections=Objections("ids.csv", frozenset({name}))), DAY)
    assert facts.identifier == plain.identifier, "a catalogue would keep the record that is wrong now"
    for folder, of in (("plain", plain), ("hidden", facts)):
        for form in ("gpkg", "3dtiles"):
            (tmp_path / folder / form).mkdir(parents=True)
            write_beside(of, exported(form), tmp_path / folder / form)
    paths = [path for path in (tmp_path / "hidden").rglob("*") if path.is_file()]
    assert len(paths) > 10
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in (name, "Widerspruch", "Art. 21", "suppress")), path
        other = tmp_path / "plain" / path.relative_to(tmp_path / "hidden")
        assert text == other.read_text(encoding="utf-8"), "who compares two exports reads an objection"


def test_a_box_holds_what_proj_says_of_every_point_of_its_edges() -> None:
    low, high = (440000.0, 5540000.0), (452000.0, 5552000.0)
    west, south, east, north = bbox_of(parse_crs("EPSG:25832"), (*low, *high))
    to = pyproj.Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)
    place = [low[0] + (high[0] - low[0]) * k / 97 for k in range(98)]
    across = [low[1] + (high[1] - low[1]) * k / 97 for k in range(98)]
    edge = [(x, y) for x in place for y in (low[1], high[1])] + [(x, y) for y in across for x in (low[0], high[0])]
    lonlat = [to.transform(*point) for point in edge]
    # Edges bend: between the points looked at, by less than a centimetre here.
    for got, wanted in ((west, min), (east, max)):
        assert got == pytest.approx(wanted(lon for lon, _ in lonlat), abs=1.1e-6)
    for got, wanted in ((south, min), (north, max)):
        assert got == pytest.approx(wanted(lat for _, lat in lonlat), abs=1.1e-6)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2023-12-31T23:52:30", "2024-12-31T23:37:30", ("2024-01-01", "2024-12-31")),
        ("2014-12-31T23:00:00", "2015-12-31T22:00:00", ("2015-01-01", "2015-12-31")),
        ("2026-06-21T03:00:00", "2026-06-21T20:00:00", ("2026-06-21", "2026-06-21")),
    ],
)
def test_a_record_s_days(first: str, last: str, expected: tuple[str, str]) -> None:
    begin, end = period_of(first, last)
    assert (begin.isoformat(), end.isoformat()) == expected


def test_a_study_s_facts(tmp_path: Path) -> None:
    import rasterio

    head = {
        **dict.fromkeys(OF_A_STUDY),
        **{name: [] for name in ("plans", "rules", "notes")},
        "kind": KIND,
        "schema": 1,
        "files": ["rasters/hours_x.tif"],
        "finished": True,
        "software": "heliotwin 0.0.test",
        "title": "",
        "crs": {"text": "EPSG:25832+7837", "horizontal": "EPSG:25832", "vertical": "EPSG:7837"},
        "inputs": [{"name": "a.gml", "sha256": "00" * 32, "bytes": 1, "role": "city"}],
        "dates": ["2026-06-21", "2026-03-21"],
        "pixel_m": 0.5,
        "step_min": 10,
        "weather": None,
        "attribution": ["Datengrundlage: a.gml, verändert"],
        "scenarios": [{"name": "Bestand"}],
        "halo_m": 2000.0,
    }
    root = tmp_path / "Neubau"
    (root / "rasters").mkdir(parents=True)
    (root / "study.json").write_text(json.dumps(head), encoding="utf-8")
    profile = {"driver": "GTiff", "width": 20, "height": 10, "count": 1, "dtype": "uint8", "crs": "EPSG:25832"}
    transform = rasterio.Affine(0.5, 0.0, 445000.0, 0.0, -0.5, 5548000.0)
    with rasterio.open(root / "rasters" / "hours_x.tif", "w", **profile, transform=transform) as out:
        out.write_band(1, np.zeros((10, 20), np.uint8))
    facts = facts_of_study(root, DAY)
    assert (facts.kind, facts.title, facts.resolution_m, facts.time_step_s) == ("shadow", "Neubau", 0.5, 600)
    assert [day.isoformat() for day in facts.period] == ["2026-03-21", "2026-06-21"]
    assert facts_of_study(root, DAY, title="Neubau am Bahnhof").title == "Neubau am Bahnhof"
    assert facts.ai is None
    assert facts.bbox == bbox_of(parse_crs("EPSG:25832"), (445000.0, 5547995.0, 445010.0, 5548000.0))
    text = iso19139(facts, exported("czml")).decode()
    assert "Schattenstudie Neubau (21.03.2026 bis 21.06.2026)" in text


def test_what_a_model_did_is_counted() -> None:
    table = pd.DataFrame(
        {
            "ml_model_id": ["m-1", None, "m-1", None],
            "ml_applied": [True, False, False, None],
            "out_of_domain": [False, False, True, None],
        }
    )
    assert ai_of(SimpleNamespace(surfaces=table)) == Ai(("m-1",), 1, 1)
    assert ai_of(SimpleNamespace(surfaces=table.assign(ml_model_id=None))) is None
    assert ai_of(SimpleNamespace(surfaces=table[["ml_applied"]])) is None


def test_no_study_is_said(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="holds no shadow study"):
        facts_of_study(tmp_path, DAY)
    head = {"kind": KIND, "schema": 1, "files": [], "finished": False}
    (tmp_path / "study.json").write_text(json.dumps(head), encoding="utf-8")
    with pytest.raises(TwinError, match="not finished"):
        facts_of_study(tmp_path, DAY)
    (tmp_path / "study.json").write_text("{", encoding="utf-8")
    with pytest.raises(TwinError, match="not the head of a shadow study"):
        facts_of_study(tmp_path, DAY)


PUBLISHER = """
[publisher]
organisation = "Stadt"
email = "geo@stadt.example"
licence = "CC BY 4.0"
base_url = "https://stadt.example/solar"
"""


def test_a_publisher_is_read(tmp_path: Path) -> None:
    path = tmp_path / "publisher.toml"
    path.write_text(PUBLISHER, encoding="utf-8")
    found = read_publisher(path)
    assert found.chosen().code == "cc-by/4.0"
    assert found.address_of("a b/ä.json") == "https://stadt.example/solar/a%20b/%C3%A4.json"
    assert no_publisher().address_of("tileset.json") == "tileset.json"
    assert no_publisher().chosen() is NOT_CHOSEN


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('licence = "gratis"', "'gratis' is none of"),
        ('email = "geo"', "no e-mail address"),
        ('url = "javascript:alert(1)"', "no web address"),
        ('base_url = "/srv/www"', "no web address"),
        ('municipality_key = "6414"', "eight digits"),
        ('organization = "Stadt"', "organization"),
    ],
)
def test_a_publisher_that_cannot_be_is_named(tmp_path: Path, line: str, word: str) -> None:
    path = tmp_path / "publisher.toml"
    path.write_text(f"[publisher]\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=word) as error:
        read_publisher(path)
    assert str(path) in str(error.value)


def test_a_toml_without_the_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "publisher.toml"
    path.write_text('licence = "cc-zero"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"no table \[publisher\]"):
        read_publisher(path)
    with pytest.raises(TwinError, match="no such file"):
        read_publisher(tmp_path / "absent.toml")


def test_licences_by_code_and_by_what_people_write() -> None:
    assert [licence_of(licence.code) for licence in LICENCES] == list(LICENCES)
    assert licence_of("dl-de/zero-2-0") == licence_of("DL-ZERO-DE/2.0") == LICENCES[0]
    assert [licence_of(licence.short) for licence in LICENCES] == list(LICENCES)
    assert licence_of("") is None


def test_a_refused_licence_names_them_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "publisher.toml"
    path.write_text('[publisher]\nlicence = "gratis"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="dl-de/by-2-0"):
        read_publisher(path)


def shown(markdown: str) -> str:
    """Markdown as its reader sees it, escapes resolved (CommonMark 0.31, 2.4)."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


def test_the_readme_shows_a_title_as_it_is_and_counts_in_words() -> None:
    title = "Quartier *Nord* [x](http://x) <b> `a` a_b_ #\n# Zwei"
    facts = beside_facts.facts()._replace(title=title, publisher=no_publisher())
    one = exported("geojson")._replace(files=(("index.json", 1),))
    text = readme(facts, one, [])
    head = text.splitlines()[0]
    assert " ".join(title.split()) in shown(head) and not re.search(r"(?<!\\)[*\[<`]", head)
    assert ", 1 Datei, " in text and "Dateien" not in text
    assert ", 2 Dateien, " in readme(facts, one._replace(files=one.files * 2), [])


def test_an_export_s_main_file_and_groups(tmp_path: Path) -> None:
    for name, size in (("tiles/0.glb", 30), ("tileset.json", 20), ("tiles/00/tileset.json", 10)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    found = exported_of(tmp_path, ["tiles/0.glb", "tiles/00/tileset.json", "tileset.json"], "3dtiles", "cesium")
    assert found.main == "tileset.json"
    assert dict(found.files) == {"tileset.json": 20, "tiles/0.glb": 30, "tiles/00/tileset.json": 10}
    assert found.version == "1.1"
    assert exported("3dtiles", "vcmap").version == "1.0"
    assert [[path for path, _ in group] for group in exported("gpkg").groups()] == [["solar.gpkg"]]
    assert exported("xyz").main == "WMTSCapabilities.xml"
    assert exported("geojson").main == "index.json"
    many = exported("geojson")._replace(files=tuple((f"steps/{k}.geojson", 1) for k in range(500)))
    assert [len(group) for group in many.groups()] == [500]


@pytest.mark.parametrize("name", list(FILES))
@pytest.mark.parametrize("publisher", [None, CITY])
def test_everything_is_beside_and_says_whose_data_it_is(tmp_path: Path, name: str, publisher: Publisher | None) -> None:
    facts = beside_facts.facts(publisher, "shadow" if name in STUDY_FORMATS else "solar")
    names = write_beside(facts, exported(name), tmp_path)
    assert sorted(names) == sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert {"metadata/iso19139.xml", "metadata/dcat-ap-de.ttl", "metadata/dcat-ap-de.jsonld", "README.md"} <= set(names)
    for path in names:
        text = (tmp_path / path).read_text(encoding="utf-8")
        if path.endswith(".json"):
            assert isinstance(json.loads(text), dict | list)
        if path.startswith("layers/") and not path.endswith((".svg", "-config.json", "-style.json")):
            assert ATTRIBUTION[1] in text, path
    told = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert all(line in shown(told) for line in ATTRIBUTION)
    assert ("KI-korrigiert" in told) == (name not in STUDY_FORMATS)
    again = tmp_path / "again"
    again.mkdir()
    for path in write_beside(facts, exported(name), again):
        assert (again / path).read_bytes() == (tmp_path / path).read_bytes()


TRY = "DWD TRY, mittleres Jahr, 1995-2012 (TRY2015_494902084637_Jahr.dat.gz)"


@pytest.mark.parametrize(
    ("weather", "years", "words"),
    [
        (TRY, ("1995-01-01", "2012-12-31"), "mittleres Jahr (TRY 1995–2012)"),
        (
            "DWD TRY, extremer Sommer, 2031-2060 (TRY2045.dat)",
            ("2031-01-01", "2060-12-31"),
            "extremer Sommer (TRY 2031–2060)",
        ),
        ("DWD TRY 2011, region 12 Mannheim (TRY2010_12.dat)", None, "Testreferenzjahr (TRY)"),
        ("PVGIS TMY, PVGIS-SARAH3 (tmy_2005-2023.csv)", None, "typisches Jahr (PVGIS TMY)"),
        ("EPW, Frankfurt, ISD-TMYx (DEU_Frankfurt.2007-2021.epw)", None, "typisches Jahr (EPW)"),
        ("own.csv", None, "Jahr ohne Datum"),
    ],
)
def test_a_typical_year_has_no_date(weather: str, years: tuple[str, str] | None, words: str) -> None:
    found = reference_period(weather)
    assert (found and tuple(day.isoformat() for day in found)) == years
    of = beside_facts.facts(CITY)._replace(weather=weather, period=found, is_nominal=True)
    assert title_of(of) == f"Solarpotenzial und Einstrahlung Wiesbaden ({words})"
    assert "Wetterjahr" not in iso19139(of, exported("gpkg")).decode()


def test_a_bundled_test_reference_year_is_not_called_2015(outcome: Outcome) -> None:
    source = open_source(outcome.store.root)
    assert "nominal_year_2015" in source.store.manifest["weather"]["flags"]
    facts = facts_of(source, DAY)
    assert facts.is_nominal
    assert facts.period == (datetime.date(1995, 1, 1), datetime.date(2012, 12, 31))
    assert "2015" not in title_of(facts)


def test_weather_of_some_weeks_is_called_so() -> None:
    may = (datetime.date(2024, 5, 1), datetime.date(2024, 5, 31))
    of = beside_facts.facts(CITY)._replace(period=may, is_part_of_year=True)
    assert title_of(of).endswith("(Wetter vom 01.05.2024 bis 31.05.2024)")
    text = iso19139(of, exported("gpkg")).decode()
    assert "Summen im Zeitraum der Wetterdaten" in text
    assert "Jahres" not in text
    assert "Wetterjahr" not in text


def test_the_id_follows_from_the_method_too(outcome: Outcome) -> None:
    """An objection, a title and a release keep it; spacing, albedo, photovoltaics and model do not."""
    source = open_source(outcome.store.root, title="Anderer Titel")
    plain = facts_of(source, DAY).identifier
    head = source.store.manifest

    def changed(**more: Any) -> str:
        store = SimpleNamespace(manifest={**head, **more})
        return facts_of(replace(source, store=store), DAY).identifier

    assert changed(software="heliotwin 99") == plain
    assert changed(identity={**head["identity"], "trace_version": 99}) == plain
    others = [
        changed(albedo=0.3),
        changed(sky_model="isotropic"),
        changed(identity={**head["identity"], "spacing_m": 0.5}),
        changed(identity={**head["identity"], "halo_m": 1.0}),
        facts_of(replace(source, origin={**source.origin, "weather": "another"}), DAY).identifier,
        facts_of(replace(source, surfaces=source.surfaces.drop(columns="value_phys")), DAY).identifier,
    ]
    assert len({plain, *others}) == len(others) + 1


def test_reports_of_a_writer_are_no_data() -> None:
    city = exported("cityjson")
    assert city.main == "zentrum/stadt.city.json"
    assert [path for path, _ in city.data()] == ["zentrum/stadt.city.json"]
    assert [path for path, _ in exported("csv").data()] == ["buildings.csv", "surfaces.csv"]


def test_weather_of_less_than_a_year_is_found(outcome: Outcome) -> None:
    source = open_source(outcome.store.root)
    head = source.store.manifest
    weather = {**head["weather"], "first_utc": "2024-05-01T00:00:00", "last_utc": "2024-05-31T23:00:00", "flags": []}
    facts = facts_of(replace(source, store=SimpleNamespace(manifest={**head, "weather": weather})), DAY)
    assert facts.is_part_of_year
    assert not facts.is_nominal
    assert facts.period == (datetime.date(2024, 5, 1), datetime.date(2024, 5, 31))
