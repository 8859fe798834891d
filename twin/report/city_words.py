"""Words of the city report in German and English; sentences stand in city_sentences.py."""

from __future__ import annotations

import datetime

from twin.report.city_sentences import SENTENCES
from twin.report.pv_words import note_in
from twin.report.study_phrases import german
from twin.report.study_words import TERMS as STUDY_TERMS
from twin.report.words import Words

# key: (German, English); {} take values in their order.
TERMS: dict[str, tuple[str, str]] = {
    "kicker": ("Stadtbericht Solarenergie", "City report on solar energy"),
    "contents": ("Inhalt", "Contents"),
    "page": ("Seite", "Page"),
    "of": ("von", "of"),
    "footer": ("{} · Prüfsumme der Zahlen {}", "{} · checksum of the figures {}"),
    "glance": ("Auf einen Blick", "At a glance"),
    "by_district": ("Nach Bezirken", "By district"),
    "roofs": ("Dächer", "Roofs"),
    "facades": ("Fassaden", "Façades"),
    "land": ("Freiflächen", "Open land"),
    "sites": ("Standorte für Solarparks", "Sites for solar parks"),
    "co2": ("Vermiedenes CO₂", "CO₂ avoided"),
    "excluded": ("Was nicht enthalten ist, und warum", "What is not included, and why"),
    "method": ("Methode", "Method"),
    "assumptions": ("Annahmen", "Assumptions"),
    "data": ("Datengrundlage und Lizenzen", "Data and licences"),
    "limits": ("Grenzen", "Limits"),
    "outside": ("außerhalb", "outside"),
    "unnamed": ("Bezirk {}", "district {}"),
    "distance": ("{} ({} km entfernt)", "{} ({} km away)"),
    "city": ("Stadt gesamt", "Whole city"),
    "district": ("Bezirk", "District"),
    "no": ("Nr.", "No."),
    "buildings": ("Gebäude", "Buildings"),
    "kwp": ("kWp", "kWp"),
    "mwh": ("MWh/a", "MWh/a"),
    "mwh_ml": ("KI-korrigiert\n[MWh/a]", "AI-corrected\n[MWh/a]"),
    "band": ("p10–p90 [MWh/a]", "p10–p90 [MWh/a]"),
    "kwh_kwp": ("kWh/kWp", "kWh/kWp"),
    "tile_roofs": ("Dächer", "Roofs"),
    "tile_facades": ("Fassaden", "Façades"),
    "tile_land": ("Freiflächen, Einstrahlung", "Open land, irradiation"),
    "tile_co2": ("CO₂ vermieden", "CO₂ avoided"),
    "tile_buildings": ("Gebäude", "Buildings"),
    "tile_sites": ("Solarparks, Vorschläge", "Solar parks, proposed"),
    "tile_power_note": ("{} kWp, {} Anlagen, {} kWh/kWp", "{} kWp, {} plants, {} kWh/kWp"),
    "tile_land_note": ("{} ha, im Mittel {} kWh/m²", "{} ha, {} kWh/m² on average"),
    "tile_co2_note": ("im Jahr, Faktor von {}", "a year, factor of {}"),
    "tile_buildings_note": ("in {} Bezirken, {} außerhalb", "in {} districts, {} outside"),
    "tile_sites_note": ("{} Flächen, {} MW", "{} areas, {} MW"),
    "overview_caption": ("Photovoltaik auf Dächern und Fassaden", "Photovoltaics on roofs and façades"),
    "roof_caption": ("Dachflächen nach Eignung [m²]", "Roof areas by suitability [m²]"),
    "roof_yield_caption": ("Leistung und Ertrag der Dächer", "Power and yield of roofs"),
    "roof_m2": ("Dach [m²]", "Roof [m²]"),
    "very_good": ("sehr gut", "very good"),
    "good": ("gut", "good"),
    "limited": ("bedingt", "limited"),
    "unsuitable": ("nicht geeignet", "unsuitable"),
    "unclassed": ("ohne Einstufung", "not classed"),
    "class": ("Eignung", "Suitability"),
    "classes_caption": ("Dächer der Stadt nach Eignung", "The city's roofs by suitability"),
    "surfaces": ("Flächen", "Surfaces"),
    "area_m2": ("Fläche [m²]", "Area [m²]"),
    "exposed_m2": ("davon frei [m²]", "of it exposed [m²]"),
    "plants": ("Anlagen", "Plants"),
    "best_buildings_caption": (
        "Die {} Gebäude mit dem größten Dachertrag",
        "The {} buildings whose roofs yield most",
    ),
    "building": ("Gebäude (gml:id)", "Building (gml:id)"),
    "surface": ("Fläche (gml:id)", "Surface (gml:id)"),
    "cost": ("Kosten [€]", "Cost [€]"),
    "payback": ("Amortisation [a]", "Payback [a]"),
    "facade_m2": ("Fassade [m²]", "Façade [m²]"),
    "facade_caption": (
        "Fassadenflächen nach Einstrahlung [m²]: ab {1} und {0} bis {1} kWh/(m²·a)",
        "Façade areas by irradiation [m²]: from {1} and {0} to {1} kWh/(m²·a)",
    ),
    "facade_band_caption": (
        "Leistung und Ertrag der Bänder ab {1} und {0} bis {1} kWh/(m²·a)",
        "Power and yield of the bands from {1} and {0} to {1} kWh/(m²·a)",
    ),
    "facade_yield_caption": ("Leistung und Ertrag der Fassaden", "Power and yield of façades"),
    "band_upper": ("≥ {}", "≥ {}"),
    "band_lower": ("{}–{}", "{}–{}"),
    "irradiation": ("kWh/(m²·a)", "kWh/(m²·a)"),
    "best_facades_caption": ("Die {} Fassaden mit dem größten Ertrag", "The {} façades that yield most"),
    "faces": ("Richtung", "Faces"),
    "land_caption": ("Einstrahlung auf Freiflächen", "Irradiation of open land"),
    "land_m2": ("Freifläche [m²]", "Open land [m²]"),
    "land_mwh": ("Einstrahlung [MWh/a]", "Irradiation [MWh/a]"),
    "land_mean": ("Mittel [kWh/(m²·a)]", "Mean [kWh/(m²·a)]"),
    "sites_caption": ("Vorschläge für Solarparks, in ihrer Rangfolge", "Proposed solar parks, as ranked"),
    "sites_district_caption": ("Solarparks nach Bezirken", "Solar parks by district"),
    "site": ("Gebiet", "Area"),
    "rank": ("Rang", "Rank"),
    "sites_number": ("Gebiete", "Areas"),
    "mw": ("MW", "MW"),
    "kind": ("Bauart", "Kind"),
    "lcoe": ("Stromkosten [ct/kWh]", "Cost [ct/kWh]"),
    "kind_fixed": ("feste Reihen", "fixed rows"),
    "kind_tracker": ("einachsig nachgeführt", "single-axis tracking"),
    "kind_vertical": ("senkrecht, beidseitig", "vertical, bifacial"),
    "kind_canopy": ("Parkplatzdach", "car park roof"),
    "co2_caption": ("CO₂, das der Strom im Jahr vermeidet [t]", "CO₂ that the electricity avoids in a year [t]"),
    "sum": ("Summe", "Sum"),
    "reasons_caption": ("Flächen ohne Anlage", "Surfaces without a plant"),
    "part": ("Teil", "Part"),
    "part_roof": ("Dach", "Roof"),
    "part_facade": ("Fassade", "Façade"),
    "part_other": ("sonstige", "other"),
    "reason": ("Grund", "Reason"),
    "reason_none": ("kein Grund vermerkt", "no reason noted"),
    "excluded_caption": ("Ohne Anlage oder mit unsicherer Geometrie", "Without a plant, or of doubtful geometry"),
    "without": ("ohne Anlage", "without a plant"),
    "without_m2": ("davon frei [m²]", "of it exposed [m²]"),
    "doubtful": ("unsicher", "doubtful"),
    "doubtful_m2": ("unsicher [m²]", "doubtful [m²]"),
    "doubtful_mwh": ("unsicher [MWh/a]", "doubtful [MWh/a]"),
    "defects_caption": ("Mängel im Stadtmodell", "Defects in the city model"),
    "defect": ("Mangel", "Defect"),
    "number": ("Anzahl", "Number"),
    "failed_caption": ("Nicht gelesene Dateien: {} von {}", "Files not read: {} of {}"),
    "file": ("Datei", "File"),
    "why": ("Warum", "Why"),
    "assumptions_caption": ("Alle Werte der Konfiguration, Stand {}", "All values of the configuration, as of {}"),
    "property": ("Merkmal", "Property"),
    "value": ("Wert", "Value"),
    "inputs_caption": ("Eingaben", "Inputs"),
    "role_city": ("Stadtmodell und Gelände", "City model and terrain"),
    "role_weather": ("Wetter", "Weather"),
    "role_districts": ("Bezirke", "Districts"),
    "role_pv": ("eigene Annahmen zur Photovoltaik", "own assumptions on photovoltaics"),
    "role_sites": ("Solarparks", "Solar parks"),
    "crs": ("Koordinatensystem", "Coordinate system"),
    "software": ("Software", "Software"),
    "sha256": ("SHA-256", "SHA-256"),
    "period": ("Zeitraum", "Period"),
    "yes": ("ja", "yes"),
    "not": ("nein", "no"),
    "level": ("eben", "level"),
    "chart_energy": ("Ertrag im Jahr [MWh]", "Annual yield [MWh]"),
    "chart_classes": ("Dachfläche nach Eignung [m²]", "Roof area by suitability [m²]"),
    "map_energy": ("Ertrag von Dächern und Fassaden [MWh im Jahr]", "Yield of roofs and façades [MWh a year]"),
    "map_classes": ("Eignung der Dachflächen", "Suitability of roofs"),
    "whisker": ("p10 bis p90 der Summe", "p10 to p90 of the sum"),
    "border": ("Bezirksgrenze", "District border"),
}


class CityWords:
    """The wording of one language; unknown keys are an error of the program."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.common = Words(language)  # refuses other languages
        self._column = 0 if language == "de" else 1

    def __call__(self, key: str, *values: object) -> str:
        """The words of a key with values put in; no line ends before a per cent sign."""
        return (TERMS.get(key) or SENTENCES[key])[self._column].format(*values).replace(" %", "\u00a0%")

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with the language's separators; an en dash where there is none."""
        return self.common.number(value, decimals)

    def mega(self, kilo: float) -> str:
        """Kilowatt-hours as megawatt-hours, or kilograms as tonnes, with one decimal."""
        return self.number(kilo / 1000.0, 1)

    def span(self, low: float, high: float) -> str:
        """A range with one decimal."""
        return f"{self.number(low, 1)}–{self.number(high, 1)}"

    def kind(self, kind: str) -> str:
        """How a solar park is built; a foreign kind as it stands."""
        return self(f"kind_{kind}") if f"kind_{kind}" in TERMS else kind

    def reason(self, text: str) -> str:
        """Why a surface has no plant; a foreign reason as it stands."""
        return self.common.known(f"pv_reason_{text}", text) if text else self("reason_none")

    def said(self, text: str) -> str:
        """A sentence that another module wrote in English, in this language as far as its phrases are known."""
        return german(text) if self.language == "de" else text

    def note(self, text: str) -> str:
        """What was assumed for want of data; a foreign note as far as its pieces are known."""
        return note_in(self.language, text)

    def date(self, iso: str) -> str:
        """An ISO date in words; text that is none as it stands."""
        try:
            day = datetime.date.fromisoformat(iso)
        except ValueError:
            return iso
        month = STUDY_TERMS["months"][self._column].split()[day.month - 1]
        return f"{day.day}. {month} {day.year}" if self.language == "de" else f"{day.day} {month} {day.year}"

    def compass(self, azimuth_deg: float) -> str:
        """The nearest of eight directions to an azimuth [°]; "level" where there is none."""
        if azimuth_deg != azimuth_deg:
            return self("level")
        return STUDY_TERMS["compass"][self._column].split()[round(azimuth_deg / 45.0) % 8]
