"""Every word of the report in German and English, and numbers the way each language writes them."""

from __future__ import annotations

import math

from twin.report.action_words import german_action
from twin.report.defect_words import DEFECT_MESSAGES
from twin.report.pv_words import PV_MESSAGES
from twin.report.surroundings_messages import SURROUNDINGS_MESSAGES
from twin.report.weather_flag_words import FLAG_MESSAGES, flag_key

LANGUAGES = ("de", "en")

# key: (German, English); {} take values in their order.
MESSAGES: dict[str, tuple[str, str]] = {
    **DEFECT_MESSAGES,
    **FLAG_MESSAGES,
    **PV_MESSAGES,
    **SURROUNDINGS_MESSAGES,
    "title": ("Sonneneinstrahlung im Jahr", "Solar irradiation in a year"),
    "subtitle": ("Dächer, Fassaden und Freiflächen", "Roofs, façades and open land"),
    "unit": ("kWh/(m²·a)", "kWh/(m²·a)"),
    "legend": ("Einstrahlung im Jahr [kWh/(m²·a)]", "Annual irradiation [kWh/(m²·a)]"),
    "legend_note": (
        "Die äußersten Farben fassen alles zusammen, was darüber oder darunter liegt.",
        "The outermost colours hold everything beyond them.",
    ),
    "map": ("Karte", "Map"),
    "picture": ("3D-Ansicht", "3D view"),
    "picture_focus": ("3D-Ansicht des dichtesten Teils", "3D view of the densest part"),
    "picture_note": (
        "Blick nach Nordnordost, Parallelprojektion; der in der Karte gestrichelte Rahmen ist dargestellt. "
        "Schattiert, damit Höhen lesbar sind: Die Farben der Legende gelten für beleuchtete ebene Flächen.",
        "Looking north-north-east, parallel projection; the dashed frame on the map is shown. "
        "Shaded to make heights readable: the legend's colours hold for lit level surfaces.",
    ),
    "picture_note_all": (
        "Blick nach Nordnordost, Parallelprojektion. "
        "Schattiert, damit Höhen lesbar sind: Die Farben der Legende gelten für beleuchtete ebene Flächen.",
        "Looking north-north-east, parallel projection. "
        "Shaded to make heights readable: the legend's colours hold for lit level surfaces.",
    ),
    "frame": ("3D-Ansicht", "3D view"),
    "north": ("N", "N"),
    "easting": ("Ostwert [m], {}", "Easting [m], {}"),
    "northing": ("Nordwert [m]", "Northing [m]"),
    "histograms": ("Wie sich die Flächen verteilen", "How the areas are distributed"),
    "histograms_note": (
        "Freie Fläche in m² je Stufe von 50 kWh/(m²·a); Strich: Mittel nach Fläche.",
        "Exposed area in m² per step of 50 kWh/(m²·a); line: mean by area.",
    ),
    "group_line": ("{}: {} m², Mittel {}", "{}: {} m², mean {}"),
    "no_area": ("{}: keine", "{}: none"),
    "months": ("Monate", "Months"),
    "months_note": (
        "Mittel nach freier Fläche in kWh/m² je Monat, nach Herkunft der Strahlung.",
        "Mean by exposed area in kWh/m² per month, by the origin of the radiation.",
    ),
    "months_caption": ("Einstrahlung je Monat [kWh/m²]", "Irradiation by month [kWh/m²]"),
    "month_axis": ("kWh/m² im Monat", "kWh/m² in the month"),
    "month_names": (
        "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    ),
    "direct": ("direkt", "direct"),
    "diffuse": ("diffus", "diffuse"),
    "reflected": ("reflektiert", "reflected"),
    "month": ("Monat", "Month"),
    "sum": ("Summe", "Sum"),
    "roofs": ("Dächer", "Roofs"),
    "facades": ("Fassaden", "Façades"),
    "facades_north": ("Fassaden Nord", "Façades north"),
    "facades_east": ("Fassaden Ost", "Façades east"),
    "facades_south": ("Fassaden Süd", "Façades south"),
    "facades_west": ("Fassaden West", "Façades west"),
    "open_land": ("Freiflächen", "Open land"),
    "key_figures": ("Kennzahlen", "Key figures"),
    "buildings": ("Gebäude", "Buildings"),
    "objects_closed": ("{} von {} Körpern geschlossen", "{} of {} solids are closed"),
    "key_area": ("{} m² frei, {} GWh im Jahr", "{} m² exposed, {} GWh a year"),
    "key_land": ("{} m², Raster {} m", "{} m², grid {} m"),
    "key_ghi": ("Wetterdaten", "Weather data"),
    "key_ghi_note": ("Globalstrahlung auf die Waagrechte", "Global horizontal irradiation"),
    "receivers": ("Rechenpunkte", "Receivers"),
    "key_receivers": ("{} auf Flächen, {} auf Freiland", "{} on surfaces, {} on open land"),
    "kinds": ("Flächen nach Art", "Surfaces by kind"),
    "kind": ("Art", "Kind"),
    "count": ("Anzahl", "Number"),
    "area": ("Fläche [m²]", "Area [m²]"),
    "exposed_area": ("davon frei [m²]", "of it exposed [m²]"),
    "per_area": ("kWh/(m²·a)", "kWh/(m²·a)"),
    "energy": ("MWh/a", "MWh/a"),
    "RoofSurface": ("Dachfläche", "Roof surface"),
    "WallSurface": ("Wandfläche", "Wall surface"),
    "OuterCeilingSurface": ("Deckenunterseite außen", "Outer ceiling surface"),
    "OuterFloorSurface": ("Bodenfläche außen", "Outer floor surface"),
    "Window": ("Fenster", "Window"),
    "Door": ("Tür", "Door"),
    "kinds_caption": ("Fläche und Einstrahlung nach Art", "Area and irradiation by kind"),
    "exposed_note": (
        "Frei ist, was weder an eine Wand grenzt noch in einem anderen Körper steckt. Werte je m² gelten dafür.",
        "Exposed is what neither touches a wall nor is buried in another body. Values per m² refer to it.",
    ),
    "best": ("Die zehn Dachflächen, die am meisten empfangen", "The ten roofs that receive most"),
    "best_caption": ("Dachflächen mit der größten Einstrahlung im Jahr", "Roof surfaces by annual irradiation"),
    "best_note": (
        "Geordnet nach der Einstrahlung im Jahr auf die freie Fläche.",
        "Ordered by annual irradiation on the exposed area.",
    ),
    "surface": ("Fläche (gml:id)", "Surface (gml:id)"),
    "building": ("Gebäude (gml:id)", "Building (gml:id)"),
    "tilt": ("Neigung [°]", "Tilt [°]"),
    "azimuth": ("Azimut [°]", "Azimuth [°]"),
    "level": ("eben", "level"),
    "defects": ("Mängel im Stadtmodell", "Defects in the city model"),
    "defects_none": ("Keine gefunden.", "None found."),
    "defects_more": ("{} weitere stehen in report.json.", "{} more are listed in report.json."),
    "object": ("Objekt (gml:id)", "Object (gml:id)"),
    "file": ("Datei", "File"),
    "line": ("Zeile", "Line"),
    "action": ("Was geschah", "What was done"),
    "failed": ("Dateien, die nicht gelesen werden konnten", "Files that could not be read"),
    "failed_caption": ("Nicht gelesen: {} von {} Dateien", "Not read: {} of {} files"),
    "failed_why": ("Warum", "Why"),
    "left_out": ("Was nicht mitgerechnet wurde", "What was left out"),
    "left_out_caption": ("Nicht gerechnete Flächen und Objekte", "Surfaces and objects left out"),
    "left_out_none": ("Nichts.", "Nothing."),
    "what": ("Was", "What"),
    "reason_object": (
        "{}: kein Gebäude, wirft keinen Schatten und empfängt nichts",
        "{}: not built, neither shades nor receives",
    ),
    "reason_not_read": ("{}: wird nicht gelesen", "{}: is not read"),
    "reason_CLOSURE": (
        "Abschlussflächen zwischen Gebäudeteilen (ClosureSurface)",
        "Closure surfaces between building parts (ClosureSurface)",
    ),
    "origin": ("Woher die Werte kommen", "Where the values come from"),
    "origin_caption": ("Eingaben, Einstellungen und Software", "Inputs, settings and software"),
    "property": ("Merkmal", "Property"),
    "value": ("Wert", "Value"),
    "crs": ("Koordinatensystem", "Coordinate system"),
    "crs_value": ("{}, Höhe {} (in der Datei: {})", "{}, height {} (in the file: {})"),
    "not_stated": ("nicht angegeben", "not stated"),
    "site": ("Standort der Sonne", "Site of the sun"),
    "site_value": (
        "{}° Breite, {}° Länge, {} m; Meridiankonvergenz {}°",
        "latitude {}°, longitude {}°, {} m; meridian convergence {}°",
    ),
    "weather": ("Wetter", "Weather"),
    "weather_value": (
        "{}, {} km entfernt, {} kWh/m² auf der freien Ebene",
        "{}, {} km away, {} kWh/m² on a free level plane",
    ),
    "weather_period": ("Zeitraum (UTC)", "Period (UTC)"),
    "period_value": ("{} bis {}, Schritt {} min", "{} to {}, step {} min"),
    "label_convention": ("Zeitstempel", "Time stamps"),
    "weather_flags": ("Abgeleitete Wettergrößen", "Derived weather quantities"),
    "sky": ("Himmel", "Sky"),
    "sky_value": ("{}, {} Himmelsfelder, {} Sonnenorte", "{}, {} sky patches, {} sun positions"),
    "software": ("Software", "Software"),
    "input": ("Eingabe", "Input"),
    "input_value": ("{} Bytes, SHA-256 {}", "{} bytes, SHA-256 {}"),
    "assumptions": ("Annahmen", "Assumptions"),
    "assume_terrain": (
        "Kein Gelände: Freiflächen liegen eben auf der Fußhöhe der Gebäude ringsum; nahe Hügel werfen keinen Schatten.",
        "No terrain: open land lies level at the base height of the buildings around; hills near by cast no shadow.",
    ),
    "assume_relief": (
        "Die Stadtdateien enthalten selbst ein Gelände ({} Dreiecke); mit --terrain angegeben, wird es gerechnet.",
        "The city files hold a terrain of their own ({} triangles); named with --terrain, it is used.",
    ),
    "assume_beside": (
        "Im Ordner der Stadt liegt Gelände ({}), das nicht gerechnet wurde: mit --terrain angeben.",
        "Terrain in the city's folder ({}) took no part: name it with --terrain.",
    ),
    "terrain_given": (
        "Gelände aus {} in {} Dreiecken, höchstens {} m neben den Messwerten; es wirft Schatten, und Freiflächen "
        "liegen darauf (Werte je m² der geneigten Fläche).",
        "Terrain of {} in {} triangles, at most {} m off the samples; it casts shadows, and open land lies on it "
        "(values per m² of the slope).",
    ),
    "terrain_holes": (
        "{} m² Freifläche haben kein Gelände und liegen eben auf der Fußhöhe der Gebäude ringsum.",
        "{} m² of open land have no terrain and lie level at the base height of the buildings around.",
    ),
    "terrain_buried": (
        "Gebäude mit Wänden im Boden: {}; {} m² Wand zählen nicht als frei. Mehr als {} m tief: {}.",
        "Buildings with walls in the ground: {}; {} m² of wall do not count as exposed. More than {} m deep: {}.",
    ),
    "terrain_floating": (
        "Gebäude, die irgendwo mehr als {1} m über dem Gelände schweben (Spalte floating): {0}.",
        "Buildings that hang more than {1} m above the terrain somewhere (column floating): {0}.",
    ),
    "terrain_absent": (
        "Gebäude außerhalb des Geländes: {}.",
        "Buildings outside the terrain: {}.",
    ),
    "terrain_missing": (
        "Im Gelände fehlen {} m²; dort gibt es weder Schatten noch Neigung.",
        "{} m² of the terrain are missing; there is neither shadow nor slope there.",
    ),
    "terrain_overlap": (
        "Wo Geländedateien überlappen, gilt die zuerst genannte; {} Werte weichen ab, höchstens um {} m.",
        "Where terrain files overlap the first named counts; {} samples differ, by {} m at most.",
    ),
    "terrain_unnamed": (
        "Dateien ohne Koordinatensystem, genommen als das der Stadt: {} von {}.",
        "Files that name no coordinate system, taken as the city's: {} of {}.",
    ),
    "assume_trees": ("Keine Bäume: ihr Schatten fehlt.", "No trees: their shadow is missing."),
    "assume_crowns": (
        "{} Baumkronen nehmen Licht nach Jahreszeit; was Blätter weiterstreuen, fehlt.",
        "{} crowns of trees take light by season; what leaves scatter onwards is missing.",
    ),
    "assume_reflections": (
        "Boden ({} % der Einstrahlung), Wände und Dächer werfen Licht zurück, so wie jeder Messpunkt sie sieht; "
        "verfolgt bis zur {}. Reflexion.",
        "Ground ({} % of what it gets), walls and roofs send light back, as each receiver sees them; followed up to "
        "reflection {}.",
    ),
    "assume_hills": (
        "Berge bis 40 km Entfernung sind berücksichtigt; sie stehen höchstens {}° über dem Horizont.",
        "Hills up to 40 km away are considered; they stand {}° above the horizon at most.",
    ),
    "assume_no_hills": (
        "Keine Berge jenseits der Umgebung: dort ist der Horizont frei.",
        "No hills beyond the surroundings: there the horizon is open.",
    ),
    "uncertainty": (
        "Standardunsicherheit der Jahreseinstrahlung einer Fläche, im Mittel nach Fläche: {} % (Abstand der Messpunkte "
        "{} %, Sonnenorte {} %, Himmelsfelder {} %, aus dem, was jede Fläche sieht, mit Faktoren aus feinen Rechnungen "
        "des Demogebiets; Geometrie {} %, nach ihrer Verlässlichkeit geschätzt). Wetter, Himmelsmodell, Bäume und die "
        "Auflösung der Reflektoren sind nicht darin.",
        "Standard uncertainty of a surface's annual irradiation, mean by area: {} % (spacing of receivers {} %, sun "
        "grid {} %, sky patches {} %, from what each surface sees, with factors from fine runs of the demo district; "
        "geometry {} %, judged by its confidence). Weather, sky model, trees and the resolution of reflectors are not "
        "in it.",
    ),
    "uncertainty_tail": (
        "Von {} Flächen mit mehr als {} m² liegen {} über {} %; welche, steht in surfaces.parquet (irradiation_u_pct).",
        "Of {} surfaces larger than {} m², {} are above {} %; surfaces.parquet says which (irradiation_u_pct).",
    ),
    "assume_sky": ("Himmelsmodell: {}.", "Sky model: {}."),
    "assume_ground": (
        "Der Boden wirft überall {} % der freien Globalstrahlung zurück; andere Gebäude reflektieren nicht.",
        "The ground reflects {} % of the free global irradiation everywhere; other buildings do not reflect.",
    ),
    "assume_grid": (
        "Jahreswerte rechnen mit {} Sonnenorten; der nächste kann 13 Minuten vom wahren Sonnenstand entfernt sein.",
        "Annual values use {} sun positions; the nearest may be 13 minutes from the true sun.",
    ),
    "assume_halo": ("Gebäude verschatten bis {} m Entfernung.", "Buildings shade up to {} m away."),
    "assume_beyond_halo": (
        "Was weiter entfernt steht, könnte höchstens {}° über den Horizont ragen und bleibt unbeachtet.",
        "What stands farther away could rise at most {}° above the horizon and is not considered.",
    ),
    "limits": ("Grenzen", "Limits"),
    "limit_model": (
        "Das Stadtmodell kennt keine Gauben, Schornsteine und Dachaufbauten, wo die Quelle sie nicht enthält.",
        "The city model has no dormers, chimneys or roof structures where the source does not hold them.",
    ),
    "limit_yield": (
        "Gezeigt ist Einstrahlung, nicht Stromertrag; sie ersetzt weder Ertragsnachweis noch Statikprüfung.",
        "Shown is irradiation, not electricity; it replaces neither a yield assessment nor a structural check.",
    ),
    "limit_weather": (
        "Ein Wetterjahr steht für sich: andere Jahre können um zehn Prozent und mehr abweichen.",
        "One weather year stands for itself: other years may differ by ten per cent and more.",
    ),
    "limit_far_weather": (
        "Das Wetter stammt aus {} km Entfernung: dort herrscht wahrscheinlich ein anderes Klima.",
        "The weather comes from {} km away: another climate is likely there.",
    ),
    "limit_part_year": (
        "Die Wetterdaten umfassen {} Tage: alle Jahreswerte sind Summen über diese Zeit.",
        "The weather data cover {} days: all annual values are sums over this time.",
    ),
    "licences": ("Daten und Lizenzen", "Data and licences"),
    "source_line": ("Stadtmodell: {} · Wetter: {} ({} km entfernt)", "City model: {} · Weather: {} ({} km away)"),
    "more_files": ("{} und {} weitere", "{} and {} more"),
    "alt_map": (
        "Karte von {} Gebäuden, Norden oben: Dächer und Freiflächen, gefärbt nach Einstrahlung, {} bis {} kWh/(m²·a).",
        "Map of {} buildings, north up: roofs and open land coloured by irradiation, {} to {} kWh/(m²·a).",
    ),
    "alt_picture": (
        "Schrägansicht der Gebäude von Südsüdwest, Flächen nach Einstrahlung im Jahr gefärbt, mit Schlagschatten.",
        "Oblique view of the buildings from the south-south-west, coloured by annual irradiation, with shadows.",
    ),
    "alt_histograms": (
        "Verteilung der Flächen nach Einstrahlung. {}.",
        "Distribution of areas by irradiation. {}.",
    ),
    "alt_months": (
        "Gestapelte Säulen der Einstrahlung je Monat; die Werte stehen in der Tabelle darunter.",
        "Stacked bars of irradiation by month; the values stand in the table below.",
    ),
}


# What replaces the words of a year where the weather covers only a part of one.
PERIOD = {
    "de": (
        ("kWh/(m²·a)", "kWh/m²"),
        ("MWh/a", "MWh"),
        (" im Jahr", " im Zeitraum"),
        ("alle Jahreswerte", "alle Werte"),
    ),
    "en": (
        ("kWh/(m²·a)", "kWh/m²"),
        ("MWh/a", "MWh"),
        ("Annual irradiation", "Irradiation of the period"),
        ("annual irradiation", "irradiation of the period"),
        ("Annual yield", "Yield of the period"),
        ("all annual values", "all values"),
        ("in a year", "of a period"),
        ("GWh a year", "GWh in the period"),
    ),
}


class Words:
    """The report's words in one language.

    Raises
    ------
    ValueError
        For a language that is not in LANGUAGES.
    """

    def __init__(self, language: str, part_of_year: bool = False) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"no report in '{language}'; there are {', '.join(LANGUAGES)}")
        self.language = language
        self._column = LANGUAGES.index(language)
        self._period = PERIOD[language] if part_of_year else ()

    def __call__(self, key: str, *values: object) -> str:
        """The message of a key with values put in; over part of a year nothing is called annual."""
        message = MESSAGES[key][self._column]
        for annual, period in self._period:
            message = message.replace(annual, period)
        return message.format(*values)

    def known(self, key: str, otherwise: str) -> str:
        """The message of a key that may be foreign, or else the foreign text."""
        return MESSAGES[key][self._column] if key in MESSAGES else otherwise

    def action(self, action: str) -> str:
        """What was done about a defect; a sentence without a translation as the reader wrote it."""
        return self.known(f"action_{action}", german_action(action) if self.language == "de" else action)

    def flag(self, flag: str) -> str:
        """What a flag of the weather says; a foreign flag as it stands."""
        key, number = flag_key(flag)
        return self.known(key, flag).format(number)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with the language's separators: 1.234,5 or 1,234.5; an en dash where there is none."""
        if value is None or not math.isfinite(value):
            return "–"
        text = f"{value:,.{decimals}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")
        text = text.replace("-", "−")
        return text.translate(str.maketrans(",.", ".,")) if self.language == "de" else text
