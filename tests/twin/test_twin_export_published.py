"""What is published says neither who objected, nor where the files lay, nor that part of a year is one."""

from __future__ import annotations

import gzip
import json
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
from oracles import gml_documents as documents
from oracles.city_job import Export, Gml, in_file, job_of, report_of

from twin.deliver import ground_words
from twin.export.city.files import REPORT, find_inputs, write_citygml, write_cityjson
from twin.export.city.inputs import label_of, safe_name
from twin.export.objections import Objections
from twin.export.published import published
from twin.export.rasters.cogs import write_cogs
from twin.export.rasters.xyz import write_xyz
from twin.export.source import BUILDING_IDENTITY, SURFACE_IDENTITY, Source, open_source
from twin.export.vectors.map_tiles import write_pmtiles
from twin.export.vectors.tables import write_csv_tables, write_geoparquet_tables, write_gpkg
from twin.job import Outcome
from twin.store import Store

OF_TABLES = (write_gpkg, write_geoparquet_tables, write_csv_tables, write_pmtiles, write_cogs, write_xyz)
# What tells of an objection, in any language and case.
WORDS = (b"suppress", b"widerspr", b"objection", b"unterdr")


@pytest.fixture(scope="module")
def hidden(outcome: Outcome) -> Source:
    """The street with an objection to the house "row3"."""
    return hidden_by(outcome.store.root, "row3")


def hidden_by(root: Path, name: str) -> Source:
    return open_source(root, "Straße", Objections("ids.csv", frozenset({name})))


def objected(root: Path, by: str, folder: Path) -> tuple[Source, str]:
    """The street with an objection, and whom it hides: the house "row3" by its id or by one surface's; or the second
    house of the id "row3"."""
    if by == "second of its id":
        shutil.copytree(root, folder)
        for name in ("surfaces", "buildings"):
            table = geopandas.read_parquet(folder / f"{name}.parquet")
            table["building_id"] = table["building_id"].replace("row3", "row3~2")
            table.to_parquet(folder / f"{name}.parquet")
        return hidden_by(folder, "row3"), "row3~2"
    surfaces = geopandas.read_parquet(root / "surfaces.parquet")
    own = surfaces.loc[(surfaces["building_id"] == "row3") & surfaces["irradiation_kwh_m2"].notna(), "surface_id"]
    assert len(own) > 2
    return hidden_by(root, {"its id": "row3", "one surface": str(own.iloc[1])}[by]), "row3"


def everything(folder: Path) -> bytes:
    """All bytes of a folder, what is packed with gzip unpacked as well."""
    out = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            out += [path.name.encode(), data]
            if path.suffix == ".pmtiles":
                _, _, start, length, *_ = struct.unpack_from("<11Q", data, 8)
                out.append(gzip.decompress(data[start : start + length]))
            elif data[:2] == b"\x1f\x8b":
                out.append(gzip.decompress(data))
    return b"\n".join(out)


@pytest.mark.parametrize("writer", OF_TABLES)
def test_no_file_says_who_objected(hidden: Source, writer: Callable[..., list[str]], tmp_path: Path) -> None:
    writer(hidden, tmp_path)
    said = everything(tmp_path).lower()
    assert said and not [word for word in WORDS if word in said]


def covered(source: Source) -> Source:
    """The same with one other surface that nothing was measured on: in the table as a neighbour's wall covers it."""
    surfaces = source.surfaces.copy()
    row = surfaces["building_id"].to_numpy() == "row4"
    results = [name for name in surfaces if "kwh" in name or name in ("sky_view",)]
    surfaces.loc[row, results] = np.nan
    surfaces.loc[row, "exposed_area_m2"] = 0.0
    buildings = source.buildings.copy()
    house = buildings["building_id"].to_numpy() == "row4"
    buildings.loc[house, [name for name in buildings if name.endswith(("kwh", "exposed_area_m2"))]] = 0.0
    return replace(source, surfaces=surfaces, buildings=buildings)


@pytest.mark.parametrize("by", ["its id", "one surface", "second of its id"])
def test_an_objection_looks_like_no_value(outcome: Outcome, by: str, tmp_path: Path) -> None:
    """Row by row and column by column, in the tables and in the tiles of every zoom: all of a house, or nothing."""
    source, house = objected(outcome.store.root, by, tmp_path / "job")
    source = covered(source)
    write_gpkg(source, tmp_path)
    write_geoparquet_tables(source, tmp_path)
    write_csv_tables(source, tmp_path)
    write_pmtiles(source, tmp_path)
    tables = [
        (geopandas.read_file(tmp_path / "solar.gpkg", layer=name), name) for name in ("surfaces", "buildings")
    ] + [(reader(tmp_path / f"{name}{ending}"), name) for name in ("surfaces", "buildings")
         for reader, ending in ((geopandas.read_parquet, ".parquet"), (pd.read_csv, ".csv"))]  # fmt: skip
    for zoom in range(13, 17):
        for layer in ("surfaces", "facades", "buildings"):
            shown = pyogrio.read_dataframe(tmp_path / "surfaces.pmtiles", layer=layer, ZOOM_LEVEL=zoom)
            tables += [(shown, "surfaces" if layer == "facades" else layer)] if len(shown) else []
    assert len(tables) > 12
    for table, name in tables:
        identity = SURFACE_IDENTITY if name == "surfaces" else BUILDING_IDENTITY
        place = ["geometry", "bbox", "longitude_deg", "latitude_deg", "mvt_id"]
        results = table.drop(columns=[*identity, *place], errors="ignore").notna()
        one, other = (results[table["building_id"] == name] for name in (house, "row4"))
        assert len(one) and len(other) and results.to_numpy().any()
        assert not one.to_numpy().any() and not other.to_numpy().any()


def test_types_are_the_same_without_an_objection(outcome: Outcome, hidden: Source) -> None:
    plain, one = published(open_source(outcome.store.root, "Straße")), published(hidden)
    for table, other in zip(plain, one, strict=True):
        assert dict(table.dtypes) == dict(other.dtypes) and len(table) == len(other)
        assert "suppressed" not in table


@pytest.mark.parametrize("by", ["A", "A_1"])
def test_citys_files_do_not_tell(by: str, tmp_path: Path) -> None:
    """A house whose owner objected, and one that has no value: the same attributes in the file, and no count."""
    gml = Gml(tmp_path)
    path = gml.write(gml.house("A"), gml.house("B", 30.0), gml.house("C", 60.0))
    job = job_of(tmp_path / "job", [path], hidden=[by])
    dark = (job.surfaces["building_id"] == "B").to_numpy()
    job.surfaces.loc[dark, ["irradiation_kwh_m2", "sky_view", "value_phys", "value_ml"]] = np.nan
    job.surfaces.loc[dark, "exposed_area_m2"] = 0.0
    job.buildings.loc[job.buildings["building_id"] == "B", "roof_irradiation_kwh"] = 0.0
    for writer in (write_citygml, write_cityjson):
        out = tmp_path / writer.__name__
        out.mkdir()
        files = writer(job, find_inputs(job.store, [path]), out)
        report = report_of(out)
        assert report["surfaces"] == report["surfaces_attached"] == 5 and report["buildings"] == 1
        assert not any("without" in name for name in report)
        assert report["surfaces_not_attached"] == report["buildings_not_attached"] == []
        said = everything(out).lower()
        assert not [word for word in WORDS if word in said]
        if files[0].endswith(".gml"):
            assert {key[0] for key in in_file((out / files[0]).read_bytes())} == {"C"}
        else:
            objects = json.loads((out / files[0]).read_text(encoding="utf-8"))["CityObjects"]
            told = {name for name, item in objects.items() if "heliotwin_" in json.dumps(item)}
            assert told == {"C"}


@pytest.mark.parametrize("writer", [write_citygml, write_cityjson])
def test_no_folder_of_this_machine_is_published(writer: Callable[..., list[str]], tmp_path: Path) -> None:
    """Whatever was left out of an archive is named by the archive's name alone."""
    gml = Gml(tmp_path)
    path = tmp_path / "city.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/t.gml", documents.document("2.0", gml.house("A")))
        archive.writestr("b/broken.gml", documents.document("2.0", gml.house("D", 90.0))[:-30])
        archive.writestr("b/empty.gml", "")
        archive.writestr("b/inner.zip", b"x")
        archive.writestr("b/foreign.json", '{"type": "FeatureCollection"}')
    _, out, _ = Export(tmp_path)(writer, path)
    left_out = report_of(out)["left_out"]
    for name in ("b/broken.gml", "b/empty.gml", "b/inner.zip", "b/foreign.json"):
        assert [line for line in left_out if line.startswith(f"city.zip/{name}")], name
    said = everything(out).decode(errors="replace")
    for folder in (str(tmp_path), "heliotwin-", tempfile.gettempdir()):
        assert folder not in said, folder


def test_labels() -> None:
    assert label_of("/data/geo/city.zip/a/t.gml", Path("/data/geo/city.zip")) == "city.zip/a/t.gml"
    assert label_of("/data/geo/t.gml", Path("/data/geo/t.gml")) == "t.gml"


def of_weather(source: Source, last_utc: str) -> Source:
    weather = source.store.manifest["weather"]
    first = "2025-06-01T00:00:00"
    manifest = {**source.store.manifest, "weather": {**weather, "first_utc": first, "last_utc": last_utc}}
    return replace(source, store=Store(source.store.root, manifest))


def test_part_of_a_year_is_not_called_annual(outcome: Outcome, tmp_path: Path) -> None:
    """Styles in and beside the GeoPackage, columns.csv and the tiles' metadata; a whole year is annual."""
    plain = open_source(outcome.store.root, "Straße")
    annual = ("/m²a", "kwh/a", "/a]", "im jahr", "im ersten jahr", "of the year", "of the first year", "annual")
    for last_utc, is_year in (("2025-06-30T23:00:00", False), ("2026-05-31T23:00:00", True)):
        source = of_weather(plain, last_utc)
        folder = tmp_path / last_utc[:4]
        folder.mkdir()
        write_gpkg(source, folder)
        write_csv_tables(source, folder)
        write_pmtiles(source, folder)
        said = everything(folder).decode(errors="replace").lower()
        found = [word for word in annual if word in said]
        assert bool(found) == is_year, found
        assert ("im zeitraum" in said) != is_year
    weather = outcome.prepared.weather
    assert ground_words(weather) == "annual irradiation of open land"
    first, last = str(weather.start[0])[:10], str(weather.start[719])[:10]
    said = ground_words(replace(weather, start=weather.start[:720]))
    assert said == f"irradiation of open land from {first} to {last} (UTC)"
    job = job_of(tmp_path / "job", [Gml(tmp_path).write(Gml(tmp_path).house("A"))])
    part = of_weather(job, "2025-06-30T23:00:00")
    for source, unit in ((job, "kWh/a"), (part, "kWh")):
        out = tmp_path / unit.replace("/", "_")
        out.mkdir()
        files = write_citygml(source, find_inputs(source.store, [tmp_path / "city.gml"]), out)
        text = (out / files[0]).read_text(encoding="utf-8")
        assert f'name="heliotwin_roof_irradiation_kwh"><gen:value uom="{unit}">' in text
        assert ("kWh/a" in text) == (unit == "kWh/a")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a/b/t.gml", "t.gml"),
        ("..\\..\\evil.gml", "evil.gml"),
        ("C:\\city.gml", "city.gml"),
        ("t:stream.gml", "t_stream.gml"),
        ('a<b>c"d|e?f*g.gml', "a_b_c_d_e_f_g.gml"),
        ("con.gml", "_con.gml"),
        ("Aux.city.json", "_Aux.city.json"),
        ("COM1 .gml", "_COM1 .gml"),
        ("lpt¹.gml", "_lpt¹.gml"),
        ("consul.gml", "consul.gml"),
        ("t.gml. . ", "t.gml"),
        ("a\nb\0c.gml", "a_b_c.gml"),
        ("Straße.gml", "Straße.gml"),
    ],
)
def test_names_that_windows_takes(name: str, wanted: str) -> None:
    assert safe_name(name) == wanted


def test_long_names_are_cut() -> None:
    found = safe_name("ü" * 5000 + ".city.json")
    assert len(found.encode()) <= 200 and found.startswith("üü") and found.endswith("ü.city.json")


def test_archives_with_names_of_devices(tmp_path: Path) -> None:
    gml = Gml(tmp_path)
    path = tmp_path / "city.zip"
    members = {"x/con.gml": "A", "y/CON.gml": "B", "z\\a:b.gml": "C", "write_back.json": "D", "EXPORT.JSON": "E"}
    with zipfile.ZipFile(path, "w") as archive:
        for place, (name, gml_id) in enumerate(members.items()):
            archive.writestr(name, documents.document("2.0", gml.house(gml_id, 30.0 * place)))
    _, _, files = Export(tmp_path)(write_citygml, path)
    assert files == ["_con.gml", "_CON~2.gml", "a_b.gml", "write_back~2.json", "EXPORT~2.JSON", REPORT]
