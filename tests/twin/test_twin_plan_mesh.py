"""Plans from meshes: the same block in four formats, what is asked for, what is repaired and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
import trimesh
from oracles.plans import FLAT, SLOPING, X, Y, read

from io_citygml.model import SurfaceKind
from io_citygml.polygon import surface_areas, triangulate
from io_citygml.read import read_city
from twin.errors import TwinError
from twin.export.mesh import write_mesh
from twin.package_data import demo_city
from twin.plan.bodies import bodies
from twin.plan.faces import faces, triangulated
from twin.plan.plan import Plan
from twin.scene import build_scene

L_SHAPE = [(0, 0), (30, 0), (30, 10), (10, 10), (10, 20), (0, 20)]
SAID = {"unit": "m", "up": "z", "origin": (X, Y)}


def block(height: float = 12.0) -> trimesh.Trimesh:
    """An L of 400 m², z up, its zero at the outer corner of the foot."""
    return trimesh.creation.extrude_polygon(shapely.Polygon(L_SHAPE), height)


def saved(path: Path, mesh: trimesh.Trimesh | trimesh.Scene) -> Path:
    content = mesh.export(file_type=path.suffix[1:])
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def y_up(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    turned = mesh.copy()
    turned.vertices = np.column_stack([mesh.vertices[:, 0], mesh.vertices[:, 2], -mesh.vertices[:, 1]])
    return turned


def volume_in_scene(plan: Plan) -> float:
    """What rays meet: everything in closed shells that face out, and their volume."""
    scene = build_scene(plan.model, 0.2)
    assert (scene.sealed.shell >= 0).all()
    return float(scene.solidity.volume_m3.sum())


@pytest.mark.parametrize("suffix", ["obj", "ply", "stl", "glb"])
def test_a_block_in_every_format(tmp_path: Path, suffix: str) -> None:
    said = {"origin": (X, Y)} if suffix == "glb" else SAID
    path = saved(tmp_path / f"block.{suffix}", y_up(block()) if suffix == "glb" else block())
    plan = read(path, SLOPING, **said)
    assert plan.receives and plan.facts["receives"] == "one closed body"
    assert plan.model.n_surfaces == 8  # six walls, roof and ground, each one polygon
    kinds = [SurfaceKind(kind).name for kind in plan.model.kind]
    assert sorted(kinds) == ["GROUND", "ROOF"] + ["WALL"] * 6
    facts = plan.facts
    assert (facts["footprint_m2"], facts["volume_m3"], facts["closed"]) == (400.0, pytest.approx(4800.0), True)
    assert (facts["ground_m"], facts["base_m"], facts["top_m"]) == (60.0, 60.0, 72.0)
    assert volume_in_scene(plan) == pytest.approx(4800.0, rel=1e-6)
    roof = plan.model.kind == SurfaceKind.ROOF
    assert surface_areas(plan.model)[roof] == pytest.approx([400.0])
    outline = shapely.Polygon(plan.model.coords[plan.model.coords[:, 2] > 71.9][:6, :2]).convex_hull
    assert outline.equals_exact(shapely.Polygon(np.array(L_SHAPE) + [X, Y]).convex_hull, 1e-5, normalize=True)
    assert [item.id for item in plan.model.objects] == ["block"] and plan.name == "block"
    json.dumps(facts)


def test_turned_clockwise_about_the_origin(tmp_path: Path) -> None:
    """The long side to the east points south after a quarter turn."""
    path = saved(tmp_path / "block.obj", block())
    plan = read(path, rotation_deg=90.0, **SAID)
    low, high = plan.model.coords.min(axis=0), plan.model.coords.max(axis=0)
    assert [*(low[:2] - [X, Y]), *(high[:2] - [X, Y])] == pytest.approx([0.0, -30.0, 20.0, 0.0], abs=1e-6)
    assert "turned 90° clockwise" in plan.facts["crs"]


def test_what_heights_count_from(tmp_path: Path) -> None:
    path = saved(tmp_path / "block.obj", block())
    assert read(path, **{**SAID, "origin": (X, Y, 58.5)}).facts["base_m"] == 58.5
    assert read(path, SLOPING, **{**SAID, "origin": (X + 50, Y)}).facts["base_m"] == pytest.approx(65.0)
    with pytest.raises(TwinError, match=r"lies in the ground.*third number of --plan-origin"):
        read(path, heights="sea", **SAID)
    with pytest.raises(TwinError, match="--plan-origin gives a height, --plan-heights ground says that there is none"):
        read(path, heights="ground", **{**SAID, "origin": (X, Y, 60.0)})
    hovering = read(path, **{**SAID, "origin": (X, Y, 64.0)})
    assert hovering.facts["warnings"] == ["hovers 4.0 m above the ground at its place (60.0 m)"]
    with pytest.raises(TwinError, match=r"hovers: its lowest point, 500\.0 m"):
        read(path, **{**SAID, "origin": (X, Y, 500.0)})


def test_coordinates_in_a_system(tmp_path: Path) -> None:
    mesh = block()
    mesh.apply_translation([X, Y, 61.0])
    path = saved(tmp_path / "block.obj", mesh)
    said = {"unit": "m", "up": "z"}
    plan = read(path, crs="EPSG:25832+7837", **said)
    assert plan.facts["base_m"] == 61.0 and plan.facts["easting"] == X + 15
    assert plan.facts["heights"] == "above sea level (EPSG:7837)"
    assert read(path, crs="EPSG:25832", heights="ground", **said).facts["base_m"] == 60.0
    assert read(path, crs="EPSG:25832", heights="sea", **said).facts["base_m"] == 61.0
    with pytest.raises(TwinError, match=r"does not say what heights count from .* --plan-heights sea"):
        read(path, crs="EPSG:25832", **said)
    with pytest.raises(TwinError, match="its heights are in EPSG:5783, the city's in EPSG:7837"):
        read(path, crs="EPSG:25832+5783", **said)
    with pytest.raises(TwinError, match="--plan-rotation has no meaning here"):
        read(path, crs="EPSG:25832+7837", rotation_deg=5.0, **said)
    with pytest.raises(TwinError, match=r"EPSG:4326 is not in metres"):
        read(path, crs="EPSG:4326", heights="ground", **said)
    with pytest.raises(TwinError, match=r"give one of them"):
        read(path, crs="EPSG:25832", **SAID)


def test_everything_missing_is_asked_for_at_once(tmp_path: Path) -> None:
    path = saved(tmp_path / "block.obj", block())
    with pytest.raises(TwinError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: a mesh (OBJ) does not say its unit, upward axis and place")
    assert all(option in text for option in ("--plan-unit", "--plan-up", "--plan-origin E,N[,H]", "--plan-crs"))
    with pytest.raises(TwinError, match="does not say its upward axis – give --plan-up"):
        read(path, unit="m", origin=(X, Y))
    with pytest.raises(TwinError, match=r"a mesh \(glTF\) does not say its place – give --plan-origin"):
        read(saved(tmp_path / "block.glb", block()))
    with pytest.raises(TwinError, match="--plan-height has no meaning here"):
        read(path, height_m=10.0, **SAID)
    with pytest.raises(TwinError, match="the name of a mesh ends in its format – unpack it first"):
        read(saved(tmp_path / "block.obj", block()).rename(tmp_path / "block.obj.gz"), **SAID)


def test_size_and_distance(tmp_path: Path) -> None:
    mesh = block()
    mesh.apply_scale(1000.0)
    path = saved(tmp_path / "mm.obj", mesh)
    with pytest.raises(TwinError, match=r"30000 m wide and 12000 m high: millimetres for metres\?.*--plan-unit"):
        read(path, **SAID)
    assert read(path, **{**SAID, "unit": "mm"}).facts["volume_m3"] == pytest.approx(4800.0)
    with pytest.raises(TwinError, match=r"the plan lies 29\.5 km from the city's buildings"):
        read(saved(tmp_path / "far.obj", block()), **{**SAID, "origin": (X + 30_000, Y)})
    with pytest.raises(TwinError, match=r"it is flat: all corners are 0 m high"):
        flat = trimesh.Trimesh([[0, 0, 0], [9, 0, 0], [0, 9, 0]], [[0, 1, 2]], process=False)
        read(saved(tmp_path / "flat.obj", flat), **SAID)
    mesh = block()
    mesh.apply_translation([X, Y, 0.0])
    with pytest.raises(TwinError, match=r"stored in steps of 50 cm, too coarse for a building"):
        read(saved(tmp_path / "single.stl", mesh), unit="m", up="z", crs="EPSG:25832", heights="ground")


def test_repairs_are_counted(tmp_path: Path) -> None:
    mesh = block()
    mesh.invert()
    inside_out = read(saved(tmp_path / "a.obj", mesh), **SAID)
    assert inside_out.receives and volume_in_scene(inside_out) == pytest.approx(4800.0)
    assert inside_out.facts["repairs"] == ["20 triangles of bodies that were inside out, turned around"]
    mesh = block()
    mesh.faces[[0, 3, 7]] = mesh.faces[[0, 3, 7], ::-1]
    wound = read(saved(tmp_path / "b.obj", mesh), **SAID)
    assert wound.receives and volume_in_scene(wound) == pytest.approx(4800.0)
    assert wound.facts["repairs"] == ["3 triangles wound against their neighbours, turned around"]
    mesh = block()
    faces_ = [*mesh.faces, mesh.faces[2], mesh.faces[2][[1, 2, 0]], [0, 1, 1]]
    doubled = read(saved(tmp_path / "c.obj", trimesh.Trimesh(mesh.vertices, faces_, process=False)), **SAID)
    assert doubled.receives and volume_in_scene(doubled) == pytest.approx(4800.0)
    assert doubled.facts["repairs"] == ["1 triangles without area dropped", "2 repeated triangles dropped"]


def test_an_open_mesh_shades_and_is_not_measured(tmp_path: Path) -> None:
    mesh = block()
    plan = read(saved(tmp_path / "a.obj", trimesh.Trimesh(mesh.vertices, mesh.faces[1:], process=False)), **SAID)
    assert not plan.receives and plan.model.n_surfaces == 19
    assert (plan.facts["closed"], plan.facts["volume_m3"], plan.facts["open_edges"]) == (False, None, 3)
    assert plan.facts["receives"] == "no closed body: 3 edges without a partner"
    assert plan.facts["footprint_m2"] == 400.0


def test_which_bodies_are_a_building_seen_from_outside(tmp_path: Path) -> None:
    def facts(*parts: trimesh.Trimesh) -> dict[str, object]:
        return read(saved(tmp_path / "a.obj", trimesh.util.concatenate(parts)), **SAID).facts

    def box(size: tuple[float, float, float], low: tuple[float, float, float]) -> trimesh.Trimesh:
        return trimesh.creation.box(bounds=[low, np.add(low, size)])

    hollow = box((4, 4, 4), (3, 3, 3))
    hollow.invert()
    found = facts(box((10, 10, 10), (0, 0, 0)), hollow)
    assert found["receives"] == "a body with a hollow inside: its inner faces would be taken for façades"
    assert found["volume_m3"] == pytest.approx(1000.0 - 64.0) and found["repairs"] == []
    turned = box((10, 10, 10), (0, 0, 0))
    turned.invert()
    hollow.invert()
    assert facts(turned, hollow)["volume_m3"] == pytest.approx(936.0)  # the whole file inside out
    beside = box((5, 5, 5), (20, 0, 0))
    beside.invert()
    assert facts(box((10, 10, 10), (0, 0, 0)), beside)["volume_m3"] == pytest.approx(1125.0)
    tower = facts(box((20, 20, 5), (0, 0, 0)), box((8, 8, 20), (6, 6, 5)))
    assert tower["receives"] == "2 closed bodies" and tower["volume_m3"] == pytest.approx(2000.0 + 1280.0)
    walls = [box((10, 0.3, 3), (0, y, 0)) for y in (0, 9.7)] + [box((0.3, 9.4, 3), (x, 0.3, 0)) for x in (0, 9.7)]
    room = facts(*walls, box((10, 10, 0.25), (0, 0, 3)))
    assert str(room["receives"]).startswith("5 bodies, most of them thin: walls and slabs")


def test_two_pieces_that_only_together_close(tmp_path: Path) -> None:
    """Programs write a mesh for each material: here the roof apart from the rest."""
    mesh = y_up(block())
    roof = mesh.face_normals[:, 1] > 0.5
    scene = trimesh.Scene()
    for name, rows in (("roof", roof), ("walls", ~roof)):
        scene.add_geometry(trimesh.Trimesh(mesh.vertices, mesh.faces[rows], process=False), node_name=name)
    plan = read(saved(tmp_path / "a.glb", scene), origin=(X, Y))
    assert plan.receives and plan.facts["pieces"] == 2 and plan.model.n_surfaces == 8


def test_nodes_of_a_scene_stand_where_it_puts_them(tmp_path: Path) -> None:
    """One box used twice: moved, and mirrored, which would turn it inside out."""
    mesh = trimesh.creation.box(bounds=[[0, 0, 0], [4, 6, 5]])
    scene = trimesh.Scene()
    move = np.eye(4)
    move[:3, 3] = [20, 0, -10]
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    scene.add_geometry(mesh, geom_name="box", node_name="a", transform=move)
    scene.graph.update("b", geometry="box", matrix=mirror)
    plan = read(saved(tmp_path / "a.glb", scene), origin=(X, Y))
    assert plan.facts["repairs"] == [] and plan.facts["volume_m3"] == pytest.approx(240.0)
    low, high = plan.model.coords.min(axis=0), plan.model.coords.max(axis=0)
    assert [*(low[:2] - [X, Y]), *(high[:2] - [X, Y])] == pytest.approx([-4.0, -5.0, 24.0, 10.0], abs=1e-5)
    assert plan.facts["height_m"] == pytest.approx(6.0)


def test_our_own_export_comes_back(tmp_path: Path) -> None:
    """A house of the demo district, written as glTF and read as a plan, is where it was."""
    with demo_city() as path:
        model = read_city([path])
    write_mesh(model, tmp_path / "city.glb")
    whole = trimesh.load_scene(tmp_path / "city.glb", process=False)
    name = next(
        name for name, mesh in whole.geometry.items() if mesh.metadata["id"].startswith("DENW") and len(mesh.faces) > 15
    )
    item = whole.geometry[name].metadata["id"]
    scene = trimesh.Scene(whole.geometry[name])
    origin = whole.metadata["origin_m"]
    low, high = model.coords.min(axis=0)[:2], model.coords.max(axis=0)[:2]
    plan = read(saved(tmp_path / "one.glb", scene), FLAT._replace(low=low, high=high), origin=tuple(origin))
    index = [o.id for o in model.objects].index(item)
    rows = np.flatnonzero(model.object == index)
    own = model.coords[np.unique(triangulate(model, rows).triangle)]
    np.testing.assert_allclose(plan.model.coords.min(axis=0), own.min(axis=0), atol=1e-3)
    np.testing.assert_allclose(plan.model.coords.max(axis=0), own.max(axis=0), atol=1e-3)


def test_concave_faces_keep_their_shape(tmp_path: Path) -> None:
    """Split from its first corner, an L of 7 m² would be 16 m²; a PLY that does so is refused."""
    corners = [(4, 1), (1, 1), (1, 4), (0, 4), (0, 0), (4, 0)]
    lines = [f"v {x} {y} {z}" for z in (0, 3) for x, y in corners]
    lines += ["f 6 5 4 3 2 1", "f -6//1 -5//2 -4//3 -3 -2/1 \\", "-1"]
    lines += [f"f {k + 1} {(k + 1) % 6 + 1} {(k + 1) % 6 + 7} {k + 7}" for k in range(6)]
    (tmp_path / "l.obj").write_text("\n".join(lines), encoding="utf-8")
    plan = read(tmp_path / "l.obj", **SAID)
    assert plan.receives and plan.facts["volume_m3"] == pytest.approx(21.0) and plan.facts["footprint_m2"] == 7.0
    head = "ply\nformat ascii 1.0\nelement vertex 7\nproperty float x\nproperty float y\nproperty float z\n"
    head += "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
    points = "".join(f"{x} {y} 0\n" for x, y in corners) + "0 0 5\n"
    (tmp_path / "l.ply").write_text(head + points + "6 0 1 2 3 4 5\n", encoding="utf-8")
    with pytest.raises(TwinError, match=r"folded back onto themselves.*triangulate the faces"):
        read(tmp_path / "l.ply", **SAID)


BAD = {
    "nan.obj": (
        b"v 0 0 nan\nv 1 0 0\nv 0 1 0\nv 0 1 9\nf 1 2 3\nf 2 3 4\n",
        "1 of 6 corners of its faces are not numbers",
    ),
    "points.obj": (b"v 0 0 0\nv 1 0 0\n", "no triangle in it"),
    "corner.obj": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "corner 9, but there are 3 vertices"),
    "zero.obj": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n", "corner 0, but"),
    "word.obj": (b"v 0 zero 0\n", "a vertex is no number"),
    "short.obj": (b"v 0 0\n", r"short.obj:1: a vertex has three coordinates"),
    "line.obj": (b"v 0 0 0\nf 1 1\n", r"line.obj:2: a face has at least three corners"),
    "area.obj": (b"v 0 0 0\nv 1 0 0\nv 2 0 9\nv 1 0 4.5\nf 1 3 3\n", "none of its 1 triangles has an area"),
    "a.glb": (b"glTF1234", "cannot be read as GLB"),
    "a.gltf": (b"{no json", "is no JSON"),
    "b.gltf": (b'{"asset":{"version":"2.0"}}', "no triangle in it"),
    "a.ply": (b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\n", "cannot be read as PLY"),
    "a.stl": (b"solid nothing", "no triangle in it"),
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_are_no_building(tmp_path: Path, name: str) -> None:
    content, sentence = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TwinError, match=sentence) as caught:
        read(tmp_path / name, **SAID)
    assert str(tmp_path / name) in str(caught.value)


def test_a_gltf_without_its_buffer(tmp_path: Path) -> None:
    document = {
        "asset": {"version": "2.0"},
        "buffers": [{"uri": "none.bin", "byteLength": 36}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    }
    (tmp_path / "a.gltf").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(TwinError, match=r"refers to none\.bin, which is not beside it"):
        read(tmp_path / "a.gltf", origin=(X, Y))


@pytest.mark.parametrize("seed", range(5))
def test_bodies_agree_with_trimesh(seed: int) -> None:
    """Random bodies, triangles turned at random: closed and of the volume that trimesh finds in the whole ones."""
    rng = np.random.default_rng(seed)
    shapes = [
        trimesh.creation.icosphere(2, 5.0),
        trimesh.creation.annulus(2, 6, 4),
        trimesh.creation.cylinder(3, 8),
        block(),
    ]
    whole = [shape.apply_translation([40.0 * k, *rng.uniform(-9, 9, 2)]) for k, shape in enumerate(shapes)]
    corner = np.concatenate([shape.triangles for shape in whole])
    turned = rng.random(len(corner)) < 0.3
    corner[turned] = corner[turned, ::-1]
    found = bodies(corner, np.zeros(len(corner), np.int64))
    assert found.closed and found.receives
    np.testing.assert_allclose(np.sort(found.volume_m3), np.sort([shape.volume for shape in whole]), rtol=1e-5)
    polygon = faces(found.corner, found.shell)
    begin = np.concatenate([[0], np.cumsum(polygon.ring_length)])
    assert (polygon.ring_count > 1).sum() == 2  # the two faces of the ring
    assert len(polygon.ring_count) < len(corner) and begin[-1] == len(polygon.coords)


def test_triangles_of_polygons_keep_their_area() -> None:
    rng = np.random.default_rng(3)
    rings = []
    for corners in (3, 4, 4, 4, 5, 8, 20):
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        radius = rng.uniform(1, 5, (corners, 1))  # star-shaped, mostly concave
        rings.append(np.column_stack([np.cos(angle), np.sin(angle), np.zeros(corners)]) * radius)
    vertices = np.concatenate(rings)
    length = np.array([len(ring) for ring in rings])
    triangle, owner = triangulated(vertices, np.arange(len(vertices)), length)
    a, b, c = (vertices[triangle[:, k]] for k in range(3))
    signed = np.bincount(owner, np.cross(b - a, c - a)[:, 2] / 2)
    absolute = np.bincount(owner, np.abs(np.cross(b - a, c - a)[:, 2]) / 2)
    expected = [shapely.Polygon(ring[:, :2]).area for ring in rings]
    np.testing.assert_allclose(absolute, expected)
    np.testing.assert_allclose(np.abs(signed), expected)
