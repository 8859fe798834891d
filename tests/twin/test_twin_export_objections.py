"""Owners' objections: nothing of a hidden surface stays but its shape and its names, and none is lost on the way."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest

from io_citygml.naming import name_wanted
from twin.errors import TwinError
from twin.export.objections import Objections, no_objections, read_objections
from twin.export.source import BUILDING_IDENTITY, SURFACE_IDENTITY, open_source
from twin.job import Outcome


@pytest.fixture(scope="module")
def root(outcome: Outcome) -> Path:
    """A finished job."""
    return outcome.store.root


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "ids.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id\nA\nB\n", "utf-8"),
        ("ID\r\nA\r\nB\r\n", "utf-8-sig"),
        ("gml_id;Bemerkung\nA;Schreiben vom 3.1.\nB;\n", "utf-8"),
        ("name,building_id\nMüller,A\nMeier,B\n", "utf-8"),
        ('surface_id,why\n"A","moved, sold"\n B ,\n\n , \n', "utf-8"),
        ("object_id\nA\nB\nA\n", "utf-8"),
    ],
)
def test_ids_are_read_as_offices_write_them(tmp_path: Path, text: str, encoding: str) -> None:
    path = written(tmp_path, text, encoding)
    assert read_objections(path) == Objections(str(path), frozenset({"A", "B"}))


@pytest.mark.parametrize(
    ("text", "encoding", "word"),
    [
        ("", "utf-8", "no column"),
        ("Kennung\nA\n", "utf-8", "no column"),
        ("id;note\nA;x\n;y\n", "utf-8", "line 3: no id"),
        ("id\nA,B\n", "utf-8", "line 2: more values"),
        ('id\nA\n"B\nC\n', "utf-8", "not CSV"),
        ("id\nStraße\n", "latin-1", "not UTF-8"),
        ("id\nA\n", "utf-16", "not UTF-8"),
    ],
)
def test_an_objection_that_would_be_lost_is_an_error(tmp_path: Path, text: str, encoding: str, word: str) -> None:
    path = written(tmp_path, text, encoding)
    with pytest.raises(TwinError, match=word) as error:
        read_objections(path)
    assert str(path) in str(error.value)


def test_a_file_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="no such file"):
        read_objections(tmp_path / "absent.csv")
    with pytest.raises(TwinError, match=r"cannot be read|no such file"):
        read_objections(tmp_path)


def test_an_unknown_id_is_an_error(root: Path) -> None:
    with pytest.raises(TwinError, match=r"ids\.csv: NOBODY: no such building or surface"):
        open_source(root, objections=Objections("ids.csv", frozenset({"NOBODY"})))


def test_nobody_objected(root: Path) -> None:
    source = open_source(root)
    plain = geopandas.read_parquet(root / "surfaces.parquet").drop(columns="bbox", errors="ignore")
    pd.testing.assert_frame_equal(pd.DataFrame(source.surfaces.drop(columns="suppressed")), pd.DataFrame(plain))
    assert not source.surfaces["suppressed"].any()
    assert not source.buildings["suppressed"].any()
    assert source.title == root.resolve().name
    assert no_objections().ids == frozenset()


def hidden_by(root: Path, name: str) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame]:
    source = open_source(root, objections=Objections("ids.csv", frozenset({name})))
    return source.surfaces, source.buildings


def test_a_building_takes_all_its_surfaces(root: Path) -> None:
    plain = open_source(root)
    name = str(plain.buildings["building_id"].iloc[0])
    surfaces, buildings = hidden_by(root, name)
    assert (surfaces["suppressed"] == (surfaces["building_id"] == name)).all()
    assert surfaces["suppressed"].sum() > 1
    assert (buildings["suppressed"] == (buildings["building_id"] == name)).all()


@pytest.mark.parametrize("column", ["surface_id", "object_id"])
def test_a_surface_takes_its_whole_building(root: Path, column: str) -> None:
    """Sums that are missing over surfaces with values, or one grey among them, would say that somebody objected."""
    plain = open_source(root)
    row = plain.surfaces[plain.surfaces["kind"] == "RoofSurface"].iloc[0]
    surfaces, buildings = hidden_by(root, row[column])
    assert (surfaces["suppressed"] == (surfaces["building_id"] == row["building_id"])).all()
    assert buildings.loc[buildings["suppressed"], "building_id"].tolist() == [row["building_id"]]
    whole = hidden_by(root, row["building_id"])
    pd.testing.assert_frame_equal(pd.DataFrame(surfaces), pd.DataFrame(whole[0]))
    pd.testing.assert_frame_equal(pd.DataFrame(buildings), pd.DataFrame(whole[1]))
    shown = plain.surfaces.loc[~surfaces["suppressed"].to_numpy(), "irradiation_kwh_m2"]
    assert shown.equals(surfaces.loc[~surfaces["suppressed"], "irradiation_kwh_m2"])  # and nobody else's


@pytest.mark.parametrize(
    ("table", "column", "name"),
    [
        ("surfaces", "building_id", "twice~2"),
        ("surfaces", "object_id", "twice~3"),
        ("surfaces", "surface_id", "twice~2"),
        ("surfaces", "surface_id", "twice~12"),
        ("surfaces", "boundary_id", "twice"),
        ("buildings", "building_id", "twice~2"),
    ],
)
def test_an_objection_reaches_what_the_readers_have_renamed(
    root: Path, tmp_path: Path, table: str, column: str, name: str
) -> None:
    """Two objects of one gml:id are "twice" and "twice~2" in the tables; who objects knows "twice" alone."""
    shutil.copytree(root, tmp_path / "job")
    path = tmp_path / "job" / f"{table}.parquet"
    changed = geopandas.read_parquet(path)
    row = int(np.flatnonzero(changed["building_id"] == changed["building_id"].iloc[-1])[0])
    house = changed["building_id"].iloc[row]
    changed.loc[row, column] = name
    changed.to_parquet(path)
    surfaces, buildings = hidden_by(tmp_path / "job", "twice")
    if column != "building_id":
        assert (surfaces["suppressed"] == (surfaces["building_id"] == house)).all() and surfaces["suppressed"].any()
        assert (buildings["suppressed"] == (buildings["building_id"] == house)).all()
    else:
        shown = surfaces if table == "surfaces" else buildings
        assert shown.loc[shown["suppressed"], "building_id"].tolist() == [name]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("A~2", "A"), ("A~10", "A"), ("A~2~3", "A~2"), ("A", "A"), ("A~1", "A~1"), ("A~x", "A~x"), ("A~", "A~")],
)
def test_names_that_the_readers_have_numbered(name: str, wanted: str) -> None:
    assert name_wanted(name) == wanted


def test_only_shape_and_names_stay(root: Path) -> None:
    plain = open_source(root)
    name = str(plain.buildings["building_id"].iloc[1])
    surfaces, buildings = hidden_by(root, name)
    for table, before, identity in (
        (surfaces, plain.surfaces, SURFACE_IDENTITY),
        (buildings, plain.buildings, BUILDING_IDENTITY),
    ):
        hidden = table["suppressed"].to_numpy(bool)
        kept = [column for column in (*identity, "geometry") if column in table]
        results = [column for column in table.columns if column not in (*kept, "suppressed")]
        assert len(results) > 10
        assert table.loc[hidden, results].isna().all().all(), "a result was left"
        assert before.loc[hidden, results].notna().any().any(), "there was nothing to hide"
        silent = hidden | before["irradiation_kwh_m2"].isna().to_numpy() if "surface_id" in before else hidden
        for column in (*kept, *results):
            rows = ~silent if column in results else np.ones(len(hidden), bool)
            same = pd.Series(table.loc[rows, column]).astype(object).to_list()
            for left, right in zip(same, before.loc[rows, column].astype(object).to_list(), strict=True):
                assert (pd.isna(left) and pd.isna(right)) or left == right


def test_a_surface_of_an_objector_looks_like_a_covered_one(root: Path) -> None:
    """No column but ``suppressed``, which stands in no file, tells them apart."""
    plain = open_source(root)
    covered = plain.surfaces["irradiation_kwh_m2"].isna()
    assert covered.any(), "no wall is covered: the test shows nothing"
    assert plain.surfaces.loc[covered, "exposed_area_m2"].notna().any()
    surfaces, _ = hidden_by(root, str(plain.buildings["building_id"].iloc[0]))
    hidden = surfaces["suppressed"].to_numpy(bool)
    others = covered.to_numpy() & ~hidden
    assert others.any()
    known = surfaces.drop(columns=["suppressed", "geometry"]).notna()
    results = [name for name in known if name not in SURFACE_IDENTITY]
    assert not known.loc[hidden | others, results].to_numpy().any()


def test_the_job_itself_is_not_touched(root: Path) -> None:
    before = (root / "surfaces.parquet").read_bytes()
    hidden_by(root, str(open_source(root).buildings["building_id"].iloc[0]))
    assert (root / "surfaces.parquet").read_bytes() == before
