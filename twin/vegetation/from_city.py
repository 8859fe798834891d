"""Crowns of CityGML and CityJSON: SolitaryVegetationObject and PlantCover, versions 1.0 to 3.0.

What is drawn as closed, outward bodies is used as it is drawn; trunks that are bodies of their own are left out. A body
that is not closed becomes the convex hull of its points. Billboards (upright pictures that cross) stand for a spheroid
of the tree's height and crown diameter, and so does a tree of which only the place is known: a point, or a drawing in
another file (libraryObject). A plant cover that is drawn as the ground it grows on is extruded by its
averageHeight; without that it is left out, for it may be a lawn. Everything that is replaced or left out is counted in
the report.

Source of the attributes: CityGML 2.0 (OGC 12-019, §10.8). Oracle: volumes on paper,
tests/twin/test_twin_vegetation_city.py.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CityModel, CityObject
from io_citygml.polygon import triangulate
from twin.mesh import sealed
from twin.vegetation.bodies import convex, plan_area_m2, prism, spheroid
from twin.vegetation.crowns import CITYGML, Body, Crowns, Floats, Tree, crowns_of

SINGLE, COVER = "SolitaryVegetationObject", "PlantCover"
# Where names of genus and species stand: CityGML's own, and what tree cadastres call them.
NAMES = (
    "species",
    "genus",
    "Gattung",
    "gattung",
    "Baumart",
    "baumart",
    "Art",
    "art",
    "botanischer_name",
    "tree_species",
)
# Where height and crown diameter stand: CityGML's own, and what tree cadastres call them, in whatever case. Not a bare
# "Höhe", which may be above the sea.
HEIGHTS = ("height", "Baumhöhe", "Baumhoehe", "tree_height", "treeHeight")
DIAMETERS = ("crownDiameter", "Kronendurchmesser", "Kronedurch", "Kronenbreite", "crown_diameter")
# Billboards stand upright: the vertical part of a unit normal is at most this (6°).
UPRIGHT = 0.1
# They cross in one axis: each passes it this close, of the tree's width.
AXIS_SHARE = 0.05
# Assumed of a tree whose crown nobody states: its lower third is trunk, and it is half as wide as high.
TRUNK_SHARE, WIDTH_SHARE = 1 / 3, 0.5
# A shell this much narrower than its tree, which begins at its foot, is the trunk.
TRUNK_WIDTH_SHARE, TRUNK_FOOT_M = 0.25, 0.5
# Closed bodies this wide, of all that is drawn, are more than a trunk.
CLOSED_WIDTH_SHARE = 0.5
# Lower plant cover is lawn and beds: it shades itself.
LOWEST_COVER_M = 0.5
# A hull this much wider than its tops covers ground where nothing grows.
HULL_SHARE = 1.25
HIGHEST_M = 120.0
# Places this far below all that is drawn are places in plan, with a height of 0 that means nothing.
BURIED_M = 50.0
CONFIDENCE = {"as drawn": 0.9, "hull": 0.7, "spheroid": 0.6, "spheroid from attributes": 0.5, "extruded": 0.4}


class _Drawn(NamedTuple):
    """The triangles of one object; none, and the place it stands at, of a tree that is not drawn."""

    item: CityObject
    vertices: Floats  # (V, 3) m; of what is not drawn the place (1, 3)
    triangles: NDArray[np.int64]  # (T, 3)
    shell: NDArray[np.int64]  # (T,) closed shell of each, −1: none


class _Crown(NamedTuple):
    body: Body
    how: str  # of CONFIDENCE
    foot_m: float  # height of the ground
    size_m: tuple[float, float, float] | None = None  # height, base, diameter of what has no corners to measure


def crowns_of_city(model: CityModel) -> Crowns:
    """Crowns of the vegetation in a city model.

    ``report`` counts objects by what became of them, and says why others were left out.
    """
    counts: Counter[str] = Counter()
    bodies: list[Body] = []
    trees: list[Tree] = []
    lowest = float(model.coords[:, 2].min()) if len(model.coords) else -math.inf
    for drawn in _vegetation(model, counts):
        if not len(drawn.triangles):
            crown = _from_attributes(drawn, lowest, counts)
        else:
            crown = (_tree if drawn.item.type == SINGLE else _cover)(drawn, counts)
        if crown is None:
            continue
        counts[f"{drawn.item.type} {crown.how}"] += 1
        bodies.append(crown.body)
        trees.append(_known(drawn.item, crown))
    return crowns_of(
        bodies, trees, {"found": len(bodies)} | {name: count for name, count in sorted(counts.items()) if count}
    )


def _vegetation(model: CityModel, counts: Counter[str]) -> list[_Drawn]:
    """Vegetation objects in the order of the model, with their triangles and the shells these make up."""
    wanted = np.array([item.type in (SINGLE, COVER) for item in model.objects], bool)
    rows = np.flatnonzero(wanted[model.object]) if len(model.kind) else np.zeros(0, np.int64)
    mesh = triangulate(model, rows)
    owner = model.object[mesh.surface].astype(np.int64)
    low = model.coords.min(axis=0) if len(model.coords) else np.zeros(3)
    vertices, triangles = model.coords - low, mesh.triangle
    found = sealed(vertices, triangles, owner, owner)
    triangles = np.concatenate([triangles, found.sliver])
    owner = np.concatenate([owner, owner[found.source]])
    shell = np.concatenate([found.shell, found.shell[found.source]]).astype(np.int64)
    order = np.argsort(owner, kind="stable")
    start = np.searchsorted(owner[order], np.arange(len(model.objects) + 1))
    drawn = []
    for index in np.flatnonzero(wanted):
        item, some = model.objects[index], order[start[index] : start[index + 1]]
        if not len(some):
            if item.type == SINGLE and item.spot is not None:
                none = np.zeros((0, 3), np.int64)
                drawn.append(_Drawn(item, np.array([item.spot]), none, np.zeros(0, np.int64)))
            else:
                counts[f"left out: {item.type} without a surface"] += 1
            continue
        used, flat = np.unique(triangles[some], return_inverse=True)
        drawn.append(_Drawn(item, model.coords[used], flat.reshape(-1, 3).astype(np.int64), shell[some]))
    return drawn


def _tree(drawn: _Drawn, counts: Counter[str]) -> _Crown | None:
    foot = float(drawn.vertices[:, 2].min())
    if _closed_enough(drawn):
        return _Crown(_without_trunk(drawn, counts), "as drawn", foot)
    body = None if _is_billboard(drawn) else convex(drawn.vertices)
    return _spheroid(drawn, foot, counts) if body is None else _Crown(body, "hull", foot)


def _from_attributes(drawn: _Drawn, lowest_m: float, counts: Counter[str]) -> _Crown | None:
    """A spheroid of stated height where a tree stands that is not drawn; ``lowest_m`` is the lowest that is drawn."""
    foot = float(drawn.vertices[0, 2])
    if _stated_m(drawn.item, HEIGHTS) is None:
        counts["left out: tree without a surface and without a height"] += 1
        return None
    if foot < lowest_m - BURIED_M:
        counts["left out: tree without a surface, far below all that is drawn"] += 1
        return None
    crown = _spheroid(drawn, foot, counts)
    return None if crown is None else crown._replace(how="spheroid from attributes")


def _closed_enough(drawn: _Drawn) -> bool:
    """Whether closed bodies are what a tree is made of, and not its trunk alone below an open crown."""
    closed = drawn.vertices[drawn.triangles[drawn.shell >= 0]]
    if not len(closed):
        return False
    return _width_m(closed) >= CLOSED_WIDTH_SHARE * _width_m(drawn.vertices[drawn.triangles])


def _width_m(corner: Floats) -> float:
    """Extent in plan of triangles (T, 3, 3)."""
    return float(np.ptp(corner[:, :, :2].reshape(-1, 2), axis=0).max())


def _without_trunk(drawn: _Drawn, counts: Counter[str]) -> Body:
    """The closed shells of a tree but for its trunk."""
    corner = drawn.vertices[drawn.triangles]
    width, foot = _width_m(corner), float(corner[:, :, 2].min())
    keep = drawn.shell >= 0
    trunk, trunks = np.zeros(len(keep), bool), 0
    counts["triangles of trees beside closed bodies, left out"] += int((~keep).sum())
    for shell in np.unique(drawn.shell[keep]):
        own = drawn.shell == shell
        low = float(corner[own][:, :, 2].min())
        if _width_m(corner[own]) < TRUNK_WIDTH_SHARE * width and low < foot + TRUNK_FOOT_M:
            trunk |= own
            trunks += 1
    if (keep & ~trunk).any():  # else stems alone are what is drawn of the crown
        keep &= ~trunk
        counts["trunks left out"] += trunks
    used, flat = np.unique(drawn.triangles[keep], return_inverse=True)
    return Body(drawn.vertices[used], flat.reshape(-1, 3).astype(np.int64))


def _upright(drawn: _Drawn) -> NDArray[np.bool_]:
    """Triangles (T,) that stand upright."""
    a, b, c = (drawn.vertices[drawn.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    return np.asarray(np.abs(normal[:, 2]) <= UPRIGHT * np.linalg.norm(normal, axis=1))


def _is_billboard(drawn: _Drawn) -> bool:
    """Whether all there is are upright planes through one axis."""
    a, b, c = (drawn.vertices[drawn.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1)
    low, high = drawn.vertices.min(axis=0), drawn.vertices.max(axis=0)
    off = np.abs(np.einsum("ij,ij->i", normal, a - (low + high) / 2))
    width = float(np.hypot(*(high - low)[:2]))
    return bool(_upright(drawn).all() and (off <= AXIS_SHARE * width * length).all())


def _spheroid(drawn: _Drawn, foot: float, counts: Counter[str]) -> _Crown | None:
    """A spheroid from the stated height and crown diameter, else from what is drawn."""
    extent = np.ptp(drawn.vertices, axis=0)
    height = _stated_m(drawn.item, HEIGHTS) or float(extent[2])
    if not 0 < height < HIGHEST_M:
        counts["left out: tree without a height"] += 1
        return None
    diameter = _stated_m(drawn.item, DIAMETERS) or float(np.hypot(extent[0], extent[1]))
    if not 0 < diameter < HIGHEST_M:
        diameter = WIDTH_SHARE * height
        counts["crown diameters assumed"] += 1
    depth = height * (1 - TRUNK_SHARE)
    low, high = drawn.vertices[:, :2].min(axis=0), drawn.vertices[:, :2].max(axis=0)
    middle = np.array([*((low + high) / 2), foot + height - depth / 2])
    return _Crown(spheroid(middle, diameter, depth), "spheroid", foot, (height, height - depth, diameter))


def _cover(drawn: _Drawn, counts: Counter[str]) -> _Crown | None:
    """Plant cover: closed bodies as drawn, or the ground that it grows on with its average height above it."""
    foot = float(drawn.vertices[:, 2].min())
    if (drawn.shell >= 0).all():
        return _Crown(Body(drawn.vertices, drawn.triangles), "as drawn", foot)
    height = _length_m(drawn.item, "averageHeight") or _length_m(drawn.item, "maxHeight")
    if height is None or height >= HIGHEST_M:
        counts[f"left out: {COVER} without averageHeight"] += 1
        return None
    if height < LOWEST_COVER_M:
        counts[f"left out: {COVER} lower than {LOWEST_COVER_M} m"] += 1
        return None
    # sides drawn about as high as it grows: a body with a gap, and not the ground below it
    sides = _upright(drawn).any() and 0.5 < float(np.ptp(drawn.vertices[:, 2])) / height < 2.0
    body = convex(drawn.vertices) if sides else None
    tops = _tops(drawn) if body is not None else drawn.vertices[drawn.triangles]
    if body is not None and plan_area_m2(body) <= HULL_SHARE * _plan_m2(tops):
        return _Crown(body, "hull", foot)
    # an outline that is no hull's, like a wood around a glade
    body = prism(tops if body is None else tops - [0.0, 0.0, height], height)
    if not len(body.triangles):
        counts[f"left out: {COVER} that covers no ground"] += 1
        return None
    return _Crown(body, "extruded", foot)


def _tops(drawn: _Drawn) -> Floats:
    """Triangles (T, 3, 3) [m] that lie on top of what is drawn."""
    corner = drawn.vertices[drawn.triangles]
    middle = (drawn.vertices[:, 2].min() + drawn.vertices[:, 2].max()) / 2
    return np.asarray(corner[~_upright(drawn) & (corner[:, :, 2].mean(axis=1) > middle)])


def _plan_m2(corner: Floats) -> float:
    """Plan area of triangles (T, 3, 3) [m]; without end where there is none, since nothing is known of it then."""
    if not len(corner):
        return math.inf
    along, across = (corner[:, k, :2] - corner[:, 0, :2] for k in (1, 2))
    return float(np.abs(along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]).sum() / 2)


def _stated_m(item: CityObject, names: tuple[str, ...]) -> float | None:
    """The first length above 0 [m] that is stated under one of some names, in whatever case."""
    own = {name.casefold(): name for name in reversed(item.attributes)}
    stated = (own.get(name.casefold(), "") for name in names)
    return next((value for name in stated if (value := _length_m(item, name)) is not None), None)


def _length_m(item: CityObject, name: str) -> float | None:
    """A stated length above 0 [m]."""
    try:
        value = float(str(item.attributes.get(name, "")).split(" ")[0].replace(",", "."))
    except ValueError:  # none stated, or a word: as good as none
        return None
    return value if math.isfinite(value) and value > 0 else None


def _known(item: CityObject, crown: _Crown) -> Tree:
    """What is known of a tree; its height is the stated one where the crown does not stand higher."""
    low, high = float(crown.body.vertices[:, 2].min()), float(crown.body.vertices[:, 2].max())
    height = high - crown.foot_m
    stated = _stated_m(item, HEIGHTS)
    foot = high - stated if stated is not None and height < stated < HIGHEST_M else crown.foot_m
    hull = convex(crown.body.vertices)
    area = plan_area_m2(hull) if hull is not None else 0.0
    size = crown.size_m or (high - foot, low - foot, 2 * math.sqrt(area / math.pi))
    name = next((str(item.attributes[key]) for key in NAMES if item.attributes.get(key)), "")
    return Tree(
        id=item.id,
        name=name,
        source=CITYGML,
        height_m=size[0],
        base_m=size[1],
        diameter_m=size[2],
        confidence=CONFIDENCE[crown.how],
    )
