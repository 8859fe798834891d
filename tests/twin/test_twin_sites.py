"""`heliotwin sites` through the command: ranked, every exclusion explained, sums that hold, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from oracles.door import Answer, called, refused
from oracles.hills import GROUND_SOUTH, GROUND_WEST, heights, write_geotiff
from oracles.houses import SOUTH, WEST, street, write_town

CRS = "EPSG:25832"
# Small areas on a small hill: limits to match.
SMALL = "[park]\nminimum_m2 = 100.0\nnarrowest_m = 6.0\nedge_m = 2.5\nbuilding_m = 7.5\ncell_m = 10.0\n"


class Found(NamedTuple):
    """A finished call."""

    out: Path
    answer: Answer

    @property
    def head(self) -> dict[str, Any]:
        """sites.json."""
        return json.loads((self.out / "sites.json").read_text(encoding="utf-8"))

    def layer(self, name: str) -> geopandas.GeoDataFrame:
        """A layer of the GeoPackage."""
        return geopandas.read_file(self.out / "sites.gpkg", layer=name)


def vector(path: Path, shapes: list[shapely.Geometry], crs: str | None = CRS, **columns: list[Any]) -> Path:
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=CRS if crs else None).pipe(
        lambda frame: frame.to_crs(crs) if crs and crs != CRS else frame
    ).to_file(path)
    return path


def sums_hold(found: Found) -> None:
    """Usable and excluded are the area, by the figures and by the geometries, and nothing overlaps."""
    sites, excluded, areas = (found.layer(name) for name in ("sites", "excluded", "areas"))
    outline = areas.set_index("site_id").geometry
    for row in sites.itertuples():
        gone = excluded[excluded["site_id"] == row.site_id]
        shapes = [shape for shape in (row.geometry, *gone.geometry) if shape is not None]
        whole = outline[row.site_id]
        assert row.usable_m2 + row.excluded_m2 == pytest.approx(row.area_m2, abs=0.1)
        assert sum(shape.area for shape in shapes) == pytest.approx(whole.area, abs=0.1)
        assert shapely.union_all(shapes).symmetric_difference(whole).area < 0.1
        assert gone["legal_basis"].notna().all() and gone["layer"].notna().all()


@pytest.fixture(scope="module")
def hill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The little street on a hill, areas and layers around it."""
    folder = tmp_path_factory.mktemp("hill")
    write_town(folder / "town.city.json", street())
    write_geotiff(folder / "dgm.tif", heights(240, 260, 1.0), GROUND_WEST, GROUND_SOUTH)
    (folder / "pv.toml").write_text(SMALL, encoding="utf-8")
    bowtie = shapely.Polygon(
        [(WEST + 90, SOUTH + 80), (WEST + 150, SOUTH + 120), (WEST + 150, SOUTH + 80), (WEST + 90, SOUTH + 120)]
    )
    shapes = [
        shapely.box(WEST - 40, SOUTH - 40, WEST + 70, SOUTH + 60),  # around houses
        bowtie,
        shapely.box(WEST + 100, SOUTH, WEST + 140, SOUTH + 40),  # a nature reserve covers it
        shapely.box(WEST - 50, SOUTH + 130, WEST + 10, SOUTH + 170),
        shapely.box(WEST + 60, SOUTH + 140, WEST + 110, SOUTH + 175),  # car park
    ]
    names = ["Hauswiese", "Schleife", "Moos", "Nordfeld", "P+R"]
    vector(
        folder / "areas.gpkg",
        shapes,
        name=names,
        use=["", "", "", "", "car park"],
        spaces=[None, None, None, None, 60.0],
    )
    vector(folder / "nsg.geojson", [shapely.box(WEST + 95, SOUTH - 5, WEST + 145, SOUTH + 60)], "EPSG:4326")
    vector(folder / "road.gpkg", [shapely.LineString([(WEST - 60, SOUTH + 100), (WEST + 160, SOUTH + 100)])])
    vector(folder / "mast.gpkg", [shapely.Point(WEST - 20, SOUTH + 150).buffer(4)])
    return folder


def command(folder: Path, *more: str, out: str = "out") -> list[str]:
    base = ["sites", "town.city.json", "--terrain", "dgm.tif", "--areas", "areas.gpkg", "--pv", "pv.toml", "-o", out]
    return [*base, *more]


LAYERS = [
    *("--exclude", "nature_reserve=nsg.geojson", "--exclude", "motorway=road.gpkg", "--exclude", "mast.gpkg"),
    *("--boost", "motorway=road.gpkg", "--rule", "pvstellpv"),
]


@pytest.fixture(scope="module")
def found(hill: Path) -> Found:
    """Everything at once."""
    return Found(hill / "out", called(*command(hill, *LAYERS), cwd=hill))


def test_ranked_and_every_exclusion_explained(found: Found) -> None:
    assert found.answer.code == 0, found.answer.err
    sums_hold(found)
    sites, excluded = found.layer("sites").set_index("name"), found.layer("excluded")
    assert set(sites.index) == {"Hauswiese", "Schleife", "Moos", "Nordfeld", "P+R"}  # nothing is dropped
    ranks = sites["rank"].dropna().tolist()
    assert ranks == sorted(ranks) == list(range(1, len(ranks) + 1))
    gone = sites.loc["Moos"]
    assert np.isnan(gone["rank"]) and gone["usable_m2"] == 0.0 and "Naturschutzgebiet" in gone["excluded_by"]
    reserve = excluded[(excluded["name"] == "Moos") & (excluded["area_m2"] > 0)]
    assert reserve["legal_basis"].tolist() == ["§ 23 BNatSchG"] and reserve["verified"].all()
    assert reserve["area_m2"].tolist() == [pytest.approx(1600.0, abs=0.01)]
    ban = excluded[(excluded["name"] == "Hauswiese") & excluded["legal_basis"].eq("§ 9 Abs. 1 FStrG")]
    # a line is the axis: 14 m to the edge of the carriageway and 40 m of ban, so y from 46 to 60 of this area
    assert ban["area_m2"].tolist() == [pytest.approx(110 * 14.0, abs=0.5)] and "2c" in ban["note"].iloc[0]
    assert set(excluded["reason"]) >= {"layer", "building", "edge"}
    own = excluded[excluded["layer"] == "mast"]
    assert own["legal_basis"].tolist() == ["eigene Ebene"]


def test_support_says_its_law_and_sorts_first(found: Found) -> None:
    sites, boosts = found.layer("sites").set_index("name"), found.layer("boosts")
    assert set(boosts["class"]) == {"privileged", "eeg", "notice"}
    assert sites.loc["Nordfeld", "class"] == "privileged" and sites.loc["P+R", "class"] == "car_park"
    assert sites.loc["P+R", "rank"] == sites["rank"].max()
    assert boosts.loc[boosts["class"] == "privileged", "legal_basis"].eq("§ 35 Abs. 1 Nr. 8 b BauGB").all()


def test_figures_agree_with_each_other(found: Found) -> None:
    kinds, sites = pd.read_csv(found.out / "kinds.csv"), pd.read_parquet(found.out / "sites.parquet")
    assert kinds["mwh"].to_numpy() == pytest.approx((kinds["kwp"] * kinds["kwh_kwp"] / 1000).to_numpy(), abs=2e-3)
    assert (kinds["p10_mwh"] <= kinds["p50_mwh"]).all() and (kinds["p50_mwh"] <= kinds["p90_mwh"]).all()
    assert (kinds["lcoe_ct_low"] < kinds["lcoe_ct"]).all() and (kinds["lcoe_ct"] < kinds["lcoe_ct_high"]).all()
    assert kinds["shade_pct"].between(-0.01, 60).all()
    assert kinds.groupby("site_id")["best"].sum().eq(1).all()
    field = kinds[kinds["site_id"] == "site-004"].set_index("kind")
    assert 900 < field.loc["fixed", "free_kwh_kwp"] < 1200
    assert field.loc["tracker", "free_kwh_kwp"] > 1.05 * field.loc["fixed", "free_kwh_kwp"]
    assert field.loc["vertical", "free_kwh_kwp"] < field.loc["fixed", "free_kwh_kwp"]
    usable = sites.set_index("site_id").loc["site-004", "usable_m2"]
    assert field.loc["fixed", "kwp"] == pytest.approx(usable * 0.55 * 0.9 * 0.2152, rel=1e-3)


def test_houses_shade_the_land_around_them(found: Found) -> None:
    sites = found.layer("sites").set_index("name")
    assert sites.loc["Hauswiese", "shade_pct"] > sites.loc["Nordfeld", "shade_pct"]
    assert sites.loc["Hauswiese", "sky_view"] < sites.loc["Nordfeld", "sky_view"]


def test_car_park_under_the_duty(found: Found) -> None:
    row = found.layer("sites").set_index("name").loc["P+R"]
    assert row["spaces"] == 60 and row["kind"] == "canopy" and bool(row["obliged"])
    assert row["required_kw"] == pytest.approx(1.5 * row["suitable_spaces"])
    assert bool(row["met"]) == (row["possible_kw"] >= row["required_kw"])


def test_repairs_and_reprojection_are_said(found: Found) -> None:
    warned = " ".join(found.head["warnings"])
    assert "areas.gpkg: 1 Geometrien waren ungültig" in warned and "„mast“" in warned and "Achse" in warned
    (reserve,) = [one for one in found.head["layers"] if one["kind"] == "nature_reserve"]
    assert reserve["crs"] == ["EPSG:4326"]
    assert bool(found.layer("sites").set_index("name").loc["Schleife", "repaired"])
    assert {entry["role"] for entry in found.head["inputs"]} == {"city", "areas", "exclude", "boost", "pv", "terrain"}
    assert all(re.fullmatch("[0-9a-f]{64}", entry["sha256"]) for entry in found.head["inputs"])


def test_what_is_taken_for_a_car_park_is_said(hill: Path, found: Found) -> None:
    (said,) = [line for line in found.head["warnings"] if "Parkplatz" in line]
    assert said.endswith("P+R (Nutzung „car park“)") and found.head["warnings"].count(said) == 1
    assert said in found.answer.out


def test_german_page_has_no_english_and_no_rounded_assumption(found: Found) -> None:
    page = (found.out / "sites.html").read_text(encoding="utf-8")
    assert "Abstand 7,5 m" in page and "Rand (2,5 m)" in page and "Mindestbreite (6 m)" in page
    assert "aus über 150 km Entfernung" in page
    for english in ("away", ">city<", ">exclude<", ">boost<", "from memory", "own estimate", "December"):
        assert english not in page, english
    for german in (">Stadtmodell<", ">Ausschluss<", ">Förderkulisse<", "eigene Schätzung"):
        assert german in page, german


def test_page_holds_every_piece_and_no_address(found: Found) -> None:
    page = (found.out / "sites.html").read_text(encoding="utf-8")
    for name in ("Hauswiese", "Schleife", "Moos", "Nordfeld", "P+R", "§ 23 BNatSchG", "§ 9 Abs. 1 FStrG", "p10"):
        assert name in page
    assert "<script" not in page and 'src="http' not in page
    assert (found.out / "map.png").stat().st_size > 20_000


def test_same_input_same_bytes_and_english(hill: Path, found: Found) -> None:
    again = called(*command(hill, *LAYERS, "--json", out="again"), cwd=hill)
    assert json.loads(again.out)["totals"] == found.head["totals"]
    for name in ("sites.csv", "excluded.csv", "kinds.csv", "map.png", "sites.html", "sites.gpkg", "sites.parquet"):
        assert (hill / "again" / name).read_bytes() == (found.out / name).read_bytes(), name
    english = called(*command(hill, *LAYERS, "--lang", "en", out="again"), cwd=hill)  # into the same folder
    assert english.code == 0, english.err
    page = (hill / "again" / "sites.html").read_text(encoding="utf-8")
    assert "nature reserve" in page and "Naturschutzgebiet" not in page


def test_refusals(hill: Path) -> None:
    vector(hill / "far.gpkg", [shapely.box(500000, 5600000, 500100, 5600100)])
    vector(hill / "points.gpkg", [shapely.Point(WEST, SOUTH)])
    vector(hill / "bare.shp", [shapely.box(WEST, SOUTH, WEST + 9, SOUTH + 9)], None)
    (hill / "text.gpkg").write_text("no vector", encoding="utf-8")
    (hill / "full").mkdir()
    (hill / "full" / "letter.txt").write_text("mine", encoding="utf-8")

    def asked(areas: str, *more: str) -> Answer:
        base = ["sites", "town.city.json", "--terrain", "dgm.tif", "--areas", areas, "-o", "no"]
        return called(*base, *more, cwd=hill)

    refused(asked("far.gpkg"), 1, "dgm.tif", "no terrain within E", "where it is asked for")
    refused(asked("points.gpkg"), 1, "points.gpkg", "no polygon")
    refused(asked("bare.shp"), 1, "bare.shp", "no CRS")
    refused(asked("text.gpkg"), 1, "text.gpkg", "not readable")
    refused(asked("missing.gpkg"), 1, "missing.gpkg", "no such file")
    refused(asked("areas.gpkg", "--exclude", "nsg=missing.gpkg"), 1, "missing.gpkg", "--exclude")
    refused(asked("areas.gpkg", "--rule", "solar"), 2, "rule")
    # lines that would count for 0 m²: of the user's own kind, and of one whose law only supports
    refused(asked("areas.gpkg", "--exclude", "powerline=road.gpkg"), 1, "road.gpkg", "0 m²", "powerline=road.gpkg@40")
    refused(asked("areas.gpkg", "--exclude", "railway_main=road.gpkg"), 1, "no exclusion of 'railway_main'")
    refused(asked("areas.gpkg", "--boost", "nature_reserve=road.gpkg"), 1, "no support of 'nature_reserve'")
    refused(asked("areas.gpkg", "--exclude", "biotope=points.gpkg"), 1, "no exclusion of 'biotope'")
    refused(asked("areas.gpkg", "--exclude", "powerline=road.gpkg@9999"), 2, "distance_m")
    assert not (hill / "no").exists()
    refused(called(*command(hill, out="full"), cwd=hill), 1, "full", "not empty")
    assert [path.name for path in (hill / "full").iterdir()] == ["letter.txt"]


def test_own_distances(hill: Path) -> None:
    """Metres behind a file reach around lines and points, and stand instead of the table's where they are named."""
    mixed = [shapely.LineString([(WEST - 60, SOUTH + 150), (WEST + 20, SOUTH + 150)]), shapely.box(0, 0, 1, 1)]
    vector(hill / "mixed.gpkg", mixed)
    layers = ("--exclude", "powerline=road.gpkg@45.5", "--exclude", "motorway=road.gpkg@20", "--exclude", "mixed.gpkg")
    answer = called(*command(hill, *layers, "--lang", "en", out="own"), cwd=hill)
    assert answer.code == 0, answer.err
    found = Found(hill / "own", answer)
    sums_hold(found)
    rows = found.layer("excluded").query("name == 'Hauswiese' and reason == 'layer'").set_index("layer")
    # the road runs 40 m north of the area; the carriageway's half is 14 m wide, an own kind's axis has no width
    assert rows.loc["powerline", "area_m2"] == pytest.approx(110 * 5.5, abs=0.5)
    assert set(rows.index) == {"powerline"}  # 34 m of the motorway do not reach it
    warned = found.head["warnings"]
    assert any("no exclusion for the kind 'powerline'" in line and "45.5 m around" in line for line in warned)
    assert (
        "road.gpkg: a distance of its own, 20 m instead of 40 m in strips.toml; the legal basis is of the table's "
        "distance" in warned
    )
    assert "mixed.gpkg: 1 lines or points have neither area nor distance and do not count" in warned


@pytest.mark.shared
def test_munich(shared_data: Path, tmp_path: Path) -> None:
    """Made-up areas and layers on the real terrain of Munich, around the real university building."""
    shapes = [
        shapely.Polygon([(690860, 5335880), (691180, 5335900), (691190, 5336240), (690850, 5336220)]),
        shapely.box(690200, 5335300, 690400, 5335450),
        shapely.box(691250, 5335180, 691500, 5335330),
        shapely.box(690300, 5336500, 690400, 5336600),
        shapely.box(691900, 5336400, 692060, 5336500),
        shapely.box(691300, 5336300, 691380, 5336345),
    ]
    names = ["Wiese am Hauptgebäude", "Feld West", "Feld an der Autobahn", "Moos", "Rand des Geländes", "Parkplatz"]
    spaces = [None, None, None, None, None, 120.0]
    vector(tmp_path / "areas.gpkg", shapes, name=names, use=["", "", "", "", "", "Parkplatz"], spaces=spaces)
    vector(tmp_path / "nsg.gpkg", [shapely.box(690250, 5336450, 690600, 5336750)], "EPSG:4326")
    vector(tmp_path / "a99.gpkg", [shapely.LineString([(691150, 5335140), (692000, 5335160)])])
    city, dgm = shared_data / "citygml" / "by_munich", shared_data / "terrain" / "dgm1_munich"
    arguments = ["sites", city, "--terrain", dgm, "--areas", "areas.gpkg", "-o", "out", "--rule", "pvstellpv"]
    layers = ["--exclude", "nature_reserve=nsg.gpkg", "--exclude", "motorway=a99.gpkg", "--boost", "motorway=a99.gpkg"]
    found = Found(tmp_path / "out", called(*arguments, *layers, cwd=tmp_path))
    assert found.answer.code == 0, found.answer.err
    sums_hold(found)
    sites = found.layer("sites").set_index("name")
    assert sites.loc["Feld an der Autobahn", "rank"] == 1 and sites.loc["Feld an der Autobahn", "class"] == "privileged"
    assert np.isnan(sites.loc["Moos", "rank"])
    lost = found.layer("excluded").query("reason == 'no_terrain'")
    assert lost["area_m2"].tolist() == [pytest.approx(60 * 100.0, abs=200.0)]
    assert sites.loc["Wiese am Hauptgebäude", "shade_pct"] > 1.0 > sites.loc["Feld West", "shade_pct"]
    assert sites.loc["Feld West", "slope_deg"] < 3.0
    assert sites.loc["Parkplatz", "required_kw"] == pytest.approx(1.5 * 120) and bool(sites.loc["Parkplatz", "met"])
