"""What the user's files hold: areas to look at, and layers that take land away or speak for it, in the city's CRS.

Every geometry of every layer of a file is read, repaired where it is invalid, and counted; nothing is left out without
a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from twin.errors import TwinError
from twin.plain_text import printable
from twin.sites.config import LayerOptions
from twin.sites.strips import Boost, Strip, Strips
from twin.sites.words import reason_words

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    import shapely

# Columns of areas that are understood, by their English name; the German ones beside.
COLUMNS = {
    "name": ("name", "bezeichnung", "title", "area"),
    "use": ("use", "nutzung", "landuse"),
    "spaces": ("spaces", "stellplaetze", "stellplätze"),
    "new": ("new", "neu"),
    "state": ("state", "land_hessen"),
}
# A use that begins so is a car park, in one word or several, of one or of many; "park" alone is a garden.
CAR_PARK = (
    *("carpark", "parking", "parkandride", "park&ride", "p+r"),
    *("parkplatz", "parkplätz", "parkplaetz", "parkfläche", "parkflaeche", "parkhaus", "parkhäus", "parkdeck"),
    *("stellplatz", "stellplätz", "stellplaetz"),
)
TRUE = ("1", "true", "yes", "ja", "t", "wahr", "1.0")
# Corners of round buffers: 64 a circle, 0.1 % less than its area.
QUARTER = 16


class Read(NamedTuple):
    """Geometries of a file."""

    frame: geopandas.GeoDataFrame  # in the city's CRS, flat
    repaired: NDArray[np.bool_]  # (N,) was invalid
    facts: dict[str, Any]


class Layer(NamedTuple):
    """One strip of one file."""

    kind: str
    file: Path
    title: str
    strip: Strip | Boost | None  # None: a layer of the user's own
    distance_m: float
    shape: shapely.Geometry  # everything it covers, one geometry


def read_vector(path: Path, crs: Crs, option: str) -> Read:
    """All geometries of a vector file.

    Raises
    ------
    TwinError
        Where it cannot be read, names no CRS or holds no geometry; ``option`` is the one that named it.
    """
    import geopandas
    import pandas as pd
    import pyogrio
    import shapely

    if not path.exists():
        raise TwinError(f"{path}: no such file", f"give a GeoPackage, GeoJSON or Shapefile with {option}")
    frames = []
    try:
        for name, kind in pyogrio.list_layers(path):
            if kind is not None:
                frames.append(geopandas.read_file(path, layer=name))
    except (RuntimeError, ValueError, OSError) as error:
        raise TwinError(
            f"{path}: not readable as a vector file ({error})", "give GeoPackage, GeoJSON or Shapefile"
        ) from error
    frames = [one for one in frames if isinstance(one, geopandas.GeoDataFrame) and not one.geometry.isna().all()]
    if not frames:
        raise TwinError(f"{path}: no geometry in it", f"give polygons, lines or points with {option}")
    if any(one.crs is None for one in frames):
        raise TwinError(f"{path}: its geometries name no CRS", f"give it one, for example {crs.horizontal}")
    named = sorted({one.crs.to_string() for one in frames})
    moved = [one.set_geometry(one.geometry.to_crs(crs.horizontal)) for one in frames]
    frame = geopandas.GeoDataFrame(pd.concat(moved, ignore_index=True), crs=crs.horizontal)
    there = ~(frame.geometry.isna() | frame.geometry.is_empty)
    read = len(frame)
    frame = frame[there].reset_index(drop=True)
    flat = shapely.force_2d(frame.geometry.to_numpy())
    if not np.isfinite(shapely.bounds(flat)).all():
        raise TwinError(f"{path}: a geometry lies outside the area that {crs.horizontal} serves", "check its CRS")
    repaired = ~shapely.is_valid(flat)
    flat[repaired] = shapely.make_valid(flat[repaired])
    facts = {
        "name": path.name,
        "crs": named,
        "geometries": len(frame),
        "without_geometry": read - len(frame),
        "repaired": int(repaired.sum()),
    }
    return Read(frame.set_geometry(flat, crs=crs.horizontal), repaired, facts)


def read_sites(path: Path, crs: Crs, language: str) -> tuple[geopandas.GeoDataFrame, dict[str, Any]]:
    """Areas: columns site_id, name, use, spaces, new, state, car_park, repaired, geometry; and what was found.

    Raises
    ------
    TwinError
        As `read_vector`, and where there is no polygon or two have the same id.
    """
    import geopandas
    import shapely

    read = read_vector(path, crs, "--areas")
    shape = np.array([polygons_of(one) for one in read.frame.geometry], dtype=object)
    area = shapely.area(shape)
    keep = area > 0
    if not keep.any():
        raise TwinError(f"{path}: no polygon in it", "give the areas that are looked at as polygons")
    frame = read.frame[keep].reset_index(drop=True)
    column = {name.lower(): name for name in frame.columns}
    found = {key: next((column[one] for one in words if one in column), None) for key, words in COLUMNS.items()}
    use = [_text(value) for value in frame[found["use"]]] if found["use"] else [""] * len(frame)
    spaces = _numbers(path, frame, found["spaces"])
    out = geopandas.GeoDataFrame(
        {
            "site_id": [f"site-{n + 1:03d}" for n in range(len(frame))],
            "name": _names(frame, found["name"], language),
            "use": use,
            "spaces": spaces,
            "new": _flags(frame, found["new"]),
            "state": _flags(frame, found["state"]),
            "car_park": np.array([is_car_park(text) for text in use], bool) | (spaces > 0),
            "repaired": read.repaired[keep],
        },
        geometry=shape[keep],
        crs=crs.horizontal,
    )
    facts = read.facts | {"areas": len(out), "no_polygon": int((~keep).sum()), "overlapping_m2": _overlap(out)}
    return out, facts


def is_car_park(use: str) -> bool:
    """Whether an area's use, German or English, names a car park."""
    said = "".join(letter for letter in use.casefold() if letter not in " _-.")
    return said.startswith(CAR_PARK)


def layers_of(
    options: Sequence[LayerOptions], strips: Strips, crs: Crs, does: str, language: str
) -> tuple[list[Layer], list[dict[str, Any]]]:
    """Every strip of every layer in the order named; ``does``: exclude or boost.

    Raises
    ------
    TwinError
        As `read_vector`, and where neither a thing of a file has an area nor its kind a distance.
    """
    import shapely

    out: list[Layer] = []
    facts = []
    for option in options:
        read = read_vector(option.file, crs, f"--{does}")
        kind = printable(option.kind or option.file.stem)
        known: Sequence[Strip | Boost] = strips.excluding(kind) if does == "exclude" else strips.boosting(kind)
        shapes, without = read.frame.geometry.to_numpy(), 0
        for strip in known or [None]:  # type: ignore[list-item]
            distance = option.distance_m
            if distance is None:
                distance = 0.0 if strip is None else strip.distance_m
            title = kind if strip is None else strip.title.in_language(language)
            reach = np.full(len(shapes), distance)
            if strip is not None:  # a line stands for the middle of a road or railway
                reach[shapely.get_dimensions(shapes) < 2] += strip.half_width_m
            lost = (shapely.area(shapes) == 0) & (reach == 0)
            if lost.all():
                raise TwinError(*without_area(option.file, kind, does))
            without = max(without, int(lost.sum()))
            grown = shapes.copy()
            wide = reach > 0
            grown[wide] = shapely.buffer(shapes[wide], reach[wide], quad_segs=QUARTER)
            out.append(Layer(kind, option.file, title, strip, distance, polygons_of(shapely.union_all(grown))))
        lines = int((shapely.get_dimensions(shapes) < 2).sum())
        facts.append(
            read.facts
            | {"kind": kind, "known": bool(known), "lines_or_points": lines, "without_effect": without, "does": does}
            | {"own_distance_m": option.distance_m, "distances_m": [strip.distance_m for strip in known]}
            | {"kinds_known": sorted({strip.kind for strip in (strips.exclude if does == "exclude" else strips.boost)})}
        )
    return out, facts


def without_area(file: Path, kind: str, does: str) -> tuple[str, str]:
    """Why a layer of lines or points alone is refused, and what to do."""
    noun = "exclusion" if does == "exclude" else "support"
    return (
        f"{file}: lines or points alone, and no {noun} of '{kind}' has a distance: they would count for 0 m²",
        f"name a distance in metres (--{does} {kind}={file.name}@40, in TOML distance_m = 40), or give polygons",
    )


def polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a geometry as one; lines and points, which have no area, are left."""
    import shapely

    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.MultiPolygon()


def _names(frame: pd.DataFrame, name: str | None, language: str) -> list[str]:
    texts = [""] * len(frame) if name is None else [_text(value) for value in frame[name]]
    return [text or reason_words("area", language).format(n) for n, text in enumerate(texts, start=1)]


def _text(value: object) -> str:
    return "" if value is None or value != value else printable(str(value))


def _numbers(path: Path, frame: pd.DataFrame, name: str | None) -> NDArray[np.float64]:
    import pandas as pd

    if name is None:
        return np.full(len(frame), np.nan)
    number = pd.to_numeric(frame[name], errors="coerce").to_numpy(float)
    given = frame[name].notna().to_numpy() & (frame[name].astype(str).str.strip() != "").to_numpy()
    bad = given & ~(np.isfinite(number) & (number >= 0))
    if bad.any():
        raise TwinError(f"{path}: row {int(np.argmax(bad)) + 1}: {name} is no number of spaces", "give a number")
    return np.where(given, number, np.nan)


def _flags(frame: pd.DataFrame, name: str | None) -> list[bool | None]:
    if name is None:
        return [None] * len(frame)
    return [None if not _text(value) else _text(value).strip().lower() in TRUE for value in frame[name]]


def _overlap(frame: geopandas.GeoDataFrame) -> float:
    """Area [m²] that more than one polygon covers, counted once too often for each further one."""
    import shapely

    return round(float(frame.area.sum() - shapely.area(shapely.union_all(frame.geometry.to_numpy()))), 1)
