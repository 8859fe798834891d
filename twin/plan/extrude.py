"""A footprint and its levels as a closed body: ground, walls, and a flat, gabled, hipped or tent roof.

A pitched roof is drawn over four corners that make nearly a rectangle, its ridge along the longer side. Over any other
outline, or where the form is not known, the roof is flat at its top: the envelope, which shades at least as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import SurfaceKind
from twin.plan.notes import Note, no_roof_form, other
from twin.plan.shell import Body, Rings, body_of_faces

if TYPE_CHECKING:
    import shapely

Floats = NDArray[np.float64]
Face = tuple[Rings, SurfaceKind | None]

# Points that lie this close to the line between their neighbours divide no façade.
STRAIGHT_M = 0.001
# Four corners are a rectangle when they fill this share of the smallest rectangle around them (2° off: 0.98).
RECTANGLE = 0.98
# A corner farther off the plane of the others is a fold: the face is drawn as two triangles.
FLAT_M = 0.001
# AdV's codes of the forms that are drawn.
CODES = {"flat": "1000", "gable": "3100", "hip": "3200", "tent": "3500"}


class Levels(NamedTuple):
    """Heights of one body [m above sea level]."""

    base_m: float  # where its walls end, in the ground
    eaves_m: float | None  # where a pitched roof begins
    top_m: float
    height_m: float  # above the ground at its place


def extruded(name: str, outline: shapely.Polygon, levels: Levels, roof: str) -> tuple[Body, Note | None]:
    """The body over an outline [m, in the city's CRS], and a remark where its roof is not the one asked for.

    ``roof`` is flat, gable, hip or tent; "" is one that nothing is said of, any other word a form that is not drawn.
    Faces run counter-clockwise seen from outside; holes become courtyards. Walls follow the outline's points but for
    those within 1 mm of a straight line.
    """
    import shapely

    outline = shapely.orient_polygons(shapely.simplify(outline, STRAIGHT_M), exterior_cw=False)
    faces, note = None, _why_flat(levels, roof)
    if note is None and roof in ("gable", "hip", "tent"):
        corners = _rectangle(outline)
        if corners is None:
            note = other(f"a {roof} roof is drawn over rectangles only: flat at its top height, as an envelope")
        else:
            faces = _pitched(corners, levels, roof)
    code = CODES[roof] if faces is not None else CODES["flat"]
    if faces is None:
        faces = _flat(outline, levels)
    body = body_of_faces(name, faces)
    return body._replace(measured_height_m=levels.height_m, roof_type=code), note


def _why_flat(levels: Levels, roof: str) -> Note | None:
    """Why the roof that something is said of cannot be drawn; None where nothing stands against it."""
    if not roof:
        return no_roof_form() if levels.eaves_m is not None else None
    if roof not in CODES:
        return other(f"the roof's form {roof!r} is not drawn: flat at its top height, as an envelope")
    if roof in ("gable", "hip", "tent") and levels.eaves_m is None:
        return other(f"a {roof} roof without the height of its eaves: flat at its top height, as an envelope")
    if roof in ("gable", "hip", "tent") and levels.eaves_m is not None and levels.top_m - levels.eaves_m < FLAT_M:
        return other(f"a {roof} roof whose eaves are as high as its ridge: flat")
    return None


def _flat(outline: shapely.Polygon, levels: Levels) -> list[Face]:
    rings = [np.asarray(ring.coords)[:-1, :2] for ring in (outline.exterior, *outline.interiors)]
    faces: list[Face] = [
        ([_at(ring[::-1], levels.base_m) for ring in rings], SurfaceKind.GROUND),
        ([_at(ring, levels.top_m) for ring in rings], SurfaceKind.ROOF),
    ]
    for ring in rings:
        for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            faces.append(([_wall(a, b, levels.base_m, levels.top_m)], SurfaceKind.WALL))
    return faces


def _pitched(corner: Floats, levels: Levels, roof: str) -> list[Face]:
    """Faces over four corners (4, 2), counter-clockwise, the first edge a long one.

    The ridge runs from the middle of the short side b (between corners 1 and 2) to that of d (between 3 and 0); a hip
    roof's ends lie half the short side further in, where all four slopes are alike, a tent's meet in the middle.
    """
    assert levels.eaves_m is not None
    b, d = (corner[1] + corner[2]) / 2.0, (corner[3] + corner[0]) / 2.0
    along = (b - d) / np.linalg.norm(b - d)
    width = float(np.linalg.norm(corner[2] - corner[1]) + np.linalg.norm(corner[0] - corner[3])) / 2.0
    middle = float(np.linalg.norm(b - d)) / 2.0
    inset = min({"gable": 0.0, "hip": width / 2.0, "tent": middle}[roof], middle)
    first, last = _at(b - inset * along, levels.top_m), _at(d + inset * along, levels.top_m)
    eaves = _at(corner, levels.eaves_m)
    ridge = [first] if np.allclose(first, last, rtol=0.0, atol=FLAT_M) else [first, last]
    faces: list[Face] = [([_at(corner[::-1], levels.base_m)], SurfaceKind.GROUND)]
    faces += _roof_face(np.array([eaves[0], eaves[1], *ridge]))
    faces += _roof_face(np.array([eaves[2], eaves[3], *ridge[::-1]]))
    sides = [_wall(corner[k], corner[(k + 1) % 4], levels.base_m, levels.eaves_m) for k in range(4)]
    if roof == "gable":
        sides[1] = np.insert(sides[1], 3, first, axis=0)
        sides[3] = np.insert(sides[3], 3, last, axis=0)
    else:
        faces += _roof_face(np.array([eaves[1], eaves[2], ridge[0]]))
        faces += _roof_face(np.array([eaves[3], eaves[0], ridge[-1]]))
    return [*faces, *(([side], SurfaceKind.WALL) for side in sides)]


def _roof_face(ring: Floats) -> list[Face]:
    """A roof face; two triangles where its four corners lie in no plane."""
    if len(ring) == 4:
        normal = np.cross(ring[1] - ring[0], ring[2] - ring[0])
        off = abs(float((ring[3] - ring[0]) @ normal)) / float(np.linalg.norm(normal))
        if off > FLAT_M:
            return [([ring[:3]], SurfaceKind.ROOF), ([ring[[0, 2, 3]]], SurfaceKind.ROOF)]
    return [([ring], SurfaceKind.ROOF)]


def _rectangle(outline: shapely.Polygon) -> Floats | None:
    """Corners (4, 2) of an outline that is nearly a rectangle, the first edge a long one; None of any other."""
    import shapely

    corner = np.asarray(outline.exterior.coords)[:-1, :2]
    if len(corner) != 4 or len(outline.interiors):
        return None
    if outline.area < RECTANGLE * shapely.oriented_envelope(outline).area:
        return None
    edge = np.linalg.norm(np.roll(corner, -1, axis=0) - corner, axis=1)
    return np.roll(corner, -1, axis=0) if edge[1] + edge[3] > edge[0] + edge[2] else corner


def _wall(a: Floats, b: Floats, low_m: float, high_m: float) -> Floats:
    """The wall (4, 3) between two corners (2,); what lies to the right of the way from a to b is outside."""
    return np.array([[*a, low_m], [*b, low_m], [*b, high_m], [*a, high_m]])


def _at(place: Floats, z: float) -> Floats:
    """Places (…, 2) at one height, (…, 3)."""
    return np.concatenate([place, np.full((*place.shape[:-1], 1), z)], axis=-1)
