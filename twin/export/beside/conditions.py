"""Colours by condition, for clients that colour tiles themselves: the classes that styles of a GIS have too.

Tiles 1.1 have no value as undefined, tiles 1.0 as a negative number. Comparing undefined is an error in Cesium, so a
missing value is asked for first (CesiumJS, Expression.js; 3D Tiles Styling specification).
"""

from __future__ import annotations

import math

from twin.export.vectors.classes import NO_VALUE_COLOUR, Step, rgb, shadows, steps_of, suitability
from twin.report.colours import Scale, colour_table

ANNUAL, SUITABILITY = "irradiation_kwh_m2", "pv_class"
SHADOW_OPACITY = 0.6


def steps_between(legend: tuple[float, float]) -> list[Step]:
    """Classes of annual irradiation between the ends of a legend [kWh/m²]."""
    return steps_of(Scale(*legend, colour_table()))


def irradiation_conditions(legend: tuple[float, float]) -> list[list[str]]:
    """Conditions of a 3D Tiles style by annual irradiation."""
    value = f"${{{ANNUAL}}}"
    out = [[f"{value} === undefined || {value} === null || {value} < 0", f"color('{NO_VALUE_COLOUR}')"]]
    for step in steps_between(legend):
        out.append([f"{value} < {step.high:g}" if math.isfinite(step.high) else "true", f"color('{step.colour}')"])
    return out


def suitability_conditions() -> list[list[str]]:
    """Conditions of a 3D Tiles style by the class of a roof; façades and what has no class are grey."""
    out = [[f"${{{SUITABILITY}}} === '{one.value}'", f"color('{one.colour}')"] for one in suitability()]
    return [*out, ["true", f"color('{NO_VALUE_COLOUR}')"]]


def shadow_conditions() -> list[list[str]]:
    """Conditions of a style by the kind of shadow."""
    out = [[f"${{kind}} === '{one.value}'", f"color('{one.colour}', {SHADOW_OPACITY:g})"] for one in shadows()]
    return [*out, ["true", f"color('{NO_VALUE_COLOUR}', {SHADOW_OPACITY:g})"]]


def rgba(colour: str, opacity: float = 1.0) -> str:
    """ "rgba(181, 18, 43, 1)" of "#b5122b"."""
    red, green, blue = rgb(colour)
    return f"rgba({red}, {green}, {blue}, {opacity:g})"
