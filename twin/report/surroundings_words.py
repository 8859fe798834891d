"""What a job knew of trees, far hills, the sky and reflected light, in a sentence each for the reader."""

from __future__ import annotations

from typing import Any

from twin.report.words import Words


def surroundings(report: dict[str, Any], words: Words) -> list[str]:
    """Sentences on everything around, from report.json."""
    return [trees(report, words), reflections(report, words), hills(report, words), sky(report, words)]


def trees(report: dict[str, Any], words: Words) -> str:
    """Whether trees take light."""
    found = report.get("trees")
    return words("assume_trees") if found is None else words("assume_crowns", words.number(found["crowns"]))


def reflections(report: dict[str, Any], words: Words) -> str:
    """What light comes back from."""
    name = "assume_ground" if report.get("reflections") == "far" else "assume_reflections"
    return words(name, words.number(report["albedo"] * 100))


def hills(report: dict[str, Any], words: Words) -> str:
    """Whether hills beyond the halo take light."""
    found = report.get("far_horizon")
    if found is None:
        return words("assume_no_hills")
    return words("assume_hills", words.number(found["horizon"]["highest_deg"], 1))


def sky(report: dict[str, Any], words: Words) -> str:
    """How the sky's light is spread."""
    return words("assume_sky", report["sky_model"])
