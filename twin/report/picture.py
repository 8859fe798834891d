"""A finished picture as a report takes it: the PNG, its size on paper, and what it says in words."""

from __future__ import annotations

from typing import NamedTuple


class Picture(NamedTuple):
    """One picture of a study; drawn in twin.report.study_pictures, set on the page by twin.report.study_pdf.

    Names: "landing", "sun_hours:<date>:<scenario>", "difference:<date>:<scenario>", "sheets:<date>:<scenario>:<k>"
    (k from 1: pages of small maps), "facades:<date>:<scenario>", "sun_path:<point's name>"; dates are ISO.
    """

    name: str
    png: bytes
    width_mm: float  # on paper; the type area of the report is 170 mm × 240 mm
    height_mm: float
    alt: str  # what a reader who cannot see it is told, in the report's language
    caption: str  # below the picture, without "Abbildung n"
