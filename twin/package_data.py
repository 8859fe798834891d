"""Files that come with the package: the demo district and the geoid grid, with their licences beside them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path


def demo_city() -> AbstractContextManager[Path]:
    """The demo district as a file, for the length of a ``with`` block."""
    return as_file(files("twin") / "data" / "demo" / "LoD2_32_364_5650_1_NW.gml.gz")


def geoid_grid() -> AbstractContextManager[Path]:
    """The GCG2016 grid (DHHN2016 to ellipsoid) as a file, for the length of a ``with`` block."""
    return as_file(files("twin") / "data" / "geoid" / "de_bkg_gcg2016.tif")
