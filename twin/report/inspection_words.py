"""Words of the sheet that `heliotwin inspect --picture` draws: German and English side by side."""

from __future__ import annotations

from io_citygml.model import SurfaceKind
from twin.report.words import LANGUAGES, MESSAGES, Words

TEXT: dict[str, tuple[str, str]] = {
    "title": ("Stadtmodell", "City model"),
    "subtitle": (
        "{} Objekte · {} Flächen, {} m² · LoD {} · {} × {} m · {}",
        "{} objects · {} surfaces, {} m² · LoD {} · {} × {} m · {}",
    ),
    "heights_unknown": ("Höhensystem nicht genannt", "heights not named"),
    "heights": ("Höhen {}", "heights {}"),
    "plan": ("Dächer, Norden oben", "Roofs, north up"),
    "plan_scale": (
        "Höhe der Dachfläche (Mitte) über dem tiefsten Punkt ihres Gebäudes [m]",
        "Height of a roof surface (its middle) above the lowest point of its building [m]",
    ),
    "plan_empty": ("Keine Dachflächen", "No roof surfaces"),
    "oblique": ("Schrägansicht nach Nordnordost, nach Art gefärbt", "Looking north-north-east, coloured by kind"),
    "oblique_focus": (
        "Schrägansicht nach Nordnordost (gestrichelter Rahmen), nach Art gefärbt",
        "Looking north-north-east (dashed frame), coloured by kind",
    ),
    "kinds": ("Flächen nach Art", "Surfaces by kind"),
    "number": ("Anzahl", "number"),
    "confidence": ("Verlässlichkeit", "confidence"),
    "defects": ("Mängel", "Defects"),
    "no_defects": ("keine gefunden", "none found"),
    "more_kinds": ("und {} weitere Arten", "and {} more kinds"),
    "unplaced": ("ohne Ort", "without a place"),
    "marked": ("die ersten {} markiert", "the first {} marked"),
    "balance_repaired": ("{} m² durch Reparatur", "{} m² by repair"),
    "balance": (
        "Flächenbilanz: {} m² gelesen = {} m² im Modell + {} m² ausgelassen",
        "Area balance: {} m² read = {} m² in the model + {} m² left out",
    ),
    "ground_guess": (
        "Der Boden zwischen den Gebäuden ist nur fürs Bild aus deren Fußhöhen geschätzt.",
        "The ground between buildings is guessed from their base heights, for the picture only.",
    ),
    "OTHER": ("ohne Art", "no kind"),
    "ROOF": ("Dach", "roof"),
    "WALL": ("Wand", "wall"),
    "GROUND": ("Grundfläche", "ground"),
    "CLOSURE": ("Abschlussfläche", "closure"),
    "OUTER_CEILING": ("Decke außen", "outer ceiling"),
    "OUTER_FLOOR": ("Boden außen", "outer floor"),
    "WINDOW": ("Fenster", "window"),
    "DOOR": ("Tür", "door"),
}


class InspectionWords(Words):
    """The sheet's words in one language, beside those of the report."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self._side = LANGUAGES.index(language)

    def __call__(self, key: str, *values: object) -> str:
        """The sheet's message of a key, else the report's, with values put in."""
        found = TEXT.get(key) or MESSAGES[key]
        return found[self._side].format(*values)

    def kind(self, name: str) -> str:
        """A SurfaceKind's name."""
        return self(name if name in SurfaceKind.__members__ else "OTHER")
