"""The TINRelief of a city model: its triangles as terrain."""

from __future__ import annotations

import numpy as np

from io_citygml.crs import Crs
from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from io_citygml.polygon import triangulate
from io_citygml.read import read_city
from twin.errors import TwinError
from twin.terrain.source import Source
from twin.terrain.tin import Tin, upward

RELIEF = "TINRelief"


def relief_surfaces(model: CityModel) -> np.ndarray:
    """Surfaces (N,) of a model that are relief."""
    of_relief = np.array([o.type == RELIEF for o in model.objects], bool)
    return np.flatnonzero(of_relief[model.object]) if len(model.object) else np.zeros(0, np.intp)


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
        raise TwinError(f"{source.name}: no TINRelief in it", "name a file with a ReliefFeature")
    # xlinks and multi-surfaces share corners, so only those of the relief are kept
    corner, index = np.unique(triangulate(model, rows).triangle, return_inverse=True)
    vertex = model.coords[corner]
    return Tin(source.name, vertex, upward(vertex, index.reshape(-1, 3).astype(np.int64))), model.crs, others
