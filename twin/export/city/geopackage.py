"""A city model as it was read, for QGIS: its surfaces, its objects with their attributes, and its defects as points.

Three layers of one GeoPackage. ``surfaces`` and ``objects`` are joined by ``object_id``; ``defects`` lie on the
surface or object they concern, and those without a place (a polygon left out, a whole file) stand there without a
geometry, so that none is lost.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from io_citygml.errors import CityModelError
from io_citygml.model import CLASS_NAME, CityModel, SurfaceKind, root_objects
from io_citygml.polygon import surface_areas, surface_normals
from io_citygml.repair import SurfaceFlag
from twin.export.geopackage import Layer, write_layers
from twin.plain_text import one_line, printable
from twin.results import orientation_deg, polygons_of

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

# SQLite's own limit is 2,000 columns; a table with more than this many is no longer read by anyone.
ATTRIBUTE_COLUMNS = 200
# Longer names of columns are cut.
COLUMN_CHARACTERS = 60
# Names GeoPackage and OGR keep for themselves.
RESERVED = ("fid", "geom", "geometry", "ogc_fid")


def write_city(model: CityModel, path: Path) -> Path:
    """Write the layers surfaces, objects and defects; the file is whole or as it was before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    origin = {
        "files": [Path(name).name for name in model.files],
        "crs": model.crs.horizontal,
        "heights": model.crs.vertical or "not named",
    }
    write_layers(
        [
            Layer("surfaces", surface_layer(model)),
            Layer("objects", object_table(model), None),
            Layer("defects", defect_layer(model), "Point Z"),
        ],
        path,
        origin,
    )
    return path


def surface_layer(model: CityModel) -> geopandas.GeoDataFrame:
    """One row a surface: what it is, how it lies (azimuth from true north) and what is remarkable about it."""
    import geopandas

    rows = np.arange(model.n_surfaces)
    root = root_objects(model.objects)
    tilt, azimuth = orientation_deg(surface_normals(model), convergence_of(model))
    columns: dict[str, object] = {
        "surface_id": list(model.surface_id),
        "object_id": [model.objects[o].id for o in model.object],
        "building_id": [model.objects[root[o]].id for o in model.object],
        "kind": [CLASS_NAME[SurfaceKind(int(k))] for k in model.kind],
        "lod": model.lod.astype(np.int16),
        "area_m2": surface_areas(model),
        "tilt_deg": tilt,
        "azimuth_deg": azimuth,
        "flags": flag_names(model.flags),
        "confidence": model.confidence,
        "boundary_id": list(model.boundary_id),
        "file": [Path(model.files[model.objects[o].file]).name for o in model.object],
    }
    return geopandas.GeoDataFrame(plain(columns), geometry=polygons_of(model, rows), crs=model.crs.horizontal)


def convergence_of(model: CityModel) -> float:
    """Meridian convergence in the middle of the model [deg]; 0 where its CRS says nothing about the place."""
    if not len(model.coords):
        return 0.0
    middle = (model.coords.min(axis=0) + model.coords.max(axis=0)) / 2
    try:
        value = float(crs_door.meridian_convergence_deg(model.crs, middle[:1], middle[1:2])[0])
    except CityModelError:
        return 0.0
    return value if np.isfinite(value) else 0.0


def flag_names(flags: NDArray[np.integer]) -> list[str]:
    """Flags in words, ``;`` between them."""
    known = {
        value: ";".join(flag.name.lower() for flag in SurfaceFlag if flag.name and value & flag.value)
        for value in np.unique(flags).tolist()
    }
    return [known[value] for value in flags.tolist()]


def object_table(model: CityModel) -> pd.DataFrame:
    """One row an object: its place in the file, what the readers know of it, and its attributes as columns.

    Names that differ in case only are one column to SQLite, so the later gets a number; attributes beyond
    ATTRIBUTE_COLUMNS stand together in ``more_attributes`` as JSON.
    """
    import pandas as pd

    root = root_objects(model.objects)
    area = np.bincount(model.object, surface_areas(model), len(model.objects))
    count = np.bincount(model.object, minlength=len(model.objects))
    objects = model.objects
    columns: dict[str, object] = {
        "object_id": [o.id for o in objects],
        "type": [o.type for o in objects],
        "parent_id": [objects[o.parent].id if o.parent >= 0 else None for o in objects],
        "building_id": [objects[r].id for r in root],
        "file": [Path(model.files[o.file]).name for o in objects],
        "line": [o.line for o in objects],
        "function": [o.function for o in objects],
        "roof_type": [o.roof_type for o in objects],
        "measured_height_m": pd.array([o.measured_height_m for o in objects], dtype="Float64"),
        "storeys_above_ground": pd.array([o.storeys_above_ground for o in objects], dtype="Int32"),
        "surfaces": count.astype(np.int32),
        "area_m2": area,
    }
    names = Counter(name for o in objects for name in o.attributes)
    chosen = [name for name, _ in names.most_common(ATTRIBUTE_COLUMNS)]
    for name, column in column_names(chosen, columns).items():
        columns[column] = attribute_column([o.attributes.get(name) for o in objects])
    if len(names) > len(chosen):
        kept = set(chosen)
        rest = [{name: value for name, value in o.attributes.items() if name not in kept} for o in objects]
        columns["more_attributes"] = [json.dumps(entry, ensure_ascii=False) if entry else None for entry in rest]
    return pd.DataFrame(plain(columns))


def column_names(names: list[str], taken: Mapping[str, object]) -> dict[str, str]:
    """A column for every attribute name, none of them met before whatever its case."""
    used = {name.lower() for name in (*taken, *RESERVED, "more_attributes")}
    out: dict[str, str] = {}
    for name in names:
        wanted = one_line(name, COLUMN_CHARACTERS) or "unnamed"
        column, number = wanted, 2
        while column.lower() in used:
            column, number = f"{wanted}_{number}", number + 1
        used.add(column.lower())
        out[name] = column
    return out


def plain(columns: Mapping[str, object]) -> dict[str, object]:
    """The columns with the text of lists made printable line by line: a NUL would end a text in SQLite."""

    def of_lines(value: object) -> object:
        return "\n".join(map(printable, value.split("\n"))) if isinstance(value, str) else value

    return {
        name: [of_lines(value) for value in column] if isinstance(column, list) else column
        for name, column in columns.items()
    }


def attribute_column(values: list[Any]) -> object:
    """Whole numbers, numbers, or else text, with nulls where an object has no such attribute."""
    import pandas as pd

    kinds = {type(value) for value in values if value is not None}
    if kinds == {int} and all(value is None or abs(value) < 2**63 for value in values):
        return pd.array(values, dtype="Int64")
    if kinds <= {int, float}:
        return pd.array([None if value is None else float(value) for value in values], dtype="Float64")
    return [None if value is None else str(value) for value in values]


def defect_layer(model: CityModel) -> geopandas.GeoDataFrame:
    """One row a defect, at the middle of its surface or, where that is not in the model, of its object."""
    import geopandas
    import shapely

    defects = list(model.report.defects)
    frame: dict[str, object] = {
        "kind": [d.kind for d in defects],
        "object_id": [d.object_id for d in defects],
        "surface_id": [d.surface_id for d in defects],
        "file": [Path(d.file).name for d in defects],
        "line": np.array([d.line for d in defects], np.int64),
        "area_m2": np.array([d.area_m2 for d in defects], np.float64),
        "action": [d.action for d in defects],
    }
    place = defect_places(model)
    known = np.isfinite(place).all(axis=1)
    geometry = np.full(len(defects), None, object)
    geometry[known] = shapely.points(place[known])
    return geopandas.GeoDataFrame(plain(frame), geometry=geometry, crs=model.crs.horizontal)


def defect_places(model: CityModel) -> NDArray[np.float64]:
    """(N, 3) [m] in the CRS, one for every entry of ``report.defects``; NaN where it has no place."""
    surface = {name: index for index, name in enumerate(model.surface_id)}
    item = {entry.id: index for index, entry in enumerate(model.objects)}
    middle = surface_middles(model)
    number = np.bincount(model.object, minlength=len(model.objects))
    whole = np.full((len(model.objects), 3), np.nan)
    for axis in range(3):
        total = np.bincount(model.object, middle[:, axis], len(model.objects))
        whole[:, axis] = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    place = np.full((len(model.report.defects), 3), np.nan)
    for row, defect in enumerate(model.report.defects):
        if defect.surface_id in surface:
            place[row] = middle[surface[defect.surface_id]]
        elif defect.object_id in item:
            place[row] = whole[item[defect.object_id]]
    return place


def surface_middles(model: CityModel) -> NDArray[np.float64]:
    """(S, 3) [m] mean of the points of each surface."""
    if not model.n_surfaces:
        return np.zeros((0, 3))
    first = model.ring_start[model.surface_ring[:-1]]
    count = np.diff(model.ring_start[model.surface_ring])
    low = model.coords[first]
    local = model.coords - np.repeat(low, count, axis=0)
    return np.asarray(low + np.add.reduceat(local, first, axis=0) / np.maximum(count, 1)[:, None])
