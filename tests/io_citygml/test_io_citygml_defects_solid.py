"""Shells: closed, facing outward, turned around where they do not; against trimesh and boxes of known volume."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from io_citygml.defects_solid import examine_shells
from io_citygml.model import CityModel, SurfaceKind
from io_citygml.polygon import Rings, measure, surface_normals, triangulate
from io_citygml.read import read_city
from io_citygml.repair import SurfaceFlag

Faces = dict[str, list[tuple[float, float, float]]]
SIZE = (10.0, 8.0, 6.0)


def turned(points: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    return list(points)[::-1]


def read_solid(gml: Any, faces: Faces, solid: bool = True) -> CityModel:
    references = [f"#{name}_poly" for name in faces]
    body = gml.solid(*references) if solid else ""
    return read_city([gml.write(gml.building(body, gml.boundaries(faces)))], examine=True)


def box(gml: Any, x: float = 0.0) -> Faces:
    return dict(gml.box(x, 0.0, 50.0, SIZE))


def centre_sides(model: CityModel) -> np.ndarray:
    """(S,) whether each surface of one convex building looks away from its middle."""
    rings = Rings(model.coords, model.ring_start, model.surface_ring)
    first = model.ring_start[model.surface_ring[:-1]]
    middle = np.add.reduceat(model.coords, first, axis=0) / np.diff(np.append(first, len(model.coords)))[:, None]
    centre = 0.5 * (model.coords.min(axis=0) + model.coords.max(axis=0))
    return np.asarray(np.einsum("ij,ij->i", measure(rings).normal, middle - centre) > 0)


@pytest.mark.parametrize("wrong", [(), ("roof",), ("south", "west", "ground"), ("ground", "south", "east", "north")])
def test_flipped_faces_of_a_closed_box_are_turned(gml: Any, wrong: tuple[str, ...]) -> None:
    faces = {name: turned(points) if name in wrong else points for name, points in box(gml).items()}
    model = read_solid(gml, faces)
    assert centre_sides(model).all()
    flipped = {model.surface_id[s] for s in np.flatnonzero(model.flags & SurfaceFlag.FLIPPED)}
    assert flipped == set(wrong) and model.report.defect_counts().get("flipped surface", 0) == len(wrong)
    shells = model.report.shells
    assert shells is not None and (shells.closed, shells.turned) == (1, int(bool(wrong)))
    assert "DOWNWARD_ROOF" not in model.report.flags


def test_a_solid_inside_out(gml: Any) -> None:
    model = read_solid(gml, {name: turned(points) for name, points in box(gml).items()})
    assert centre_sides(model).all() and model.report.flags["FLIPPED"] == 6


def test_a_multisurface_is_turned_as_a_solid_is(gml: Any) -> None:
    """It claims nothing, but its edges prove which side is out."""
    faces = box(gml)
    model = read_solid(gml, {**faces, "roof": turned(faces["roof"])}, solid=False)
    assert centre_sides(model).all() and model.report.flags == {"FLIPPED": 1}
    assert model.report.shells is not None and model.report.shells.claimed == 0


def test_kinds_follow_from_the_repaired_normal(gml: Any) -> None:
    """An inside-out LoD1 block without semantics: its top is a roof all the same."""
    polygons = [gml.polygon(turned(points)) for points in box(gml).values()]
    model = read_city([gml.write(gml.building(gml.solid(*polygons, lod=1)))], examine=True)
    top = model.coords[:, 2].max()
    low = np.minimum.reduceat(model.coords[:, 2], model.ring_start[:-1])
    assert (model.kind[low == top] == SurfaceKind.ROOF).all() and (model.kind == SurfaceKind.GROUND).sum() == 1


def test_an_open_solid_keeps_its_faces(gml: Any) -> None:
    """Without its floor nothing is proven: flagged, and the disagreement of neighbours reported."""
    faces = box(gml)
    faces.pop("ground")
    faces["south"] = turned(faces["south"])
    model = read_solid(gml, faces)
    assert model.report.flags == {"UNCLOSED_SOLID": 5}
    assert model.report.defect_counts() == {"inconsistent winding": 1, "unclosed solid": 1}
    assert model.report.defects[-1].object_id == "B"
    assert not centre_sides(model)[model.surface_id.index("south")]


def test_an_open_multisurface_is_not_punished(gml: Any) -> None:
    faces = box(gml)
    faces.pop("ground")
    model = read_solid(gml, faces, solid=False)
    assert model.report.flags == {} and model.confidence.tolist() == [1.0] * 5


def test_edges_split_by_a_neighbour_still_meet(gml: Any) -> None:
    """The north wall in two pieces, of which the faces around know nothing; off the line by less than a millimetre."""
    faces = box(gml)
    faces.pop("north")
    low, high = 50.0, 56.0
    faces["north1"] = [(10, 8, low), (6, 8.0009, low), (6, 8, high), (10, 8, high)]
    faces["north2"] = [(6, 8.0009, low), (0, 8, low), (0, 8, high), (6, 8, high)]
    model = read_solid(gml, faces)
    assert model.report.shells == (1, 1, 0, 1, 1, 0) and "UNCLOSED_SOLID" not in model.report.flags


def test_an_overhang_stays_as_it_is(gml: Any) -> None:
    """A closed block whose roof is drawn as two roof surfaces, one of them the soffit of an overhang."""
    low, mid, high = 50.0, 54.0, 56.0
    outline = [(0, 0), (10, 0), (10, 8), (0, 8)]
    wide = [(-2, 0), (10, 0), (10, 8), (-2, 8)]
    faces: Faces = {
        "ground": [(x, y, low) for x, y in outline[::-1]],
        "roof": [(x, y, high) for x, y in wide],
        "roof_soffit": [(x, y, mid) for x, y in [(0, 0), (-2, 0), (-2, 8), (0, 8)]],
        "west": [(0, 8, low), (0, 0, low), (0, 0, mid), (0, 8, mid)],
        "edge": [(-2, 8, mid), (-2, 0, mid), (-2, 0, high), (-2, 8, high)],
        "south": [(0, 0, low), (10, 0, low), (10, 0, high), (-2, 0, high), (-2, 0, mid), (0, 0, mid)],
        "north": [(10, 8, low), (0, 8, low), (0, 8, mid), (-2, 8, mid), (-2, 8, high), (10, 8, high)],
        "east": [(10, 0, low), (10, 8, low), (10, 8, high), (10, 0, high)],
    }
    soffit = gml.surface("RoofSurface", "roof_soffit", gml.polygon(faces["roof_soffit"], gml_id="s"))
    others = {name: points for name, points in faces.items() if name != "roof_soffit"}
    references = ["#s", *(f"#{name}_poly" for name in others)]
    path = gml.write(gml.building(gml.solid(*references), soffit, gml.boundaries(others)))
    model = read_city([path], examine=True)
    assert model.report.shells == (1, 1, 1, 1, 1, 0)
    assert model.report.flags == {"DOWNWARD_ROOF": 1}
    assert surface_normals(model)[model.surface_id.index("roof_soffit"), 2] == -1


def shells_of(boxes: list[tuple[np.ndarray, float, bool]]) -> tuple[Rings, Any]:
    """Boxes (corner, size, inside out) of one object as loose polygons, and what is found of them."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1.0]])
    faces = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    quads = [
        corners[face[::-1] if inside_out else face] * size + corner
        for corner, size, inside_out in boxes
        for face in faces
    ]
    start = 4 * np.arange(len(quads) + 1)
    rings = Rings(np.concatenate(quads), start, np.arange(len(quads) + 1))
    owner = np.zeros(len(quads), dtype=np.int64)
    return rings, examine_shells(rings, np.arange(len(quads)), owner, np.array([True]))


def test_each_connected_shell_for_itself() -> None:
    """One of two boxes of an object is inside out, the smaller one: the sum of volumes would hide it."""
    _, found = shells_of([(np.zeros(3), 9.0, False), (np.array([20.0, 0, 0]), 1.0, True)])
    assert found.turn.tolist() == list(range(6, 12)) and found.closed.all()


def test_a_cavity_faces_inward() -> None:
    _, found = shells_of([(np.zeros(3), 9.0, False), (np.array([3.0, 3, 3]), 1.0, True)])
    assert len(found.turn) == 0 and found.closed.all()


def test_boxes_that_share_an_edge_are_closed() -> None:
    """Four faces meet there: no two of them are each other's neighbour, and each box is judged by its other edges."""
    _, found = shells_of([(np.zeros(3), 2.0, True), (np.array([2.0, 2, 0]), 2.0, False)])
    assert found.closed.all() and found.turn.tolist() == list(range(6))


def test_a_moebius_strip_has_no_outside() -> None:
    """Three faces that close to a band with one side: reported, not turned."""
    n = 12
    angle = 2 * np.pi * np.arange(n + 1) / n
    middle = 10.0 * np.column_stack([np.cos(angle), np.sin(angle), 0 * angle])
    arm = np.column_stack([np.cos(angle / 2) * np.cos(angle), np.cos(angle / 2) * np.sin(angle), np.sin(angle / 2)])
    up, down = middle + arm, middle - arm
    quads = [np.array([down[k], down[k + 1], up[k + 1], up[k]]) for k in range(n)]
    rings = Rings(np.concatenate(quads), 4 * np.arange(n + 1), np.arange(n + 1))
    found = examine_shells(rings, np.arange(n), np.zeros(n, dtype=np.int64), np.array([True]))
    assert not found.closed[0] and len(found.turn) == 0 and found.inconsistent.tolist() == [0]


def recorded() -> dict[str, tuple[int, ...]]:
    """Objects, closed as read, closed, oriented by trimesh, from docs/design/0003-t-vertices.md."""
    text = (Path(__file__).parents[2] / "docs" / "design" / "0003-t-vertices.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| LoD2_32_(\d+_\d+)[^|]*\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", text)
    return {name: tuple(map(int, counts)) for name, *counts in rows}


@pytest.mark.shared
@pytest.mark.parametrize("tile", ["326_5727", "357_5654", "364_5650", "365_5713"])
def test_official_tiles_as_trimesh_sees_them(shared_data: Path, tile: str) -> None:
    model = read_city([shared_data / "citygml" / "nw" / f"LoD2_32_{tile}_1_NW.gml.gz"], examine=True)
    shells = model.report.shells
    assert shells is not None
    assert (shells.objects, shells.closed_as_read, shells.closed, shells.oriented) == recorded()[tile]
    assert shells.claimed == shells.objects and shells.turned == 0


@pytest.mark.shared
def test_scrambled_tile_comes_back(shared_data: Path) -> None:
    """Every third surface of a tile turned around: those of closed solids come back, point for point in place."""
    whole = read_city([shared_data / "citygml" / "nw" / "LoD2_32_327_5727_1_NW.gml.gz"], examine=True)
    rings = Rings(whole.coords.copy(), whole.ring_start, whole.surface_ring)
    third = np.arange(0, whole.n_surfaces, 3)
    for surface in third:
        part = slice(rings.ring_start[rings.surface_ring[surface]], rings.ring_start[rings.surface_ring[surface + 1]])
        rings.coords[part] = rings.coords[part][::-1]
    shapes = measure(rings)
    with_area = np.flatnonzero(shapes.area > 1e-6)
    owner = whole.object.astype(np.int64)
    found = examine_shells(rings, with_area, owner[with_area], np.ones(len(whole.objects), bool))
    assert set(found.turn.tolist()) == set(third.tolist()) & set(with_area.tolist())


def test_a_heap_of_loose_triangles_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many points near open edges to look at all: what was not done is said, and nothing is turned."""
    monkeypatch.setattr("io_citygml.defects_solid._MOST_PAIRS", 1000)
    rng = np.random.default_rng(3)
    rings = Rings(rng.uniform(0, 100, (1800, 3)), 3 * np.arange(601), np.arange(601))
    found = examine_shells(rings, np.arange(600), np.zeros(600, dtype=np.int64), np.array([True]))
    assert not found.complete and not found.closed[0] and len(found.turn) == 0


def test_nothing_to_examine(gml: Any) -> None:
    model = read_city([gml.write(gml.building())], examine=True)
    assert model.n_surfaces == 0 and model.report.shells == (0, 0, 0, 0, 0, 0) and len(model.confidence) == 0


def test_volume_of_what_was_turned(gml: Any) -> None:
    """Triangles of the repaired box hold its volume."""
    faces = box(gml)
    model = read_solid(gml, {**faces, "east": turned(faces["east"]), "ground": turned(faces["ground"])})
    corner = model.coords[triangulate(model, np.arange(6)).triangle] - model.coords[0]
    volume = np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6.0
    assert volume == pytest.approx(np.prod(SIZE))
