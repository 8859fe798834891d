"""The far horizon of a job in a few lines for the screen and the report."""

from __future__ import annotations

from typing import Any

import numpy as np

from solar.far_horizon import FarHorizon
from twin.terrain.words import SHOWN, passed_over_lines

NONE = "no far horizon: beyond the casters' halo the horizon is level and open"


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
        out.append(
            f"it does not reach {facts['reach_km']:g} km towards {', '.join(facts['short_towards'])} (least "
            f"{known['least']:g} km, median {known['median']:g} km, {facts['missing_share']:.1%} missing): where a "
            "height is missing there is no horizon"
        )
    unnamed = sum(entry["crs"].startswith("not named") for entry in facts["files"])
    if unnamed:
        out.append(f"{unnamed} of {len(names)} far files name no coordinate system: taken as the city's")
    out += [f"{entry['name']}: {entry['note']}" for entry in facts["files"] if "note" in entry]
    return out + passed_over_lines(facts["passed_over"])


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
