"""Words of the study report in German and English, and dates and numbers the way each language writes them.

Sentences stand in study_sentences.py.
"""

from __future__ import annotations

import datetime
import math
from typing import Any

from twin.report.study_phrases import german
from twin.report.study_sentences import SENTENCES
from twin.report.words import Words

# key: (German, English); {} take values in their order.
TERMS: dict[str, tuple[str, str]] = {
    "kicker": ("Verschattungsstudie", "Shadow study"),
    "contents": ("Inhalt", "Contents"),
    "page": ("Seite", "Page"),
    "of": ("von", "of"),
    "footer": ("{} · Prüfsumme der Angaben {}", "{} · checksum of the facts {}"),
    "property": ("Merkmal", "Property"),
    "value": ("Wert", "Value"),
    "cover_caption": ("Angaben zur Studie", "About this study"),
    "occasion": ("Anlass", "Occasion"),
    "place": ("Ort", "Place"),
    "report_date": ("Datum des Berichts", "Date of the report"),
    "dates_studied": ("Untersuchte Tage", "Days studied"),
    "scenarios_studied": ("Szenarien", "Scenarios"),
    "software": ("Software", "Software"),
    "not_stated": ("nicht angegeben", "not stated"),
    "data": ("Datengrundlage", "Data"),
    "legal": ("Rechtliche Einordnung", "Legal orientation"),
    "method": ("Methodik", "Method"),
    "scenarios": ("Szenarien", "Scenarios"),
    "findings": ("Auswertung", "Findings"),
    "conclusion": ("Fazit", "Conclusion"),
    "limits": ("Annahmen und Grenzen", "Assumptions and limits"),
    "annex": ("Anlagen", "Annexes"),
    "inputs_caption": ("Eingaben", "Inputs"),
    "input": ("Eingabe", "Input"),
    "file": ("Datei", "File"),
    "as_of": ("Stand", "As of"),
    "bytes": ("Bytes", "Bytes"),
    "sha256": ("SHA-256", "SHA-256"),
    "role_city": ("Stadtmodell", "City model"),
    "role_terrain": ("Gelände", "Terrain"),
    "role_plan": ("Vorhaben", "Plan"),
    "role_areas": ("Flächen", "Areas"),
    "role_weather": ("Wetter", "Weather"),
    "role_far_terrain": ("Fernes Gelände", "Far terrain"),
    "role_trees": ("Bäume (Laserscan)", "Trees (laser scan)"),
    "role_leaves": ("Belaubung", "Leaves"),
    "role_surface_albedo": ("Albedo der Flächen", "Albedo of surfaces"),
    "role_rule": ("Eigene Regel", "Own rule"),
    "crs": ("Koordinatensystem", "Coordinate system"),
    "horizontal": ("Lagesystem", "Horizontal system"),
    "vertical": ("Höhensystem", "Vertical system"),
    "position": ("Standort der Sonne", "Site of the sun"),
    "terrain": ("Gelände", "Terrain"),
    "weather": ("Wetter", "Weather"),
    "frame_caption": ("Raumbezug und Grundlagen", "Spatial reference and basis"),
    "rule": ("Regel", "Rule"),
    "rules": ("Orientierungswerte", "Orientation values"),
    "rules_caption": ("Herangezogene Regeln", "Rules applied"),
    "source": ("Quelle", "Source"),
    "status": ("Status", "Status"),
    "settings_caption": ("Einstellungen der Berechnung", "Settings of the computation"),
    "step": ("Zeitschritt", "Time step"),
    "pixel": ("Raster der Freiflächen", "Grid of open land"),
    "spacing": ("Abstand der Rechenpunkte auf Fassaden", "Spacing of receivers on façades"),
    "storey_height": ("Geschosshöhe", "Storey height"),
    "halo": ("Berücksichtigte Umgebung", "Surroundings considered"),
    "radius": ("Gemessen im Umkreis der Vorhaben", "Measured around the plans"),
    "clock_span": ("Uhrzeiten (gesetzlich)", "Clock times (legal)"),
    "receivers": ("Rechenpunkte", "Receivers"),
    "receivers_ground": ("Freiflächen", "open land"),
    "receivers_surfaces": ("Dächer und Fassaden", "roofs and façades"),
    "receivers_storey_points": ("Geschosse", "storeys"),
    "receivers_openings": ("Fenster und Türen", "windows and doors"),
    "zone": ("Zeitzone", "Time zone"),
    "scenario": ("Szenario", "Scenario"),
    "plans": ("Vorhaben", "Plans"),
    "removed": ("Abriss", "Removed"),
    "scenarios_caption": ("Verglichene Szenarien", "Scenarios compared"),
    "landed": ("Lage und Höhe der Vorhaben", "Place and height of the plans"),
    "landed_caption": ("So wurde „{}“ eingelesen", "How “{}” was read"),
    "format": ("Format", "Format"),
    "unit": ("Längeneinheit", "Unit of length"),
    "heights": ("Höhenbezug", "Heights refer to"),
    "ground_m": ("Gelände am Ort [m]", "Ground at the place [m]"),
    "base_m": ("Unterkante [m]", "Base [m]"),
    "top_m": ("Oberkante [m]", "Top [m]"),
    "height_m": ("Höhe über Gelände [m]", "Height above ground [m]"),
    "footprint_m2": ("Grundfläche [m²]", "Footprint [m²]"),
    "volume_m3": ("Rauminhalt [m³]", "Volume [m³]"),
    "closed": ("Körper geschlossen", "Closed body"),
    "centre": ("Ostwert, Nordwert [m]", "Easting, northing [m]"),
    "yes": ("ja", "yes"),
    "no": ("nein", "no"),
    "none": ("keine", "none"),
    "nothing": ("nichts", "nothing"),
    "sheets": ("Schattenpläne", "Shadow plans"),
    "sun_hours": ("Sonnenstunden und Differenz", "Sun hours and difference"),
    "facades": ("Fassaden nach Geschoss", "Façades by storey"),
    "openings": ("Fenster und Türen", "Windows and doors"),
    "areas": ("Freiflächen", "Open spaces"),
    "casters": ("Wer wen verschattet", "Who shades whom"),
    "energy": ("Solarenergie", "Solar energy"),
    "sun_paths": ("Sonnenbahnen", "Sun paths"),
    "classes_caption": ("Geschosse nach Sonnenstunden: {}, „{}“", "Storeys by sun hours: {}, “{}”"),
    "class": ("Sonnenstunden", "Sun hours"),
    "class_0": ("keine", "none"),
    "class_1": ("unter 1,5 h", "below 1.5 h"),
    "class_2": ("1,5 bis unter 3 h", "1.5 to below 3 h"),
    "class_3": ("3 bis unter 4 h", "3 to below 4 h"),
    "class_4": ("4 h und mehr", "4 h and more"),
    "count_bestand": ("Bestand, Anzahl", "Bestand, number"),
    "count_scenario": ("{}, Anzahl", "{}, number"),
    "change": ("Änderung", "Change"),
    "storeys_caption": ("Betroffene Geschosse: {}, „{}“", "Affected storeys: {}, “{}”"),
    "own_caption": ("Fassaden des Vorhabens: {}, „{}“", "Façades of the plan: {}, “{}”"),
    "openings_caption": ("Betroffene Fenster und Türen: {}, „{}“", "Affected windows and doors: {}, “{}”"),
    "buildings_caption": ("Gebäude, Mittel ihrer Fassaden: {}, „{}“", "Buildings, means of their façades: {}, “{}”"),
    "bestand_caption": ("Gebäude, Mittel ihrer Fassaden: {}", "Buildings, means of their façades: {}"),
    "areas_caption": ("Besonnung der Flächen", "Sunlight on the areas"),
    "casters_caption": ("Verschattende Objekte: {}, „{}“", "Objects that shade: {}, “{}”"),
    "pairs_caption": ("Schatten des Vorhabens auf andere: {}, „{}“", "Shadow of the plan on others: {}, “{}”"),
    "gone_caption": (
        "Wen heute verschattet, was entfällt: {}, „{}“",
        "Who is shaded today by what goes: {}, “{}”",
    ),
    "levels_caption": ("Stufen vorher und nachher: {}", "Levels before and after: {}"),
    "changes_caption": ("Geänderte Einstufungen: {}", "Changed levels: {}"),
    "energy_caption": ("Einstrahlung im Jahr: „{}“ (überschlägig)", "Annual irradiation: “{}” (estimate)"),
    "building": ("Gebäude", "Building"),
    "facade": ("Fassade", "Façade"),
    "storey": ("Geschoss", "Storey"),
    "ground_floor": ("EG", "ground"),
    "upper_floor": ("{}. OG", "{}"),
    "ground_floor_long": ("Erdgeschoss", "ground floor"),
    "upper_floor_long": ("{}. Obergeschoss", "storey {}"),
    "z": ("Höhe [m]", "Height [m]"),
    "length": ("Länge [m]", "Length [m]"),
    "size": ("Breite × Höhe [m]", "Width × height [m]"),
    "opening": ("Öffnung", "Opening"),
    "hours_bestand": ("Bestand [h]", "Bestand [h]"),
    "hours_scenario": ("{} [h]", "{} [h]"),
    "delta": ("Änderung [min]", "Change [min]"),
    "worst": ("größte Abnahme [min]", "largest loss [min]"),
    "first_sun": ("erste Sonne", "first sun"),
    "last_sun": ("letzte Sonne", "last sun"),
    "longest": ("längste am Stück [h]", "longest spell [h]"),
    "area": ("Fläche", "Area"),
    "area_m2": ("Größe [m²]", "Size [m²]"),
    "facade_m2": ("Fassade [m²]", "Façade [m²]"),
    "share_bestand": ("≥ 2 h, Bestand [%]", "≥ 2 h, Bestand [%]"),
    "share": ("≥ 2 h, Szenario [%]", "≥ 2 h, scenario [%]"),
    "hours_any": ("Szenario [h]", "Scenario [h]"),
    "caster": ("Verschattendes Objekt", "Object that shades"),
    "receiver": ("Verschattet wird", "Is shaded"),
    "first_bestand": ("zuerst im Weg, Bestand [m²·h]", "first in the way, Bestand [m²·h]"),
    "first_m2h": ("zuerst im Weg [m²·h]", "first in the way [m²·h]"),
    "sole_m2h": ("allein ursächlich [m²·h]", "sole cause [m²·h]"),
    "open land": ("Freifläche", "open land"),
    "caster_terrain": ("Gelände", "terrain"),
    "caster_unknown": ("nicht zugeordnet", "not attributed"),
    "level": ("Stufe", "Level"),
    "level_bestand": ("Stufe im Bestand", "Level in the Bestand"),
    "level_none": ("nicht erreicht", "not reached"),
    "level_met": ("erreicht", "reached"),
    "level_low": ("gering", "low"),
    "level_medium": ("mittel", "medium"),
    "level_high": ("hoch", "high"),
    "met": ("eingehalten", "met"),
    "missed": ("unterschritten", "missed"),
    "sun_bestand": ("Sonne Bestand [h]", "Sun Bestand [h]"),
    "sun_scenario": ("Sonne Szenario [h]", "Sun scenario [h]"),
    "shade_bestand": ("Schatten Bestand [h]", "Shade Bestand [h]"),
    "shade_scenario": ("Schatten Szenario [h]", "Shade scenario [h]"),
    "share_before": ("Anteil Bestand [%]", "Share Bestand [%]"),
    "share_after": ("Anteil Szenario [%]", "Share scenario [%]"),
    "own_levels_caption": ("Stufen am Vorhaben selbst: {}", "Levels at the plan itself: {}"),
    "finding_bestand": ("Orientierungswert im Bestand", "Orientation value, Bestand"),
    "finding": ("Orientierungswert im Szenario", "Orientation value, scenario"),
    "subject": ("Nachweisort", "Place assessed"),
    "number": ("Anzahl", "Number"),
    "roof_delta": ("Dach [kWh]", "Roof [kWh]"),
    "facade_delta": ("Fassade [kWh]", "Façade [kWh]"),
    "sum_delta": ("Summe [kWh]", "Sum [kWh]"),
    "percent": ("Anteil [%]", "Share [%]"),
    "pv_delta": ("PV-Ertrag [kWh]", "PV yield [kWh]"),
    "total": ("Summe der untersuchten Gebäude", "Sum of the buildings studied"),
    "annex_sun": ("Sonnenstände", "Sun positions"),
    "annex_inputs": ("Prüfsummen der Eingaben", "Checksums of the inputs"),
    "annex_warnings": ("Hinweise der Berechnung", "Remarks of the computation"),
    "instants_caption": (
        "Sonnenstände am {}: gesetzliche Zeit ({}) und {}; Höhe über dem Horizont und Azimut in Grad",
        "Sun positions on {}: legal time ({}) and {}; elevation and azimuth in degrees",
    ),
    "hashes_caption": ("SHA-256 der Eingaben und der Angaben", "SHA-256 of the inputs and of the facts"),
    "facts": ("Angaben dieses Berichts", "Facts of this report"),
    "legal_time": ("gesetzl.", "legal"),
    "elevation": ("Höhe", "Elev."),
    "azimuth": ("Azimut", "Azimuth"),
    "compass": ("N NO O SO S SW W NW", "N NE E SE S SW W NW"),
    "compass_long": (
        "Nord Nordost Ost Südost Süd Südwest West Nordwest",
        "north north-east east south-east south south-west west north-west",
    ),
    "months": (
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "January February March April May June July August September October November December",
    ),
    "north_south": ("N S", "N S"),
    "east_west": ("O W", "E W"),
}
# What German calls the clocks of its zone; other zones keep their own abbreviation.
_GERMAN_CLOCKS = {"CET": "MEZ", "CEST": "MESZ", "EET": "OEZ", "EEST": "OESZ", "WET": "WEZ", "WEST": "WESZ"}


class StudyWords:
    """The wording of one language; unknown keys are an error of the program."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words = Words(language)  # refuses other languages
        self._column = 0 if language == "de" else 1

    def __call__(self, key: str, *values: object) -> str:
        """The words of a key with values put in."""
        return (TERMS.get(key) or SENTENCES[key])[self._column].format(*values)

    def known(self, key: str, otherwise: str) -> str:
        """The words of a key that may be foreign, or else the foreign text."""
        return self(key) if key in TERMS or key in SENTENCES else otherwise

    def said(self, text: str) -> str:
        """A sentence that another module wrote in English, in this language as far as its phrases are known."""
        return german(text) if self.language == "de" else text

    def of(self, record: dict[str, Any], name: str) -> Any:
        """An entry of facts in this language: English ones stand under a name that ends in `_en`."""
        return record.get(f"{name}_en", record.get(name)) if self.language == "en" else record.get(name)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with the language's separators; an en dash where there is none."""
        return self._words.number(value, decimals)

    def signed(self, value: float | None, decimals: int = 0) -> str:
        """A change: with + or −, ±0 where it rounds to nothing."""
        if value is None or not math.isfinite(value):
            return "–"
        if round(value, decimals) == 0:
            return "±0"
        return ("+" if value > 0 else "") + self.number(value, decimals)

    def date(self, iso: str) -> str:
        """An ISO date in words; text that is none as it stands."""
        try:
            day = datetime.date.fromisoformat(iso)
        except ValueError:
            return iso
        month = self("months").split()[day.month - 1]
        return f"{day.day}. {month} {day.year}" if self.language == "de" else f"{day.day} {month} {day.year}"

    def clock(self, abbreviation: str) -> str:
        """The abbreviation of a clock, e.g. MESZ; a bare offset as UTC+3."""
        if abbreviation[:1] in "+-":
            return f"UTC{abbreviation}"
        return _GERMAN_CLOCKS.get(abbreviation, abbreviation) if self.language == "de" else abbreviation

    def storey(self, storey: int, long: bool = False) -> str:
        """A storey by its number, 0 the ground floor."""
        suffix = "_long" if long else ""
        return self(f"ground_floor{suffix}") if storey == 0 else self(f"upper_floor{suffix}", storey)

    def compass(self, azimuth_deg: float, long: bool = False) -> str:
        """The nearest of eight directions to an azimuth [°]; an en dash where there is none."""
        if not math.isfinite(azimuth_deg):
            return "–"
        return self("compass_long" if long else "compass").split()[round(azimuth_deg / 45.0) % 8]

    def place(self, latitude_deg: float, longitude_deg: float) -> str:
        """Latitude and longitude in words."""
        parts = (("north_south", latitude_deg), ("east_west", longitude_deg))
        return ", ".join(f"{self.number(abs(value), 4)}° {self(key).split()[value < 0]}" for key, value in parts)
