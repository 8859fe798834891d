"""A job's surfaces as 3D Tiles: 1.1 for Cesium, 1.0 for VC Map and Masterportal.

::

    FOLDER/tileset.json
    FOLDER/tiles/<path>.glb | .b3dm      one a tile of the quadtree
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.earth import east_north_up, geocentric
from twin.errors import TwinError
from twin.export.options import Colour, Profile
from twin.export.published import published
from twin.export.rasters.scale import irradiation_scale
from twin.export.source import Source
from twin.export.tiles import tileset, tree
from twin.export.tiles.draco import require_draco
from twin.export.tiles.properties import Column, columns_of
from twin.export.tiles.shapes import Shapes, part_of, shapes_of, vertices_of
from twin.export.tiles.texture import LONGEST, Measured, Measuring, atlas_of, png_of
from twin.export.tiles.tile import Form, Skin, tile_bytes
from twin.export.words import credit_of
from twin.irradiation import cells_of
from twin.month_hour import MonthHour, YearBins, month_hour, year_bins
from twin.place_on_earth import geographic_of
from twin.progress import OnProgress, silent
from twin.query import kept, sources_of
from twin.report.colours import Scale, colour_of
from twin.weather_choice import kept_weather

if TYPE_CHECKING:
    import geopandas

FORM: dict[Profile, Form] = {"cesium": "1.1", "vcmap": "1.0", "masterportal": "1.0"}
# A tile is loaded over mobile networks too: 2 MB at most, aimed at half of it.
BUDGET_BYTES = 1_000_000
# What a surface and a vertex take, both forms measured on the demo district (batch tables are JSON and larger).
SURFACE_BYTES: dict[Form, int] = {"1.1": 1200, "1.0": 3000}
VERTEX_BYTES = 60
# A texel of a picture takes less as PNG; its border is counted with it.
TEXEL_BYTES = 3
ENDING: dict[Form, str] = {"1.1": "glb", "1.0": "b3dm"}


class Year(NamedTuple):
    """What a job's own weather year brings."""

    bins: YearBins
    found: MonthHour  # by surface index
    measured: Measured | None


class City(NamedTuple):
    """Everything of a job that tiles are cut from."""

    surfaces: geopandas.GeoDataFrame
    columns: list[Column]
    shapes: Shapes
    geographic: NDArray[np.float64]  # (C, 3) longitude, latitude [deg], ellipsoidal height [m] of every vertex
    ecef: NDArray[np.float64]  # (C, 3) [m]
    scale: Scale
    kwh_m2: NDArray[np.float64]  # (S,) annual irradiation, NaN where unknown or suppressed
    measured: Measured | None  # receivers, where the tiles show them
    spacing_m: float
    building: NDArray[np.intp]  # (S,) number of each surface's building
    closed: NDArray[np.bool_]  # (S,) of a closed building, so that its polygons wind about the outer side


def year_of(source: Source, receivers: bool) -> Year:
    """Months and hours of every surface of a job, and its receivers' years, from its bits and its own weather."""
    known = kept(source.store)
    weather = kept_weather(source.root, source.store.manifest["weather"])
    sent = sources_of(known, weather)
    bins = year_bins(sent, weather, known.optics)
    count = int(source.surfaces["surface_index"].to_numpy().max(initial=-1)) + 1
    measuring = Measuring() if receivers else None
    found = month_hour(cells_of(source.store), bins, count, measuring)
    return Year(bins, found, None if measuring is None else measuring.measured())


def open_city(source: Source, receivers: bool, geoid: Path | None = None) -> City:
    """Triangles, places and properties of a job's surfaces.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        Where there is no surface, or nothing leads exactly from the city's heights to the ellipsoid.
    """
    surfaces = published(source).surfaces
    surfaces = surfaces[surfaces.geometry.notna()].reset_index(drop=True)
    if not len(surfaces):
        raise TwinError(f"{source.root}: no surface with a shape", "run `heliotwin solar` on a city with buildings")
    shapes = shapes_of(surfaces)
    place = geographic_of(source.crs, shapes.rings.coords, geoid)
    year = year_of(source, receivers)
    return City(
        surfaces=surfaces,
        columns=columns_of(surfaces, year.found, year.bins),
        shapes=shapes,
        geographic=place,
        ecef=geocentric(place),
        scale=irradiation_scale(source),
        kwh_m2=surfaces["irradiation_kwh_m2"].to_numpy(np.float64, na_value=np.nan),
        measured=year.measured,
        spacing_m=float(source.store.manifest["identity"]["spacing_m"]),
        building=np.unique(surfaces["building_id"].to_numpy(str), return_inverse=True)[1],
        closed=_closed(surfaces, source.buildings),
    )


def _closed(surfaces: geopandas.GeoDataFrame, buildings: geopandas.GeoDataFrame) -> NDArray[np.bool_]:
    closed = set(buildings.loc[buildings["closed"].fillna(False).astype(bool), "building_id"])
    return surfaces["building_id"].isin(closed).to_numpy(bool)


def skin_of(city: City, surfaces: NDArray[np.intp], colour: Colour) -> Skin:
    """What some surfaces show."""
    closed = city.closed[surfaces]
    if colour == "none":
        return Skin(closed, None, None, None)
    if colour == "surface" or city.measured is None:
        return Skin(closed, colour_of(city.scale, city.kwh_m2[surfaces]), None, None)
    index = city.surfaces["surface_index"].to_numpy(np.int32)[surfaces]
    # Where there is no value, an owner may have objected: their receivers are not looked up, nothing has this number.
    index = np.where(np.isnan(city.kwh_m2[surfaces]), -1, index).astype(np.int32)
    atlas = atlas_of(city.shapes, surfaces, index, city.measured, city.spacing_m)
    return Skin(closed, None, png_of(colour_of(city.scale, atlas.kwh_m2)), atlas.place)


def write_3dtiles(
    source: Source,
    profile: Profile,
    colour: Colour,
    folder: Path,
    geoid: Path | None = None,
    compressed: bool = False,
    on_progress: OnProgress = silent,
) -> list[str]:
    """Write a tileset into a folder; names of its files, tileset.json first.

    Parameters
    ----------
    geoid
        The user's geoid grid, where the city's heights are not DHHN2016.
    compressed
        Whether Draco packs the meshes.
    """
    if compressed:
        require_draco()
    on_progress("place", 0, 1)
    city = open_city(source, colour == "receivers", geoid)
    credit = credit_of(source.origin.get("attribution"))
    return write_city(city, FORM[profile], colour, credit, folder, compressed, on_progress)


def write_city(
    city: City,
    form: Form,
    colour: Colour,
    credit: str,
    folder: Path,
    compressed: bool = False,
    on_progress: OnProgress = silent,
) -> list[str]:
    """The tileset of an opened city."""
    members = _members(city.building)
    boxes = _boxes(city, members)
    centre, size_m = (boxes[:, 0, :2] + boxes[:, 1, :2]) / 2, np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1)
    ground_m2 = np.prod(boxes[:, 1, :2] - boxes[:, 0, :2], axis=1)
    forest = tree.Forest(centre, size_m, ground_m2, _weights(city, members, form))
    root = tree.plant(forest, BUDGET_BYTES)
    (folder / "tiles").mkdir()
    files: list[str] = []
    count = len(root.every())

    def place(node: tree.Node) -> tileset.Placed:
        on_progress("tiles", len(files), count)
        surfaces = np.sort(np.concatenate([members[b] for b in node.buildings]))
        vertex = vertices_of(city.shapes, surfaces)
        geographic = city.geographic[vertex]
        frame = east_north_up((geographic.min(axis=0) + geographic.max(axis=0)) / 2)
        part = part_of(city.shapes, city.ecef, surfaces, frame)
        columns = [Column(one.property, one.value[surfaces]) for one in city.columns]
        uri = f"tiles/{node.name}.{ENDING[form]}"
        content = tile_bytes(part, skin_of(city, surfaces, colour), columns, form, credit, compressed)
        (folder / uri).write_bytes(content)
        files.append(uri)
        content_box = tileset.box_of(frame, city.ecef[vertex])
        box, children = content_box, [place(child) for child in node.children]
        if children:
            inverse = np.linalg.inv(frame)
            below = [_moved(inverse @ child.frame, tileset.corners(child.box)) for child in children]
            box = tileset.around(content_box, below)
        return tileset.Placed(uri, node.error_m, frame, box, content_box, children)

    placed = place(root)
    on_progress("tiles", count, count)
    document = tileset.document(placed, tree.hole_m(forest, root), city.columns, form, credit)
    # Without spaces: a city has a thousand tiles, and a client reads this file before any of them.
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    (folder / "tileset.json").write_text(text, encoding="utf-8")
    return ["tileset.json", *files]


def _members(building: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Surfaces of every building."""
    order = np.argsort(building, kind="stable")
    return np.split(order, np.cumsum(np.bincount(building))[:-1])


def _boxes(city: City, members: list[NDArray[np.intp]]) -> NDArray[np.float64]:
    """(B, 2, 3) least and greatest coordinates [m] of every building in the CRS."""
    coords = city.shapes.rings.coords
    out = np.empty((len(members), 2, 3))
    for index, surfaces in enumerate(members):
        own = coords[vertices_of(city.shapes, surfaces)]
        out[index] = own.min(axis=0), own.max(axis=0)
    return out


def _weights(city: City, members: list[NDArray[np.intp]], form: Form) -> NDArray[np.float64]:
    """(B,) estimated bytes of every building in a tile."""
    vertices = np.diff(city.shapes.vertex_start)
    weight = SURFACE_BYTES[form] + vertices * float(VERTEX_BYTES)
    if city.measured is not None:
        texels = np.minimum(city.surfaces["area_m2"].to_numpy(float) / city.spacing_m**2, LONGEST**2)
        weight += texels * TEXEL_BYTES
    return np.array([weight[m].sum() for m in members])


def _moved(change: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(point @ change[:3, :3].T + change[:3, 3])
