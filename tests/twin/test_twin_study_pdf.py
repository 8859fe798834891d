"""The PDF report of a study: tags, literal ids, numbers of the tables, missing pieces, wording, same bytes."""

from __future__ import annotations

import builtins
import datetime
import functools
import io
import itertools
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from shadow.instants import Instants, instants_of
from solar.site import Site
from twin.errors import TwinError
from twin.plan.plan import Plan
from twin.report.picture import Picture
from twin.report.study_blocks import broken
from twin.report.study_findings import affected, counted_classes
from twin.report.study_front import data, ground, standard_name
from twin.report.study_pdf import write_report
from twin.report.study_phrases import NOTES
from twin.report.study_sentences import SENTENCES
from twin.report.study_words import TERMS, StudyWords
from twin.study.facts import NO_TERRAIN, PV_NOTE
from twin.study.facts import NOTES as FACT_NOTES
from twin.study.outcome import BESTAND, Day, Outcome, Scenario, Study

pytest.importorskip("typst")
pypdf = pytest.importorskip("pypdf")

UUID = "UUID_0e2f3f7a-9d1c-4b7e-8a55-6f1f0c2d9b11"
NASTY = 'Haus #1_<b>"Ä&ß"*$x$@y\\'
DATES = ("2026-03-21", "2026-01-17")
SITE = Site(50.08, 8.24, 117.0, -0.583)
ZONE = ZoneInfo("Europe/Berlin")


def day_of(iso: str, step_min: int = 10) -> Day:
    start = np.datetime64(iso) - np.timedelta64(1, "h")
    times = start + np.arange(0, 24 * 60, step_min).astype("timedelta64[m]")
    instants = instants_of(SITE, times, step_min * 60.0)
    return Day(datetime.date.fromisoformat(iso), instants, {}, {})


def facts_of(scenarios: list[dict[str, Any]], dates: tuple[str, ...]) -> dict[str, Any]:
    return {
        "software": "heliotwin 0.1.0",
        "title": "Verschattung durch das Vorhaben „Rheinstraße 12“",
        "occasion": "Aufstellung des Bebauungsplans Nr. 7 „Rheinstraße – Süd“; Prüfung der Besonnung der Nachbarn.",
        "created": "2026-11-28",
        "inputs": [
            {"name": "LoD2_32_445_5547_1_HE.gml", "sha256": "0f" * 32, "bytes": 12_345_678, "role": "city"},
            {"name": "turm_höher_als_der_nachbar_überarbeitet_endfassung_3.geojson", "sha256": "ab" * 32, "bytes": 812,
             "role": "plan", "date": "2026-10-01"},
        ],
        "crs": {"text": "EPSG:25832+7837", "horizontal": "EPSG:25832", "vertical": "EPSG:7837"},
        "site": {"latitude_deg": 50.08, "longitude_deg": 8.24, "altitude_m": 117.0, "convergence_deg": -0.583},
        "zone": "Europe/Berlin",
        "standard_offset_h": 1.0,
        "dates": list(dates),
        "step_min": 10,
        "pixel_m": 0.5,
        "spacing_m": 1.0,
        "storey_height_m": 3.0,
        "window_width_m": 1.2,
        "window_depth_m": 0.36,
        "halo_m": 2000.0,
        "radius_m": 150.0,
        "first": "08:00",
        "last": None,
        "terrain": NO_TERRAIN,
        "attribution": ["Datengrundlage: HVBG, verändert (dl-de/by-2-0)"],
        "scenarios": scenarios,
        "plans": [],
        "receivers": {"ground": 123_456, "surfaces": 45_678, "storey_points": 2_345, "openings": 0},
        "rules": [
            {"id": "en17037", "title": "DIN EN 17037", "source": "DIN EN 17037:2019, nach Sekundärquellen",
             "status": "anerkannte Regel; in der Bauleitplanung ein Orientierungswert",
             "title_en": "DIN EN 17037 (English)", "status_en": "engineering standard",
             "caveats": ["Sturz und Brüstung bleiben außer Betracht."], "caveats_en": ["Lintel and sill are left out."],
             "unverified": ["mittel 3 h"], "unverified_en": ["medium 3 h"]},
        ],
        "notes": [*FACT_NOTES, PV_NOTE],
        "weather": None,
        "warnings": ["2 Gebäude ohne Grundfläche"],
    }  # fmt: skip


def storeys_of(count: int, dates: tuple[str, ...], scenario: str, building: str, seed: int = 7) -> pd.DataFrame:
    """Storeys of façades four storeys high; every second façade loses."""
    random = np.random.default_rng(seed)
    rows = []
    for date, index in itertools.product(dates, range(count)):
        facade, storey = divmod(index, 4)
        before = float(np.round(random.uniform(0, 9) * 6) / 6)
        loss = float(random.integers(0, 13)) * 10 if facade % 2 and scenario != BESTAND else 0.0
        loss = min(loss, before * 60)
        rows.append({
            "building_id": building if facade < 2 else f"DEHE0620000{facade // 2:04d}",
            "surface_id": f"{UUID}_{facade}", "own": False, "azimuth_deg": (facade * 37.0) % 360,
            "storey": storey, "z_m": 114.2 + 3 * storey,
            "length_m": 12.4, "scenario": scenario, "date": date, "hours_bestand": before, "hours": before - loss / 60,
            "delta_min": -loss, "first_sun": "08:10" if before else None, "last_sun": "16:40" if before else None,
            "longest_h": before / 2,
        })  # fmt: skip
    return pd.DataFrame(rows)


def pictures_of(scenario: str, dates: tuple[str, ...]) -> list[Picture]:
    from PIL import Image

    def picture(name: str, width: float, height: float) -> Picture:
        file = io.BytesIO()
        Image.new("RGB", (int(width * 4), int(height * 4)), (210, 220, 230)).save(file, "PNG")
        return Picture(name, file.getvalue(), width, height, f"Bild {name}: graue Fläche.", f"Beispiel {name}")

    found = [picture("landing", 170, 90)]
    for date in dates:
        found += [picture(f"sheets:{date}:{scenario}:{k}", 170, 210) for k in (1, 2)]
        found += [picture(f"{kind}:{date}:{scenario}", 170, 105) for kind in ("sun_hours", "difference", "facades")]
    return [*found, picture("sun_path:Hof", 300, 400)]


def full_outcome(count: int = 48) -> Outcome:
    scenario = "Planung"
    plan = Plan(
        "Turm",
        scenario,
        Path("turm.geojson"),
        None,
        True,
        {"warnings": ["hovers 2.4 m above the ground at its place (113.4 m)"]},
    )  # type: ignore[arg-type]
    present = np.ones(3, bool)
    scenarios = (Scenario(BESTAND, present, (), ()), Scenario(scenario, present, (plan,), (UUID,)))
    study = Study(None, None, scenarios, None, None, ZONE)  # type: ignore[arg-type]
    storeys = storeys_of(count, DATES, scenario, NASTY)
    own = storeys.head(6).assign(own=True, building_id="Turm_1", hours_bestand=np.nan, delta_min=np.nan)
    rules = storeys[storeys["date"] == DATES[0]].assign(
        rule="en17037",
        criterion="sun",
        measure="sun_hours",
        share=np.nan,
        share_bestand=np.nan,
        title="DIN EN 17037",
        subject="storey",
        subject_id=lambda t: t["surface_id"],
    )
    for suffix in ("", "_bestand"):
        level = np.searchsorted([1.5, 3.0, 4.0], rules[f"hours{suffix}"] + 1e-9, side="right")
        rules[f"level{suffix}"] = np.array(["", "low", "medium", "high"])[level]
        rules[f"met{suffix}"] = level > 0
    areas = pd.DataFrame([
        {"area": f"Spielplatz „{date}“", "area_m2": 812.0, "scenario": scenario, "date": date, "hours_bestand": 6.2,
         "hours": 4.1, "share_2h_bestand": 0.93, "share_2h": 0.61, "delta_min": -126.0} for date in DATES
    ])  # fmt: skip
    casters = pd.DataFrame([
        {"scenario": scenario, "date": DATES[0], "caster": caster, "receiver": receiver, "same": caster == receiver,
         "first_m2h": first, "sole_m2h": first / 2}
        for caster, receiver, first in (("Turm_1", NASTY, 321.0), ("Turm_1", "open land", 4321.0), (UUID, UUID, 5.0),
                                        ("terrain", UUID, 17.0), ("?", UUID, 3.0), (UUID, "open land", 77.0))
    ])  # fmt: skip
    energy = pd.DataFrame([
        {"building_id": name, "own": False, "scenario": scenario, "roof_kwh_bestand": 50_000.0, "roof_kwh": 48_000.0,
         "facade_kwh_bestand": 30_000.0, "facade_kwh": 25_000.0, "delta_kwh": -7_000.0, "pv_kwh_bestand": 9_000.0,
         "pv_kwh": 8_100.0, "delta_pv_kwh": -900.0} for name in (NASTY, UUID)
    ])  # fmt: skip
    landed = pd.DataFrame([
        {"plan": "Turm", "scenario": scenario, "file": "turm.geojson", "format": "GeoJSON",
         "crs": "EPSG:25832 (ETRS89 / UTM zone 32N), named by the file", "unit": "m",
         "heights": "field hoehe, above the lowest ground under its corners", "ground_m": 113.4,
         "base_m": 113.4, "top_m": 155.4, "height_m": 42.0, "footprint_m2": 324.0, "volume_m3": 13608.0,
         "closed": True, "easting": 445623.74, "northing": 5547802.12}
    ])  # fmt: skip
    openings = storeys.head(5).assign(
        opening_id=lambda t: [f"{UUID}_w{i}" for i in range(5)], width_m=1.2, height_m=1.5
    )
    tables = {"storeys": pd.concat([storeys, own], ignore_index=True), "rules": rules, "areas": areas,
              "casters": casters, "energy_buildings": energy, "landed": landed,
              "openings": openings.assign(delta_min=-20.0)}  # fmt: skip
    described = [
        {"name": BESTAND, "plans": [], "removed": []},
        {"name": scenario, "plans": ["Turm"], "removed": [UUID], "own": ["Turm_1"], "gone": [UUID]},
    ]
    facts = facts_of(described, DATES) | {
        "plans": [{"name": plan.name, **plan.facts} for plan in study.scenarios[1].plans]
    }
    return Outcome(study, tuple(day_of(date) for date in DATES), tables, (), facts)


def bestand_outcome() -> Outcome:
    study = Study(None, None, (Scenario(BESTAND, np.ones(1, bool), (), ()),), None, None, ZONE)  # type: ignore[arg-type]
    facts = facts_of([{"name": BESTAND, "plans": [], "removed": []}], DATES[:1])
    facts.update(rules=[], warnings=[], notes=[], attribution=[], created=None, title="", occasion="")
    tables = {"storeys": storeys_of(12, DATES[:1], BESTAND, UUID), "energy_buildings": pd.DataFrame()}
    return Outcome(study, (day_of(DATES[0]),), tables, (), facts)


@functools.cache
def pages_of(path: Path) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def text_of(path: Path) -> str:
    """All text of a PDF in reading order, every run of white space as one blank."""
    return " ".join(" ".join(pages_of(path)).split())


def tags_of(path: Path) -> dict[str, list[Any]]:
    """Elements of the tag tree by their type."""
    found: dict[str, list[Any]] = {}

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for part in node:
                walk(part)
        elif isinstance(node, dict):
            if "/S" in node:
                found.setdefault(node["/S"], []).append(node)
            if "/K" in node:
                walk(node["/K"])

    walk(pypdf.PdfReader(path).trailer["/Root"]["/StructTreeRoot"])
    return found


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "studie.pdf"
    return write_report(full_outcome(), pictures_of("Planung", DATES), path, "de")


def test_the_pdf_is_tagged_and_says_so(german: Path) -> None:
    reader = pypdf.PdfReader(german)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "de-DE"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "Verschattung durch das Vorhaben „Rheinstraße 12“"
    xmp = root["/Metadata"].get_data().decode("utf-8")
    assert "pdfuaid:part" in xmp and "pdfaid:part" in xmp
    assert [entry.title.split(" ", 1)[-1] for entry in reader.outline if not isinstance(entry, list)] == [
        "Anlass", "Datengrundlage", "Rechtliche Einordnung", "Methodik", "Szenarien", "Auswertung", "Fazit",
        "Annahmen und Grenzen", "Anlagen"]  # fmt: skip


def test_every_picture_has_its_alternative_text_and_tables_have_headings(german: Path) -> None:
    tags = tags_of(german)
    alternatives = [str(node["/Alt"]) for node in tags["/Figure"]]
    assert alternatives == [p.alt for p in sorted(pictures_of("Planung", DATES), key=order_in_report)]
    assert len(tags["/Table"]) >= 15
    assert len(tags["/TH"]) > 4 * len(tags["/Table"]) / 2


def order_in_report(picture: Picture) -> tuple[int, str]:
    kind, _, rest = picture.name.partition(":")
    place = {"landing": 0, "sheets": 1, "sun_hours": 2, "difference": 2, "facades": 3, "sun_path": 4}[kind]
    date = str(DATES.index(rest[:10])) if rest[:10] in DATES else ""
    return place, f"{date}{'' if kind in ('sheets', 'facades') else kind == 'difference'}{rest}"


def test_ids_and_umlauts_come_out_literally(german: Path) -> None:
    text = text_of(german)
    assert NASTY in text and f"{UUID}_1" in text
    assert "Größe [m²]" in text and "Spielplatz „2026-03-21“" in text
    assert "turm_höher_als_der_nachbar_" in text


def test_tables_agree_with_the_frames(german: Path) -> None:
    """The worst storey, the energies and the instants, looked up in the printed text."""
    outcome, text = full_outcome(), text_of(german)
    storeys = outcome.tables["storeys"]
    for date in DATES:
        part = storeys[(storeys["date"] == date) & ~storeys["own"]]
        losing = int((part["delta_min"] <= -5).sum())
        assert f"nimmt in „Planung“ an {losing} von {len(part)} Geschossen" in text
        worst = part.loc[part["delta_min"].idxmin()]
        before, after = (f"{worst[name]:.2f}".replace(".", ",") for name in ("hours_bestand", "hours"))
        assert f"Abnahme beträgt {-worst['delta_min']:.0f} Minuten (von {before} h auf {after} h)" in text
    assert "−14.000" in text and "−8,8" in text and "−1.800" in text  # sums, and 14 of 160 MWh
    assert "ändert sich von 93 % auf 61 %" in text
    # STANDARDS §8 row 1: 12:00 UTC+1 on 21 March 2026.
    assert re.search(r"12:00 12:00 39,7[123] 168,8[4-7]", text)
    assert "gesetzliche Zeit (MEZ) und UTC+1" in text


def test_small_changes_are_left_out_and_many_are_cut() -> None:
    frame = pd.DataFrame({"delta_min": [-5.0, 4.999, np.nan, 5.0 - 1e-9, -20.0, 20.0]})
    assert affected(frame, 5.0)["delta_min"].tolist() == [-20.0, 20.0, -5.0, 5.0 - 1e-9]


def test_classes_of_hours_hold_their_lower_end() -> None:
    assert counted_classes(np.array([0.0, 0.1, 1.5, 9 * (1 / 6), 2.999, 3.0, 4.0, 9.0, np.nan])) == [1, 1, 3, 1, 2]


def test_many_rows_are_cut_and_headings_repeat(tmp_path: Path) -> None:
    """300 affected storeys a day: the hundred worst, over pages that each repeat the heading."""
    outcome = full_outcome()
    storeys = storeys_of(600, DATES[:1], "Planung", NASTY)
    storeys["delta_min"] = -10.0 - np.arange(len(storeys))
    outcome.tables["storeys"] = storeys
    path = write_report(outcome, [], tmp_path / "long.pdf", "de")
    text = text_of(path)
    assert "Gezeigt sind die 100 Zeilen mit der größten Änderung von 600; alle stehen in study.gpkg." in text
    assert "−609" in text and "−508" not in text
    pages = pages_of(path)
    rows = re.compile(r"^(?:EG|\d\. OG) \d", re.MULTILINE)
    with_rows = [page for page in pages if len(rows.findall(page)) > 10]
    assert len(with_rows) >= 2 and all("erste Sonne" in " ".join(page.split()) for page in with_rows)


def test_only_bestand_without_rules_energy_title_or_date(tmp_path: Path) -> None:
    path = write_report(bestand_outcome(), [], tmp_path / "bestand.pdf", "de")
    text = text_of(path)
    assert "nur den Bestand" in text and "kein Orientierungswert geprüft" in text
    assert "Solarenergie" not in text and "Planung" not in text.replace("Bauplanung", "").replace("Bauleitplanung", "")
    assert "pdfaid" not in pypdf.PdfReader(path).trailer["/Root"]["/Metadata"].get_data().decode("utf-8")


def test_nothing_changes_is_said(tmp_path: Path) -> None:
    outcome = full_outcome()
    storeys = outcome.tables["storeys"]
    storeys["hours"], storeys["delta_min"] = storeys["hours_bestand"], 0.0
    text = text_of(write_report(outcome, [], tmp_path / "same.pdf", "de"))
    assert "an keinem der 48 Geschosse benachbarter Gebäude" in text
    assert "An keinem benachbarten Geschoss ändert sich die Sonnenzeit um 5 Minuten oder mehr" in text


def test_english_report_has_english_numbers(tmp_path: Path) -> None:
    path = write_report(full_outcome(), pictures_of("Planung", DATES), tmp_path / "study.pdf", "en")
    text = text_of(path)
    assert pypdf.PdfReader(path).trailer["/Root"]["/Lang"] == "en-GB"
    assert "Legal orientation" in text and "12,345,678" in text and "21 March 2026" in text
    assert "orientation value" in text.lower() and "Seite" not in text and "Fassade" not in text


def test_same_outcome_same_bytes(german: Path, tmp_path: Path) -> None:
    again = write_report(full_outcome(), pictures_of("Planung", DATES), tmp_path / "again.pdf", "de")
    assert again.read_bytes() == german.read_bytes()


def test_characters_without_a_glyph_are_named(tmp_path: Path) -> None:
    outcome = bestand_outcome()
    outcome.facts["title"] = "Turm 中🏢 \x00"
    text = text_of(write_report(outcome, [], tmp_path / "glyphs.pdf", "de"))
    assert "Turm [U+4E2D][U+1F3E2] [U+0000]" in text


def test_a_day_with_two_clocks_names_each(tmp_path: Path) -> None:
    outcome = bestand_outcome()
    summer = day_of("2026-03-29", 60)
    night = Instants(summer.instants.time[:0], 600.0, *(summer.instants[2][:0],) * 2, summer.instants.direction[:0])
    early = np.datetime64("2026-03-29T00:00:00") + np.arange(4).astype("timedelta64[h]")
    changed = summer.instants._replace(time=np.concatenate([early, summer.instants.time[4:]]))
    days = (Day(summer.date, changed, {}, {}), Day(datetime.date(2026, 12, 21), night, {}, {}))
    outcome = replace(outcome, days=days)
    text = text_of(write_report(outcome, [], tmp_path / "clocks.pdf", "de"))
    assert "01:00 MEZ 01:00" in text and "03:00 MESZ 02:00" in text
    assert "Am 21. Dezember 2026 steht die Sonne zu keinem Zeitpunkt über dem Horizont" in text


def test_no_word_judges() -> None:
    """Values are met or missed; nothing is called permitted, and no key lacks a language."""
    words = {**TERMS, **SENTENCES}
    assert not any(
        re.search(r"zulässig|erlaubt|permissible|permitted|allowed", one, re.I)
        for pair in words.values()
        for one in pair
    )
    for key, (german_text, english_text) in words.items():
        assert german_text.count("{") == english_text.count("{"), key


def test_missing_typst_and_folder_are_errors_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TwinError, match="cannot be written"):
        write_report(bestand_outcome(), [], tmp_path / "absent" / "a.pdf", "de")
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "typst":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TwinError, match=r"pip install 'heliotwin\[report\]'"):
        write_report(bestand_outcome(), [], tmp_path / "a.pdf", "de")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("offset", "name"), [(1.0, "UTC+1"), (0.0, "UTC+0"), (-3.5, "UTC−3:30"), (5.75, "UTC+5:45")])
def test_standard_times_have_names(offset: float, name: str) -> None:
    assert standard_name(offset) == name


def test_words_of_places_and_numbers() -> None:
    words = StudyWords("de")
    assert words.place(-33.9, 151.2) == "33,9000° S, 151,2000° O"
    assert words.compass(359.0) == "N" and words.compass(134.0, long=True) == "Südost"
    assert words.signed(-0.2) == "±0" and words.signed(12.0) == "+12" and words.signed(-1234.0) == "−1.234"
    assert words.clock("+03") == "UTC+03" and words.clock("CEST") == "MESZ"


def test_long_ids_break_after_a_separator() -> None:
    assert broken(UUID, 30).split("\n") == [UUID[:29], UUID[29:]]
    assert "".join(broken("x" * 100, 30).split("\n")) == "x" * 100


def test_a_german_report_says_notes_and_decisions_in_german(german: Path) -> None:
    text = text_of(german)
    assert all(note in NOTES for note in (*FACT_NOTES, PV_NOTE, NO_TERRAIN))
    assert "Jeder Zeitpunkt steht für einen Zeitschritt um ihn." in text and "Each instant" not in text
    assert "von der Datei genannt" in text and "Feld hoehe, über dem tiefsten Gelände unter den Ecken" in text
    assert "schwebt 2,4 m über dem Gelände am Ort (113,4 m)" in text


@pytest.mark.parametrize(
    ("role", "german", "english"),
    [
        ("trees", "Bäume (Laserscan)", "Trees (laser scan)"),
        ("far terrain", "Fernes Gelände", "Far terrain"),
        ("leaves", "Belaubung", "Leaves"),
        ("surface_albedo", "Albedo der Flächen", "Albedo of surfaces"),
        ("rule", "Eigene Regel", "Own rule"),
        ("areas", "Flächen", "Areas"),
    ],
)
def test_inputs_are_named_in_the_reader_s_language(role: str, german: str, english: str) -> None:
    outcome = bestand_outcome()
    outcome.facts["inputs"] = [{"name": "file", "sha256": "0f" * 32, "bytes": 1, "role": role}]
    for language, word in (("de", german), ("en", english)):
        inputs = next(block for block in data(outcome, StudyWords(language)) if block["type"] == "table")
        assert inputs["rows"][0]["cells"][0] == word


def test_what_a_scenario_takes_away_is_called_abriss(german: Path) -> None:
    text = text_of(german)
    assert "Abriss" in text and "Abgang" not in text


def test_rules_with_shares_and_shade_and_own_facades(tmp_path: Path) -> None:
    """Shares are per cent, shade is called shade, the plan's own façades are counted apart, exemptions hold."""
    outcome = full_outcome()
    base = (
        outcome.tables["rules"]
        .head(4)
        .assign(level="", level_bestand="met", met_bestand=True, met=[True, *[False] * 3])
    )
    shade = base.assign(criterion="shade", measure="shade_hours", hours_bestand=1.25, hours=3.5)
    share = base.assign(
        criterion="vsc", measure="sky_component", date="", share_bestand=0.31, share=0.264, hours=np.nan
    )
    own = share.head(2).assign(
        own=True, level="met", met=True, level_bestand="", met_bestand=False, share_bestand=np.nan
    )
    outcome.tables["rules"] = pd.concat([shade, share, own], ignore_index=True)
    text = text_of(write_report(outcome, [], tmp_path / "rules.pdf", "de"))
    assert "Schatten Szenario [h]" in text and "1,25 3,50 erreicht nicht erreicht eingehalten unterschritten" in text
    assert "31,0 26,4 erreicht nicht erreicht eingehalten eingehalten" in text
    assert "DIN EN 17037, vsc, „Planung“: An 3 von 4 Nachweisorten" in text
    assert "Am Vorhaben selbst wird der Orientierungswert an 2 von 2 Nachweisorten eingehalten" in text


def casters_of(outcome: Outcome, rows: list[tuple[str, str, str, float, float]]) -> None:
    outcome.tables["casters"] = pd.DataFrame([
        {"scenario": scenario, "date": DATES[0], "caster": caster, "receiver": receiver, "same": False,
         "first_m2h": first, "sole_m2h": sole} for scenario, caster, receiver, first, sole in rows
    ])  # fmt: skip


def test_what_a_scenario_takes_away_is_listed_with_its_shadow_of_today(tmp_path: Path) -> None:
    """The object that is pulled down casts the largest shadow today: its row leads the table, with 0 afterwards."""
    outcome = full_outcome()
    casters_of(
        outcome,
        [
            (BESTAND, UUID, "open land", 9876.0, 500.0),
            (BESTAND, "bleibt", "open land", 1234.0, 20.0),
            ("Planung", "bleibt", "open land", 1250.0, 40.0),
        ],
    )
    text = text_of(write_report(outcome, [], tmp_path / "gone.pdf", "de"))
    assert f"{UUID} 9.876 0 0 bleibt 1.234 1.250 40" in text
    found = text[text.index("Wen heute verschattet, was entfällt: 21. März 2026, „Planung“") :]
    assert "Freifläche 9.876 500" in found[:400]


def test_a_sole_cause_that_was_looked_for_in_part_is_a_dash(tmp_path: Path) -> None:
    """Open land is asked for sole causes only where something changes: a sum over the rest would look complete."""
    outcome = full_outcome()
    casters_of(
        outcome,
        [
            ("Planung", "halb", "open land", 5000.0, np.nan),
            ("Planung", "halb", "Nachbar", 40.0, 30.0),
            ("Planung", "ganz", "Nachbar", 300.0, 200.0),
        ],
    )
    text = text_of(write_report(outcome, [], tmp_path / "sole.pdf", "de"))
    assert "halb 0 5.040 – ganz 0 300 200" in text and "nicht den Schatten eines Objekts auf sich selbst" in text


def test_energy_is_in_order_of_the_change_be_it_loss_or_gain(tmp_path: Path) -> None:
    outcome = full_outcome()
    frame = outcome.tables["energy_buildings"]
    changes = {"klein": 3.0, "gewinnt": 800.0, "verliert": -90.0}
    outcome.tables["energy_buildings"] = pd.concat(
        [frame.head(1).assign(building_id=name, delta_kwh=change) for name, change in changes.items()]
    )
    text = text_of(write_report(outcome, [], tmp_path / "order.pdf", "de"))
    section = text[text.rindex("6.6 Solarenergie") :]
    assert section.index("gewinnt") < section.index("verliert") < section.index("klein")


def test_the_conclusion_names_the_largest_gain_too(tmp_path: Path) -> None:
    outcome = full_outcome()
    storeys = storeys_of(4, DATES[:1], "Planung", UUID).assign(azimuth_deg=180.0, storey=2, hours_bestand=3.0)
    storeys["hours"], storeys["delta_min"] = [3.0, 4.5, 5.0, 3.0], [0.0, 90.0, 120.0, 0.0]
    outcome.tables["storeys"] = storeys
    text = text_of(write_report(outcome, [], tmp_path / "gain.pdf", "de"))
    best = f"Die größte Zunahme beträgt 120 Minuten (von 3,00 h auf 5,00 h): Gebäude {UUID}, Fassade Süd"
    assert best in text and "größte Abnahme beträgt" not in text


def test_a_report_without_a_title_names_its_kind_once(tmp_path: Path) -> None:
    outcome = bestand_outcome()
    outcome.facts["title"] = ""
    first = pages_of(write_report(outcome, [], tmp_path / "untitled.pdf", "de"))[0]
    assert first.count("Verschattungsstudie") == 1


def test_a_report_says_of_what_a_terrain_is_made() -> None:
    """A study's terrain has no figures of how buildings stand in it, which a solar job's report has."""
    files = [{"name": "dgm1_32_445_5547.tif", "crs": "EPSG:25832"}]
    terrain = SimpleNamespace(facts={"files": files, "triangles": 1234, "largest_error_m": 0.149})
    outcome = full_outcome()
    study = replace(outcome.study, scene=SimpleNamespace(terrain=terrain))  # type: ignore[arg-type]
    said = ground(replace(outcome, study=study), StudyWords("de"))
    assert "dgm1_32_445_5547.tif" in said and "1.234 Dreiecken" in said
