"""Words of the map and page of a search for sites, in German and English."""

from __future__ import annotations

from twin.report.words import Words

MESSAGES: dict[str, tuple[str, str]] = {
    "title": ("Freiflächen für Solarparks", "Open land for solar parks"),
    "subtitle": (
        "{} Flächen, {} ha nutzbar von {} ha, Gelände und Nachbarn verschatten, {}",
        "{} areas, {} ha usable of {} ha, terrain and neighbours shade, {}",
    ),
    "privileged": ("privilegiert (§ 35 BauGB)", "privileged (§ 35 BauGB)"),
    "eeg": ("EEG-Förderkulisse", "EEG support"),
    "other": ("ohne Förderkulisse", "no support strip"),
    "car_park": ("Parkplatz, Dach über Stellplätzen", "car park, roof over spaces"),
    "notice": ("Hinweis", "notice"),
    "own": ("eigene Ebene", "own layer"),
    "building": ("Gebäude", "building"),
    "area_outline": ("untersuchte Fläche", "area looked at"),
    "gone_layer": ("ausgeschlossen durch Ebene", "excluded by a layer"),
    "gone_no_terrain": ("kein Gelände", "no terrain"),
    "gone_building": ("Gebäude und Abstand", "buildings and distance"),
    "gone_steep": ("zu steil", "too steep"),
    "gone_edge": ("Randstreifen", "edge kept free"),
    "gone_narrow": ("zu schmal", "too narrow"),
    "gone_small": ("zu kleines Stück", "piece too small"),
    "strip": ("Grenze von Förderstreifen", "border of support strips"),
    "excluded_short": ("nicht nutzbar", "not usable"),
    "alt_map": (
        "Karte der untersuchten Flächen: nutzbare Teile nach Klasse gefärbt und mit Rang beschriftet, "
        "ausgeschlossene Teile nach Grund, Gebäude, Grenzen der Förderstreifen.",
        "Map of the areas looked at: usable parts coloured by class and labelled with their rank, excluded parts by "
        "reason, buildings, borders of support strips.",
    ),
    "caption_map": (
        "Rang im Kreis; oben ist Gitternord. Schummerung: Gelände, dreifach überhöht, Licht von Nordwest.",
        "Rank in the circle; grid north up. Hill shading: terrain, three times as steep, light from the north-west.",
    ),
    "ranking": ("Rangfolge", "Ranking"),
    "ranking_caption": (
        "Flächen nach Klasse, darin nach {}. Erstes Betriebsjahr; p10 und p90: In 10 % der Fälle liegt der Ertrag "
        "unter p10 (in der Bankensprache „P90“), in 10 % über p90.",
        "Areas by class, then by {}. First year of operation; p10 and p90: in 10 % of cases the yield is "
        "below p10 (a bank's “P90”), in 10 % above p90.",
    ),
    "by_lcoe": ("mittleren Stromgestehungskosten", "middle cost of electricity"),
    "by_mwh": ("Jahresertrag", "annual yield"),
    "by_kwh_kwp": ("spezifischem Ertrag", "specific yield"),
    "by_shade": ("Schattenverlust", "loss to shade"),
    "class_note": (
        "Förderung ändert hier kein Geld; sie sortiert: privilegiert vor EEG-Förderkulisse vor übrigen, Parkplätze "
        "zuletzt, weil ihre Dächer eine andere Anlage sind. Eine Fläche zählt zu einem Streifen, wenn mindestens {} % "
        "ihres nutzbaren Teils darin liegen.",
        "Support changes no money here, it sorts: privileged before EEG support before the rest, car parks last, "
        "because their roofs are another kind of plant. An area counts to a strip from {} % of its usable "
        "part inside on.",
    ),
    "rank": ("Rang", "Rank"),
    "area": ("Fläche", "Area"),
    "class": ("Klasse", "Class"),
    "kind": ("Bauweise", "Way of building"),
    "usable_ha": ("nutzbar [ha]", "usable [ha]"),
    "slope": ("Neigung [°]", "slope [°]"),
    "mwp": ("MWp", "MWp"),
    "mwh": ("MWh/a", "MWh/a"),
    "band": ("p10–p90 [MWh/a]", "p10–p90 [MWh/a]"),
    "kwh_kwp": ("kWh/kWp", "kWh/kWp"),
    "shade": ("Schatten [%]", "shade [%]"),
    "lcoe": ("ct/kWh", "ct/kWh"),
    "fixed": ("feste Reihen", "fixed rows"),
    "tracker": ("einachsig nachgeführt", "single-axis tracking"),
    "vertical": ("senkrecht Ost-West, bifazial", "vertical east-west, bifacial"),
    "canopy": ("Dach über Stellplätzen", "roof over parking spaces"),
    "kinds": ("Bauweisen im Vergleich", "Ways of building compared"),
    "kinds_caption": (
        "Jede Bauweise auf derselben nutzbaren Fläche; die gewählte ist fett.",
        "Each way of building on the same usable land; the chosen one is bold.",
    ),
    "excluded": ("Was ausgeschlossen ist und warum", "What is excluded and why"),
    "excluded_caption": (
        "Jedes abgeschnittene Stück, in der Reihenfolge der Schnitte. „bedeckt“: was die Ebene von der Fläche bedeckt, "
        "früher Abgeschnittenes eingeschlossen.",
        "Every piece cut off, in the order of the cuts. “Covers”: what the layer covers of the area, earlier cuts "
        "included.",
    ),
    "reason": ("Grund", "Reason"),
    "cut_m2": ("abgeschnitten [m²]", "cut off [m²]"),
    "covers_m2": ("bedeckt [m²]", "covers [m²]"),
    "distance": ("Abstand", "Distance"),
    "distance_from": ("{} m ab: {}", "{} m from: {}"),
    "basis": ("Rechtsgrundlage", "Legal basis"),
    "source": ("Quelle, Stand", "Source, as of"),
    "checked": ("nachgeschlagen", "looked up"),
    "unchecked": ("nicht nachgeschlagen", "not looked up"),
    "boosts": ("Was für Flächen spricht", "What speaks for land"),
    "boosts_caption": ("Teil der nutzbaren Fläche in Förderstreifen.", "Part of usable land inside strips of support."),
    "inside_m2": ("darin [m²]", "inside [m²]"),
    "none": ("Keine.", "None."),
    "parking": ("Parkplätze", "Car parks"),
    "parking_caption": (
        "Geforderte Leistung nach {}: {} kW je geeignetem Stellplatz, wenn der Parkplatz neu ist und mehr als {} "
        "Stellplätze hat (Land: {}). Ob ein Parkplatz neu ist, muss die Spalte „new“ sagen; ohne sie gilt er als neu.",
        "Power asked for by {}: {} kW for each suitable space where the car park is new and has more than {} spaces "
        "(of the state: {}). Whether it is new is for the column “new” to say; without it a car park counts as new.",
    ),
    "parking_no_rule": (
        "Die Pflicht (PVStellpV) ist nicht eingeschaltet (--rule pvstellpv).",
        "The duty (PVStellpV) is not switched on (--rule pvstellpv).",
    ),
    "spaces": ("Stellplätze", "Spaces"),
    "suitable": ("geeignet", "suitable"),
    "required": ("gefordert [kW]", "asked for [kW]"),
    "possible": ("möglich [kW]", "possible [kW]"),
    "met": ("erfüllbar", "can be met"),
    "yes": ("ja", "yes"),
    "no": ("nein", "no"),
    "estimated": ("{} (aus der Fläche)", "{} (from the area)"),
    "warnings": ("Hinweise", "Warnings"),
    "assumptions": ("Annahmen", "Assumptions"),
    "assume_yield": (
        "Ertrag: {}; Systemverluste {} %, Modul {} kWp/m², Stand der Annahmen {}. Endlose Reihen; Verschattung durch "
        "Reihen, Gelände und Gebäude im Umkreis von {} m. Keine Bäume, keine Netzanschlusskosten, keine Pacht.",
        "Yield: {}; system losses {} %, module {} kWp/m², assumptions of {}. Endless rows; shaded by rows, and by "
        "terrain and buildings within {} m. No trees, no cost of grid connection, no rent.",
    ),
    "assume_density": (
        "Leistung = nutzbare Fläche (Karte) × Reihenbreite/Reihenabstand × {} % × kWp/m².",
        "Power = usable land (on the map) × row width / row spacing × {} % × kWp/m².",
    ),
    "assume_land": (
        "Nutzbar ist, was nach Ebenen, Gebäuden (Abstand {} m), Neigung (höchstens {}°, nach Norden {}°), Rand ({} m), "
        "Mindestbreite ({} m) und Mindestgröße ({} m²) bleibt.",
        "Usable is what is left after layers, buildings (distance {} m), slope (at most {}°, to the north {}°), edge "
        "({} m), least width ({} m) and least size ({} m²).",
    ),
    "assume_cost": (
        "{}: Investition {}–{} €/kWp, Betrieb {} €/(kW·a), realer Zins {}–{} % – {} ({}).",
        "{}: investment {}–{} €/kWp, operation {} €/(kW·a), real interest {}–{} % – {} ({}).",
    ),
    "assume_life": (
        "Kosten der Kilowattstunde über {} Jahre, Alterung {} % im Jahr; die Spanne verbindet günstigen Bau und Zins "
        "mit p90 und teuren mit p10 des mittleren Jahres dieser Zeit: Über sie gleichen sich gute und schlechte Jahre "
        "aus, die Standardabweichung sinkt auf {} %.",
        "Cost of a kilowatt-hour over {} years, aging {} % a year; the range pairs cheap building and interest with "
        "p90, dear with p10 of that time's mean year: good and bad years even out over it, the standard deviation goes "
        "down to {} %.",
    ),
    "assume_band": (
        "p10–p90 eines Jahres aus einer Standardabweichung von {} % (Wetter, Himmelsmodell, Parameter, Geometrie).",
        "p10–p90 of a year from a standard deviation of {} % (weather years, sky model, parameters, geometry).",
    ),
    "assume_law": (
        "Rechtsgrundlagen sind Daten vom {} und ersetzen keine Prüfung: über den Einzelfall entscheidet die Behörde. "
        "Keine KI-Korrektur auf Freiflächen.",
        "Legal bases are data of {} and replace no examination: the authority decides on the single case. No AI "
        "correction on open land.",
    ),
    "inputs": ("Eingaben", "Inputs"),
    "inputs_caption": ("Dateien mit SHA-256", "Files with SHA-256"),
    "role": ("Rolle", "Role"),
    "role_city": ("Stadtmodell", "city model"),
    "role_terrain": ("Gelände", "terrain"),
    "role_areas": ("untersuchte Flächen", "areas looked at"),
    "role_exclude": ("Ausschluss", "exclusion"),
    "role_boost": ("Förderkulisse", "support"),
    "role_pv": ("eigene Annahmen zur Photovoltaik", "own assumptions on photovoltaics"),
    "role_strips": ("eigene Tabelle der Abstände", "own table of strips"),
    "role_weather": ("Wetter", "weather"),
    "file": ("Datei", "File"),
    "licences": ("Quellen und Lizenzen", "Sources and licences"),
}


class SitesWords(Words):
    """The words of a search for sites; numbers and the map's signs as everywhere."""

    def exact(self, value: float) -> str:
        """An assumption with all its decimals: 2,5 is not 2."""
        plain = round(float(value), 9)
        text = repr(plain)
        return self.number(plain, 0 if plain == int(plain) or "e" in text else len(text.split(".")[1]))

    def __call__(self, key: str, *values: object) -> str:
        """The message of a key with values put in."""
        if key not in MESSAGES:
            return super().__call__(key, *values)
        return MESSAGES[key][0 if self.language == "de" else 1].format(*values)
