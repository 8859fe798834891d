"""Terrain files of the far horizon, each in whatever system it names: degrees, another zone, LAEA, the city's own.

Unlike the near terrain, which everything stands on, they need not be in the city's CRS, nor in its heights: those of
DHHN, EVRF, EGM96 and EGM2008 differ by less than a metre in Germany, 0.01° at 5 km. Heights above the ellipsoid are
refused: they differ by 36 to 50 m. One file is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from io_citygml.crs import Crs, Reference, parse_reference
from io_citygml.errors import CityModelError
from twin.errors import TwinError
from twin.terrain import prj
from twin.terrain import source as kinds
from twin.terrain.asc import read_asc
from twin.terrain.geotiff import read_geotiff
from twin.terrain.grid import ZONE_M, Grid, Lattice, zone_shift
from twin.terrain.read import check_zone
from twin.terrain.source import Expanded, NotTerrain, Source
from twin.terrain.xyz import grid_or_tin, read_points

# Of a lattice in degrees, and of one in metres.
LARGEST_STEP_DEG, SMALLEST_STEP_M, LARGEST_STEP_M = 0.1, 0.01, 1e4
# All of a text file is read, whatever part is wanted: its lattice must not depend on the job.
EVERYWHERE = (np.full(2, -1e9), np.full(2, 1e9))


class FarFile(NamedTuple):
    """A grid of heights and where it lies."""

    source: Source
    grid: Grid
    horizontal: str  # "EPSG:4326", the system of its lattice
    named: str | None  # what the file says of its system, heights included; None: taken as the city's
    note: str  # "" or what was done to it


def far_files(expanded: Expanded, crs: Crs, passed_over: list[str]) -> Iterator[FarFile]:
    """The grids among the sources, one by one, in the order named; others are added to ``passed_over``.

    Raises
    ------
    TwinError
        Naming the file that is broken, holds something else though it was named, or does not say where it lies.
    """
    passed_over.extend(expanded.passed_over)
    for source in expanded.sources:
        try:
            yield _read(source, crs)
        except NotTerrain as error:
            if source.named:
                raise
            passed_over.append(error.message)


def _read(source: Source, crs: Crs) -> FarFile:
    shift = 0.0
    if source.kind == kinds.GEOTIFF:
        grid, wkt = read_geotiff(source)
        notation = _beside(source) if wkt is None else wkt
    elif source.kind == kinds.ASC:
        grid, notation = read_asc(source), _beside(source)
    elif source.kind == kinds.XYZ:
        (grid, shift), notation = _points(source), _beside(source)
    else:
        raise NotTerrain(f"{source.name}: {source.kind}, triangles", "the far horizon takes grids: GeoTIFF, ASC, XYZ")
    reference = _reference(notation, source)
    geographic = reference is not None and reference.geographic
    _check_lattice(grid.lattice, geographic, source)
    own = crs if reference is None else reference.crs
    before = 0.0 if geographic else zone_shift(grid.lattice.west)
    lattice = grid.lattice._replace(west=grid.lattice.west + before)
    shift += before
    check_zone(shift, own, source)
    note = f"zone {round(-shift / ZONE_M)} taken off its eastings" if shift else ""
    named = None if reference is None else own.horizontal + (own.vertical or "").replace("EPSG:", "+")
    return FarFile(source, grid._replace(lattice=lattice), own.horizontal, named, note)


def _points(source: Source) -> tuple[Grid, float]:
    """The grid of a text file, and what was added to its eastings to take a zone off."""
    found = read_points(source, *EVERYWHERE)
    part = grid_or_tin(source, found.point)
    if not isinstance(part, Grid):
        raise NotTerrain(f"{source.name}: scattered points", "gdal_grid makes a raster of them")
    return part, found.shift_m


def _beside(source: Source) -> str | None:
    """The well-known text of a .prj beside a file that names no system, in its archive too; None where there is none.

    Raises
    ------
    TwinError
        Where it cannot be read.
    """
    try:
        return prj.text_of(source) or None
    except prj.UNREADABLE as error:
        raise TwinError(
            f"{source.name}: {prj.name_of(source)} beside it cannot be read ({prj.why(error)})", "check that file"
        ) from error


def _reference(notation: str | None, source: Source) -> Reference | None:
    """What a file says of its system.

    Raises
    ------
    TwinError
        Where that is not understood, in feet, or counts heights from the ellipsoid.
    """
    if notation is None:
        return None
    mend = f"gdalwarp -t_srs EPSG:25832 {source.path.name} far.tif"
    try:
        reference = parse_reference(notation)
    except CityModelError as error:
        raise TwinError(f"{source.name}: {error.problem}", mend) from error
    if reference.ellipsoidal:
        raise TwinError(f"{source.name}: its heights count from the ellipsoid, not from the sea", "take the geoid off")
    if not (reference.geographic or reference.metric) or reference.height_unit_m != 1.0:
        raise TwinError(f"{source.name}: {reference.crs.horizontal} is not in metres or degrees", mend)
    return reference


def _check_lattice(lattice: Lattice, geographic: bool, source: Source) -> None:
    """Refuse steps that are none in the units of the file's system."""
    step = np.array([lattice.step_x, lattice.step_y])
    if geographic:
        fits = (step <= LARGEST_STEP_DEG).all() and lattice.west >= -361.0 and lattice.east <= 361.0
    else:
        fits = (step >= SMALLEST_STEP_M).all() and (step <= LARGEST_STEP_M).all()
    if not fits:
        unit = "degrees" if geographic else "metres"
        raise TwinError(
            f"{source.name}: first sample at {lattice.west:g}, {lattice.south:g}, cells of {step[0]:g} × {step[1]:g} "
            f"are no terrain in {unit}",
            "write its system into a .prj beside it, or gdal_translate -a_srs",
        )
