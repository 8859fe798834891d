"""What must be known of a plan: a code with values, for pages that word it in their reader's language, and the words.

The words are English, for whoever runs the command line; twin.report.study_phrases has their German.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

# What a page words itself; the rest is told in the words it has.
Code = Literal["stands_in", "hovers", "in_the_ground", "casts_only", "repaired", "no_roof_form", "other_sky", "other"]


class Note(NamedTuple):
    """One remark."""

    code: Code
    values: Mapping[str, str | float]  # numbers as the words have them, rounded
    words: str

    def about(self, plan: str) -> Note:
        """The same with the name of the plan."""
        return Note(self.code, {"plan": plan, **self.values}, f"{plan}: {self.words}")


def other(words: str) -> Note:
    """A remark that only the command line and reports word."""
    return Note("other", {}, words)


def hovers(by_m: float, ground_m: float) -> Note:
    """It stands above the ground at its place, which is at ``ground_m``."""
    return Note(
        "hovers", {"by_m": round(by_m, 1)}, f"hovers {by_m:.1f} m above the ground at its place ({ground_m:.1f} m)"
    )


def in_the_ground(by_m: float, ground_m: float) -> Note:
    """It reaches deeper into the ground than cellars do."""
    words = f"reaches {by_m:.1f} m into the ground at its place ({ground_m:.1f} m)"
    return Note("in_the_ground", {"by_m": round(by_m, 1)}, words)


def stands_in(building: str, area_m2: float) -> Note:
    """It covers part of a building that stays."""
    words = f"stands in {building} by {area_m2:.0f} m²: take that away with --remove if it goes"
    return Note("stands_in", {"building": building, "area_m2": float(round(area_m2))}, words)


def casts_only(why: str) -> Note:
    """It shades others and is not measured itself."""
    return Note("casts_only", {}, f"casts shadow only, its own façades are not measured ({why})")


def repaired(what: str) -> Note:
    """Its file has a defect that was mended, or something that was left out."""
    return Note("repaired", {}, f"found in the file: {what}")


def no_roof_form() -> Note:
    """Heights of eaves and ridge without the roof between them."""
    return Note("no_roof_form", {}, "the roof's form is not said: flat at its top height, as an envelope")


def other_sky(ours: tuple[int, str], job: tuple[int, str]) -> Note:
    """Plans are compared under another sky, of patches and a model, than a job was computed with."""
    return Note(
        "other_sky",
        {},
        f"plans are compared under {ours[0]} sky patches and {ours[1]}, the job has {job[0]} and {job[1]}",
    )
