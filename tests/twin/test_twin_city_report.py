"""The city report: districts add up to the city, and page, PDF and layer say the numbers of the job's own tables."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, Literal

import geopandas
import pandas as pd
import pytest
from lxml import html as lxml_html
from oracles.pv_city import MODEL, write_city, write_districts, write_sites
from oracles.report_reading import by_hand, page_rows, pdf_text, shown

from twin.cityreport.facts import Asked
from twin.cityreport.run import CSV, HTML, PACKAGE, PDF, city_report, lines
from twin.errors import TwinError
from twin.report import city_words
from twin.report.city_sentences import SENTENCES
from twin.report.city_words import TERMS
from twin.report.words import MESSAGES, Words

pytest.importorskip("typst")
pypdf = pytest.importorskip("pypdf")

OUTSIDE = {"de": "außerhalb", "en": "outside"}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(tmp_path_factory.mktemp("city") / "out")


@pytest.fixture(scope="module")
def districts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_districts(tmp_path_factory.mktemp("districts") / "bezirke.gpkg")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sites(tmp_path_factory.mktemp("sites") / "sites.gpkg")


@pytest.fixture(scope="module", params=["de", "en"])
def made(
    request: pytest.FixtureRequest, job: Path, districts: Path, sites: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, dict[str, Any]]:
    language: Literal["de", "en"] = request.param
    folder = tmp_path_factory.mktemp("report") / "bericht"
    return language, folder, city_report(job, Asked(districts, sites, "Musterstadt"), language, folder)


def test_districts_are_the_sums_of_the_jobs_tables(made: Any, job: Path, districts: Path) -> None:
    language, folder, _ = made
    rows = geopandas.read_file(folder / PACKAGE).set_index("district")
    surfaces, buildings = by_hand(job, districts, OUTSIDE[language])
    roofs = surfaces[surfaces["kind"] == "RoofSurface"]
    walls = surfaces[surfaces["kind"] == "WallSurface"]
    assert list(rows.index) == ["Altstadt <Süd> & Höhe", "Äußere Neustadt", "Überlappung", OUTSIDE[language]]
    assert (rows["buildings"] > 0).all() and rows["buildings"].sum() == len(buildings) == 36

    def agrees(column: str, frame: pd.DataFrame, source: str) -> None:
        expected = frame.groupby("district")[source].sum().reindex(rows.index).fillna(0.0)
        assert rows[column].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-12), column

    for part, frame in (("roof", roofs), ("facade", walls)):
        for column, source in (("kwp", "pv_kwp"), ("kwh", "value_phys"), ("kwh_ml", "value_ml"), ("p10_kwh", "p10"),
                               ("p90_kwh", "p90"), ("co2_kg", "co2_kg"), ("m2", "exposed_area_m2")):  # fmt: skip
            agrees(f"{part}_{column}", frame, source)
    for key, name in (
        ("very_good", "sehr gut"),
        ("good", "gut"),
        ("limited", "bedingt"),
        ("unsuitable", "nicht geeignet"),
    ):
        agrees(f"roof_{key}_m2", roofs[roofs["pv_class"] == name], "exposed_area_m2")
    for key, name in (("upper", ">= 800"), ("lower", "650-800")):
        band = walls[walls["facade_band"] == name]
        agrees(f"facade_{key}_m2", band, "exposed_area_m2")
        agrees(f"facade_{key}_kwp", band, "pv_kwp")
        agrees(f"facade_{key}_kwh", band, "value_phys")
    agrees("roof_cost_eur", buildings, "cost_eur")
    agrees("doubtful_m2", surfaces[surfaces["confidence"] < 0.9], "exposed_area_m2")
    for column, chosen in (("roof_plants", (surfaces["kind"] == "RoofSurface") & (surfaces["pv_kwp"] > 0)),
                           ("corrected_plants", surfaces["ml_applied"]), ("without_plant", surfaces["pv_kwp"].isna()),
                           ("out_of_domain_plants", surfaces["out_of_domain"])):  # fmt: skip
        assert rows[column].to_dict() == surfaces[chosen].groupby("district").size().reindex(rows.index).to_dict()


def test_districts_and_outside_make_up_the_city_exactly(made: Any, job: Path) -> None:
    _, folder, summary = made
    rows = geopandas.read_file(folder / PACKAGE)
    city = summary["city"]
    for column in rows.columns.drop(["district", "geometry"]):
        if not column.endswith(("kwh_kwp", "land_kwh_m2")):
            assert city[column] == math.fsum(rows[column]), column
    surfaces = pd.read_parquet(job / "surfaces.parquet")
    assert city["pv_kwh"] == pytest.approx(surfaces["value_phys"].sum(), rel=1e-12)
    assert city["pv_kwh_ml"] == pytest.approx(surfaces["value_ml"].sum(), rel=1e-12)
    assert city["sites_kwh"] == 1512.5e3 + 3001.5e3 and city["sites"] == 2 and city["sites_mw"] == 4.0
    assert city["roof_m2"] == pytest.approx(
        city["roof_very_good_m2"] + city["roof_good_m2"] + city["roof_limited_m2"] + city["roof_unsuitable_m2"]
    )


def test_page_and_pdf_say_the_numbers_of_the_layer(made: Any) -> None:
    """Whole rows of tables, district by district, as numbers of the layer written by this test."""
    language, folder, summary = made
    rows = geopandas.read_file(folder / PACKAGE)
    text, found = pdf_text(folder / PDF), page_rows(folder / HTML)
    named = [*rows.to_dict("records"), {**summary["city"]}]
    assert len(named) == 5
    for number, row in enumerate(named, start=1):
        label = f"{number} " if number <= 3 else ""

        def mwh(value: float) -> str:
            return shown(value / 1000, 1, language)

        for part in ("pv", "roof", "facade"):
            first = [shown(row["buildings"], 0, language)] if part == "pv" else []
            cells = [
                *first,
                shown(row[f"{part}_kwp"], 1, language),
                mwh(row[f"{part}_kwh"]),
                mwh(row[f"{part}_kwh_ml"]),
                f"{mwh(row[f'{part}_p10_kwh'])}–{mwh(row[f'{part}_p90_kwh'])}",
                shown(row[f"{part}_kwh_kwp"], 0, language),
            ]
            line = f"{label}{row['district']} {' '.join(cells)}"
            assert line in text and line in found
        areas = [f"roof_{key}_m2" for key in ("very_good", "good", "limited", "unsuitable")]
        line = " ".join([row["district"], *(shown(row[name], 0, language) for name in ("roof_m2", *areas))])
        assert f"{label}{line}" in text and f"{label}{line}" in found
        bands = ("upper_kwp", "upper_kwh", "lower_kwp", "lower_kwh")
        cells = [
            mwh(row[f"facade_{n}"]) if n.endswith("kwh") else shown(row[f"facade_{n}"], 1, language) for n in bands
        ]
        assert f"{label}{row['district']} {' '.join(cells)}" in text
        cells = [shown(row["land_m2"], 0, language), shown(row["land_kwh_m2"], 0, language), mwh(row["land_kwh"])]
        assert f"{label}{row['district']} {' '.join(cells)}" in text
        cells = [mwh(row[name]) for name in ("roof_co2_kg", "facade_co2_kg", "pv_co2_kg")]
        assert f"{label}{row['district']} {' '.join(cells)}" in text
    csv = pd.read_csv(folder / CSV)
    assert csv["pv_kwh"].to_numpy() == pytest.approx(rows["pv_kwh"].to_numpy(), abs=1e-4)


def test_best_objects_and_reasons_are_those_of_the_tables(made: Any, job: Path) -> None:
    language, folder, _ = made
    text = pdf_text(folder / PDF)
    buildings = pd.read_parquet(job / "buildings.parquet").sort_values("roof_pv_kwh", ascending=False)
    surfaces = pd.read_parquet(job / "surfaces.parquet")
    places = [text.index(f"{one.building_id} ") for one in buildings.head(10).itertuples()]
    assert places == sorted(places)
    best = surfaces[surfaces["kind"] == "WallSurface"].sort_values("value_phys", ascending=False).iloc[0]
    figures = f"{shown(best.pv_kwp, 1, language)} {shown(best.value_phys / 1000, 1, language)}"
    assert re.search(rf"{best.surface_id} .{{1,40}} {re.escape(figures)}", text)
    without = surfaces[surfaces["pv_kwp"].isna() & (surfaces["kind"] == "RoofSurface")]
    assert set(without["pv_reason"]) > {"too little sun", "no module fits"}
    for reason, rows in without.groupby("pv_reason"):
        named = MESSAGES[f"pv_reason_{reason}"][language == "en"]
        sums = [shown(len(rows), 0, language), shown(rows["area_m2"].sum(), 0, language)]
        assert f"{'Dach' if language == 'de' else 'Roof'} {named} {' '.join(sums)}" in text


def test_the_correction_is_named_and_physics_stays(made: Any, job: Path) -> None:
    language, folder, _ = made
    text = pdf_text(folder / PDF)
    surfaces = pd.read_parquet(job / "surfaces.parquet")
    used, abstained, planted = (
        surfaces["ml_applied"].sum(),
        surfaces["out_of_domain"].sum(),
        (surfaces["pv_kwp"] > 0).sum(),
    )
    if language == "de":
        assert f"KI-korrigiert durch Modell {MODEL}: angewandt auf {used} von {planted} Anlagen" in text
        assert "KI-korrigiert" in text and "(physikalischer Wert)" in text and "heißt hier p10" in text
    else:
        assert f"AI-corrected by model {MODEL}: applied to {used} of {planted} plants" in text
    assert used + abstained == planted and "moves hours only" not in text and "verschiebt nur Stunden" not in text


def test_without_a_correction_nothing_is_called_corrected(districts: Path, tmp_path: Path) -> None:
    job = write_city(tmp_path / "out", corrected=False)
    summary = city_report(job, Asked(districts), "de", tmp_path / "bericht")
    text = pdf_text(tmp_path / "bericht" / PDF)
    assert "KI-korrigiert" not in text and "Korrektur wurde nicht angewandt" in text
    rows = geopandas.read_file(tmp_path / "bericht" / PACKAGE)
    assert rows[["roof_kwh_ml", "facade_kwh_ml", "pv_kwh_ml"]].isna().all(axis=None)
    assert summary["city"]["pv_kwh_ml"] is None and summary["districts"][0]["roof_kwh_ml"] is None
    assert pd.read_csv(tmp_path / "bericht" / CSV)["pv_kwh_ml"].isna().all()
    assert summary["corrected_by"] is None and not any("corrected" in line for line in lines(summary))
    assert "Standorte für Solarparks wurden nicht angegeben" in text and "park.fixed" not in text


def test_a_correction_that_leaves_the_years_is_not_praised(districts: Path, tmp_path: Path) -> None:
    """Applied to most plants it still changes no year: the report says so, as the job's own page does."""
    job = write_city(tmp_path / "out")
    surfaces = geopandas.read_parquet(job / "surfaces.parquet")
    still = surfaces.assign(value_ml=surfaces["value_phys"], delta_pct=surfaces["delta_pct"] * 1e-4)
    still.to_parquet(job / "surfaces.parquet")
    city_report(job, Asked(districts), "de", tmp_path / "b")
    assert Words("de")("pv_leaves_years", "0,05") in pdf_text(tmp_path / "b" / PDF)


def test_the_report_says_its_sources_limits_and_assumptions(made: Any) -> None:
    language, folder, _ = made
    text = pdf_text(folder / PDF)
    assert "Datengrundlage: Vermessung Musterstadt, dl-de/by-2-0, verändert" in text
    assert ("1. August 2026" if language == "de" else "1 August 2026") in text
    assert "module.gamma_pdc −0,0035" in text or "module.gamma_pdc −0.0035" in text
    assert "kaputt.gml cut short" in text and "/somewhere" not in text
    if language == "de":
        assert "Im Wetter fehlt, daher angenommen: Lufttemperatur 15 °C." in text
        assert "sehr gut ab 1.000, gut ab 850, bedingt ab 700 kWh/(m²·a)" in text
        assert "Wetter: Das Wetterjahr stammt aus über 150 km Entfernung, vermutlich aus einem anderen Klima." in text
        assert "Testwetter (12 km entfernt)" in text and "another climate" not in text
        assert "Ohne Geländemodell gilt alles Land als eben." in text
        assert "Rang Gebiet" in text and "1 s2 außerhalb einachsig nachgeführt 2,50 3.001,5" in text


def test_the_pdf_is_tagged_and_the_page_asks_for_nothing(made: Any) -> None:
    language, folder, _ = made
    root = pypdf.PdfReader(folder / PDF).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == {"de": "de-DE", "en": "en-GB"}[language]
    assert "pdfuaid:part" in root["/Metadata"].get_data().decode("utf-8")
    page = (folder / HTML).read_text(encoding="utf-8")
    tree = lxml_html.fromstring(page)
    assert all(image.get("src").startswith("data:image/png") and image.get("alt") for image in tree.iter("img"))
    assert len(list(tree.iter("img"))) == 4 and not list(tree.iter("script")) and not list(tree.iter("link"))
    assert "Altstadt &lt;Süd&gt; &amp; Höhe" in page and "<Süd>" not in page


def test_same_job_same_bytes(made: Any, job: Path, districts: Path, sites: Path, tmp_path: Path) -> None:
    language, folder, _ = made
    city_report(job, Asked(districts, sites, "Musterstadt"), language, tmp_path / "again")
    for name in (HTML, PDF, PACKAGE, CSV):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_only_pages_of_the_city_report_know_its_facts() -> None:
    """Words, colours and pictures of a job stand below."""
    pages = Path(city_words.__file__).parent.glob("*.py")
    found = [page.stem for page in pages if "twin.cityreport" in page.read_text(encoding="utf-8")]
    assert found and all(name.startswith("city_") or name == "district_maps" for name in found)


def test_every_word_has_both_languages() -> None:
    for key, (german, english) in {**TERMS, **SENTENCES}.items():
        assert german and english and german.count("{") == english.count("{"), key
    assert not TERMS.keys() & SENTENCES.keys()


@pytest.mark.parametrize("language", ["de", "en"])
def test_objections_are_in_no_sum_and_no_list(
    job: Path, districts: Path, tmp_path: Path, language: Literal["de", "en"]
) -> None:
    """One wall is named: its whole house is in the number of buildings and nowhere else."""
    surfaces, buildings = by_hand(job, districts, OUTSIDE[language])
    best = str(buildings.sort_values("roof_pv_kwh")["building_id"].iloc[-1])
    ids = tmp_path / "liste.csv"
    ids.write_text(f"id;Eingang\n{best}_3;2026-11-02\n", encoding="utf-8")
    folder = tmp_path / "bericht"
    summary = city_report(job, Asked(districts, suppress=ids), language, folder)
    assert summary["suppressed"] == {"buildings": 1, "surfaces": 4}
    assert any(line.startswith("left out    results of 1 buildings and 4 surfaces") for line in lines(summary))
    rows = geopandas.read_file(folder / PACKAGE).set_index("district")
    left = surfaces[surfaces["building_id"] != best]
    assert len(left) == len(surfaces) - 4
    assert rows["buildings"].sum() == len(buildings)
    of = left[left["kind"] == "RoofSurface"].groupby("district")
    for column, of_surfaces in (("roof_kwh", "value_phys"), ("roof_kwp", "pv_kwp"), ("roof_kwh_ml", "value_ml")):
        wanted = of[of_surfaces].sum().reindex(rows.index).fillna(0.0)
        assert rows[column].to_numpy() == pytest.approx(wanted.to_numpy())
    cost = buildings[buildings["building_id"] != best].groupby("district")["cost_eur"].sum().reindex(rows.index)
    assert rows["roof_cost_eur"].to_numpy() == pytest.approx(cost.fillna(0.0).to_numpy())
    planted = left[left["pv_kwp"] > 0]
    text = " ".join(lxml_html.fromstring((folder / HTML).read_text(encoding="utf-8")).text_content().split())
    counted = [shown(int(number), 0, language) for number in (planted["ml_applied"].sum(), len(planted))]
    assert ("{} von {}" if language == "de" else "{} of {}").format(*counted) in text
    assert best not in text and best not in pdf_text(folder / PDF)
    for path in folder.iterdir():
        said = path.read_bytes().lower()
        assert not [word for word in (b"suppress", b"widerspr", b"objection", b"liste.csv") if word in said], path


def test_an_unknown_objection_stops_the_report(job: Path, districts: Path, tmp_path: Path) -> None:
    ids = tmp_path / "ids.csv"
    ids.write_text("id\nnobody\n", encoding="utf-8")
    with pytest.raises(TwinError, match="nobody: no such building"):
        city_report(job, Asked(districts, suppress=ids), "de", tmp_path / "bericht")
    assert not (tmp_path / "bericht").exists()
