"""Earth-centred coordinates of German city models by PROJ's own pipeline, nothing of ours in between.

UTM zone 32 to degrees, GCG2016 from DHHN2016 to the ellipsoid, and the ellipsoid to x, y, z. ETRS89 is taken as WGS 84.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.package_data import geoid_grid


def earth_centred(place: ArrayLike) -> NDArray[np.float64]:
    """(N, 3) [m] of EPSG:25832+7837 as (N, 3) [m] Earth-centred."""
    from pyproj import Transformer

    with geoid_grid() as grid:
        steps = [
            "+proj=pipeline",
            "+step +inv +proj=utm +zone=32 +ellps=GRS80",
            f"+step +proj=vgridshift +grids={grid.as_posix()} +multiplier=1",
            "+step +proj=cart +ellps=GRS80",
        ]
        x, y, z = np.asarray(place, float).T
        return np.column_stack(Transformer.from_pipeline(" ".join(steps)).transform(x, y, z, errcheck=True))


def direction(place: ArrayLike, along: ArrayLike) -> NDArray[np.float64]:
    """Unit vectors (N, 3), Earth-centred, of vectors in the map's system at places in it."""
    moved = earth_centred(np.asarray(place, float) + along) - earth_centred(place)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)
