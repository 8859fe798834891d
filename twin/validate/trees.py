"""Trees: what they take of the sun by season, and what a model gets wrong that draws them as blocks.

A street with known crowns, and a piece of Delft whose crowns are found in its laser scan. Held are what must hold
whatever the trees: the beam behind a crown is exp(−k·chord), beside chords by half-spaces in float64 and beside the
smooth spheroid; no bit of a wall changes for a tree; the same crowns as walls stop what the chords enter; each model
takes more than the one before (`twin.validate.trees_light`); another season sends no ray. What trees take of the year
and of two cloudless days is stated, with and without leaves, as opaque crowns and as blocks.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.validate.district import KINDS, Place
from twin.validate.table import Asked, Row, Seconds, Sheet, Table, between, stated
from twin.validate.trees_held import another_season, as_walls, behind_crowns, known, never_a_wall, plan_m2
from twin.validate.trees_light import DAYS, HOURS, MODELS, NONE, SEASONS, Beam, beam_of, grove_of_place
from twin.validate.trees_places import CROWN_BASE_M, DEPTH_M, DIAMETER_M, delft, middles, street

NAME = "trees"
# Rounding of a step in the order of the models, as a share of the light without trees.
ORDER = 1e-4
PICTURE = "trees.png"
WORDS = {
    "bare": "wood all year",
    "seasons": "seasons",
    "leafy": "leaves all year",
    "opaque": "opaque crowns",
    "blocks": "opaque blocks",
}


def trees(asked: Asked) -> Table:
    """Both places; the street alone, with fewer receivers, where it is to be small."""
    from twin.validate.trees_plot import day_courses

    spacing, seconds, rows, found = 2.0 if asked.smoke else 1.0, Seconds(), list[Row](), dict[str, Beam]()
    with tempfile.TemporaryDirectory() as name, seconds.spent("heliotwin"):
        asked.on_progress(NAME, 0, 2)
        green = street(Path(name), spacing)
        rows += [*known(green), *never_a_wall(green, street(Path(name), spacing, no_trees=True))]
        rows += [*behind_crowns(green, 8 if asked.smoke else 40), as_walls(green), another_season(green)]
        found["street"] = beam_of(green)
        if not asked.smoke:
            asked.on_progress(NAME, 1, 2)
            scanned = delft(Path(name), asked.data, spacing)
            rows += [*_found(scanned), as_walls(scanned, "Delft")]
            found["Delft"] = beam_of(scanned)
    for place, beam in found.items():
        rows += [_order(place, beam), *_taken(place, beam)]
    day_courses(asked.folder / PICTURE, found)
    points = "all of both files" if asked.data else "130 m × 80 m of them, which come with the package"
    return Table(
        name=NAME,
        title="Trees: what crowns take of the sun",
        rows=tuple(rows),
        notes=(
            f"Street: two rows of houses, {len(middles())} limes as spheroids {DIAMETER_M:g} m wide and {DEPTH_M:g} m "
            f"deep, {CROWN_BASE_M:g} m above ground.",
            *([] if asked.smoke else [f"Delft: blocks of 3dfier, crowns found in the points of AHN3: {points}."]),
            "Direct beam on receivers within the box of all crowns, mean by area. Year: the job's default weather, cut "
            "where leaves come and go; days: cloudless. Shares are what trees take of it.",
        ),
        seconds=seconds.of,
        sheets=(_figures(rows), *(_losses(place, beam) for place, beam in found.items())),
        pictures=(PICTURE,),
    )


def _found(place: Place) -> list[Row]:
    """What the scan of Delft holds; there is no survey to count against."""
    crowns = grove_of_place(place).crowns
    low, high = crowns.bounds()
    box = float(np.prod(high[:, :2].max(axis=0) - low[:, :2].min(axis=0)))
    return [
        stated("Delft: crowns found", len(crowns), "1", "AHN3"),
        stated("Delft: median height", float(np.median(crowns.height_m)), "m", "AHN3"),
        stated("Delft: median diameter", float(np.median(crowns.diameter_m)), "m", "AHN3"),
        stated("Delft: their plan, of the box of all", 100.0 * plan_m2(crowns) / box, "%", "AHN3"),
    ]


def _order(place: str, beam: Beam) -> Row:
    name = f"{place}: no tree, wood, seasons, leaves, opaque, blocks: the least step down"
    return between(name, beam.least_step, -ORDER, 1.0, "of the light without trees", "order")


def _periods(beam: Beam) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Direct irradiation (K,) [kWh/m²] by period and model."""
    out = {"year": {model: beam.season[model].sum(axis=1) for model in MODELS}}
    for number, start in enumerate(beam.seasons):
        out[f"from {start[0]:02d}-{start[1]:02d}"] = {model: beam.season[model][:, number] for model in MODELS}
    for number, day in enumerate(DAYS):
        part = slice(number * HOURS, (number + 1) * HOURS)
        out[day] = {model: beam.hour[model][:, part].sum(axis=1) for model in MODELS}
    return out


def _taken(place: str, beam: Beam) -> list[Row]:
    """What trees take, and what the naive model says they take, kind by kind."""
    out = []
    for period, found in _periods(beam).items():
        for kind, name in enumerate(KINDS):
            whole = max(float(found[NONE][kind]), 1e-12)
            for model in MODELS[1:]:
                taken = 100.0 * (1.0 - float(found[model][kind]) / whole)
                out.append(stated(f"{place}, {name}, {period}: taken, {model}", taken, "%", "heliotwin"))
    return out


def _losses(place: str, beam: Beam) -> Sheet:
    lines = []
    for period, found in _periods(beam).items():
        for kind, name in enumerate(KINDS):
            whole = max(float(found[NONE][kind]), 1e-12)
            shares = [f"{100.0 * (1.0 - float(found[model][kind]) / whole):.1f}" for model in MODELS[1:]]
            shares[MODELS.index(SEASONS) - 1] = f"**{shares[MODELS.index(SEASONS) - 1]}**"
            lines.append((period, name, f"{whole:.2f}", *shares))
    heading = (place, "on", "no tree [kWh/m²]", *(f"{WORDS[model]} [%]" for model in MODELS[1:]))
    return Sheet(heading, tuple(lines))


def _figures(rows: list[Row]) -> Sheet:
    """Everything but the shares, which have sheets of their own."""
    lines = []
    for row in rows:
        if row.unit == "%" and row.passed is None and "taken" in row.name:
            continue
        bound = "–" if row.low is None or row.high is None else f"{row.low:.6g} … {row.high:.6g}"
        lines.append((row.name, f"{row.found:.6g}", bound, row.unit, row.source))
    return Sheet(("figure", "found", "bound", "unit", "against"), tuple(lines))
