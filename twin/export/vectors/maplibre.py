"""Styles for MapLibre GL (style specification 8) over our own tiles alone: no font, no sprite, no other server.

The page registers PMTiles' protocol (``maplibregl.addProtocol("pmtiles", …)``); see docs/exports/vectors.md.
"""

from __future__ import annotations

from twin.export.vectors.classes import NO_VALUE_COLOUR, shadows, steps_of
from twin.report.colours import Scale
from twin.report.study_canvas import HOUSE_SMALL, PAPER

SOURCE = "heliotwin"
OPACITY = 0.6


def surface_style(file: str, title: str, scale: Scale, credit: str) -> dict[str, object]:
    """Roofs, façades and, from afar, buildings in the colours of a year's irradiation; grey without a value."""
    steps = steps_of(scale)
    value = ["get", "irradiation_kwh_m2"]
    stepped: list[object] = ["step", value, steps[0].colour]
    for step in steps[1:]:
        stepped += [step.low, step.colour]
    colour = ["case", ["has", "irradiation_kwh_m2"], stepped, NO_VALUE_COLOUR]
    whole = {"fill-color": colour, "fill-outline-color": HOUSE_SMALL}
    wide = ["interpolate", ["linear"], ["zoom"], 15, 1.0, 19, 4.0]
    return _style(
        file,
        title,
        credit,
        [
            {"id": "buildings", "type": "fill", "maxzoom": 14, "paint": whole},
            {"id": "surfaces", "type": "fill", "minzoom": 14, "paint": whole},
            {"id": "facades", "type": "line", "minzoom": 15, "paint": {"line-color": colour, "line-width": wide}},
        ],
    )


def shadow_style(file: str, title: str, scenario: str, time_utc: str, credit: str) -> dict[str, object]:
    """Shadows of one scenario and instant; ``map.setFilter("shadows", …)`` shows another."""
    match: list[object] = ["match", ["get", "kind"]]
    for one in shadows():
        match += [one.value, one.colour]
    return _style(
        file,
        title,
        credit,
        [
            {
                "id": "shadows",
                "type": "fill",
                "filter": ["all", ["==", ["get", "scenario"], scenario], ["==", ["get", "time_utc"], time_utc]],
                "paint": {"fill-color": [*match, NO_VALUE_COLOUR], "fill-opacity": OPACITY, "fill-antialias": False},
            }
        ],
    )


def _style(file: str, title: str, credit: str, layers: list[dict[str, object]]) -> dict[str, object]:
    """A style of one source, whose layers are called as those of its tiles."""
    return {
        "version": 8,
        "name": title,
        "sources": {SOURCE: {"type": "vector", "url": f"pmtiles://{file}", "attribution": credit}},
        "layers": [
            {"id": "background", "type": "background", "paint": {"background-color": PAPER}},
            *({"source": SOURCE, "source-layer": str(layer["id"]), **layer} for layer in layers),
        ],
    }
