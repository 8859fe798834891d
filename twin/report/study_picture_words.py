"""Words of the pictures of a shadow study: German and English side by side."""

from __future__ import annotations

import datetime

from twin.report.words import LANGUAGES, MESSAGES, Words

TEXT: dict[str, tuple[str, str]] = {
    "shadow_bestand": ("Schatten im Bestand", "Shadow in the Bestand (as it stands)"),
    "shadow_kept": ("Schatten im Bestand", "Existing shadow"),
    "shadow_added": ("zusätzlicher Schatten", "Additional shadow"),
    "shadow_removed": ("entfallender Schatten", "Shadow that goes"),
    "planned": ("geplant", "Planned"),
    "removed": ("entfällt", "Removed"),
    "building": ("Gebäude", "Building"),
    "unmeasured": ("nicht berechnet", "Not computed"),
    "sun_at": ("Sonne {}° hoch, Azimut {}°", "Sun {}° high, azimuth {}°"),
    "sheets_caption": (
        "Schattenwurf am {}, {}{}; Norden oben, Zeiten nach der Uhr und in Klammern ohne Sommerzeit.",
        "Shadows on {}, {}{}; north up, times by the clock and, in brackets, without summer time.",
    ),
    "sheets_alt": (
        "{} kleine Karten, {} bis {} Uhr. Zusätzlich verschattete Freifläche: höchstens {} m² um {} Uhr; "
        "nicht mehr verschattete: höchstens {} m².",
        "{} small maps, {} to {}. Additional shadow on open land: {} m² at most, at {}; "
        "shadow that goes: {} m² at most.",
    ),
    "sheets_alt_bestand": (
        "{} kleine Karten, {} bis {} Uhr, mit dem Schatten des Bestands.",
        "{} small maps, {} to {}, with the shadow of the city as it stands.",
    ),
    "page": (" (Blatt {} von {})", " (sheet {} of {})"),
    "hours_legend": ("Sonnenstunden am {} [h]", "Sun hours on {} [h]"),
    "hours_caption": (
        "Sonnenstunden der Freiflächen am {}: {}. Klassen von 0,5 h; Farbsprünge bei 1,5, 3 und 4 h.",
        "Sun hours of open land on {}: {}. Classes of 0.5 h; colours leap at 1.5, 3 and 4 h.",
    ),
    "hours_alt": (
        "Karte der Sonnenstunden auf Freiflächen. Mittel im gezeigten Ausschnitt: {}.",
        "Map of sun hours on open land. Mean of the part shown: {}.",
    ),
    "hours_mean": ("{} {} h", "{} {} h"),
    "and": ("{} und {}", "{} and {}"),
    "difference_legend": (
        "Änderung der Sonnendauer am {} gegenüber dem Bestand [min]; rot: weniger Sonne, blau: mehr",
        "Change of sun duration on {} against the Bestand [min]; red: less sun, blue: more",
    ),
    "change_legend": ("Änderung [min]; rot: weniger, blau: mehr", "Change [min]; red: less, blue: more"),
    "difference_caption": (
        "Änderung der Sonnendauer auf Freiflächen am {}, {} gegenüber dem Bestand.",
        "Change of sun duration on open land on {}, {} against the Bestand.",
    ),
    "difference_alt": (
        "Karte der Änderung: {} m² Freifläche verlieren Sonne, höchstens {} min; {} m² gewinnen, höchstens {} min.",
        "Map of the change: {} m² of open land lose sun, {} min at most; {} m² gain, {} min at most.",
    ),
    "unchanged": ("0", "0"),
    "change": ("Änderung [min]", "Change [min]"),
    "facades_caption": (
        "Sonnenstunden der am stärksten betroffenen Fassaden am {}, {}: abgewickelt, von außen gesehen, "
        "feine Linien alle 3 m; blasse Felder sind verdeckt (angebaut, im Boden).",
        "Sun hours of the façades that lose most on {}, {}: unrolled, seen from outside, fine lines every "
        "3 m; pale fields are covered (built against, in the ground).",
    ),
    "facades_alt": (
        "Abgewickelte Fassaden von {} Gebäuden, Bestand, {} und Änderung nebeneinander. {}",
        "Unrolled façades of {} buildings: Bestand, {} and change side by side. {}",
    ),
    "facade_loss": ("{}: höchstens {} min Verlust.", "{}: loses {} min at most."),
    "facade_row": ("{}  (Mittel der gezeigten Fassaden: {} min)", "{}  (mean of the façades shown: {} min)"),
    "compass": ("N NO O SO S SW W NW", "N NE E SE S SW W NW"),
    "landing_plan": ("Lageplan, {}", "Plan view, {}"),
    "landing_oblique": ("Schrägansicht nach Nordnordost", "Oblique view to the north-north-east"),
    "landing_caption": (
        "Wo die Planung steht: {}. Koordinaten in {}.",
        "Where the plan stands: {}. Coordinates in {}.",
    ),
    "landing_alt": (
        "Lageplan und Schrägansicht. {}",
        "Plan view and oblique view. {}",
    ),
    "landing_line": (
        "{}: Ost {}, Nord {}; Grundriss {} m²; unten {} m, oben {} m{}",
        "{}: east {}, north {}; footprint {} m²; bottom {} m, top {} m{}",
    ),
    "landing_ground": (", Gelände {} m", ", ground {} m"),
    "landing_removed": ("Entfällt: {}", "Removed: {}"),
    "path_title": ("Sonnenbahnen: {}", "Sun paths: {}"),
    "path_caption": (
        "Sonnenbahnen und Horizont am Punkt {}, stereographisch: Zenit in der Mitte, Norden oben, Osten rechts; "
        "Stunden am {}.",
        "Sun paths and horizon at the point {}, stereographic: zenith in the middle, north up, east to the right; "
        "hours on {}.",
    ),
    "path_sample": ("Stunden: {} = {}", "Hours: {} = {}"),
    "path_sample_both": (
        "Stunden außen nach der Uhr, innen ohne Sommerzeit; {0} | {2} = {1}",
        "Hours outside by the clock, inside without summer time; {0} | {2} = {1}",
    ),
    "path_alt": (
        "Sonnenbahndiagramm. Im Bestand sind {} % der Himmelskugel über dem Horizont verdeckt; {} % kommen hinzu, "
        "{} % werden frei.",
        "Sun-path diagram. In the Bestand {} % of the sky above the horizon are hidden; {} % are added, "
        "{} % become free.",
    ),
    "path_below": ("{}: Sonne unter dem Horizont", "{}: sun below the horizon"),
    "horizon_bestand": ("im Bestand verdeckt", "Hidden in the Bestand"),
    "horizon_added": ("zusätzlich verdeckt", "Hidden in addition"),
    "horizon_freed": ("wird frei", "Becomes free"),
    "film_title": ("Schattenwurf am {}, {}", "Shadows on {}, {}"),
}
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class StudyWords(Words):
    """The pictures' words in one language, beside those of the report."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self._index = LANGUAGES.index(language)

    def __call__(self, key: str, *values: object) -> str:
        """The message of a key with values put in."""
        return (TEXT if key in TEXT else MESSAGES)[key][self._index].format(*values)

    def date(self, date: datetime.date) -> str:
        """21.03.2026 or 21 March 2026."""
        return f"{date:%d.%m.%Y}" if self.language == "de" else f"{date.day} {MONTHS[date.month - 1]} {date.year}"

    def day_of_year(self, date: datetime.date) -> str:
        """21.03. or 21 March."""
        return f"{date:%d.%m.}" if self.language == "de" else f"{date.day} {MONTHS[date.month - 1]}"

    def compass(self, azimuth_deg: float) -> str:
        """One of eight directions."""
        return self("compass").split()[round(azimuth_deg / 45.0) % 8]
