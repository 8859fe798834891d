"""Trees out of laser scans: cones on a slope are found where they stand, houses and poles are no trees."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import shapely
from oracles import laser_scans as scans
from oracles.laser_scans import X0, Y0, Points

from io_citygml.crs import Crs, parse_crs
from io_citygml.read import read_city
from twin.errors import TwinError
from twin.mesh import sealed, solidity
from twin.open_land import footprints
from twin.vegetation.crowns import Crowns
from twin.vegetation.from_points import crowns_of_points

UTM32 = parse_crs("EPSG:25832")
# x, y, height, base, radius of each tree: the third and fourth grow into each other, the last stands on a tile's edge.
TREES = ((50, 50, 12, 4, 4), (80, 50, 20, 6, 5), (50, 90, 15, 4, 5), (57, 90, 14, 4, 5), (199.8, 80, 10, 3, 3))
LOW, HIGH = (X0 + 30, Y0 + 30), (X0 + 220, Y0 + 110)
HOUSE = shapely.box(X0 + 120, Y0 + 40, X0 + 132, Y0 + 52)


def street(ground: int, tree: int, house: int) -> Points:
    """The trees, a house in the model and one that is not, and a lamp post, with the classes given."""
    return scans.joined(
        scans.ground((35, 35), (215, 110), ground),
        *(scans.cone(*place, kind=tree) for place in TREES),
        scans.house(120, 40, 12, 9, house),
        scans.house(150, 80, 14, 8, house),
        scans.cone(100, 100, 8, 2, 0.15, tree, n=60),
    )


def found(paths: list[Path], crs: str | None = None, target: Crs = UTM32) -> Crowns:
    none = np.array([HOUSE], dtype=object)
    return crowns_of_points(paths, target, crs, none, None, np.array(LOW), np.array(HIGH))


def check_street(crowns: Crowns) -> None:
    """Every tree, and nothing else, within half a metre of its height and a metre of its diameter and base."""
    assert len(crowns) == len(TREES), crowns.id
    low, high = crowns.bounds()
    middle = (low + high) / 2
    for x, y, top, base, radius in TREES:
        tree = int(np.argmin(np.hypot(middle[:, 0] - X0 - x, middle[:, 1] - Y0 - y)))
        assert np.hypot(middle[tree, 0] - X0 - x, middle[tree, 1] - Y0 - y) < 1.5
        assert crowns.height_m[tree] == pytest.approx(top, abs=0.5)
        assert crowns.diameter_m[tree] == pytest.approx(2 * radius, abs=1.6)
        assert crowns.base_m[tree] == pytest.approx(base, abs=1.1)
    made = sealed(crowns.vertices - crowns.vertices.min(axis=0), crowns.triangles, crowns.tree, crowns.tree)
    assert (made.shell >= 0).all() and not len(made.sliver)


@pytest.mark.parametrize(
    ("classes", "vegetation"),
    [((2, 5, 6), "classified by the producer"), ((2, 1, 1), "told by echoes"), ((1, 1, 1), "told by echoes")],
    ids=["classified", "ground alone", "nothing"],
)
def test_trees_of_a_street_are_found_and_houses_are_none(
    tmp_path: Path, classes: tuple[int, int, int], vegetation: str
) -> None:
    crowns = found([scans.write(tmp_path / "a.laz", street(*classes))])
    check_street(crowns)
    assert crowns.report["vegetation"].startswith(vegetation)
    ground = "points of class 2" if classes[0] == 2 else "the lowest points"
    assert any(name.endswith(ground) for name in crowns.report if name.startswith("tiles with ground"))
    assert crowns.source == ("las",) * 5 and set(crowns.name) == {""}
    assert crowns.report["no tree: a pole"] == 1


def test_volume_is_that_of_the_cones(tmp_path: Path) -> None:
    crowns = found([scans.write(tmp_path / "a.las", street(2, 5, 6))])
    local = crowns.vertices - crowns.vertices.min(axis=0)
    volume = solidity(local, crowns.triangles, crowns.tree, len(crowns)).volume_m3
    low, high = crowns.bounds()
    for x, y, top, base, radius in TREES[:2]:
        tree = int(np.argmin(np.hypot(*((low + high)[:, :2] / 2 - [X0 + x, Y0 + y]).T)))
        assert volume[tree] == pytest.approx(np.pi * radius**2 * (top - base) / 3, rel=0.15)


def test_crowns_do_not_overlap(tmp_path: Path) -> None:
    crowns = found([scans.write(tmp_path / "a.las", street(2, 5, 6))])
    assert crowns.report["pairs of overlapping crowns"] == 1 and crowns.report["volume_cut_off_m3"] > 0
    plan = [
        shapely.convex_hull(shapely.multipoints(crowns.vertices[np.unique(crowns.triangles[crowns.tree == t]), :2]))
        for t in range(len(crowns))
    ]
    assert sum(p.area for p in plan) == pytest.approx(shapely.union_all(plan).area, rel=1e-9)


def test_files_and_their_order_leave_no_trace(tmp_path: Path) -> None:
    points = street(1, 1, 1)
    whole = found([scans.write(tmp_path / "whole.laz", points)])
    folder = tmp_path / "tiles"
    folder.mkdir()
    edges = (30, 52, 80, 140, 200, 230)  # strips that cut every tree, and share seams of 4 m
    for k, (low, high) in enumerate(itertools.pairwise(edges)):
        where = (points.xyz[:, 0] >= low - 2) & (points.xyz[:, 0] < high + 2)
        scans.write(folder / f"{9 - k}.las", scans.chosen(points, where))
    tiled = found([folder])
    for name in ("vertices", "triangles", "tree", "height_m", "base_m", "diameter_m", "confidence"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(tiled, name), err_msg=name)
    assert whole.id == tiled.id


def test_a_tree_does_not_know_the_box(tmp_path: Path) -> None:
    path = scans.write(tmp_path / "a.laz", street(2, 5, 6))
    whole, houses = found([path]), np.array([HOUSE], dtype=object)
    small = crowns_of_points(
        [path], UTM32, None, houses, None, np.array([X0 + 56, Y0 + 30]), np.array([X0 + 100, Y0 + 100])
    )
    assert 0 < len(small) < len(whole) and set(small.id) < set(whole.id)
    same = whole.take(np.isin(whole.id, small.id))
    np.testing.assert_array_equal(same.vertices, small.vertices)


def test_terrain_serves_where_a_scan_has_no_ground(tmp_path: Path) -> None:
    path = scans.write(tmp_path / "a.laz", street(1, 1, 1))
    houses = np.array([HOUSE], dtype=object)
    crowns = crowns_of_points(
        [path], UTM32, None, houses, lambda p: scans.height(p - [X0, Y0]), np.array(LOW), np.array(HIGH)
    )
    check_street(crowns)
    assert any("the job's terrain" in name for name in crowns.report)


def test_heights_in_feet_are_recognised(tmp_path: Path) -> None:
    path = scans.write(tmp_path / "a.laz", street(2, 5, 6), "EPSG:25832+6360", unit_m=1200 / 3937)
    crowns = found([path])
    check_street(crowns)
    assert "heights × 0.3048006" in crowns.report["files"]["a.laz"]


def test_a_system_in_feet_is_transformed(tmp_path: Path) -> None:
    """Oregon's system in international feet (EPSG:2992) to its sister in metres (EPSG:2991)."""
    points = street(2, 5, 6)
    plan = (points.xyz[:, :2] + [X0, Y0 - 5_300_000.0]) / 0.3048
    moved = Points(np.column_stack([plan - [X0, Y0], points.xyz[:, 2]]), points.kind, points.returns)
    path = scans.write(tmp_path / "a.las", moved, "EPSG:2992", unit_m=0.3048, keys=True)
    target = parse_crs("EPSG:2991")
    low, high = np.array([LOW, HIGH]) - [0, 5_300_000.0]
    crowns = crowns_of_points([path], target, None, np.zeros(0, object), None, low, high)
    assert len(crowns) == len(TREES) and "transformed to EPSG:2991" in crowns.report["files"]["a.las"]
    assert sorted(crowns.height_m) == pytest.approx(sorted(tree[2] for tree in TREES), abs=0.5)


def test_a_scan_in_another_system_lies_where_it_belongs(tmp_path: Path) -> None:
    path = scans.write(tmp_path / "a.laz", street(2, 5, 6), "")
    assert "taken from --trees-crs or --crs" in found([path], "EPSG:25832").report["files"]["a.laz"]
    # ETRS89 and its sister with the zone before the easting
    shifted = street(2, 5, 6)
    shifted.xyz[:, 0] += 32e6
    check_street(found([scans.write(tmp_path / "b.laz", shifted, "EPSG:4647")]))


def test_a_scan_without_a_system_asks_for_it(tmp_path: Path) -> None:
    path = scans.write(tmp_path / "nowhere.laz", street(2, 5, 6), "")
    with pytest.raises(TwinError, match=r"nowhere\.laz: names no coordinate system.*--crs"):
        found([path])
    with pytest.raises(TwinError, match="EPSG:1"):
        found([path], "EPSG:1")


@pytest.mark.parametrize("name", ["cut.laz", "cut.las"])
def test_of_a_scan_cut_off_our_error_alone_is_said(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """laspy logs an error for each decompressor that it tries."""
    whole = scans.write(tmp_path / f"whole{name[-4:]}", street(2, 5, 6)).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with caplog.at_level("DEBUG"), pytest.raises(TwinError, match=rf"{name}: .*download it again"):
        found([tmp_path / name])
    told = [record for record in caplog.records if record.name.startswith("laspy")]
    assert all(record.levelname == "DEBUG" for record in told) and bool(told) == name.endswith(".laz")


def test_what_is_no_scan_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="no such file"):
        found([tmp_path / "none.laz"])
    with pytest.raises(TwinError, match=r"no \.las or \.laz"):
        found([tmp_path])
    whole = scans.write(tmp_path / "a.laz", street(2, 5, 6)).read_bytes()
    for name, content in (("text.laz", b"no scan"), ("cut.laz", whole[: len(whole) // 2]), ("head.las", whole[:100])):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TwinError, match=r"cannot be read as LAS or LAZ|cut off"):
            found([tmp_path / name])


def test_an_empty_box_has_no_trees(tmp_path: Path) -> None:
    path = scans.write(tmp_path / "a.laz", street(2, 5, 6))
    far = np.array([X0 + 9000, Y0])
    crowns = crowns_of_points([path], UTM32, None, np.zeros(0, object), None, far, far + 100)
    assert len(crowns) == 0 and crowns.report["files elsewhere"] == 1 and crowns.report["found"] == 0


@pytest.mark.parametrize("late", [False, True])
def test_more_records_than_a_file_can_hold_are_refused_at_once(tmp_path: Path, late: bool) -> None:
    """laspy would read four thousand million of them from behind the end of the file."""
    path = scans.write(tmp_path / "a.las", street(1, 1, 1))
    data = bytearray(path.read_bytes())
    if late:  # behind the points, which LAS 1.4 has
        data[24:26] = b"\x01\x04"
    place = 243 if late else 100
    data[place : place + 4] = b"\xff\xff\xff\x7f"
    path.write_bytes(data)
    with pytest.raises(TwinError, match="records"):
        found([path])


@pytest.mark.shared
def test_trees_of_delft(shared_data: Path) -> None:
    """AHN3, one tile: echoes in twigs lie below crowns, next to nothing does in houses; counts as they were seen."""
    model = read_city(shared_data / "cityjson/delft.city.json.gz")
    feet = footprints(model).polygon
    paths = [shared_data / f"pointcloud/ahn3_cropped_{k}.laz" for k in (1, 2)]
    low, high = np.array([84835.0, 447435.0]), np.array([84965.0, 447565.0])
    crowns = crowns_of_points(paths, model.crs, "EPSG:7415", feet, None, low, high)
    assert 110 <= len(crowns) <= 126
    assert crowns.height_m.min() >= 3.0 and 15 < crowns.height_m.max() < 20
    made = sealed(crowns.vertices - crowns.vertices.min(axis=0), crowns.triangles, crowns.tree, crowns.tree)
    assert (made.shell >= 0).all() and not len(made.sliver)
    assert 0 < crowns.report["volume_cut_off_m3"] < 0.1 * crowns.report["volume_m3"]
    plan = shapely.union_all(
        [
            shapely.convex_hull(shapely.multipoints(crowns.vertices[np.unique(crowns.triangles[crowns.tree == t]), :2]))
            for t in range(len(crowns))
        ]
    )
    houses = shapely.union_all(shapely.buffer(feet, 0))
    assert plan.intersection(houses).area < 0.01 * plan.area
