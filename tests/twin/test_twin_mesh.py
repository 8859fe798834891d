"""Closedness, orientation and volume of cubes with known defects and of a real district; what rays may rely on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles import solids

from io_citygml.model import CityModel, SurfaceKind, root_objects
from io_citygml.polygon import triangulate
from io_citygml.read import read_city
from twin.mesh import Sealed, sealed, solidity
from twin.package_data import demo_city
from twin.scene import Scene, build_scene

CORNER = np.array([[x, y, z] for z in (0.0, 2.0) for y in (0.0, 2.0) for x in (0.0, 2.0)])
FACE = np.array(
    [
        [0, 2, 3],
        [0, 3, 1],
        [4, 5, 7],
        [4, 7, 6],
        [0, 1, 5],
        [0, 5, 4],
        [2, 6, 7],
        [2, 7, 3],
        [0, 4, 6],
        [0, 6, 2],
        [1, 3, 7],
        [1, 7, 5],
    ]
)
EAST = (10, 11)  # the two triangles at x = 2
ORIGIN = np.array([5.6e6, 3.6e5, 50.0])


@pytest.fixture(scope="module")
def demo() -> tuple[CityModel, Scene]:
    with demo_city() as path:
        model = read_city([path])
    return model, build_scene(model, 0.2)


def seal(*solid: tuple[np.ndarray, np.ndarray], building: list[int] | None = None) -> tuple[np.ndarray, Sealed]:
    """Corners (T + M, 3, 3) and shells of objects given as (vertices, faces)."""
    first = np.cumsum([0, *(len(corner) for corner, _ in solid)])
    vertices = np.concatenate([corner for corner, _ in solid])
    triangles = np.concatenate([face + start for (_, face), start in zip(solid, first, strict=False)])
    owner = np.repeat(np.arange(len(solid)), [len(face) for _, face in solid])
    found = sealed(vertices, triangles, owner, np.array(building or range(len(solid)))[owner])
    return vertices[np.concatenate([triangles, found.sliver])], found


def test_cube_hole_and_flipped_face() -> None:
    flipped = FACE.copy()
    flipped[0] = flipped[0, ::-1]
    faces = np.concatenate([FACE, FACE[:-1], flipped])
    owner = np.repeat([0, 1, 2], [12, 11, 12])
    found = solidity(CORNER + ORIGIN, faces, owner, 4)
    assert found.closed.tolist() == [True, False, True, False]
    assert found.oriented.tolist() == [True, False, False, False]
    np.testing.assert_allclose(found.volume_m3, [8.0, 0.0, 0.0, 0.0], atol=1e-6)


def test_vertices_that_print_alike_are_one() -> None:
    apart = CORNER[FACE].reshape(-1, 3) + np.random.default_rng(1).uniform(-2e-4, 2e-4, (36, 3)) + 0.25
    found = solidity(apart, np.arange(36).reshape(-1, 3), np.zeros(12, int), 1)
    assert found.oriented.all()
    np.testing.assert_allclose(found.volume_m3, [8.0], rtol=1e-3)
    assert (sealed(apart, np.arange(36).reshape(-1, 3), *np.zeros((2, 12), int)).shell == -1).all()


def test_no_object_and_no_triangle() -> None:
    found = solidity(np.zeros((0, 3)), np.zeros((0, 3), int), np.zeros(0, int), 2)
    assert not found.closed.any() and not found.closed_as_read.any() and (found.volume_m3 == 0.0).all()
    assert len(sealed(np.zeros((0, 3)), np.zeros((0, 3), int), *np.zeros((2, 0), int)).shell) == 0


def defective(model: CityModel, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, faces and owners of a city with some faces taken out, some turned, and some corners moved."""
    rng = np.random.default_rng(seed)
    faces = triangulate(model, np.flatnonzero(model.kind != SurfaceKind.OTHER))
    vertices, triangle = model.coords.copy(), faces.triangle.copy()
    moved = rng.random(len(vertices)) < 0.003
    vertices[moved] += rng.uniform(-3e-3, 3e-3, (int(moved.sum()), 3))
    turned = rng.random(len(triangle)) < 0.005
    triangle[turned] = triangle[turned, ::-1]
    kept = rng.random(len(triangle)) > 0.005
    return vertices, triangle[kept], model.object[faces.surface][kept]


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_trimesh_says_the_same_of_a_real_district(demo: tuple[CityModel, Scene], seed: int | None) -> None:
    """As read, and with defects put in."""
    model, _ = demo
    if seed is None:
        faces = triangulate(model, np.flatnonzero(model.kind != SurfaceKind.OTHER))
        given = model.coords, faces.triangle, model.object[faces.surface]
    else:
        given = defective(model, seed)
    ours, theirs = solidity(*given, len(model.objects)), solids.solidity(*given, len(model.objects))
    assert 20 < theirs.closed_as_read.sum() < theirs.closed.sum() < len(model.objects)
    for name in ("closed_as_read", "closed", "oriented"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    np.testing.assert_allclose(ours.volume_m3, theirs.volume_m3, rtol=1e-4, atol=0.01)


def test_what_is_a_closed_shell() -> None:
    turned = FACE.copy()
    turned[0] = turned[0, ::-1]
    _, found = seal((CORNER, FACE), (CORNER, FACE[:-1]), (CORNER, turned), (CORNER, FACE[:, ::-1]))
    assert (found.shell[:12] == 0).all() and (found.shell[12:] == -1).all()
    assert len(found.sliver) == 0


def test_shells_of_one_object_are_judged_apart() -> None:
    """A cavity faces inward, a box beside it may lack a face, and two boxes may touch along an edge."""
    cavity = CORNER / 4 + 0.5
    both = np.concatenate([FACE, FACE[:, ::-1] + 8])
    _, hollow = seal((np.concatenate([CORNER, cavity]), both))
    assert (hollow.shell[:12] >= 0).all() and (hollow.shell[12:] == -1).all()
    _, beside = seal((np.concatenate([CORNER, CORNER + 5.0]), np.concatenate([FACE, FACE[:-1] + 8])))
    assert (beside.shell[:12] >= 0).all() and (beside.shell[12:] == -1).all()
    _, touching = seal((np.concatenate([CORNER, CORNER + [2.0, 2.0, 0.0]]), np.concatenate([FACE, FACE + 8])))
    assert (touching.shell >= 0).all()


def test_two_sides_of_a_sheet_are_no_solid() -> None:
    sheet = CORNER[:3]
    _, found = seal((sheet, np.array([[0, 1, 2], [2, 1, 0]])))
    assert (found.shell == -1).all()


@pytest.mark.parametrize("off", [0.0, 0.0009])
def test_a_t_vertex_is_sealed_by_a_sliver(off: float) -> None:
    """The upright edge 1–5 is split at half height on the south wall alone, where a neighbour's roof meets it."""
    corner = np.concatenate([CORNER, [[2.0 + off, 0.0, 1.0], [2.0 + off / 2, 0.0, 1.5]]])
    south = [[0, 1, 8], [0, 8, 9], [0, 9, 5]]
    face = np.concatenate([FACE[:4], south, FACE[5:]])
    assert solids.has_rim(corner[face])
    triangles, found = seal((corner, face))
    assert (found.shell == 0).all() and len(found.sliver) == 2
    assert set(found.source.tolist()) == {13}  # the east triangle that holds the edge whole
    assert not solids.has_rim(triangles)
    sliver = triangles[len(face) :]
    twice_area = np.linalg.norm(np.cross(sliver[:, 1] - sliver[:, 0], sliver[:, 2] - sliver[:, 0]), axis=1)
    np.testing.assert_allclose(np.sort(twice_area), [0.0, 2.0 * off], atol=1e-12)


def test_a_sliver_that_closes_nothing_is_not_added() -> None:
    corner = np.concatenate([CORNER, [[2.0, 0.0, 1.0]]])
    face = np.concatenate([FACE[:2], FACE[3:4], [[0, 1, 8], [0, 8, 5]], FACE[5:]])
    _, found = seal((corner, face))
    assert (found.shell == -1).all() and len(found.sliver) == 0


def test_parts_of_a_building_close_each_other() -> None:
    """Nothing casts where two parts meet: each is open, the building is closed. Another building does not help."""
    west, east = np.delete(FACE, EAST, axis=0), np.delete(FACE, (8, 9), axis=0)
    parts = (CORNER, west), (CORNER + [2.0, 0.0, 0.0], east)
    triangles, found = seal(*parts, building=[0, 0])
    assert (found.shell == 0).all() and not solids.has_rim(triangles)
    assert (seal(*parts, building=[0, 1])[1].shell == -1).all()


def test_shells_of_a_real_district_stay_closed_in_float32(demo: tuple[CityModel, Scene]) -> None:
    """Whatever origin the coordinates are rounded about; most of the district is closed."""
    model, scene = demo
    found = scene.sealed
    triangles = np.concatenate([scene.triangles, found.sliver])
    shell = np.concatenate([found.shell, found.shell[found.source]])
    assert (found.shell >= 0).mean() > 0.8
    building = root_objects(model.objects)[scene.object]
    for origin in (np.zeros(3), np.array([-731.0, 1250.0, 17.0])):
        corner = (scene.vertices[triangles] - origin).astype(np.float32)
        for number in np.unique(found.shell[found.shell >= 0])[::4]:
            assert not solids.has_rim(corner[shell == number])
            assert len(np.unique(building[found.shell == number])) == 1
    left = scene.vertices[scene.triangles[found.shell < 0]]
    assert solids.has_rim(left)


def test_no_shell_of_a_real_district_holds_a_negative_space(demo: tuple[CityModel, Scene]) -> None:
    """A centimetre in front of every face of a closed shell the shell winds no less than 0 times."""
    _, scene = demo
    shell, corner = scene.sealed.shell, scene.vertices[scene.triangles]
    for number in np.unique(shell[shell >= 0])[::3]:
        member = np.concatenate([shell == number, (shell == number)[scene.sealed.source]])
        whole = scene.vertices[np.concatenate([scene.triangles, scene.sealed.sliver])[member]]
        face = corner[shell == number]
        across = np.cross(face[:, 1] - face[:, 0], face[:, 2] - face[:, 0])
        area = np.linalg.norm(across, axis=1)
        front = face.mean(axis=1) + 0.01 * across / np.maximum(area, 1e-9)[:, None]
        assert (solids.winding_number(front[area > 0.01], whole) >= 0).all()


@pytest.mark.shared
@pytest.mark.parametrize("tile", ["LoD2_32_326_5727_1_NW", "LoD2_32_357_5654_1_NW", "LoD2_32_365_5713_1_NW"])
def test_other_official_tiles(shared_data: Path, tile: str) -> None:
    model = read_city([shared_data / "citygml" / "nw" / f"{tile}.gml.gz"])
    scene = build_scene(model, 0.2)
    assert (scene.sealed.shell >= 0).mean() > 0.93
    faces = triangulate(model, np.flatnonzero(model.kind != SurfaceKind.OTHER))
    given = model.coords, faces.triangle, model.object[faces.surface], len(model.objects)
    ours, theirs = solidity(*given), solids.solidity(*given)
    for name in ("closed_as_read", "closed", "oriented"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
