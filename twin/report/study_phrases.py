"""German for what the study and the readers of plans say of themselves in English: notes, decisions, warnings.

Phrases are replaced where they stand in a sentence; what no phrase fits stays as it was said.
"""

from __future__ import annotations

import re
from functools import partial

# Whole notes of twin.study.facts.
NOTES: dict[str, str] = {
    "The sun is a point at its unrefracted position (NREL SPA); no clouds: hours are possible hours of sun.": (
        "Die Sonne ist ein Punkt an ihrem Ort ohne Strahlenbrechung (NREL SPA); ohne Wolken: Stunden sind mögliche "
        "Sonnenstunden."
    ),
    "Hills up to 40 km away hide the sun, from hours as from energy.": (
        "Berge bis 40 km Entfernung verdecken die Sonne, in Stunden wie in Energie."
    ),
    "The far horizon beyond the casters' halo does not shade.": (
        "Was jenseits der berücksichtigten Umgebung steht, verschattet nicht."
    ),
    "Trees take light from the year's energy by season; hours of sun and rules are of buildings and ground alone.": (
        "Bäume nehmen der Jahresenergie nach Jahreszeit Licht; Sonnenstunden und Regeln gelten für Gebäude und Gelände "
        "allein."
    ),
    "Trees neither shade nor receive.": "Bäume werfen keinen Schatten und empfangen keine Sonne.",
    "Light off walls, roofs and ground is in the year's energy as each surface sees it, followed once.": (
        "Licht von Wänden, Dächern und Boden ist in der Jahresenergie, so wie jede Fläche sie sieht, einmal "
        "zurückgeworfen."
    ),
    "Of light that comes back the year's energy has that of far flat ground alone.": (
        "Von zurückgeworfenem Licht hat die Jahresenergie nur das von fernem ebenem Boden."
    ),
    "Ground under standing or planned buildings is no open land and is not measured.": (
        "Boden unter stehenden oder geplanten Gebäuden ist keine Freifläche und wird nicht gemessen."
    ),
    "Each instant stands for one step about it.": "Jeder Zeitpunkt steht für einen Zeitschritt um ihn.",
    "Photovoltaic yield is that of plausible plants laid out on the city as it stands, the same modules before and "
    "after.": (
        "Der PV-Ertrag ist der von plausiblen Anlagen auf dem Bestand, vorher und nachher mit denselben Modulen."
    ),
    "no terrain: ground is level at the buildings' base heights": (
        "Kein Gelände: Der Boden liegt eben auf der Fußhöhe der Gebäude ringsum."
    ),
}
_NUMBER = r"(-?[\d.,]+)"
_PHRASES: tuple[tuple[str, str], ...] = (
    (
        rf"the far terrain stands {_NUMBER} m above the city's ground \(median; cells: {_NUMBER}, "
        rf"\+?{_NUMBER} to \+?{_NUMBER} m\), and every horizon with it: ",
        r"Das ferne Gelände steht \1 m über dem Boden der Stadt (Median; Zellen: \2, \3 bis \4 m), und jeder Horizont "
        "mit ihm: ",
    ),
    (
        rf"the far terrain stands {_NUMBER} m below the city's ground \(median; cells: {_NUMBER}, "
        rf"\+?{_NUMBER} to \+?{_NUMBER} m\), and every horizon with it: ",
        r"Das ferne Gelände steht \1 m unter dem Boden der Stadt (Median; Zellen: \2, \3 bis \4 m), und jeder Horizont "
        "mit ihm: ",
    ),
    (
        "its heights seem to count from the ellipsoid, take the geoid off",
        "seine Höhen zählen wohl vom Ellipsoid: die Geoidhöhe abziehen",
    ),
    ("the city's heights seem to count from the ellipsoid", "die Höhen der Stadt zählen wohl vom Ellipsoid"),
    ("its heights seem to be feet, make metres of them", "seine Höhen sind wohl in Fuß: in Meter umrechnen"),
    ("the city's heights seem to be feet", "die Höhen der Stadt sind wohl in Fuß"),
    (
        "the city's heights seem to count from its own ground",
        "die Höhen der Stadt zählen wohl von ihrem eigenen Boden",
    ),
    (r" or (die Höhen der Stadt|seine Höhen) ", r" oder \1 "),
    ("check the datum and the unit of its heights", "Bezug und Einheit seiner Höhen prüfen"),
    (r"^weather: ", "Wetter: "),
    (
        rf"stands in (\S+) by {_NUMBER} m²: take that away with --remove if it goes",
        r"steht mit \2 m² in \1: mit --remove wegnehmen, falls das entfällt",
    ),
    (rf"no terrain: ground is level at {_NUMBER} m", r"Kein Gelände: Der Boden liegt eben auf \1 m"),
    (
        rf"covers {_NUMBER} days, not a year: sums are of these days",
        r"Die Wetterdaten umfassen \1 Tage, kein Jahr: Summen gelten für diese Tage",
    ),
    (
        r"clock: the sun runs (\S+) min late in winter and (\S+) min in summer: daylight saving is left in; write the "
        "file in standard time or UTC",
        r"Die Sonne geht im Winter \1 min nach, im Sommer \2 min: Sommerzeit ist nicht herausgerechnet; die Datei in "
        "Normalzeit oder UTC schreiben",
    ),
    (r"clock: the sun runs (\d+) min late: labels look ", r"Die Sonne geht \1 min nach: Zeitstempel wirken "),
    (r"clock: the sun runs (\d+) min early: labels look ", r"Die Sonne geht \1 min vor: Zeitstempel wirken "),
    (
        r"like (.+?) instead of (.+?), or like the end of an hour taken for its start;",
        r"wie \1 statt \2, oder wie das Ende einer Stunde, für ihren Anfang genommen;",
    ),
    (
        r"like (.+?) instead of (.+?), or like the start of an hour taken for its end;",
        r"wie \1 statt \2, oder wie der Anfang einer Stunde, für ihr Ende genommen;",
    ),
    (
        r"half an hour off: the middle of an hour taken for its start or end;",
        "um eine halbe Stunde verschoben, die Mitte für Anfang oder Ende genommen;",
    ),
    (
        r"like another time zone, or the longitude has the wrong sign;",
        "wie aus einer anderen Zeitzone, oder die Länge hat das falsche Vorzeichen;",
    ),
    (r"\(summer time, UTC", "(Sommerzeit, UTC"),
    (r"Zeitstempel wirken shifted;", "Zeitstempel wirken verschoben;"),
    (
        r"check the file, or move its labels with (--weather-shift \S+)",
        r"die Datei prüfen oder die Zeitstempel verschieben mit \1",
    ),
    (
        r"over (\d+) km away: another climate is likely; give a nearer year with --weather",
        r"Das Wetterjahr stammt aus über \1 km Entfernung, vermutlich aus einem anderen Klima",
    ),
    (
        rf"recorded under another sun: a free level plane here gets {_NUMBER} % of its global irradiation",
        r"Das Wetterjahr ist unter einer anderen Sonne gemessen: Eine freie waagerechte Fläche erhält hier \1 % seiner "
        "Globalstrahlung",
    ),
    (
        rf"(\S+) concerns buildings above {_NUMBER} m; the highest planned one has {_NUMBER} m",
        r"\1 betrifft Gebäude über \2 m; das höchste geplante hat \3 m",
    ),
    (r"named by the file", "von der Datei genannt"),
    (r"named by --plan-crs", "mit --plan-crs genannt"),
    (rf"transformed to (\S+), to {_NUMBER} m", r"umgerechnet nach \1, auf \2 m genau"),
    (r"transformed to (\S+), in the same datum", r"umgerechnet nach \1, gleiches Datum"),
    (r"transformed to (\S+)", r"umgerechnet nach \1"),
    (
        r"its lowest point stands on the lowest ground under its outline",
        "tiefster Punkt auf dem tiefsten Gelände darunter",
    ),
    (r"above the lowest ground under its corners", "über dem tiefsten Gelände unter den Ecken"),
    (r"above the ground that the plan fixes \(GOK\)", "über dem Gelände, das der Plan festsetzt (GOK)"),
    (r"above (?:the sea|sea level)", "über dem Meeresspiegel"),
    (r"not named: taken as the city's", "nicht genannt: genommen als das der Stadt"),
    (r"as glTF defines it", "so legt glTF es fest"),
    (r"the file's zero stands on the ground at the origin", "Nullpunkt der Datei auf dem Gelände am Ursprung"),
    (rf"the file's zero lies {_NUMBER} m", r"Nullpunkt der Datei liegt \1 m"),
    (r"of the city \((\S+)\): the file's zero at", r"der Stadt (\1): Nullpunkt der Datei bei"),
    (rf"turned {_NUMBER}° clockwise", r"um \1° im Uhrzeigersinn gedreht"),
    (r"its y axis to grid north", "y-Achse nach Gitternord"),
    (r"\bfield (\S+),", r"Feld \1,"),
    (r"^(XPlanung \S+) of (\w+),", r"\1 von \2,"),
    (
        rf"hovers {_NUMBER} m above the ground at its place \({_NUMBER} m\)",
        r"schwebt \1 m über dem Gelände am Ort (\2 m)",
    ),
    (
        rf"reaches {_NUMBER} m into the ground at its place \({_NUMBER} m\)",
        r"reicht \1 m in das Gelände am Ort (\2 m)",
    ),
    (
        r"heights in the polygons' coordinates are ignored: they are no roof",
        "Höhen in den Koordinaten der Polygone bleiben unbeachtet: sie sind kein Dach",
    ),
    (r"the roof's form is not said", "Dachform nicht genannt"),
    (r"the roof's form '(.+?)' is not drawn", r"Dachform „\1“ wird nicht gezeichnet"),
    (r"flat at its top height, as an envelope", "flach auf der obersten Höhe, als Hülle"),
    (r"a (\w+) roof without the height of its eaves", r"Dachform \1 ohne Traufhöhe"),
    (r"a (\w+) roof is drawn over rectangles only", r"Dachform \1 wird nur über Rechtecken gezeichnet"),
    (r"a (\w+) roof whose eaves are as high as its ridge: flat", r"Dachform \1, Traufe so hoch wie First: flach"),
    (
        r"only the height of its eaves or walls \((\w+)\) is fixed: a roof above them is missing",
        r"nur die Höhe von Traufe oder Wand (\1) ist festgesetzt: ein Dach darüber fehlt",
    ),
    (
        r"its underside \(UK\) is not modelled: the building reaches down to the ground",
        "die Unterkante (UK) ist nicht abgebildet: das Gebäude reicht bis zum Gelände",
    ),
    (
        r"the street's level is not in the file; the ground at the building is taken",
        "die Höhe der Straße steht nicht in der Datei; genommen ist das Gelände am Gebäude",
    ),
    (
        r"heights of an older system, which may differ from the city's by decimetres",
        "Höhen eines älteren Systems, die um Dezimeter von denen der Stadt abweichen können",
    ),
    (r"(\d+) buildings\)", r"\1 Gebäude)"),
    (r": found in the file: ", ": in der Datei gefunden: "),
    (r"triangles without area dropped", "Dreiecke ohne Fläche weggelassen"),
    (r"repeated triangles dropped", "doppelte Dreiecke weggelassen"),
    (r"triangles wound against their neighbours, turned around", "verkehrt umlaufende Dreiecke gewendet"),
    (r"triangles of bodies that were inside out, turned around", "Dreiecke umgestülpter Körper gewendet"),
    (
        r"casts shadow only, its own façades are not measured",
        "wirft nur Schatten, die eigenen Fassaden sind nicht gemessen",
    ),
    (r"no closed body: (\d+) edges without a partner", r"kein geschlossener Körper: \1 Kanten ohne Gegenstück"),
    (r"no closed body: sheets without volume", "kein geschlossener Körper: Flächen ohne Rauminhalt"),
    (r"elements of a building: its faces shade and are not measured", "Bauteile eines Gebäudes"),
    (
        r"a body with a hollow inside: its inner faces would be taken for façades",
        "ein Körper mit Hohlraum, dessen Innenseiten als Fassaden gälten",
    ),
    (
        r"(\d+) bodies, most of them thin: walls and slabs, whose inner faces would be taken for façades",
        r"\1 Körper, meist dünn: Wände und Decken, deren Innenseiten als Fassaden gälten",
    ),
    (
        r"(\d+) bodies: elements of a building, whose inner faces would be taken for façades",
        r"\1 Körper: Bauteile eines Gebäudes, deren Innenseiten als Fassaden gälten",
    ),
)
_PATTERNS = tuple((re.compile(pattern), german) for pattern, german in _PHRASES)


def german(text: str) -> str:
    """A note or a decision in German, as far as its phrases are known; numbers in them with a comma."""
    if text in NOTES:
        return NOTES[text]
    for pattern, phrase in _PATTERNS:
        text = pattern.sub(partial(_put, phrase), text)
    return text


def _put(phrase: str, found: re.Match[str]) -> str:
    """A phrase with what was found in its places, decimal points as commas where it is a number."""

    def part(place: re.Match[str]) -> str:
        value = found.group(int(place.group(1)))
        return value.replace(".", ",") if re.fullmatch(_NUMBER, value) else value

    return re.sub(r"\\(\d)", part, phrase)
