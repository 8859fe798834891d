"""The one door: everything that lies beside an export, written into its folder."""

from __future__ import annotations

from pathlib import Path

from twin.export.beside import masterportal
from twin.export.beside.cesium import cesium_module
from twin.export.beside.dcat_ap_de import dcat_ap_de
from twin.export.beside.exported import LAYERS, METADATA, Exported
from twin.export.beside.facts import Facts
from twin.export.beside.iso19139 import iso19139
from twin.export.beside.legend import WORDS, irradiation_legend
from twin.export.beside.rdf import json_ld, turtle
from twin.export.beside.readme import readme
from twin.export.beside.vcmap import vcmap_module
from twin.store import to_json, write_atomically

README = "README.md"


def write_beside(facts: Facts, exported: Exported, folder: Path) -> list[str]:
    """Metadata, layer entries and a README into the folder of an export; names relative to it (posix)."""
    (folder / METADATA).mkdir(exist_ok=True)
    tree = dcat_ap_de(facts, exported)
    files = {
        f"{METADATA}/iso19139.xml": iso19139(facts, exported),
        f"{METADATA}/dcat-ap-de.ttl": turtle(tree).encode("utf-8"),
        f"{METADATA}/dcat-ap-de.jsonld": json_ld(tree).encode("utf-8"),
        **_entries(facts, exported),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_atomically(folder / name, content)
    names = [*files, *_card(facts, folder)]
    write_atomically(folder / README, readme(facts, exported, names).encode("utf-8"))
    return [*names, README]


def _entries(facts: Facts, exported: Exported) -> dict[str, bytes]:
    """Layer entries of every client that reads some of the files."""
    out: dict[str, bytes] = {}
    if module := vcmap_module(facts, exported):
        out[f"{LAYERS}/vcmap.json"] = to_json(module)
    if entries := masterportal.services(facts, exported):
        out[f"{LAYERS}/masterportal-services.json"] = to_json(entries)
        out[f"{LAYERS}/masterportal-config.json"] = to_json({"layerConfig": masterportal.layer_config(facts, exported)})
    if styles := masterportal.styles(facts, exported):
        out[f"{LAYERS}/masterportal-style.json"] = to_json(styles)
    if script := cesium_module(facts, exported):
        out[f"{LAYERS}/cesium.js"] = script.encode("utf-8")
    if exported.name == "3dtiles":
        for language in WORDS:
            svg = irradiation_legend(exported.legend, language, facts.is_part_of_year)
            out[f"{LAYERS}/legend_{language}.svg"] = svg.encode("utf-8")
    return out


def _card(facts: Facts, folder: Path) -> list[str]:
    """The card of the shipped model, where that is what corrected; another model's card its owner has."""
    if facts.ai is None:
        return []
    from twin.correct import CARD, CARD_DATA, DEFAULT, REGISTER, model_of, write_card

    if facts.ai.models != (model_of(DEFAULT).id,):
        return []
    write_card(DEFAULT, folder / METADATA)
    return [f"{METADATA}/{name}" for name in (CARD, CARD_DATA, REGISTER)]
