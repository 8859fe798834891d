"""How sure a job's irradiation is, in a sentence for the reader."""

from __future__ import annotations

from typing import Any

from twin.report.words import Words


def uncertainty_words(found: dict[str, Any] | None, words: Words) -> list[str]:
    """The sentence on uncertainty, from report.json's ``uncertainty``; none in reports that have no such."""
    if found is None or found["irradiation_u_pct"] is None:
        return []
    names = ("irradiation_u_pct", "u_spacing_pct", "u_sun_grid_pct", "u_sky_pct", "u_geometry_pct")
    return [words("uncertainty", *(words.number(found[name], 1) for name in names))]
