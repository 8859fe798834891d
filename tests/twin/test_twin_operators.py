"""What is covered is found once and first; which casters are closed where; and that closedness changes no bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from oracles.hills import write_geotiff
from oracles.houses import SOUTH, WEST, Box, street, write_town

import raytrace
from twin import operators
from twin.cells import CELL_M, Cell, origin_of
from twin.config import check_job
from twin.job import Prepared, cells_of, prepare, receivers_of, run_solar, trace
from twin.operators import CONTACT_M, MAJORITY, CastingMesh, casters_of, look, mesh_near, stand, tree_of
from twin.package_data import demo_city
from twin.receivers import is_land, is_point, take
from twin.stopwatch import Stopwatch
from twin.store import Store


def quiet(stage: str, done: int, of: int) -> None:
    """No progress bar."""


def prepared_of(city: Path, **options: object) -> Prepared:
    given = {"cities": [city], "out": "unused", "sky": 145, "spacing_m": 2.0, "ground_spacing_m": 6.0, **options}
    return prepare(check_job(given), Stopwatch())


@pytest.fixture(scope="module")
def district() -> Prepared:
    with demo_city() as path:
        return prepared_of(path, spacing_m=6.0, ground_spacing_m=12.0)


def meshes(prepared: Prepared, halo_m: float = 2000.0) -> Iterator[tuple[Cell, CastingMesh]]:
    for cell in cells_of(prepared):
        origin = origin_of(cell, receivers_of(prepared, cell))
        yield cell, mesh_near(prepared.casters, cell, halo_m, origin)


def test_covering_asks_no_more_than_it_must_and_finds_the_same(district: Prepared) -> None:
    """Against all five rays of every receiver; those that are settled early cast fewer."""
    asked = settled = covered = 0
    for cell in cells_of(district):
        samples = receivers_of(district, cell)
        origin = origin_of(cell, samples)
        bvh = tree_of(mesh_near(district.casters, cell, 2000.0, origin))
        point, normal = (samples.point - origin).astype(np.float32), samples.normal.astype(np.float32)
        hits = [raytrace.closest(bvh, point, ray) for ray in operators.vote_rays(normal)]
        expected = np.sum([hit.back_face for hit in hits], axis=0) >= MAJORITY
        expected |= hits[0].distance < CONTACT_M
        before = raytrace.rays_traced()
        assert np.array_equal(operators.covered_receivers(bvh, point, normal), expected)
        asked += 5 * len(point)
        settled += raytrace.rays_traced() - before
        covered += int(expected.sum())
    assert covered > 300
    assert settled < 0.7 * asked


def test_covered_receivers_are_found_once_and_traced_along_no_direction(district: Prepared) -> None:
    """Every ray of a cell is either a vote or a pair of an exposed receiver and a direction."""
    directions = district.directions
    cell = max(cells_of(district), key=lambda c: len(receivers_of(district, c).point))
    samples = receivers_of(district, cell)
    begin = raytrace.rays_traced()
    standing = stand(district.casters, cell, samples, 2000.0, None)
    votes = raytrace.rays_traced() - begin
    data = look(standing, directions.direction, directions.n_sun)
    looks = raytrace.rays_traced() - begin - votes
    covered = data.receivers.covered
    assert 100 < covered.sum() < len(covered)
    assert 3 * len(covered) - 2 * covered.sum() <= votes <= 5 * len(samples.point)
    assert looks == (~covered).sum() * len(directions.direction)
    assert not data.operators.sun_bits[covered].any() and not data.operators.sky_bits[covered].any()
    assert data.operators.sky_bits[~covered].any()
    assert not covered[is_land(data.receivers.surface)].any()


def test_the_users_points_are_traced_even_where_covered(town: Path, tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    inside, above = (WEST + 5.0, SOUTH + 5.0, 103.0), (WEST + 5.0, SOUTH + 5.0, 140.0)
    rows = [f"{name},{x},{y},{z},0,0,1" for name, (x, y, z) in (("inside", inside), ("above", above))]
    table.write_text("\n".join(["id,x,y,z,nx,ny,nz", *rows]), encoding="utf-8")
    prepared = prepared_of(town, receivers=table)
    cell = next(c for c in cells_of(prepared) if c.east == 364000)
    standing = stand(prepared.casters, cell, receivers_of(prepared, cell), 2000.0, None)
    data = look(standing, prepared.directions.direction, prepared.directions.n_sun)
    point = is_point(data.receivers.surface)
    assert data.receivers.covered[point].tolist() == [True, False]
    assert np.bitwise_count(data.operators.sky_bits[point]).sum(axis=1).astype(bool).tolist() == [False, True]


def test_a_cell_that_stands_is_neither_covered_nor_traced_again(town: Path, tmp_path: Path) -> None:
    job = check_job({"cities": [town], "out": tmp_path / "out", "sky": 145, "spacing_m": 4.0, "ground_spacing_m": 8.0})
    done = run_solar(job, quiet)
    before = raytrace.rays_traced()
    trace(done.prepared, Store.open(job.out), cells_of(done.prepared), quiet, Stopwatch())
    assert raytrace.rays_traced() == before
    assert {"sample", "cover", "trace", "store"} <= set(done.stopwatch.stages)


def test_houses_of_the_street_are_closed_shells(town: Path) -> None:
    prepared = prepared_of(town)
    assert (prepared.scene.sealed.shell >= 0).all()
    assert len(np.unique(prepared.scene.sealed.shell)) == len(street())
    for _, mesh in meshes(prepared):
        assert mesh.closed.all()


def test_a_shell_that_the_halo_cuts_is_not_closed(tmp_path: Path) -> None:
    """A tall wall seen from the next cell: the halo ends within it. A house farther in stays closed."""
    edge = 364500.0
    boxes = [
        Box("here", edge - 40.0, SOUTH, 10, 10, 6),
        Box("near", edge + 5.0, SOUTH, 10, 10, 6),
        Box("cut", edge + 20.0, SOUTH, 40, 10, 6),
    ]
    prepared = prepared_of(write_town(tmp_path / "town.city.json", boxes))
    cell = Cell(364000, int(SOUTH // CELL_M) * CELL_M)
    origin = origin_of(cell, receivers_of(prepared, cell))
    mesh = mesh_near(prepared.casters, cell, 30.0, origin)
    east = mesh.vertices[mesh.triangles].max(axis=1)[:, 0] + origin[0]
    assert mesh.closed.sum() == 24 and (east[mesh.closed] <= edge + 15.0 + 1e-6).all()
    assert 0 < (~mesh.closed).sum() < 12
    assert mesh_near(prepared.casters, cell, 2000.0, origin).closed.all()


def test_a_shell_with_a_crown_in_it_is_not_closed(town: Path) -> None:
    prepared = prepared_of(town)
    crown = prepared.scene.crown.copy()
    first = np.flatnonzero(prepared.scene.sealed.shell == 0)
    crown[first[0]] = True
    casters = casters_of(replace(prepared.scene, crown=crown))
    cell = cells_of(prepared)[0]
    mesh = mesh_near(casters, cell, 2000.0, np.array([cell.east, cell.north, 100.0]))
    assert len(mesh.closed) == len(crown) - 1
    assert (~mesh.closed).sum() == len(first) - 1


def test_terrain_is_closed_nowhere(town: Path, tmp_path: Path) -> None:
    height = 95.0 + 0.01 * np.add.outer(np.arange(200.0), np.arange(200.0))
    prepared = prepared_of(town, terrain=[write_geotiff(tmp_path / "ground.tif", height)])
    terrain, (cell, mesh) = prepared.scene.terrain, next(meshes(prepared))
    assert terrain is not None
    origin = np.array([cell.east, cell.north, 90.0])
    whole = operators.with_terrain(mesh, terrain, cell, 2000.0, origin)
    added = len(whole.triangles) - len(mesh.triangles)
    assert added == len(terrain.surface.triangle)
    assert np.array_equal(whole.closed, np.append(mesh.closed, np.zeros(added, bool)))
    corner = whole.vertices[whole.triangles[len(mesh.triangles) :]] + origin
    expected = terrain.surface.vertex[terrain.surface.triangle]
    np.testing.assert_allclose(corner, expected, atol=1e-6)


def unmarked(mesh: CastingMesh) -> CastingMesh:
    return mesh._replace(closed=np.zeros(len(mesh.closed), bool))


def rays(prepared: Prepared, cell: Cell, every: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Receivers of a cell, covered ones too, about its origin, with a share of the directions."""
    samples = receivers_of(prepared, cell)
    kept = take(samples, slice(None, None, 2))
    point = (kept.point - origin_of(cell, samples)).astype(np.float32)
    return point, kept.normal.astype(np.float32), prepared.directions.direction[::every]


def test_closedness_changes_no_bit_of_a_real_district(district: Prepared) -> None:
    """Whoever enters a closed shell leaves it; so leaving may be all that is tested."""
    pairs = closed = 0
    for cell, mesh in meshes(district):
        asked = rays(district, cell, 7)
        one, two = (raytrace.visible(tree_of(kind), *asked) for kind in (mesh, unmarked(mesh)))
        assert np.array_equal(one, two)
        pairs += len(asked[0]) * len(asked[2])
        closed += int(mesh.closed.sum())
    assert pairs > 300_000 and closed > 10_000


def test_closedness_changes_no_bit_of_rays_along_edges_and_through_corners(town: Path) -> None:
    """From the middle of the street to every corner of every house, and level along its walls."""
    prepared = prepared_of(town)
    _, mesh = next(meshes(prepared))
    rng = np.random.default_rng(4)
    vertices = mesh.vertices.astype(np.float32)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    air = rng.uniform(low - 20.0, high + 20.0, (400, 3)).astype(np.float32)
    level = (vertices[rng.integers(0, len(vertices), 200)] + [-300.0, 0.0, 0.0]).astype(np.float32)
    aimed = vertices[rng.integers(0, len(vertices), 200)] - air[:200]
    direction = np.concatenate([aimed / np.linalg.norm(aimed, axis=1, keepdims=True), np.eye(3), -np.eye(3)])
    point = np.concatenate([air, level])
    normal = np.tile([0.36, 0.48, 0.8], (len(point), 1))
    for facing in (normal, -normal):
        one, two = (raytrace.visible(tree_of(kind), point, facing, direction) for kind in (mesh, unmarked(mesh)))
        assert np.array_equal(one, two)
        assert one.any()
