"""Plants on roofs and façades of known shape: where modules lie, how they look, and why there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles.houses import SOUTH, WEST
from oracles.roof_cases import Face, box_faces, face, level, write_faces

from io_citygml.model import CityModel
from io_citygml.read import read_city
from twin.pv.choice import Reason
from twin.pv.config import PvConfig, read_pv
from twin.pv.plants import Mounting, Plants, corners, lay_out
from twin.pv.racks import facing_of, row_distance
from twin.scene import Scene, build_scene

CONFIG = read_pv()
LAYOUT, MODULE = CONFIG.layout, CONFIG.module
# A roof of 12 × 8 m in plan that rises to the north by 45°.
PITCHED = [(0.0, 0.0, 10.0), (12.0, 0.0, 10.0), (12.0, 8.0, 18.0), (0.0, 8.0, 18.0)]
FLAT = [(0.0, 0.0), (24.0, 0.0), (24.0, 12.0), (0.0, 12.0)]


def changed(**values: object) -> PvConfig:
    return CONFIG.model_copy(update={"layout": LAYOUT.model_copy(update=values)})


def planted(
    tmp_path: Path,
    faces: list[Face],
    config: PvConfig = CONFIG,
    sun: float = 1000.0,
    installations: tuple[str, ...] = (),
) -> tuple[CityModel, Scene, Plants]:
    model = read_city([write_faces(tmp_path / "roofs.city.json", faces, installations)])
    scene = build_scene(model, 0.2)
    sunny = np.full(len(model.kind), sun)
    return model, scene, lay_out(model, scene, sunny, scene.area_m2, config)


def local(plants: Plants) -> np.ndarray:
    """Corners (M, 4, 3) about the houses' origin."""
    return corners(plants) - np.array([WEST, SOUTH, 0.0])


def test_a_pitched_roof_carries_modules_in_its_plane(tmp_path: Path) -> None:
    _, _, plants = planted(tmp_path, [face(PITCHED)])
    assert plants.mounting.tolist() == [Mounting.ROOF]
    assert plants.tilt_deg[0] == pytest.approx(45.0)
    assert plants.gcr[0] == 0
    half = np.sqrt(0.5)
    assert plants.normal[0, 0] == pytest.approx([0.0, -half, half])
    assert plants.u[0, 0] == pytest.approx([1.0, 0.0, 0.0])
    assert plants.v[0, 0] == pytest.approx([0.0, half, half])
    assert not plants.normal[0, 1].any() and not plants.facing.any()
    at = local(plants)
    assert at[..., 2] == pytest.approx(10.0 + at[..., 1], abs=1e-6)
    # Usable: 11.4 × (8·√2 − 0.6) m. Portrait: 9 in a row, 6 rows; landscape: 6 in a row, 9 rows.
    assert plants.usable_area_m2[0] == pytest.approx(11.4 * (8 * np.sqrt(2) - 0.6))
    assert len(plants.centre) == 54
    assert (at[..., 0].min(), at[..., 0].max()) >= (0.3 - 1e-6, 0) and at[..., 0].max() <= 11.7 + 1e-6
    slope = at[..., 1] * np.sqrt(2)
    assert slope.min() >= 0.3 - 1e-6 and slope.max() <= 8 * np.sqrt(2) - 0.3 + 1e-6
    assert len(plants.module_start) == 2 and plants.module_start[1] == 54


@pytest.mark.parametrize("turned_deg", [0.0, 30.0, -40.0, 80.0, 135.0])
def test_tents_look_east_and_west_as_far_as_the_roof_lets_them(tmp_path: Path, turned_deg: float) -> None:
    _, scene, plants = planted(tmp_path, [face(level(FLAT, 10.0, turned_deg))])
    assert plants.mounting.tolist() == [Mounting.EAST_WEST]
    assert plants.tilt_deg[0] == pytest.approx(10.0)
    first, second = plants.normal[0]
    azimuth = np.degrees(np.arctan2(first[0], first[1])) + scene.site.convergence_deg
    off = (azimuth - 90 + 180) % 360 - 180
    assert abs(off) <= 45.0
    # Along or across the edge, whose corners lie on millimetres.
    beside = (azimuth - scene.site.convergence_deg + turned_deg + 45.0) % 90 - 45.0
    assert beside == pytest.approx(0.0, abs=0.01)
    assert second == pytest.approx([-first[0], -first[1], first[2]])
    assert np.bincount(plants.facing).tolist() == [len(plants.facing) // 2] * 2
    assert np.cross(plants.u[0], plants.v[0]) == pytest.approx(plants.normal[0])
    # Both halves of a tent have their ridge at the height of its rise, their eaves on the roof.
    at = local(plants)
    rise = plants.size_m[0, 1] * np.sin(np.radians(10.0))
    assert at[:, :2, 2] == pytest.approx(10.0) and at[:, 2:, 2] == pytest.approx(10.0 + rise)
    tent = 2 * plants.size_m[0, 1] * np.cos(np.radians(10)) + LAYOUT.gap_m + LAYOUT.east_west_gap_m
    assert plants.gcr[0] == pytest.approx(plants.size_m[0, 1] / tent)


def test_rows_do_not_shade_each_other_at_noon_of_the_winter_solstice(tmp_path: Path) -> None:
    """A gnomon: the shadow that the upper edge throws at noon ends at the lower edge of the next row."""
    _, scene, plants = planted(tmp_path, [face(level(FLAT, 10.0))], changed(flat_rows="south"))
    assert plants.mounting.tolist() == [Mounting.SOUTH]
    at = local(plants)
    low = np.unique(np.round(at[:, 0, 1], 6))
    height = 90.0 - scene.site.latitude_deg - 23.44
    slant = plants.size_m[0, 1]
    rise, run = slant * np.sin(np.radians(15)), slant * np.cos(np.radians(15))
    # The rows look to grid south, the sun at noon stands in the true one.
    shadow = rise / np.tan(np.radians(height)) * np.cos(np.radians(scene.site.convergence_deg))
    assert np.diff(low).min() == pytest.approx(run + shadow, abs=2e-6)
    assert plants.gcr[0] == pytest.approx(slant / (run + shadow))
    assert plants.normal[0, 0] == pytest.approx([0.0, -np.sin(np.radians(15)), np.cos(np.radians(15))])


def test_row_distance_follows_roof_latitude_and_azimuth() -> None:
    from solar.site import Site

    south, west_of_it = np.array([[0.0, -1.0, 0.0]]), np.array([[-np.sqrt(0.5), -np.sqrt(0.5), 0.0]])
    level_roof, sunny, shady = np.zeros(1), np.full(1, 0.1), np.full(1, -0.1)
    at = Site(50.0, 8.0)
    base = row_distance(south, level_roof, 15.0, at)[0]
    assert row_distance(south, sunny, 15.0, at)[0] < base < row_distance(south, shady, 15.0, at)[0]
    assert row_distance(west_of_it, level_roof, 15.0, at)[0] < base
    assert row_distance(south, level_roof, 15.0, Site(70.0, 8.0)) == row_distance(
        south, level_roof, 15.0, Site(60.0, 8.0)
    )
    assert row_distance(-south, level_roof, 15.0, Site(-50.0, 8.0))[0] == pytest.approx(base)
    assert row_distance(south, np.full(1, -0.9), 15.0, at)[0] == 4.0
    assert facing_of(np.array([[1.0, 0.0, 0.0]]), Mounting.SOUTH, Site(-30.0, 8.0)) == pytest.approx(
        np.array([[0.0, 1.0, 0.0]])
    )


def test_strings_are_even_runs_of_one_facing(tmp_path: Path) -> None:
    faces = [face(level(FLAT, 10.0)), face([(x + 40, y, z) for x, y, z in PITCHED])]
    _, _, plants = planted(tmp_path, faces)
    owner = np.repeat(np.arange(len(plants.surface)), np.diff(plants.module_start))
    assert (np.diff(plants.string) >= 0).all() and (np.diff(plants.string) <= 1).all() and plants.string[0] == 0
    for string in np.unique(plants.string):
        member = plants.string == string
        assert len(np.unique(owner[member] * 2 + plants.facing[member])) == 1
        assert member.sum() <= LAYOUT.string_modules
    assert np.ptp(np.unique(plants.string[owner == 1], return_counts=True)[1]) <= 1
    order = np.lexsort((plants.string, plants.facing, owner))
    assert (order == np.arange(len(owner))).all()


def test_modules_keep_off_what_stands_on_the_roof(tmp_path: Path) -> None:
    chimney = box_faces((3.0, 2.0, 11.0), (3.6, 2.6, 15.0), "chimney")
    light = face([(7.0, 3.0, 13.0), (8.0, 3.0, 13.0), (8.0, 4.2, 14.2), (7.0, 4.2, 14.2)], "Window")
    dormer = box_faces((9.0, 0.5, 10.4), (11.0, 3.0, 13.2), "house")[:1]
    below = face([(0.0, 4.0, 12.0), (3.0, 4.0, 12.0), (3.0, 8.0, 12.0), (0.0, 8.0, 12.0)])
    free = len(planted(tmp_path, [face(PITCHED)])[2].centre)
    _, _, plants = planted(tmp_path, [face(PITCHED), *chimney, light, *dormer, below], installations=("chimney",))
    assert plants.surface[0] == 0
    at = local(plants)[: plants.module_start[1], :, :2]
    assert 0.5 * free < len(at) < free - 8
    low, high = at.min(axis=1), at.max(axis=1)
    # The distance up the slope is shorter in plan.
    reach = np.array([LAYOUT.obstacle_m, LAYOUT.obstacle_m * np.sqrt(0.5)]) - 1e-6
    # The dormer's level roof at 13.2 m meets the slope at y = 3.2, beyond its own edge.
    for first, last in (((3.0, 2.0), (3.6, 2.6)), ((7.0, 3.0), (8.0, 4.2)), ((9.0, 0.5), (11.0, 3.0))):
        apart = np.maximum(np.array(first) - high, low - np.array(last)) >= reach
        assert apart.any(axis=1).all()
    # What lies below the roof is no obstacle: modules lie there.
    assert ((low[:, 0] < 2.5) & (low[:, 1] > 4.0)).any()


def test_a_part_that_rises_through_a_roof_takes_only_what_it_covers(tmp_path: Path) -> None:
    """A level roof at 14 m over the whole pitched one: above it where that lies lower than 14 m."""
    cover = level([(0, 0), (12, 0), (12, 8), (0, 8)], 14.0)
    _, _, plants = planted(tmp_path, [face(PITCHED), face(cover, object="canopy")])
    at = local(plants)[: plants.module_start[1]]
    assert plants.surface[0] == 0
    assert at[..., 1].min() >= 4.0 - 0.05 + LAYOUT.obstacle_m * np.sqrt(0.5) - 1e-6
    assert plants.usable_area_m2[0] == pytest.approx(11.4 * ((4.05 * np.sqrt(2)) - 0.6), rel=1e-6)


def wall(width_m: float, height_m: float, holes: list[list[tuple[float, float, float]]] | None = None) -> Face:
    """A façade that looks south."""
    outline = [(0.0, 0.0, 5.0), (width_m, 0.0, 5.0), (width_m, 0.0, 5.0 + height_m), (0.0, 0.0, 5.0 + height_m)]
    return Face([outline, *(holes or [])], "WallSurface")


def test_unknown_windows_take_their_share_of_a_facade(tmp_path: Path) -> None:
    whole = planted(tmp_path, [wall(12, 9)], changed(window_share=0.0))[2]
    _, _, plants = planted(tmp_path, [wall(12, 9)])
    assert plants.mounting.tolist() == [Mounting.FACADE] and plants.tilt_deg[0] == pytest.approx(90.0)
    assert plants.normal[0, 0] == pytest.approx([0, -1, 0]) and plants.v[0, 0] == pytest.approx([0, 0, 1])
    assert len(plants.centre) == pytest.approx(0.7 * len(whole.centre), abs=0.5)
    every = {tuple(np.round(place, 6)) for place in whole.centre}
    assert {tuple(np.round(place, 6)) for place in plants.centre} < every
    # Evenly: of any ten modules in a row seven stay, give or take one.
    stays = np.array([tuple(np.round(p, 6)) in {tuple(np.round(q, 6)) for q in plants.centre} for p in whole.centre])
    runs = np.convolve(stays, np.ones(10), "valid")
    assert runs.min() >= 6 and runs.max() <= 8


def test_known_openings_are_kept_clear_and_nothing_else_is_taken(tmp_path: Path) -> None:
    hole = [(2.0, 0.0, 7.0), (2.0, 0.0, 9.0), (4.0, 0.0, 9.0), (4.0, 0.0, 7.0)]
    # One window in a hole of the wall, set back; one drawn on the wall.
    panes = [
        face([(2.0, 0.2, 7.0), (4.0, 0.2, 7.0), (4.0, 0.2, 9.0), (2.0, 0.2, 9.0)], "Window"),
        face([(7.0, 0.0, 7.0), (9.0, 0.0, 7.0), (9.0, 0.0, 9.0), (7.0, 0.0, 9.0)], "Window"),
    ]
    _, _, plants = planted(tmp_path, [wall(12, 9, [hole]), *panes])
    assert plants.surface.tolist() == [0]
    at = local(plants)[..., [0, 2]]
    low, high = at.min(axis=1), at.max(axis=1)
    for first, last in (((2, 7), (4, 9)), ((7, 7), (9, 9))):
        apart = np.maximum(np.array(first) - high, low - np.array(last)) >= LAYOUT.obstacle_m - 1e-6
        assert apart.any(axis=1).all()
    expected = 11.4 * 8.4 - 2 * 2.6**2
    assert plants.usable_area_m2[0] == pytest.approx(expected)
    assert len(plants.centre) * MODULE.length_m * MODULE.width_m > 0.6 * expected


def test_every_surface_without_a_plant_says_why(tmp_path: Path) -> None:
    faces = [
        face(level([(0, 0), (7, 0), (7, 5), (0, 5)], 10.0)),  # 35 m², flat
        face([(20, 0, 10), (24, 0, 10), (24, 3, 12), (20, 3, 12)]),  # 14.4 m², pitched
        face(level([(40, 0), (90, 0), (90, 1), (40, 1)], 10.0)),  # 50 m², 1 m wide
        face(level([(0, 20), (0, 28), (8, 28), (8, 20)], 10.0)),  # looks down
        face([(0.0, 30.0, 5.0), (9.0, 30.0, 5.0), (9.0, 30.0, 14.0), (0.0, 30.0, 14.0)], "WallSurface"),
        face(level([(0, 40), (0, 48), (8, 48), (8, 40)], 2.0), "GroundSurface"),
        face(level([(0, 60), (8, 60), (8, 68), (0, 68)], 10.0)),
    ]
    model = read_city([write_faces(tmp_path / "why.city.json", faces)])
    scene = build_scene(model, 0.2)
    sun, exposed = np.full(len(model.kind), 600.0), scene.area_m2.copy()
    exposed[6], sun[6] = 0.0, np.nan
    plants = lay_out(model, scene, sun, exposed, CONFIG)
    assert [Reason(int(why)) for why in plants.reason] == [
        Reason.TOO_SMALL,
        Reason.TOO_SMALL,
        Reason.NO_MODULE_FITS,
        Reason.LOOKS_DOWN,
        Reason.TOO_LITTLE_SUN,
        Reason.NO_ROOF_OR_FACADE,
        Reason.COVERED,
    ]
    assert len(plants.surface) == 0 and plants.centre.shape == (0, 3) and corners(plants).shape == (0, 4, 3)
    assert plants.module_start.tolist() == [0] and plants.normal.shape == (0, 2, 3)


def test_a_roof_is_laid_out_alike_whatever_else_is_read(tmp_path: Path) -> None:
    alone = planted(tmp_path, [face(level(FLAT, 10.0, 17.0))])[2]
    far = [face([(x + 300, y + 200, z) for x, y, z in PITCHED], object="far")]
    both = planted(tmp_path, [face(level(FLAT, 10.0, 17.0)), *far])[2]
    count = len(alone.centre)
    assert (both.centre[:count] == alone.centre).all() and (both.string[:count] == alone.string).all()
    assert both.usable_area_m2[0] == alone.usable_area_m2[0]
