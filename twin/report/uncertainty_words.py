"""How sure a job's irradiation is, in a sentence or two for the reader."""

from __future__ import annotations

from typing import Any

from twin.report.words import Words


def uncertainty_words(found: dict[str, Any] | None, words: Words) -> list[str]:
    """Sentences on uncertainty, its mean and its tail, from report.json's ``uncertainty``; none without it."""
    if found is None or found["irradiation_u_pct"] is None:
        return []
    names = ("irradiation_u_pct", "u_spacing_pct", "u_sun_grid_pct", "u_sky_pct", "u_geometry_pct")
    said = [words("uncertainty", *(words.number(found[name], 1) for name in names))]
    if "tail" in found:  # absent in a report of an older job
        shown = ("surfaces", "larger_than_m2", "surfaces_above", "above_pct")
        said.append(words("uncertainty_tail", *(words.number(found["tail"][name]) for name in shown)))
    return said
