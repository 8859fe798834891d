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
    "own": (
        "{}: die Art „{}“ kennt strips.toml nicht; die Ebene gilt, wie sie ist",
        "{}: strips.toml knows no kind '{}'; the layer is taken as it is",
    ),
    "outside": (
        "{} m² der Flächen liegen außerhalb des Geländes",
        "{} m² of the areas lie outside the terrain",
    ),
    "estimated": (
        "Parkplätze ohne Zahl der Stellplätze: aus ihrer Fläche gerechnet",
        "car parks without a number of spaces: counted from their area",
    ),
}


def warning(key: str, language: str, *values: object) -> str:
    """A warning in "de" or "en"."""
    return WARNINGS[key][0 if language == "de" else 1].format(*values)


def reason_words(reason: str, language: str) -> str:
    """A reason in "de" or "en"."""
    return REASONS[reason][0 if language == "de" else 1]
