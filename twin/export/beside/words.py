"""Sentences in German that metadata say of a dataset: title, abstract, lineage, licence, the AI label."""

from __future__ import annotations

import json
import re

from twin.export.beside.exported import Exported
from twin.export.beside.facts import Facts
from twin.export.beside.licences import NOT_CHOSEN
from twin.export.beside.publisher import TO_FILL_IN
from twin.export.words import AI_LABEL, credit_of

SKY_MODELS = {
    "perez1990": "Perez 1990 (circumsolare Strahlung am Ort der Sonne)",
    "perez1993": "Perez 1993 (Leuchtdichten je Himmelsfeld)",
    "isotropic": "isotrop",
    "haydavies": "Hay und Davies",
}
ROLES = {
    "city": "3D-Stadtmodell",
    "terrain": "Geländemodell",
    "plan": "Planung",
    "areas": "Teilflächen",
    "weather": "Wetter",
    "rule": "Regel",
}
NO_ACCESS_LIMITS = "Es gelten keine Zugriffsbeschränkungen"
ACCESS_NOT_SAID = f"Zugriffsbeschränkungen: {TO_FILL_IN}"
# Years whose calendar is set by their readers, as their sources begin.
NOMINAL = (
    ("DWD TRY", "Testreferenzjahr (TRY)"),
    ("PVGIS TMY", "typisches Jahr (PVGIS TMY)"),
    ("EPW", "typisches Jahr (EPW)"),
)
NO_DECISION = "Berechnete Werte; sie ersetzen weder Gutachten noch Genehmigung."


def title_of(facts: Facts) -> str:
    """Title of the dataset."""
    place = facts.publisher.place or facts.title
    if facts.kind == "solar":
        return f"Solarpotenzial und Einstrahlung {place} ({weather_words(facts)})"
    return f"Schattenstudie {place} ({period_words(facts)})"


def weather_words(facts: Facts) -> str:
    """Which weather: "Wetterjahr 2024", "mittleres Jahr (TRY 1995–2012)" or "Wetter vom 01.05.2024 bis 31.05.2024"."""
    part = ", Teil eines Jahres" if facts.is_part_of_year else ""
    if facts.is_nominal:
        named = re.match(r"DWD TRY, ([^,]+), (\d{4})-(\d{4})", facts.weather)
        if named:
            return f"{named[1]} (TRY {named[2]}–{named[3]}){part}"
        for begin, words in NOMINAL:
            if facts.weather.startswith(begin):
                return words + part
        return f"Jahr ohne Datum{part}"
    if facts.is_part_of_year or facts.period is None:
        return f"Wetter vom {period_words(facts)}"
    return f"Wetterjahr {facts.period[0].year}"


def period_words(facts: Facts) -> str:
    """ "21.03.2026" or "01.01.2024 bis 31.12.2024"; "" where there is no dated time."""
    if facts.period is None:
        return ""
    first, last = facts.period
    return f"{first:%d.%m.%Y}" if first == last else f"{first:%d.%m.%Y} bis {last:%d.%m.%Y}"


def sums_words(facts: Facts) -> str:
    """What sums are of."""
    return "Summen im Zeitraum der Wetterdaten" if facts.is_part_of_year else "Jahres- und Monatssummen"


def abstract_of(facts: Facts, exported: Exported) -> str:
    """What the dataset is, what its numbers mean, and what they are not."""
    if facts.kind == "solar":
        said = [
            f"Einstrahlung auf jeder Dach- und Wandfläche: {sums_words(facts)}, direkt, diffus und reflektiert "
            f"[kWh je m² der freien Fläche], mit dem Schatten aller Gebäude{_yield_words(facts)}.",
            f"Wetter: {facts.weather}, {weather_words(facts)}.",
        ]
    else:
        names = ", ".join(str(one["name"]) for one in facts.method["scenarios"])
        said = [
            f"Schatten und Sonnenstunden am {period_words(facts)} im Abstand von {facts.time_step_s // 60} min, "
            f"Szenarien: {names}.",
            "Die Sonne steht an ihrem genauen, ungebrochenen Ort; der Himmel ist wolkenlos: Stunden sind mögliche "
            "Sonnenstunden. Regelwerte sind Orientierungswerte.",
        ]
    said.append(f"Format: {exported.format.title} {exported.version}.")
    if label := ai_words(facts):
        said.append(label)
    return " ".join([*said, NO_DECISION])


def _yield_words(facts: Facts) -> str:
    return ", und der mögliche Ertrag von Photovoltaik" if facts.has_yield else ""


def ai_words(facts: Facts) -> str:
    """The AI label: what was corrected, by which model, and where to read of it; "" where nothing was."""
    if facts.ai is None:
        return ""
    models = ", ".join(facts.ai.models)
    return (
        f"{AI_LABEL}: Neben dem physikalisch berechneten Ertrag (value_phys, Vorgabewert) steht ein von einem "
        f"lernenden Verfahren korrigierter (value_ml, delta_pct, p10, p50, p90), Modell {models}, an "
        f"{facts.ai.applied} Anlagen; "
        f"{facts.ai.out_of_domain} liegen außerhalb dessen, was das Modell kennt, und behalten den physikalischen. "
        "Einstrahlung, Schatten und Sonnenstunden sind nie verändert. Modellkarte und Angaben für das "
        "KI-Transparenzregister liegen bei oder bei der bereitstellenden Stelle."
    )


def lineage_of(facts: Facts) -> str:
    """One paragraph: made of what, with what."""
    return " ".join(
        [
            f"Abgeleitet mit {facts.software} aus: {', '.join(entry.name for entry in facts.inputs)}.",
            *(line if line.endswith(".") else f"{line}." for line in facts.attribution),
        ]
    )


def steps_of(facts: Facts, exported: Exported) -> list[str]:
    """Process steps in their order."""
    steps = [
        "Einlesen und Prüfen der Eingaben; Mängel sind gezählt und berichtet. "
        f"Bezugssystem {facts.crs_name} ({facts.crs})"
        + (f", Höhen {facts.vertical}." if facts.vertical else ", ohne Angabe zu den Höhen."),
        "Gelände: eingelesen, verschattet." if facts.method["terrain"] is True else _ground(facts),
    ]
    if facts.kind == "solar":
        directions = facts.method["directions"]
        sky = SKY_MODELS.get(facts.method["sky_model"], facts.method["sky_model"])
        steps += [
            f"Sichtbarkeit durch Strahlverfolgung: Empfänger im Abstand von {facts.resolution_m:g} m, "
            f"{directions['sun_nodes']} Sonnenstände und {directions['sky_patches']} Himmelsfelder; was bis "
            f"{facts.method['halo_m']:g} m entfernt steht, verschattet.",
            f"Einstrahlung aus Wetterdaten ({facts.weather}, {weather_words(facts)}, Schritt "
            f"{facts.time_step_s // 60} min): Himmelsmodell {sky}, Albedo {facts.method['albedo']}.",
        ]
    else:
        steps.append(
            f"Schatten je Zeitpunkt durch Strahlverfolgung an genauen Sonnenständen (NREL SPA), Raster "
            f"{facts.resolution_m:g} m; Bauwerke bis {facts.method['halo_m']:g} m verschatten."
        )
    if label := ai_words(facts):
        steps.append(label)
    heights = f", Höhen über dem Ellipsoid ({facts.geoid})" if exported.format.ellipsoidal else ""
    steps.append(f"Ausgabe als {exported.format.title} {exported.version}{heights}.")
    return [step for step in steps if step]


def _ground(facts: Facts) -> str:
    """What open land stands on, as far as the job says."""
    return (
        "Ohne Geländemodell: Boden eben auf Höhe der Gebäudefüße."
        if facts.kind == "solar"
        else (f"Gelände: {facts.method['terrain']}.")
    )


def attribution_text(facts: Facts) -> str:
    """The line to print wherever the data are shown."""
    return credit_of(facts.attribution)


def access_words(facts: Facts) -> str:
    """Who may have it: said of nobody's work but the publisher's own, by the open licence that it chose."""
    return NO_ACCESS_LIMITS if facts.publisher.chosen().is_open else ACCESS_NOT_SAID


def licence_words(facts: Facts) -> str:
    """The licence as a sentence, with the lines that the sources ask for."""
    licence = facts.publisher.chosen()
    if licence is NOT_CHOSEN:
        head = "Eine Lizenz hat die bereitstellende Stelle noch nicht gewählt; bis dahin sind alle Rechte vorbehalten."
    else:
        head = f"Es gelten die Bedingungen der Lizenz „{licence.name}“ ({licence.url})."
    return f"{head} Quellenvermerk: {attribution_text(facts)}"


def licence_json(facts: Facts) -> str:
    """The licence as GDI-DE asks for it (Konventionen zu Metadaten 2.1.1, 3.6); "" where it is not open."""
    licence = facts.publisher.chosen()
    if not licence.is_open:
        return ""
    said = {"id": licence.code, "name": licence.name, "url": licence.url, "quelle": attribution_text(facts)}
    return json.dumps(said, ensure_ascii=False)


def files_words(number: int) -> str:
    """How many files."""
    return "1 Datei" if number == 1 else f"{number} Dateien"


def keywords_of(facts: Facts) -> list[str]:
    """Free keywords."""
    if facts.kind == "solar":
        return [
            "Solarkataster",
            "Solarpotenzial",
            *(["Photovoltaik"] if facts.has_yield else []),
            "Einstrahlung",
            "Dachflächen",
            "Fassaden",
            "3D-Stadtmodell",
        ]
    return ["Verschattung", "Schattenstudie", "Sonnenstunden", "Besonnung", "Bauleitplanung", "3D-Stadtmodell"]


def themes_of(facts: Facts) -> list[str]:
    """INSPIRE themes by their names in GEMET: results on buildings, and for the yield energy resources."""
    return ["Gebäude", "Energiequellen"] if facts.kind == "solar" else ["Gebäude"]
