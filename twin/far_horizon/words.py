"""The far horizon of a job in a few lines for the screen and the report."""

from __future__ import annotations

from typing import Any

import numpy as np

from solar.far_horizon import FarHorizon
from twin.terrain.words import SHOWN, passed_over_lines

NONE = "no far horizon: beyond the casters' halo the horizon is level and open"
# Sectors of 45°, clockwise from grid north.
COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
# What `twin.far_horizon.ground` may find likely.
LIKELY = {
    "far_ellipsoid": "its heights seem to count from the ellipsoid, take the geoid off",
    "city_ellipsoid": "the city's heights seem to count from the ellipsoid",
    "far_feet": "its heights seem to be feet, make metres of them",
    "city_feet": "the city's heights seem to be feet",
    "city_own_zero": "the city's heights seem to count from its own ground",
}


def far_lines(facts: dict[str, Any] | None) -> list[str]:
    """Lines on the far terrain of a job, from its facts; None where no file was given."""
    if facts is None:
        return [NONE]
    names = [entry["name"] for entry in facts["files"]]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    known = facts["known_km"]
    out = [
        f"{', '.join(names[:SHOWN])}{more}: far terrain out to {facts['reach_km']:g} km, {facts['lowest_m']:.0f} to "
        f"{facts['highest_m']:.0f} m, sampled every {facts['step_m']:g} m"
    ]
    if facts["short_towards"]:
        gaps = ", ".join(f"{name} from {gap:g} km" for name, gap in facts["first_gap_km"].items())
        out.append(
            f"it has gaps or ends before {facts['reach_km']:g} km towards {gaps} (known without a gap: least "
            f"{known['least']:g} km, median {known['median']:g} km; {facts['missing_share']:.1%} missing): where a "
            "height is missing there is no horizon"
        )
    if facts["near_m"] is None:
        out.append(
            "near terrain is not traced: the profile begins at each cell's edge, and a surface model (GLO-30) shades "
            "with houses that the city model holds already; give ground with --terrain"
        )
    if facts.get("ground") == {"cells": 0}:
        out.append("it has no height in the middle of any cell: not held against the city's ground")
    out += [f"warning: {line}" for line in far_warnings(facts)]
    unnamed = sum(entry["crs"].startswith("not named") for entry in facts["files"])
    if unnamed:
        out.append(f"{unnamed} of {len(names)} far files name no coordinate system: taken as the city's")
    out += [f"{entry['name']}: {entry['note']}" for entry in facts["files"] if "note" in entry]
    return out + passed_over_lines(facts["passed_over"])


def far_warnings(facts: dict[str, Any]) -> list[str]:
    """What must be known of far terrain before its horizon is believed, from its facts; empty for a good one."""
    ground = facts.get("ground", {"cells": 0})
    if not ground["cells"] or abs(ground["median_m"]) <= ground["noticed_m"]:
        return []
    middle = ground["median_m"]
    likely = " or ".join(LIKELY[name] for name in ground["likely"]) or "check the datum and the unit of its heights"
    return [
        f"the far terrain stands {abs(middle):.1f} m {'above' if middle > 0 else 'below'} the city's ground (median; "
        f"cells: {ground['cells']:,}, {ground['least_m']:+.1f} to {ground['most_m']:+.1f} m), and every horizon with "
        f"it: {likely}"
    ]


def horizon_facts(horizons: list[FarHorizon]) -> dict[str, Any]:
    """How high the horizon of a job's cells stands: for the report, beside the facts of its terrain."""
    elevation = np.stack([horizon.elevation_deg for horizon in horizons])
    highest = np.unravel_index(int(elevation.argmax()), elevation.shape)
    return {
        "cells": len(horizons),
        "mean_deg": round(float(elevation.mean()), 2),
        "highest_deg": round(float(elevation[highest]), 2),
        "highest_towards_deg": round(float(highest[1]) * 360.0 / elevation.shape[1], 2),
    }


def horizon_line(facts: dict[str, Any]) -> str:
    """How high the horizon stands, in words, from `horizon_facts`."""
    return (
        f"horizon of {facts['cells']:,} cells: {facts['mean_deg']:g}° in the mean, {facts['highest_deg']:g}° at most, "
        f"towards {facts['highest_towards_deg']:g}° from grid north"
    )
