"""The city report as blocks (twin.report.study_blocks), its findings: what HTML and PDF both set.

What was assumed and left out stands in city_background.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin.cityreport.facts import CityFacts
from twin.pv.cadastre import CLASS_KEYS
from twin.report.city_tables import Filled, amounts, district_table, yields
from twin.report.city_warnings import warnings_of
from twin.report.city_words import CityWords
from twin.report.picture import Picture
from twin.report.pv_correction import correction_said
from twin.report.study_blocks import Block, Column, broken, figure, heading, paragraph, row, table

if TYPE_CHECKING:
    import pandas as pd

Pictures = Mapping[str, tuple[Picture, str]]  # by name, with the file that holds it
# Characters of a gml:id in one line of a table.
ID_CHARACTERS = 22


def tiles(facts: CityFacts, words: CityWords) -> Block:
    """The numbers to begin with."""
    city = facts.city
    inside = int(facts.rows["buildings"].iloc[:-1].sum())
    found = [
        tile(
            words("tile_buildings"),
            words.number(city["buildings"]),
            words("tile_buildings_note", words.number(len(facts.districts)), words.number(city["buildings"] - inside)),
        )
    ]
    for part in ("roof", "facade"):
        note = words(
            "tile_power_note",
            words.number(city[f"{part}_kwp"], 1),
            words.number(city[f"{part}_plants"]),
            words.number(city[f"{part}_kwh_kwp"]),
        )
        found.append(tile(words(f"tile_{part}s"), f"{words.mega(city[f'{part}_kwh'])} {words('mwh')}", note))
    found.append(
        tile(
            words("tile_co2"),
            f"{words.mega(city['pv_co2_kg'])} t",
            words("tile_co2_note", years_in_words(facts, words)),
        )
    )
    if city["land_m2"] > 0:
        note = words("tile_land_note", words.number(city["land_m2"] / 1e4, 1), words.number(city["land_kwh_m2"]))
        found.append(tile(words("tile_land"), f"{words.mega(city['land_kwh'])} {words('mwh')}", note))
    if facts.sites is not None:
        total = facts.sites
        note = words("tile_sites_note", words.number(total.with_plant), words.number(total.kwp / 1000, 1))
        found.append(tile(words("tile_sites"), f"{words.number(total.mwh, 1)} {words('mwh')}", note))
    return {"type": "tiles", "tiles": found}


def tile(label: str, value: str, note: str) -> dict[str, str]:
    """One number with what it is."""
    return {"label": label, "value": value, "note": note}


def years_in_words(facts: CityFacts, words: CityWords) -> str:
    """Years of the CO₂ factors."""
    return ", ".join(map(str, facts.factor_years)) or words("co2_years_unknown")


def correction_sentences(facts: CityFacts, words: CityWords) -> str:
    """Whether a correction was asked for, how often it was applied, and how often it abstained."""
    if facts.correction is None:
        return words("physical")
    return " ".join([words("corrected"), *correction_said(facts.correction, facts.largest_delta_pct, words.common)])


def glance(facts: CityFacts, words: CityWords) -> list[Block]:
    """What this is, the numbers to begin with, and how to read them."""
    return [
        paragraph(words("what")),
        *(paragraph(line, "key") for line in warnings_of(facts, words)),
        tiles(facts, words),
        paragraph(words("potential"), "key"),
        paragraph(correction_sentences(facts, words)),
        paragraph(words("quantiles") + (words("quantiles_corrected") if facts.corrected else "")),
        paragraph(words("rounding"), "note"),
    ]


def by_district(facts: CityFacts, placed: Pictures, words: CityWords) -> list[Block]:
    """Map, table and bars of the yield."""
    columns = [*amounts(words, (words("buildings"), "buildings")), *yields(facts, "pv", words)]
    inside = facts.rows.iloc[:-1]
    blocks = [heading(1, words("by_district"))]
    if facts.city["pv_kwh"] > 0:
        best = inside.iloc[int(inside["pv_kwh"].argmax())]
        share = 100 * best["pv_kwh"] / facts.city["pv_kwh"]
        blocks.append(
            paragraph(words("best_district", best["district"], words.mega(best["pv_kwh"]), words.number(share, 1)))
        )
    blocks += [
        figure(*placed["map_energy"]),
        district_table(facts, words("overview_caption"), columns, words),
        paragraph(words("outside_note", words.number(facts.buildings_outside)), "note"),
        figure(*placed["energy"]),
    ]
    return blocks


def roofs(facts: CityFacts, placed: Pictures, words: CityWords) -> list[Block]:
    """Classes of roofs, by district and for the city, and the best buildings."""
    city = facts.city
    blocks: list[Block] = [heading(1, words("roofs"))]
    if city["roof_m2"] > 0:
        fit = 100 * (city["roof_very_good_m2"] + city["roof_good_m2"]) / city["roof_m2"]
        limited = 100 * city["roof_limited_m2"] / city["roof_m2"]
        blocks.append(paragraph(words("suitable", words.number(fit, 1), words.number(limited, 1))))
    by_class = [(words(key), f"roof_{key}_m2") for key in CLASS_KEYS.values()]
    areas = amounts(words, (words("roof_m2"), "roof_m2"), *by_class)
    heads = [
        Column(words("class"), "left", 1.0),
        *(Column(words(name), "right", "auto") for name in ("surfaces", "area_m2", "plants", "kwp", "mwh")),
    ]
    rows = [
        row(
            words(CLASS_KEYS.get(one["pv_class"], "unclassed")),
            words.number(one["surfaces"]),
            words.number(one["area_m2"]),
            words.number(one["plants"]),
            words.number(one["kwp"], 1),
            words.mega(one["kwh"]),
        )
        for one in facts.classes.to_dict(orient="records")
    ]
    return [
        *blocks,
        figure(*placed["map_classes"]),
        table(words("classes_caption"), heads, rows),
        paragraph(words("classes_note"), "note"),
        district_table(facts, words("roof_caption"), areas, words),
        figure(*placed["classes"]),
        district_table(facts, words("roof_yield_caption"), yields(facts, "roof", words), words),
        *best_buildings(facts, words),
    ]


def best_buildings(facts: CityFacts, words: CityWords) -> list[Block]:
    """The buildings whose roofs yield most."""
    if facts.best_buildings.empty:
        return []
    share = words.number(100 * facts.job.assumed["classes"]["building_share"])
    columns: list[Filled] = [
        *best_of("building", "building_id", words),
        *amounts(words, (words("kwp"), "roof_pv_kwp"), (words("mwh"), "roof_pv_kwh")),
        (Column(words("class"), "left", "auto"), lambda one: words(CLASS_KEYS.get(one["pv_class"], "unclassed"))),
        *amounts(words, (words("cost"), "cost_eur"), (words("payback"), "payback_years")),
    ]
    return [
        best_table("best_buildings_caption", facts.best_buildings, columns, words),
        paragraph(words("buildings_note", share), "note"),
    ]


def best_of(head: str, column: str, words: CityWords) -> list[Filled]:
    """Columns that say which object it is, and where."""
    return [
        (Column(words(head), "left", 1.3, ID_CHARACTERS), lambda one: broken(str(one[column]), ID_CHARACTERS)),
        (Column(words("district"), "left", 1.0), lambda one: str(one["district"])),
    ]


def best_table(caption: str, best: pd.DataFrame, columns: list[Filled], words: CityWords) -> Block:
    """A table with a row for each of the best objects."""
    rows = [row(*(fill(one) for _, fill in columns)) for _, one in best.iterrows()]
    return table(words(caption, words.number(len(best))), [column for column, _ in columns], rows)


def facades(facts: CityFacts, words: CityWords) -> list[Block]:
    """Bands of façades by district, and the best façades."""
    low, high = (words.number(limit) for limit in facts.bands_kwh_m2)
    upper, lower = words("band_upper", high), words("band_lower", low, high)
    areas = amounts(words, (words("facade_m2"), "facade_m2"), (upper, "facade_upper_m2"), (lower, "facade_lower_m2"))
    bands = amounts(
        words,
        *(
            (f"{head}: {words(unit)}", f"facade_{key}_{unit_column}")
            for head, key in ((upper, "upper"), (lower, "lower"))
            for unit, unit_column in (("kwp", "kwp"), ("mwh", "kwh"))
        ),
    )
    return [
        heading(1, words("facades")),
        paragraph(words("facades_note", low, high)),
        district_table(facts, words("facade_caption", low, high), areas, words),
        district_table(facts, words("facade_band_caption", low, high), bands, words),
        district_table(facts, words("facade_yield_caption"), yields(facts, "facade", words), words),
        *best_facades(facts, words),
    ]


def best_facades(facts: CityFacts, words: CityWords) -> list[Block]:
    """The façades that yield most."""
    if facts.best_facades.empty:
        return []
    columns: list[Filled] = [
        *best_of("surface", "surface_id", words),
        (Column(words("faces"), "left", "auto"), lambda one: words.compass(float(one["azimuth_deg"]))),
        *amounts(
            words, (words("kwp"), "pv_kwp"), (words("mwh"), "value_phys"), (words("irradiation"), "irradiation_kwh_m2")
        ),
    ]
    return [best_table("best_facades_caption", facts.best_facades, columns, words)]


def land(facts: CityFacts, words: CityWords) -> list[Block]:
    """Irradiation of open land, and sites for solar parks where they were given."""
    blocks: list[Block] = [heading(1, words("land"))]
    if facts.city["land_m2"] > 0:
        columns = amounts(
            words,
            (words("land_m2"), "land_m2"),
            (words("land_mean"), "land_kwh_m2"),
            (words("land_mwh"), "land_kwh"),
        )
        note = words("land_note") + words("land_slope" if facts.job.on_terrain else "land_level")
        blocks += [paragraph(note), district_table(facts, words("land_caption"), columns, words)]
    else:
        blocks.append(paragraph(words("land_none")))
    blocks.append(heading(2, words("sites")))
    return [*blocks, *sites(facts, words)]


def sites(facts: CityFacts, words: CityWords) -> list[Block]:
    """Sites for solar parks by district and in their order."""
    found = facts.sites
    if found is None:
        return [paragraph(words("sites_none"))]
    total = words("sites_note", found.file, words.number(len(found.table)), words.number(found.with_plant))
    columns = amounts(words, (words("sites_number"), "sites"), (words("mw"), "sites_mw"), (words("mwh"), "sites_kwh"))
    blocks = [paragraph(total), district_table(facts, words("sites_district_caption"), columns, words)]
    heads = [
        Column(words("rank"), "right", "auto"),
        Column(words("site"), "left", 1.3),
        Column(words("district"), "left", 1.0),
        Column(words("kind"), "left", 0.9),
        *(Column(words(name), "right", "auto") for name in ("mw", "mwh", "kwh_kwp", "lcoe")),
    ]
    rows = [
        row(
            str(int(one["rank"])),
            str(one["site"]),
            str(one["district"]),
            words.kind(str(one["kind"])),
            words.number(one["kwp"] / 1000, 2),
            words.number(one["mwh"], 1),
            words.number(one["kwh_kwp"]),
            words.span(one["lcoe_ct_low"], one["lcoe_ct_high"]),
        )
        for one in found.best().to_dict(orient="records")
    ]
    return [*blocks, table(words("sites_caption"), heads, rows)] if rows else blocks


def carbon(facts: CityFacts, words: CityWords) -> list[Block]:
    """CO₂ that the electricity avoids, and the year of its factor."""
    columns = amounts(
        words, (words("roofs"), "roof_co2_kg"), (words("facades"), "facade_co2_kg"), (words("sum"), "pv_co2_kg")
    )
    return [
        heading(1, words("co2")),
        paragraph(words("co2_note", years_in_words(facts, words))),
        district_table(facts, words("co2_caption"), columns, words),
    ]


def findings(facts: CityFacts, placed: Pictures, words: CityWords) -> list[Block]:
    """Everything that was found, in its order."""
    made: list[Any] = [
        *by_district(facts, placed, words),
        *roofs(facts, placed, words),
        *facades(facts, words),
        *land(facts, words),
        *carbon(facts, words),
    ]
    return made
