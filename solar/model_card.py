"""What is said of a model: its card as data, as Markdown, and as fields of a German KI-Transparenzregister entry."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

import numpy as np

from solar.measured.plant_hours import PlantHours

LIBRARIES = ("heliotwin", "numpy", "pvlib", "scikit-learn", "skops")
LIMITS = {
    "plant": (
        "Applied to this plant alone: the shade that it learnt is this plant's.",
        "A change of the plant (cleaning, new modules, a tree felled) makes it wrong until it is fitted again.",
    ),
    "transfer": (
        "Learnt at few sites; it knows conditions, no place, and adds no energy to a plant's year: it moves energy "
        "between hours. How far the level of physics is off at another plant, it cannot know.",
        "Its hourly interval is not sure elsewhere: at open sites left out in turn clearly more or clearly less than "
        "80 % of hours lay inside P10–P90 (docs/correction.md).",
        "It knows nothing of a roof's own shade, and abstains where power and sky do not fit together as in training.",
    ),
}
COMMON_LIMITS = (
    "Hourly factor between 0.85 and 1.15 of physics; outside the training domain physics stands (out_of_domain).",
    "p10 and p90 are statistical quantiles (10 % of outcomes lie below p10) and hold for hours like those of training.",
    "Shadow and sun hours are never changed.",
)
FITTED_SIZE = "size fitted to this measurement: no bias by construction, takes no part in annual_spread"
PVGIS_NOTE = "has no irradiance, only PVGIS power as physics; tried on it, nothing learnt from it"


def card_of(
    kind: str,
    plants: Sequence[PlantHours],
    sites: Sequence[str],
    votes: Sequence[PlantHours],
    licences: Sequence[str],
    choices: dict[str, Any],
    held_out: list[dict[str, Any]],
    fitted_sizes: Sequence[str] = (),
) -> dict[str, Any]:
    """Everything said of a model, as JSON takes it."""
    notes = [{"note": FITTED_SIZE} if hours.name in fitted_sizes else {} for hours in plants]
    return {
        "kind": kind,
        "purpose": "corrects hourly AC power per kWp that physics computed; stands beside physics, never instead of it",
        "training": [
            {**_described(hours), "site": site, **note} for hours, site, note in zip(plants, sites, notes, strict=True)
        ],
        "tried_on": [{**_described(hours), "note": PVGIS_NOTE} for hours in votes],
        "split": "held out by site"
        if len(set(sites)) > 1
        else "held out by fortnights in five folds; never random rows",
        "held_out": held_out,
        "choices": choices,
        "limits": [*LIMITS[kind], *COMMON_LIMITS],
        "rollback": "drop --correct (or give another model): value_phys stands in every row and is what maps show",
        "risk": "minimal (own reading of Regulation (EU) 2024/1689; to be confirmed by the city's legal office)",
        "licences": list(licences),
        "versions": {name: version for name in LIBRARIES if (version := _version(name))}
        | {"python": platform.python_version()},
    }


def _described(hours: PlantHours) -> dict[str, Any]:
    return {
        "plant": hours.name,
        "physics": hours.source,
        "from": str(hours.start[0]),
        "to": str(hours.start[-1]),
        "usable_hours": int(np.sum(hours.usable & (hours.elevation_deg > 0.0))),
        "clock_shift_min": round(float(hours.shift_min), 1),
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def markdown(card: Mapping[str, Any]) -> str:
    """The card for people."""
    choices = [f"{name}: {value}" for name, value in card["choices"].items()]
    return "\n".join(
        [
            f"# Model card {card['id']}",
            "",
            f"{card['purpose']}.",
            "",
            f"Content SHA-256 `{card['content_sha256']}`",
            "",
            *_training_lines(card),
            *_held_out_lines(card),
            *_listed("Choices", choices),
            *_listed("Limits", card["limits"]),
            *("## Rollback", "", card["rollback"], ""),
            *("## Risk", "", card["risk"], ""),
            *_listed("Licences of training data", card["licences"] or ["the user's own data"]),
            *("## Versions", ""),
            ", ".join(f"{name} {number}" for name, number in card["versions"].items()),
            "",
        ]
    )


def _listed(title: str, texts: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *(f"- {text}" for text in texts), ""]


def _training_lines(card: Mapping[str, Any]) -> list[str]:
    lines = ["## Training data", "", "| plant | site | physics | from | to | usable hours | clock moved by |"]
    lines.append("|---|---|---|---|---|---|---|")
    for row in card["training"]:
        cells = [row[key] for key in ("plant", "site", "physics", "from", "to", "usable_hours")]
        lines.append(_line(*cells, f"{row['clock_shift_min']:+} min"))
    for row in card["training"]:
        if "note" in row:
            lines += ["", f"{row['plant']}: {row['note']}."]
    for row in card["tried_on"]:
        lines += ["", f"Tried on {row['plant']}, {row['from']} to {row['to']}: it {row['note']}."]
    return [*lines, ""]


def _held_out_lines(card: Mapping[str, Any]) -> list[str]:
    lines = [
        f"## On hours {card['split']}",
        "",
        "| plant | hours | nRMSE physics | corrected | MAE physics | corrected "
        "| bias physics | corrected | inside P10–P90 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in card["held_out"]:
        pairs = [
            f"{row[who][what]:{form}}"
            for what, form in (("nrmse", ".1%"), ("mae", ".1%"), ("bias", "+.1%"))
            for who in ("physics", "corrected")
        ]
        lines.append(_line(row["plant"], row["hours"], *pairs, f"{row['coverage_p10_p90']:.0%}"))
    return [*lines, "", "Shares of the mean power of those hours.", ""]


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"


def transparency_register(card: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an entry in the German KI-Transparenzregister; what only the authority knows is left to fill in."""
    to_fill = "von der Behörde zu ergänzen"
    return {
        "Bezeichnung und Version": f"heliotwin PV-Ertragskorrektur, {card['id']}",
        "Risikoklasse": "minimales Risiko (eigene Einschätzung nach Verordnung (EU) 2024/1689, "
        "vom Rechtsamt zu bestätigen)",
        "Zweck": "Korrektur berechneter Photovoltaik-Erträge anhand gemessener Anlagen; "
        "der physikalische Wert steht immer daneben",
        "Rechtsgrundlage": to_fill,
        "Eingaben": "berechnete Leistung je kWp mit Nachbarstunden, Sonnenstand, Klarhimmelindex, Einfallswinkel"
        + (", Temperatur, Jahreszeit" if card["kind"] == "plant" else "")
        + "; keine personenbezogenen Daten",
        "Datenquellen": [f"{row['plant']}: {row['from']} bis {row['to']}" for row in card["training"]],
        "Lizenzen der Trainingsdaten": list(card["licences"]),
        "Ausgaben und Entscheidungen": "korrigierter Ertrag mit P10–P90 (statistische Quantile); entscheidet nichts, "
        "automatische Entscheidungen über Leistungen oder Genehmigungen sind ausgeschlossen",
        "Menschliche Aufsicht": "Ergebnisse sind als »KI-korrigiert« gekennzeichnet und abschaltbar; Rolle: " + to_fill,
        "Prüfung auf Verzerrung": [
            {
                "Anlage": row["plant"],
                "Abweichung der Physik": row["physics"]["bias"],
                "Abweichung nach Korrektur": row["corrected"]["bias"],
                "Anteil in P10–P90": row["coverage_p10_p90"],
            }
            for row in card["held_out"]
        ],
        "Überprüfungsintervall": "jährlich und nach jeder Änderung der Trainingsdaten",
        "Ansprechstelle": to_fill,
        "Dokumentation": "card.md, card.json; docs/correction.md",
    }
