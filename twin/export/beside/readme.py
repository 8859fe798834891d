"""A word to whoever opens the folder: what lies there, whose data it is, what was corrected, how to show it."""

from __future__ import annotations

import re

from twin.export.beside.exported import LAYERS, METADATA, Exported
from twin.export.beside.facts import Facts
from twin.export.beside.words import (
    NO_DECISION,
    ai_words,
    attribution_text,
    files_words,
    licence_words,
    title_of,
)

NAMES = {
    f"{METADATA}/iso19139.xml": ("Metadaten ISO 19139 (GDI-DE)", "metadata, ISO 19139"),
    f"{METADATA}/dcat-ap-de.ttl": ("Metadaten DCAT-AP.de, Turtle", "metadata, DCAT-AP.de, Turtle"),
    f"{METADATA}/dcat-ap-de.jsonld": ("dasselbe als JSON-LD", "the same as JSON-LD"),
    f"{METADATA}/card.md": ("Modellkarte der Korrektur", "model card of the correction"),
    f"{METADATA}/card.json": ("dasselbe als JSON", "the same as JSON"),
    f"{METADATA}/transparenzregister.json": (
        "Felder für das KI-Transparenzregister",
        "fields for the German AI register",
    ),
    f"{LAYERS}/vcmap.json": ("Modul für VC Map", "module for VC Map"),
    f"{LAYERS}/masterportal-services.json": ("Einträge für services.json", "entries for services.json"),
    f"{LAYERS}/masterportal-config.json": ("layerConfig für config.json", "layerConfig for config.json"),
    f"{LAYERS}/masterportal-style.json": ("Einträge für style.json", "entries for style.json"),
    f"{LAYERS}/cesium.js": ("Modul für CesiumJS", "module for CesiumJS"),
    f"{LAYERS}/legend_de.svg": ("Legende", "legend, German"),
    f"{LAYERS}/legend_en.svg": ("Legende, englisch", "legend, English"),
}

# What may mean something within a line of Markdown.
_SIGNS = re.compile(r"[\\`*_\[\]<>&|~#]")


def readme(facts: Facts, exported: Exported, beside: list[str]) -> str:
    """Markdown, German and English."""
    size = sum(size for _, size in exported.files) / 1e6
    label = ai_words(facts)
    to_fill = not facts.publisher.organisation
    lines = [
        f"# {plain(title_of(facts))}",
        "",
        f"{exported.format.title} {exported.version}, {files_words(len(exported.files))}, {size:.1f} MB; "
        f"zuerst zu öffnen: `{exported.main}`. Erzeugt am {facts.created:%d.%m.%Y} mit {facts.software}.",
        "",
        f"**Quellenvermerk** (überall zu zeigen): {plain(attribution_text(facts))}",
        "",
        plain(licence_words(facts)),
        "",
        *([label, ""] if label else []),
        NO_DECISION,
        "",
        *(
            ["Wer veröffentlicht, unter welcher Lizenz und wo, steht noch nicht fest: `--publisher FILE.toml`.", ""]
            if to_fill
            else []
        ),
        "| Datei / file | | |",
        "|---|---|---|",
        *(f"| `{name}` | {NAMES[name][0]} | {NAMES[name][1]} |" for name in beside if name in NAMES),
        "",
        "## English",
        "",
        f"{exported.format.title} {exported.version}; open `{exported.main}` first. Show this line wherever the data "
        f"are shown: {plain(attribution_text(facts))}. Computed values; they replace neither an "
        "expert's report nor a permit.",
    ]
    if facts.ai is not None:
        lines += [
            "",
            "AI label: beside the physical yield (value_phys, the default) stands one corrected by a learnt model "
            f"({', '.join(facts.ai.models)}: value_ml, delta_pct, p10, p50, p90). Irradiation, shadow and sun hours "
            "are never changed by a model.",
        ]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """A text of others as Markdown shows it: one line, in which no sign means anything."""
    return _SIGNS.sub(lambda found: "\\" + found[0], " ".join(text.split()))
