"""Real districts, every module: inside its polygon, off its edges, apart from the others, off what is higher."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import shapely

from io_citygml.model import CityModel, SurfaceKind
from io_citygml.read import read_city
from twin.package_data import demo_city
from twin.pv.config import PvConfig, read_pv
from twin.pv.plants import Mounting, Plants, corners, lay_out
from twin.report.layout_picture import layout_picture, roof_of
from twin.scene import Scene, build_scene

CONFIG = read_pv()
# Polygons of real files are bent by up to a centimetre or two.
BENT_M = 0.03


def planted(model: CityModel, config: PvConfig = CONFIG) -> tuple[Scene, Plants]:
    scene = build_scene(model, 0.2)
    return scene, lay_out(model, scene, np.full(len(model.kind), 1000.0), scene.area_m2, config)


def south(config: PvConfig = CONFIG) -> PvConfig:
    return config.model_copy(update={"layout": config.layout.model_copy(update={"flat_rows": "south"})})


@pytest.fixture(scope="module")
def demo() -> CityModel:
    with demo_city() as path:
        return read_city([path])


def rings(model: CityModel, surface: int) -> list[np.ndarray]:
    first, last = model.surface_ring[surface], model.surface_ring[surface + 1]
    return [model.coords[model.ring_start[r] : model.ring_start[r + 1]] for r in range(first, last)]


def check_plant(model: CityModel, plants: Plants, place: np.ndarray, number: int, edge_m: float) -> None:
    """One plant, in a frame of its own: (north, east) in plan, else any two axes in the module's plane."""
    surface = int(plants.surface[number])
    outline = rings(model, surface)
    base = outline[0][0]
    normal = plants.normal[number, 0]
    in_plan = plants.mounting[number] in (Mounting.EAST_WEST, Mounting.SOUTH)
    first = np.cross(normal, [0.3, 0.5, 0.8]) if not in_plan else np.array([0.0, 1.0, 0.0])
    first /= np.linalg.norm(first)
    axes = np.stack([first, np.cross(normal, first) if not in_plan else [1.0, 0.0, 0.0]], axis=1)
    polygon = shapely.make_valid(shapely.Polygon((outline[0] - base) @ axes, [(r - base) @ axes for r in outline[1:]]))
    module = shapely.polygons((place - base) @ axes)
    if not in_plan:
        assert np.abs((place - base) @ normal).max() < BENT_M
    assert shapely.area(module).sum() <= plants.usable_area_m2[number] + 1e-6 <= polygon.area + 1e-6
    assert shapely.covers(polygon, module).all()
    assert shapely.distance(polygon.boundary, module).min() >= edge_m - 1e-3
    a, b = shapely.STRtree(module).query(module)
    touching = shapely.area(shapely.intersection(module[a[a < b]], module[b[a < b]]))
    assert (touching < 1e-6).all()


def check_all(model: CityModel, plants: Plants, config: PvConfig = CONFIG) -> None:
    at = corners(plants)
    edge = {
        Mounting.ROOF: config.layout.edge_m,
        Mounting.FACADE: config.layout.facade_edge_m,
        Mounting.EAST_WEST: config.layout.flat_edge_m,
        Mounting.SOUTH: config.layout.flat_edge_m,
    }
    for number in range(len(plants.surface)):
        place = at[plants.module_start[number] : plants.module_start[number + 1]]
        check_plant(model, plants, place, number, edge[Mounting(int(plants.mounting[number]))])


@pytest.mark.parametrize("rows", ["east_west", "south"])
def test_every_module_of_the_demo_lies_where_it_may(demo: CityModel, rows: str) -> None:
    config = south() if rows == "south" else CONFIG
    scene, plants = planted(demo, config)
    began = time.process_time()
    planted(demo, config)
    assert time.process_time() - began < 5.0
    check_all(demo, plants, config)
    area = np.diff(plants.module_start) * plants.size_m[:, 0] * plants.size_m[:, 1]
    cover = {
        mounting: area[plants.mounting == mounting].sum() / plants.usable_area_m2[plants.mounting == mounting].sum()
        for mounting in Mounting
        if (plants.mounting == mounting).any()
    }
    # Pitched 0.75 to 0.85 of what is usable, tents 70 to 80 %; rows to the south 40 % of the roof.
    assert 0.75 <= cover[Mounting.ROOF] <= 0.86
    assert 0.5 <= cover[Mounting.FACADE] <= 0.86 * 0.7
    if rows == "east_west":
        assert 0.70 <= cover[Mounting.EAST_WEST] <= 0.80
    else:
        flat = plants.mounting == Mounting.SOUTH
        assert 0.35 <= area[flat].sum() / scene.area_m2[plants.surface[flat]].sum() <= 0.45


def test_the_same_input_gives_the_same_modules(demo: CityModel) -> None:
    (_, first), (_, second) = planted(demo), planted(demo)
    for name in Plants.__dataclass_fields__:
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


def test_types_and_shapes_are_as_promised(demo: CityModel) -> None:
    _, plants = planted(demo)
    n, m = len(plants.surface), len(plants.centre)
    assert (np.diff(plants.surface) > 0).all() and plants.module_start[-1] == m
    assert (np.diff(plants.module_start) > 0).all()
    shapes = {
        "surface": ((n,), np.int32),
        "mounting": ((n,), np.uint8),
        "portrait": ((n,), np.bool_),
        "normal": ((n, 2, 3), np.float64),
        "size_m": ((n, 2), np.float64),
        "module_start": ((n + 1,), np.int64),
        "facing": ((m,), np.uint8),
        "string": ((m,), np.int32),
        "reason": ((demo.n_surfaces,), np.uint8),
    }
    for name, (shape, kind) in shapes.items():
        assert getattr(plants, name).shape == shape and getattr(plants, name).dtype == kind, name
    assert ((plants.reason == 0) == np.isin(np.arange(demo.n_surfaces), plants.surface)).all()
    assert (plants.gcr[np.isin(plants.mounting, (Mounting.EAST_WEST, Mounting.SOUTH))] > 0).all()


@pytest.mark.shared
def test_rooms_under_the_sky_and_windows_in_walls(shared_data: Path) -> None:
    """Courtyards of München, hips of Dresden, openings, dormers and chimneys of Ingolstadt."""
    files = [
        "by_munich/DEBY_LOD2_4959457.gml",
        "sn_dresden/LoD2_33_416_5656_2_SN_14_buildings.gml.gz",
        "lod3_ingolstadt/4018204c.xml.gz",
        "lod3_ingolstadt/4018209.xml.gz",
    ]
    for file in files:
        model = read_city([shared_data / "citygml" / file])
        _, plants = planted(model)
        assert len(plants.centre) > 100
        check_all(model, plants)
        check_off_openings(model, plants)


def check_off_openings(model: CityModel, plants: Plants) -> None:
    """No module closer than the distance to a window or door in its plane, by their distance in space."""
    from scipy.spatial import cKDTree

    openings = np.flatnonzero(np.isin(model.kind, (SurfaceKind.WINDOW, SurfaceKind.DOOR)))
    if not len(openings):
        return
    middle = np.array([rings(model, int(s))[0].mean(axis=0) for s in openings])
    at = corners(plants)
    half = np.hypot(*plants.size_m.T).max() / 2
    centre = at.mean(axis=1)
    for surface, place in zip(openings, middle, strict=True):
        for near in cKDTree(centre).query_ball_point(place, half + 1.0):
            plant = int(np.searchsorted(plants.module_start, near, side="right")) - 1
            normal = plants.normal[plant, plants.facing[near]]
            edge = at[near, 1] - at[near, 0]
            axes = np.stack([edge / np.linalg.norm(edge), np.cross(normal, edge / np.linalg.norm(edge))], axis=1)
            opening = rings(model, int(surface))[0] - at[near, 0]
            if np.abs(opening @ normal).max() > 0.4:
                continue
            shape = shapely.convex_hull(shapely.multipoints(opening @ axes))
            module = shapely.polygons((at[near] - at[near, 0]) @ axes)
            if shape.area > 0.05:
                assert shapely.distance(shape, module) >= CONFIG.layout.obstacle_m - 1e-3


def test_a_picture_of_roofs_in_both_languages(demo: CityModel) -> None:
    scene, plants = planted(demo)
    planned = [int(plants.surface[plants.mounting == kind][0]) for kind in (Mounting.ROOF, Mounting.EAST_WEST)]
    bare = int(np.flatnonzero((demo.kind == SurfaceKind.ROOF) & (plants.reason > 0))[0])
    roofs = [roof_of(demo, scene, plants, CONFIG, surface, "Dach") for surface in (*planned, bare)]
    assert len(roofs[0].module) == np.diff(plants.module_start)[np.searchsorted(plants.surface, planned[0])]
    assert roofs[0].usable.within(roofs[0].outline) and roofs[2].mounting is None
    pictures = [layout_picture(roofs, language) for language in ("de", "en")]
    assert pictures[0] != pictures[1] and all(picture[:4] == b"\x89PNG" for picture in pictures)
    assert layout_picture(roofs, "de") == pictures[0]
