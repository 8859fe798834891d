"""Terrain files of any mix of formats in the city's CRS: what each says of its system is compared, never guessed.

A file without a coordinate system (XYZ, ASC, most LandXML) is taken to be in the city's, and that is said. Eastings
with the zone in front (32 691000 instead of 691000) are recognised and cut.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs, parse_reference
from io_citygml.errors import CityModelError
from io_citygml.heights import CLOSE_HEIGHTS
from twin.errors import TwinError
from twin.terrain import prj
from twin.terrain import source as kinds
from twin.terrain.asc import read_asc
from twin.terrain.geotiff import read_geotiff
from twin.terrain.grid import ZONE_M, Grid, Lattice, finer, zone_shift
from twin.terrain.landxml import read_landxml
from twin.terrain.mosaic import BLOCK
from twin.terrain.relief import check_relief, read_relief
from twin.terrain.source import Expanded, NotTerrain, Source
from twin.terrain.tin import Tin
from twin.terrain.xyz import grid_or_tin, read_points

# Beyond these no projected system in metres has coordinates, and no terrain has cells.
FARTHEST_M = 1e8
FINEST_M, COARSEST_M = 0.01, 1e5
# A grid farther than this from the city is of another place, or a table of numbers: it does not set the step.
FAR_M = 5e5


class TerrainFile(NamedTuple):
    """What came of one file."""

    source: Source
    crs: str | None  # what it names, None: taken as the city's
    note: str  # "" or what was done to it
    used: bool  # it reaches into the wanted area


class Found(NamedTuple):
    """Terrain of a job's area, in the order named."""

    grids: list[Grid]
    tins: list[Tin]
    files: list[TerrainFile]
    passed_over: list[str]  # files that nobody named, and what they are instead
    finest: Lattice | None  # of all grids, those beside the area too, so that every part of a city gets the same


def read_terrain(expanded: Expanded, crs: Crs | None, low: NDArray[np.float64], high: NDArray[np.float64]) -> Found:
    """Everything of the sources that reaches into one of the boxes (N, 2) [m] on the map.

    Raises
    ------
    TwinError
        Naming the file that is broken or in another CRS.
    """
    grids: list[Grid] = []
    tins: list[Tin] = []
    files: list[TerrainFile] = []
    passed_over, finest = list(expanded.passed_over), None
    for source in expanded.sources:
        try:
            part, file, lattice = _read(source, crs, low, high)
        except NotTerrain as error:
            if source.named:
                raise
            passed_over.append(error.message)
            continue
        files.append(file)
        if lattice is not None and lattice.touches(low - FAR_M, high + FAR_M):
            finest = lattice if finest is None else finer(finest, lattice)
        if not file.used:
            continue
        if isinstance(part, Grid):
            grids.append(part)
        elif part is not None:
            tins.append(part)
    if not grids and not tins:
        where = f"E {low[:, 0].min():.0f} to {high[:, 0].max():.0f}, N {low[:, 1].min():.0f} to {high[:, 1].max():.0f}"
        names = named([source.name for source in expanded.sources])
        what = f"no terrain within {where}, where it is asked for" if files else "no terrain among the files"
        raise TwinError(f"{names}: {what}{_beside(passed_over)}", "name the tiles of this place")
    return Found(grids, tins, files, passed_over, finest)


def named(names: list[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"


def _beside(passed_over: list[str]) -> str:
    if not passed_over:
        return ""
    more = f" and {len(passed_over) - 3} more" if len(passed_over) > 3 else ""
    return f" (not terrain, passed over: {'; '.join(passed_over[:3])}{more})"


def _read(
    source: Source, crs: Crs | None, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[Grid | Tin | None, TerrainFile, Lattice | None]:
    if source.kind == kinds.GEOTIFF:
        grid, wkt = read_geotiff(source)
        said = beside(source, crs) if wkt is None else agree(wkt, crs, source)
        return _grid(grid, said, source, crs, low, high)
    if source.kind == kinds.ASC:
        return _grid(read_asc(source), beside(source, crs), source, crs, low, high)
    if source.kind == kinds.XYZ:
        return _points(source, crs, low, high)
    if source.kind == kinds.LANDXML:
        tin, notation = read_landxml(source)
        system, note = agree(notation, crs, source)
    else:
        if not source.named:
            check_relief(source)
        tin, own, others = read_relief(source, crs)
        system, note = _notation(own), ""
        for text in others:
            system, note = agree(text, crs, source)
    shift = zone_shift(float(np.median(tin.vertex[:, 0])))
    check_zone(shift, crs, source)
    if shift:
        tin = tin._replace(vertex=tin.vertex + [shift, 0.0, 0.0])
        note = _cut(note, shift)
    used = bool(((low <= tin.vertex[:, :2].max(axis=0)) & (high >= tin.vertex[:, :2].min(axis=0))).all(axis=1).any())
    return tin, TerrainFile(source, system, note, used), None


# A grid beside the wanted area still has a part in the blocks that reach over its edge: whole blocks, or none.
def _grid(
    grid: Grid,
    said: tuple[str | None, str],
    source: Source,
    crs: Crs | None,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[Grid, TerrainFile, Lattice]:
    place, step = np.abs(grid.lattice[:2]), np.array(grid.lattice[2:4])
    if not ((place < FARTHEST_M).all() and (step >= FINEST_M).all() and (step <= COARSEST_M).all()):
        raise TwinError(
            f"{source.name}: first sample at {grid.lattice.west:g}, {grid.lattice.south:g}, cells of "
            f"{step[0]:g} × {step[1]:g} do not say where it lies in metres",
            "correct its corner and cell size",
        )
    shift = zone_shift(grid.lattice.west)
    check_zone(shift, crs, source)
    lattice: Lattice = grid.lattice._replace(west=grid.lattice.west + shift)
    system, note = said[0], _cut(said[1], shift) if shift else said[1]
    used = lattice.touches(low, high, BLOCK)
    return grid._replace(lattice=lattice), TerrainFile(source, system, note, used), lattice


def _points(
    source: Source, crs: Crs | None, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[Grid | Tin | None, TerrainFile, Lattice | None]:
    found = read_points(source, low.min(axis=0), high.max(axis=0))
    check_zone(found.shift_m, crs, source)
    system, note = beside(source, crs)
    note = _cut(note, found.shift_m) if found.shift_m else note
    near = (low - found.margin_m <= found.high) & (high + found.margin_m >= found.low)
    used = len(found.point) > 0 and bool(near.all(axis=1).any())
    part = grid_or_tin(source, found.point) if used else None
    lattice = part.lattice if isinstance(part, Grid) else found.lattice
    return part, TerrainFile(source, system, note, used), None if isinstance(part, Tin) else lattice


def _cut(note: str, shift: float) -> str:
    return "; ".join(part for part in (note, f"zone {round(-shift / ZONE_M)} taken off its eastings") if part)


def check_zone(shift_m: float, crs: Crs | None, source: Source) -> None:
    """Refuse eastings that carry another zone than the city's.

    Raises
    ------
    TwinError
        Naming both.
    """
    zone, city = round(-shift_m / ZONE_M), parse_reference(crs.text).zone if crs else 0
    if zone and city and zone != city:
        raise TwinError(
            f"{source.name}: eastings of zone {zone}, the city lies in zone {city}", "transform it to the city's system"
        )


def beside(source: Source, crs: Crs | None) -> tuple[str | None, str]:
    """(the system that a .prj file beside a file without one names, in its archive too, a note), as `agree`.

    Raises
    ------
    TwinError
        Where it is another one than the city's.
    """
    try:
        text = prj.text_of(source)
        if text is None:
            return None, ""
        parse_reference(text)
    except (CityModelError, *prj.UNREADABLE) as error:
        why = error.problem if isinstance(error, CityModelError) else prj.why(error)
        return None, f"{prj.name_of(source)} beside it is not understood ({why})"
    return agree(text, crs, source)


def agree(text: str | None, crs: Crs | None, source: Source) -> tuple[str | None, str]:
    """(the system a file names, a note), where it is the city's or no city is asked about.

    Raises
    ------
    TwinError
        Where it is another one, in plan or in height.
    """
    if text is None:
        return None, ""
    city = "the city's" if crs is None else _notation(crs)
    target = _notation(crs) if crs else "EPSG:25832"
    if source.kind in (kinds.GEOTIFF, kinds.ASC):
        remedy = f"gdalwarp -t_srs {target} {source.path.name} terrain.tif"
    else:
        remedy = f"export it again in {target}, or transform its points"
    try:
        reference = parse_reference(text)
    except CityModelError as error:
        raise TwinError(f"{source.name}: {error.problem}; the city is in {city}", remedy) from error
    named = reference.crs
    if crs is None:
        return _notation(named), ""
    if named.horizontal != crs.horizontal or not reference.metric:
        raise TwinError(f"{source.name} is in {named.horizontal}, the city in {city}", remedy)
    if named.vertical is None or crs.vertical is None or named.vertical == crs.vertical:
        return _notation(named), ""
    if {named.vertical, crs.vertical} == CLOSE_HEIGHTS:
        return _notation(named), f"heights {named.vertical} taken as {crs.vertical}: they differ by up to 6 cm"
    raise TwinError(f"{source.name}: its heights are {named.vertical}, the city's {crs.vertical}", remedy)


def _notation(crs: Crs) -> str:
    """EPSG numbers as --crs takes them."""
    return crs.horizontal if crs.vertical is None else f"{crs.horizontal}+{crs.vertical.removeprefix('EPSG:')}"
