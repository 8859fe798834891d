"""What the sun meets: the triangles of a city model in local metres, the terrain, and the place they stand at.

Ground surfaces shade like walls and roofs do; closure surfaces are a drawing aid between building parts and do
neither shade nor receive. Objects that are not built (land use, roads, plant cover) are left out and counted.

Terrain stays beside the triangles of buildings: it belongs to no surface or object, and solids are judged without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from io_citygml.classify import CLASSIFIED_TYPES
from io_citygml.crs import Crs
from io_citygml.model import CityModel, SurfaceKind, root_objects
from io_citygml.polygon import MIN_AREA_M2, surface_areas, surface_normals, triangulate
from solar.site import Site
from twin.errors import TwinError
from twin.mesh import Sealed, Solidity, sealed, solidity

if TYPE_CHECKING:
    from twin.terrain.ground import Terrain

# Types whose surfaces bound something built; the readers classify exactly these by normal where semantics are missing.
BUILT = CLASSIFIED_TYPES
RECEIVING = (
    SurfaceKind.ROOF,
    SurfaceKind.WALL,
    SurfaceKind.OUTER_CEILING,
    SurfaceKind.OUTER_FLOOR,
    SurfaceKind.WINDOW,
    SurfaceKind.DOOR,
)
CASTING = (*RECEIVING, SurfaceKind.GROUND)
# No roof or wall is this long; a surface that is has a vertex somewhere else (a zero, a truncated coordinate).
LONGEST_SURFACE_M = 5000.0
# A job has one place for its sun: at this distance the sun already stands 1.3° elsewhere.
FARTHEST_M = 150_000.0


@dataclass(frozen=True)
class Scene:
    """Casters and surfaces of one job, local to ``origin``."""

    origin: NDArray[np.float64]  # (3,) m, whole metres
    crs: Crs
    vertices: NDArray[np.float64]  # (V, 3) m about the origin
    triangles: NDArray[np.int32]  # (T, 3) casters
    surface: NDArray[np.int32]  # (T,) surface of each caster
    object: NDArray[np.int32]  # (T,) object of each caster
    crown: NDArray[np.bool_]  # (T,) tree crown: transmits, does not block
    albedo: NDArray[np.float32]  # (S,)
    normal: NDArray[np.float64]  # (S, 3) outward
    area_m2: NDArray[np.float64]  # (S,)
    receives: NDArray[np.bool_]  # (S,)
    solidity: Solidity
    sealed: Sealed  # which casters make up closed shells
    site: Site
    left_out: dict[str, int]  # object type → surfaces that neither shade nor receive
    terrain: Terrain | None = None  # casters too, and what open land stands on


class Bounds(NamedTuple):
    """Axis-parallel boxes, one a row."""

    low: NDArray[np.float64]  # (N, 3) m
    high: NDArray[np.float64]  # (N, 3) m


def surface_bounds(model: CityModel) -> Bounds:
    """Box of every surface in the source CRS; (S, 3) each [m]."""
    if len(model.kind) == 0:
        return Bounds(np.zeros((0, 3)), np.zeros((0, 3)))
    start = model.ring_start[model.surface_ring[:-1]]
    return Bounds(np.minimum.reduceat(model.coords, start), np.maximum.reduceat(model.coords, start))


def check_extent(model: CityModel, receives: NDArray[np.bool_], bounds: Bounds) -> None:
    """Refuse a surface that spans kilometres, and surfaces that no one sun shines on.

    The first would have receivers and cells without number; a house at (0, 0) would move the one place of the job, and
    with it every sun position, half way to the equator.

    Raises
    ------
    TwinError
        Naming the surface.
    """
    size = (bounds.high - bounds.low).max(axis=1)
    bad = np.flatnonzero(receives & (size > LONGEST_SURFACE_M))
    if len(bad):
        owner = model.objects[model.object[bad[0]]]
        raise TwinError(
            f"{model.files[owner.file]}:{owner.line}: surface {model.surface_id[bad[0]]} of {owner.id} spans "
            f"{size[bad[0]] / 1000:.0f} km ({len(bad)} such surfaces)",
            "correct its coordinates",
        )
    rows = np.flatnonzero(receives)
    middle = (bounds.low[rows, :2] + bounds.high[rows, :2]) / 2
    away = np.abs(middle - np.median(middle, axis=0)).max(axis=1, initial=0.0) if len(rows) else np.zeros(0)
    far = np.flatnonzero(away > FARTHEST_M)
    if len(far):
        surface = rows[far[np.argmax(away[far])]]
        owner = model.objects[model.object[surface]]
        raise TwinError(
            f"{model.files[owner.file]}:{owner.line}: {owner.id} lies {away.max() / 1000:.0f} km from the middle of "
            f"the city, too far for one sun ({len(far)} surfaces beyond {FARTHEST_M / 1000:.0f} km)",
            "correct its coordinates, or compute distant places one by one",
        )


def build_scene(model: CityModel, albedo: NDArray[np.float32] | float) -> Scene:
    """Scene of everything built in a city model, with the albedo (S,) of its surfaces.

    Raises
    ------
    TwinError
        Where the model has no surface that shades or receives.
    """
    built_object = np.array([o.type in BUILT for o in model.objects], bool)
    built = built_object[model.object] if len(model.kind) else np.zeros(0, bool)
    casting = built & np.isin(model.kind, CASTING)
    if not casting.any():
        raise TwinError(
            f"{', '.join(model.files)}: no roof, wall or ground surface of a building found",
            "look at `heliotwin inspect` to see what the files hold",
        )
    low = model.coords.min(axis=0)
    origin = np.floor(low)
    bounding = triangulate(model, np.flatnonzero(built & (model.kind != SurfaceKind.OTHER)))
    shades = casting[bounding.surface]
    left_out: dict[str, int] = {}
    for index in model.object[~built]:
        kind = model.objects[index].type
        left_out[kind] = left_out.get(kind, 0) + 1
    area_m2 = surface_areas(model)
    vertices, triangles = model.coords - origin, bounding.triangle[shades].astype(np.int32)
    owner = model.object[bounding.surface[shades]].astype(np.int32)
    return Scene(
        origin=origin,
        crs=model.crs,
        vertices=vertices,
        triangles=triangles,
        surface=bounding.surface[shades].astype(np.int32),
        object=owner,
        crown=np.zeros(int(shades.sum()), bool),
        albedo=np.array(np.broadcast_to(albedo, len(model.kind)), np.float32),
        normal=surface_normals(model),
        area_m2=area_m2,
        # A polygon without area can neither shade nor receive; the readers have counted it as a defect.
        receives=built & np.isin(model.kind, RECEIVING) & (area_m2 > MIN_AREA_M2),
        solidity=solidity(vertices, bounding.triangle, model.object[bounding.surface], len(model.objects)),
        sealed=sealed(vertices, triangles, owner, root_objects(model.objects)[owner]),
        site=site_of(model, built),
        left_out=left_out,
    )


def site_of(model: CityModel, built: NDArray[np.bool_]) -> Site:
    """The one place of a job: middle of its buildings' extent, at their lowest corner's median height."""
    bounds = surface_bounds(model)
    low, high = bounds.low[built], bounds.high[built]
    x, y = (low[:, :2].min(axis=0) + high[:, :2].max(axis=0)) / 2
    latitude, longitude = crs_door.to_geographic(model.crs, np.array([x]), np.array([y]))
    return Site(
        latitude_deg=float(latitude[0]),
        longitude_deg=float(longitude[0]),
        altitude_m=float(np.median(low[:, 2])),
        convergence_deg=float(crs_door.meridian_convergence_deg(model.crs, float(x), float(y))),
    )
