"""Terrain that comes with a city: the TINRelief of its model as triangles, and rasters that lie in its folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from io_citygml.crs import Crs
from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from io_citygml.polygon import triangulate
from io_citygml.read import read_city
from twin.errors import TwinError
from twin.terrain.source import NotTerrain, Source, open_source
from twin.terrain.tin import Tin, upward

RELIEF = "TINRelief"
# As it may stand in a file.
WORDS = tuple(RELIEF.encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
CHUNK = 1 << 20
# Nothing but terrain is called so; a .txt or .csv may be anything.
RASTERS = (".tif", ".tiff", ".asc", ".xyz")


def terrain_beside(paths: list[Path]) -> list[str]:
    """Names of rasters and point grids in the folders among the city's paths, which the city reader passes over."""
    folders = [path for path in paths if path.is_dir()]
    inside = (item for folder in folders for item in sorted(folder.rglob("*")))
    named = [item for item in inside if item.name.lower().removesuffix(".gz").endswith(RASTERS) and item.is_file()]
    # the result of an earlier job is no terrain
    return [item.name for item in named if not (item.parent / "manifest.json").is_file()]


def relief_surfaces(model: CityModel) -> np.ndarray:
    """Surfaces (N,) of a model that are relief."""
    of_relief = np.array([o.type == RELIEF for o in model.objects], bool)
    return np.flatnonzero(of_relief[model.object]) if len(model.object) else np.zeros(0, np.intp)


def check_relief(source: Source) -> None:
    """Look for the word in a city model that nobody named, before hundreds of megabytes of it are read.

    Raises
    ------
    NotTerrain
        Where it is nowhere in it.
    """
    kept = max(map(len, WORDS)) - 1
    end = b""
    with open_source(source) as stream:
        while data := stream.read(CHUNK):
            text = end + data
            if any(word in text for word in WORDS):
                return
            end = text[-kept:]
    raise NotTerrain(f"{source.name}: a city model without {RELIEF}")


def read_relief(source: Source, crs: Crs | None) -> tuple[Tin, Crs, list[str]]:
    """The relief of a city model, the system it was read in (the city's, if any), and others that it names.

    Raises
    ------
    TwinError
        Where the file is broken or holds no TINRelief.
    """
    try:
        model = read_city([source.path], crs=crs.text if crs else None)
    except CityModelError as error:
        raise TwinError(f"{source.name}: {error.problem}", error.remedy) from error
    overruled = [d.action for d in model.report.defects if d.kind == "coordinate system"]
    others = [action.split(" overruled by ")[0] for action in overruled if " overruled by " in action]
    rows = relief_surfaces(model)
    if not len(rows):
        raise NotTerrain(f"{source.name}: no TINRelief in it", "name a file with a ReliefFeature")
    # xlinks and multi-surfaces share corners, so only those of the relief are kept
    corner, index = np.unique(triangulate(model, rows).triangle, return_inverse=True)
    vertex = model.coords[corner]
    return Tin(source.name, vertex, upward(vertex, index.reshape(-1, 3).astype(np.int64))), model.crs, others
