"""Tables of a job as GeoPackage, GeoParquet and CSV, read by GDAL, geopandas and pandas; what an objection hides."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
from lxml import etree

from twin.export.objections import Objections
from twin.export.source import BUILDING_IDENTITY, SURFACE_IDENTITY, Source, open_source
from twin.export.vectors.columns import AI_LABEL, column_of, columns_csv, described
from twin.export.vectors.tables import write_csv_tables, write_geoparquet_tables, write_gpkg
from twin.job import Outcome


@pytest.fixture(scope="module")
def source(outcome: Outcome) -> Source:
    return open_source(outcome.store.root, "Straße")


@pytest.fixture(scope="module")
def hidden(outcome: Outcome, source: Source) -> tuple[Source, str]:
    """The same with an objection to its first building."""
    building = str(source.buildings["building_id"].iloc[0])
    return open_source(outcome.store.root, "Straße", Objections("ids.csv", frozenset({building}))), building


@pytest.fixture(scope="module")
def package(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gpkg")
    files = write_gpkg(source, folder)
    assert sorted(files) == sorted(path.name for path in folder.iterdir())
    return folder


def test_geopackage_holds_every_row_and_value(source: Source, package: Path) -> None:
    path = package / "solar.gpkg"
    assert {name for name, _ in pyogrio.list_layers(path)} >= {"surfaces", "buildings"}
    for name, table in (("surfaces", source.surfaces), ("buildings", source.buildings)):
        found = geopandas.read_file(path, layer=name)
        assert found.crs.to_epsg() == int(source.crs.horizontal.removeprefix("EPSG:"))
        assert len(found) == len(table)
        same = found.geometry.geom_equals_exact(table.geometry.set_crs(found.crs), 0.0)
        assert same.all()
        for column in ("irradiation_kwh_m2", "value_phys", "roof_irradiation_kwh"):
            if column in table:
                np.testing.assert_array_equal(found[column].to_numpy(float), table[column].to_numpy(float))
    metadata = pyogrio.read_info(path, layer="surfaces")["layer_metadata"]
    assert "Datengrundlage" in metadata["attribution"]


def test_geopackage_opens_styled(source: Source, package: Path) -> None:
    """The table that QGIS reads (QgsOgrProviderMetadata): one default a layer, its geometry's column, valid QML."""
    with closing(sqlite3.connect(package / "solar.gpkg")) as base:
        asked = "SELECT f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault FROM layer_styles"
        rows = base.execute(asked).fetchall()
        shapes = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        listed = base.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone()
    assert listed == ("attributes",)
    assert {row[0] for row in rows if row[5]} == {"surfaces", "buildings"}
    assert sum(row[5] for row in rows) == 2
    for table, column, name, qml, sld, _ in rows:
        assert shapes[table] == column
        assert qml == (package / f"{name}.qml").read_text(encoding="utf-8")
        assert sld == (package / f"{name}.sld").read_text(encoding="utf-8")
        root = etree.fromstring(qml.encode("utf-8"))
        aliases = {one.get("field"): one.get("name") for one in root.iter("alias")}
        wanted = source.surfaces if table == "surfaces" else source.buildings
        assert set(aliases) >= set(wanted.columns) - {"geometry", "suppressed"}


def test_every_column_is_described(source: Source) -> None:
    for table in (source.surfaces, source.buildings):
        for name in table.columns.drop(["geometry", "suppressed"]):
            column = column_of(name)
            assert column is not None, name
            assert column.german
            assert column.english
            unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), None)
            if unit is not None:
                assert column.unit.split("/")[0] == unit, name
    assert column_of("no such column") is None
    assert described("irradiation_kwh_m2_03") == (
        "Einstrahlung auf den freien Teil, Monat 3 [kWh/m²] / irradiation of the exposed part, month 3"
    )
    for name in ("value_ml", "pv_kwh_ml_07"):
        assert AI_LABEL in described(name)
    assert column_of("pv_kwh_13") is None


UNITS = {
    "_ct_kwh": "ct",
    "_kwh_kwp": "kWh",
    "_area_m2": "m²",
    "_deg": "°",
    "_pct": "%",
    "_kwp": "kWp",
    "_eur": "€",
    "_kg": "kg",
    "_kwh": "kWh",
}


def test_columns_csv_is_read_by_pandas(source: Source, package: Path) -> None:
    table = pd.read_csv(package / "columns.csv", keep_default_na=False)
    assert list(table.columns) == ["table", "column", "unit", "de", "en"]
    assert set(table.loc[table["table"] == "surfaces", "column"]) == set(source.surfaces.columns) - {
        "geometry",
        "suppressed",
    }
    assert (table["de"] != "").all()
    assert columns_csv([("a", ["foreign"])]).endswith("a,foreign,,,\n")


def test_geoparquet_is_the_table(source: Source, tmp_path: Path) -> None:
    files = write_geoparquet_tables(source, tmp_path)
    assert sorted(files) == sorted(path.name for path in tmp_path.iterdir())
    found = geopandas.read_parquet(tmp_path / "surfaces.parquet").drop(columns="bbox", errors="ignore")
    assert list(found["surface_id"]) == list(source.surfaces["surface_id"])
    np.testing.assert_array_equal(found["irradiation_kwh_m2"], source.surfaces["irradiation_kwh_m2"])
    assert "suppressed" not in found


def test_csv_has_every_column_and_a_place(source: Source, tmp_path: Path) -> None:
    files = write_csv_tables(source, tmp_path)
    assert sorted(files) == ["buildings.csv", "columns.csv", "surfaces.csv"]
    found = pd.read_csv(tmp_path / "surfaces.csv")
    table = source.surfaces
    assert set(found.columns) == (set(table.columns) - {"geometry", "suppressed"}) | {"longitude_deg", "latitude_deg"}
    np.testing.assert_allclose(found["irradiation_kwh_m2"], table["irradiation_kwh_m2"], atol=5.1e-5)
    to_crs = pyproj.Transformer.from_crs("EPSG:4326", source.crs.horizontal, always_xy=True)
    x, y = to_crs.transform(found["longitude_deg"], found["latitude_deg"])
    centre = table.geometry.centroid
    assert np.hypot(x - centre.x, y - centre.y).max() < 0.01  # seven decimals: a centimetre


def test_an_objection_leaves_shape_and_id_alone(hidden: tuple[Source, str], tmp_path: Path) -> None:
    source, building = hidden
    write_gpkg(source, tmp_path)
    write_geoparquet_tables(source, tmp_path)
    write_csv_tables(source, tmp_path)
    readers = {
        "gpkg": lambda name: geopandas.read_file(tmp_path / "solar.gpkg", layer=name),
        "parquet": lambda name: geopandas.read_parquet(tmp_path / f"{name}.parquet").drop(
            columns="bbox", errors="ignore"
        ),
        "csv": lambda name: pd.read_csv(tmp_path / f"{name}.csv").drop(columns=["longitude_deg", "latitude_deg"]),
    }
    for read in readers.values():
        for name, identity in (("surfaces", SURFACE_IDENTITY), ("buildings", BUILDING_IDENTITY)):
            table = read(name)
            theirs = table[table["building_id"] == building]
            assert len(theirs)
            assert "suppressed" not in table
            results = theirs.drop(columns=["geometry", *identity], errors="ignore")
            assert results.isna().all().all(), results.columns[~results.isna().all()]
            others = table[table["building_id"] != building]
            assert others[[column for column in others if column.endswith("irradiation_kwh")]].notna().all().all()


def test_same_source_same_bytes(source: Source, package: Path, tmp_path: Path) -> None:
    files = write_gpkg(source, tmp_path)
    assert all((tmp_path / name).read_bytes() == (package / name).read_bytes() for name in files)


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's tools are not installed")
def test_ogrinfo_reads_it(source: Source, package: Path) -> None:
    import subprocess

    done = subprocess.run(
        ["ogrinfo", "-so", "-al", str(package / "solar.gpkg")], capture_output=True, encoding="utf-8", check=True
    )
    assert f"Feature Count: {len(source.surfaces)}" in done.stdout
    assert "3D Polygon" in done.stdout
    assert "Warning" not in done.stderr
