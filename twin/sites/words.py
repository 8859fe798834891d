"""Reasons, names and warnings of a search for sites in German and English."""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    "no_terrain": ("kein Gelände bekannt", "no terrain known"),
    "building": ("Gebäude und Abstand zu ihnen", "buildings and the distance kept from them"),
    "steep": ("zu steil", "too steep"),
    "edge": ("Randstreifen (Zaun, Weg)", "edge kept free (fence, way)"),
    "narrow": ("zu schmal für eine Reihe", "too narrow for a row"),
    "small": ("zu kleines Stück", "piece too small"),
    "own_layer": ("eigene Ebene", "own layer"),
    "no_data": ("keine Höhen in den Geländedateien", "no heights in the terrain files"),
    "area": ("Fläche {}", "area {}"),
    "technical": ("technische Annahme, kein Gesetz", "technical assumption, no law"),
}


WARNINGS: dict[str, tuple[str, str]] = {
    "weather": ("Wetter: {}", "weather: {}"),
    "repaired": (
        "{}: {} Geometrien waren ungültig und wurden repariert",
        "{}: {} geometries were invalid and have been repaired",
    ),
    "left": (
        "{}: {} Zeilen ohne Flächeninhalt, {} ohne Geometrie",
        "{}: {} rows without area, {} without geometry",
    ),
    "overlap": ("{}: Flächen überlappen, {} m² zählen mehrfach", "{}: areas overlap, {} m² count more than once"),
    "lines": (
        "{}: Linien gelten als Achse und werden bis zum Rand verbreitert, ab dem Abstände zählen",
        "{}: lines are taken as axes and widened to the edge that distances count from",
    ),
    "own_exclude": (
        "{}: strips.toml kennt keinen Ausschluss für die Art „{}“; "
        "die Ebene gilt, wie sie ist, mit {} m Abstand (bekannt: {})",
        "{}: strips.toml knows no exclusion for the kind '{}'; "
        "the layer is taken as it is, with {} m around (known: {})",
    ),
    "own_boost": (
        "{}: strips.toml kennt keine Förderung für die Art „{}“; "
        "die Ebene gilt, wie sie ist, mit {} m Abstand (bekannt: {})",
        "{}: strips.toml knows no support for the kind '{}'; the layer is taken as it is, with {} m around (known: {})",
    ),
    "own_distance": (
        "{}: eigener Abstand {} m statt {} m nach strips.toml; die Rechtsgrundlage nennt den Abstand der Tabelle",
        "{}: a distance of its own, {} m instead of {} m in strips.toml; the legal basis is of the table's distance",
    ),
    "without_effect": (
        "{}: {} Linien oder Punkte haben weder Fläche noch Abstand und zählen nicht",
        "{}: {} lines or points have neither area nor distance and do not count",
    ),
    "outside": (
        "{} m² der Flächen liegen außerhalb des Geländes",
        "{} m² of the areas lie outside the terrain",
    ),
    "car_parks": (
        "als Parkplatz behandelt, Dach über Stellplätzen statt Solarfeld: {}",
        "taken for car parks, roofs over spaces instead of a solar field: {}",
    ),
    "by_use": ("{} (Nutzung „{}“)", "{} (use '{}')"),
    "by_spaces": ("{} (Stellplätze: {})", "{} (spaces: {})"),
    "estimated": (
        "Parkplätze ohne Zahl der Stellplätze: aus ihrer Fläche gerechnet",
        "car parks without a number of spaces: counted from their area",
    ),
}


# Phrases of sources, as strips.toml and pv.toml say them, in German; the longer first.
SOURCES: tuple[tuple[str, str], ...] = (
    (
        "own estimate: fixed rows and about 15 % for drives and their upkeep",
        "eigene Schätzung: feste Reihen und etwa 15 % für Antriebe und deren Unterhalt",
    ),
    (
        "own estimate: fixed rows and about 20 % for posts by power",
        "eigene Schätzung: feste Reihen und etwa 20 % für Pfosten je Leistung",
    ),
    (
        "own estimate from published prices of car park roofs",
        "eigene Schätzung aus veröffentlichten Preisen von Parkplatzdächern",
    ),
    ("a bill to repeal it exists, outcome unknown", "ein Entwurf zur Aufhebung liegt vor, Ausgang unbekannt"),
    ("letters of the paragraph from memory", "Buchstaben des Paragrafen aus dem Gedächtnis"),
    ("letter of the paragraph from memory", "Buchstabe des Paragrafen aus dem Gedächtnis"),
    ("from memory", "aus dem Gedächtnis"),
    ("21 April", "21. April"),
    ("9 April", "9. April"),
    ("14 December", "14. Dezember"),
)


def source_words(source: str, language: str) -> str:
    """A source in "de" or "en"; of a user's own table as it stands, as far as its phrases are not the package's."""
    if language == "de":
        for english, german in SOURCES:
            source = source.replace(english, german)
    return source


def warning(key: str, language: str, *values: object) -> str:
    """A warning in "de" or "en"."""
    return WARNINGS[key][0 if language == "de" else 1].format(*values)


def reason_words(reason: str, language: str) -> str:
    """A reason in "de" or "en"."""
    return REASONS[reason][0 if language == "de" else 1]
