"""Walls cut by sloping ground: areas by hand, receivers on the right side and clear of the triangles' noise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from oracles.hills import heights, write_geotiff
from oracles.houses import SOUTH, WEST, Box, write_town

from io_citygml.model import CityModel, SurfaceKind
from io_citygml.read import read_city
from twin.receivers import OFFSET_M, sample_surfaces
from twin.scene import Scene, build_scene
from twin.terrain import walls
from twin.terrain.burial import buried, rest_on_ground
from twin.terrain.ground import Terrain, build_terrain
from twin.terrain.surface import surface_of

# A plane that rises to the east by 1 in 4 through (0, 0, 0).
RISING = surface_of(
    np.array([[-40, -40, -10], [40, -40, 10], [40, 40, 10], [-40, 40, -10.0]]), np.array([[0, 1, 2], [0, 2, 3]])
)
SOUTH_WALL = walls.WallPlane(np.zeros(3), np.array([1.0, 0, 0]), np.array([0.0, 0, 1]), np.array([0.0, -1, 0]))


def test_a_rectangle_on_a_slope() -> None:
    """From x = −4 to 4 and z = −1 to 2: ground runs from −1 to 1 across it, so half of the two metres below 1."""
    above, under = walls.split(RISING, SOUTH_WALL, shapely.box(-4, -1, 4, 2))
    assert under is not None and above is not None
    assert under.area == pytest.approx(8.0, rel=1e-9) and above.area == pytest.approx(16.0, rel=1e-9)


def test_turned_planes_give_the_same_area() -> None:
    """The same wall drawn with its longest edge upright, and one that runs obliquely to the slope."""
    upright = walls.WallPlane(np.zeros(3), np.array([0.0, 0, 1]), np.array([-1.0, 0, 0]), np.array([0.0, -1, 0]))
    _, under = walls.split(RISING, upright, shapely.box(-1, -4, 2, 4))
    assert under is not None and under.area == pytest.approx(8.0, rel=1e-9)
    slant = np.array([0.6, 0.8, 0.0])
    plane = walls.WallPlane(np.zeros(3), slant, np.array([0.0, 0, 1]), np.array([0.8, -0.6, 0]))
    _, under = walls.split(RISING, plane, shapely.box(-4, -0.6, 4, 2))
    assert under is not None and under.area == pytest.approx(8 * 0.6, rel=1e-9)  # ground from −0.6 to 0.6


def test_windows_in_a_wall_are_cut_with_it() -> None:
    """A hole that the ground crosses counts neither above nor below."""
    shape = shapely.Polygon([(-4, -1), (4, -1), (4, 2), (-4, 2)], [[(-1, -1 + 0.5), (1, -0.5), (1, 0.5), (-1, 0.5)]])
    above, under = walls.split(RISING, SOUTH_WALL, shape)
    assert above is not None and under is not None
    assert under.area == pytest.approx(8.0 - 1.0, rel=1e-9) and above.area == pytest.approx(16.0 - 1.0, rel=1e-9)


def test_walls_wholly_above_or_below() -> None:
    shape = shapely.box(-4, 5, 4, 8)
    assert walls.split(RISING, SOUTH_WALL, shape) == (shape, None)
    above, under = walls.split(RISING, SOUTH_WALL, shapely.box(-4, -9, 4, -2))
    assert above is None and under is not None and under.area == pytest.approx(56.0)


def test_no_ground_buries_nothing() -> None:
    far = SOUTH_WALL._replace(origin=np.array([500.0, 0, 0]))
    shape = shapely.box(-4, -9, 4, -2)
    assert walls.split(RISING, far, shape) == (shape, None)


def test_rough_ground_against_counting(tmp_path: Path) -> None:
    """A wall over real triangles: the area below by counting a fine grid of its points."""
    random = np.random.default_rng(0)
    z = 100 + np.cumsum(random.normal(0, 0.2, (60, 60)), axis=1)
    from io_citygml.crs import parse_crs

    path = write_geotiff(tmp_path / "a.tif", z)
    low = np.array([[WEST - 60, SOUTH - 60.0]])
    ground = build_terrain([path], parse_crs("EPSG:25832"), low, low + 60, 0.05).surface
    along = np.array([0.8, 0.6, 0.0])
    plane = walls.WallPlane(
        np.array([WEST - 35, SOUTH - 33, 100.0]), along, np.array([0.0, 0, 1]), np.array([0.6, -0.8, 0])
    )
    shape = shapely.box(-20, -3, 20, 4)
    above, under = walls.split(ground, plane, shape)
    assert above is not None and under is not None
    s = np.linspace(-20, 20, 40001)[:-1] + 0.0005
    foot = plane.origin[:2] + s[:, None] * along[:2]
    depth = np.clip(ground.height(foot) - 97.0, 0, 7)
    assert under.area == pytest.approx(depth.mean() * 40, rel=1e-4)
    assert above.area + under.area == pytest.approx(280.0, rel=1e-9)


def house_on_slope(folder: Path, base: float, bound_m: float = 0.05) -> tuple[CityModel, Scene, Terrain]:
    """A box of 10 × 10 × 6 m with its base at a height, on a plane that rises to the north by 20°."""
    model = read_city([write_town(folder / "a.city.json", [Box("house", WEST, SOUTH, 10, 10, 6, base)])])
    scene = build_scene(model, 0.2)
    path = write_geotiff(folder / "a.tif", heights(140, 140, 1.0, "plane"))
    low = np.array([[WEST - 60.0, SOUTH - 60.0]])
    terrain = build_terrain([path], scene.crs, low, low + 140, bound_m)
    return model, replace(scene, terrain=terrain), terrain


def test_receivers_of_a_house_on_a_slope(tmp_path: Path) -> None:
    """Ground at the house runs from 90 + tan 20° · 60.5 = 112.02 m at its south wall to 115.66 m at its north wall."""
    model, scene, terrain = house_on_slope(tmp_path, 113.0)
    tangent = np.tan(np.radians(20.0))
    south, north = 90 + tangent * 60.5 - 113, 90 + tangent * 70.5 - 113
    total = 0.0
    for surface in np.flatnonzero(model.kind == SurfaceKind.WALL):
        found = sample_surfaces(model, scene, np.array([surface]), 1.0)
        assert found.area_m2.sum() == pytest.approx(60.0, rel=1e-9)
        under = buried(terrain.surface, found.point - OFFSET_M * found.normal)
        total += found.area_m2[under].sum()
        if found.normal[0, 1] < -0.9:
            assert not under.any()  # the south wall stands free of the ground
        above = found.point[~under]
        clear = above[:, 2] - terrain.surface.height(above[:, :2])
        assert clear.min() > terrain.bound_m - 0.01 * tangent - 1e-6
    # the north wall by its whole width, each side wall by a triangle
    sides = 0.5 * north * (north / tangent)
    assert total == pytest.approx(10 * north + 2 * sides, rel=1e-3)
    assert south < 0 < north


def test_a_roof_at_ground_level_is_not_half_buried() -> None:
    point = np.array([[0.0, 0, 0.01 - 0.1], [4.0, 0, 1.2], [8.0, 0, 1.0], [500.0, 0, 0.0]])
    lifted = rest_on_ground(RISING, point, 0.01, 0.15)
    np.testing.assert_allclose(lifted[:, 2], [0.01, 1.2, 1.0, 0.0])  # lifted where near
