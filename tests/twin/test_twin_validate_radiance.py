"""The peer and the comparison: Radiance's coefficients where they are known, and a small run inside its bounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from solar.sky import reinhart, sky_weights
from twin.errors import TwinError
from twin.progress import silent
from twin.validate import radiance
from twin.validate.against_radiance import PARTS, WHOLE, Compared, rows_of, transport, wider
from twin.validate.district import KINDS
from twin.validate.engine import FREE, Mesh
from twin.validate.table import Asked
from twin.validate.transport import Deviation, Light, deviations

pytest.importorskip("pyradiance", reason="the extra [validate] is not installed")

SUN = np.array([[0.0, 0.0, 1.0], [0.6, 0.0, 0.8], [-0.8, 0.0, 0.6], [0.0, 0.995, 0.0998749]])
SUN /= np.linalg.norm(SUN, axis=1, keepdims=True)
NORMAL = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -0.6, 0.8]])
EFFORT = radiance.Effort(256, 4096, 1e-5)


MANY = 64


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> radiance.Coefficients:
    """Means over many receivers of each normal."""
    peer = radiance.Peer(tmp_path_factory.mktemp("free"), FREE, np.array([0.3]), SUN, 145)
    found = peer.coefficients(np.zeros((3 * MANY, 3)), np.repeat(NORMAL, MANY, axis=0), EFFORT)
    return radiance.Coefficients(*(part.reshape(3, MANY, *part.shape[1:]).mean(axis=1) for part in found))


def test_a_free_plane_gets_the_cosine_of_each_sun(free: radiance.Coefficients) -> None:
    assert free.sun == pytest.approx(np.maximum(NORMAL @ SUN.T, 0.0), abs=1e-5)
    assert not free.sun_reflected.any() and not free.sky_reflected.any()


def test_patches_are_numbered_alike(free: radiance.Coefficients) -> None:
    """Each patch gives a free plane what the engine's exact integral says, within Radiance's sampling."""
    sky = reinhart(145)
    exact = sky_weights(sky, NORMAL)
    # Patches that the plane cuts: the engine counts them by their centres and scales the rest, Radiance cuts them.
    cut = np.abs(NORMAL @ sky.direction.T) < np.sin(np.radians(8.0))
    cut[0] = False
    assert free.sky[~cut] == pytest.approx(exact[~cut], abs=0.05 * exact.max())
    assert free.sky[0, sky.lowest_row].sum() == pytest.approx(exact[0, sky.lowest_row].sum(), rel=0.03)
    assert free.sky.sum(axis=1) == pytest.approx(np.pi * (1.0 + NORMAL[:, 2]) / 2.0, rel=2e-3)
    assert free.far == pytest.approx(np.pi * (1.0 - NORMAL[:, 2]) / 2.0, abs=5e-3)


def test_one_reflection_off_a_wide_floor(tmp_path: Path) -> None:
    """A wall above an endless level floor gets ρ/2 of what the floor gets; twice as much if it is twice as bright."""
    far = 5000.0
    corner = np.array([[-far, -far, 0.0], [far, -far, 0.0], [far, far, 0.0], [-far, far, 0.0]])
    floor = Mesh(corner, np.array([[0, 1, 2], [0, 2, 3]]))
    point, wall = np.tile([0.0, 0.0, 1.0], (MANY, 1)), np.tile([0.0, -1.0, 0.0], (MANY, 1))
    for albedo in (0.2, 0.4):
        peer = radiance.Peer(tmp_path, floor, np.full(2, albedo), SUN, 145)
        found = peer.coefficients(point, wall, EFFORT)
        assert found.sun_reflected.mean(axis=0) == pytest.approx(albedo / 2.0 * SUN[:, 2], rel=0.01)
        assert found.sky_reflected.sum(axis=1).mean() == pytest.approx(albedo / 2.0 * np.pi, rel=0.02)
        assert found.far.max() < 0.01


def test_two_runs_differ_by_chance_alone(tmp_path: Path) -> None:
    wall = Mesh(np.array([[-5.0, 3.0, 0.0], [5.0, 3.0, 0.0], [0.0, 3.0, 8.0]]), np.array([[0, 1, 2]]))
    peer = radiance.Peer(tmp_path, wall, np.array([0.3]), SUN, 145)
    point, normal = np.random.default_rng(1).random((5, 3)), np.tile([0.0, 0.0, 1.0], (5, 1))
    few = radiance.Effort(64, 256, 1e-4)
    one, two = (peer.coefficients(point, normal, few, back) for back in (False, True))
    assert np.array_equal(one.sun, two.sun) and not np.array_equal(one.sky, two.sky)
    assert one.sky.sum(axis=1) == pytest.approx(two.sky.sum(axis=1), rel=0.1)


def test_what_radiance_refuses_is_said(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="oconv"):
        radiance.Peer(tmp_path, FREE, np.array([np.nan]), SUN, 145)


def test_deviations_count_by_kind_and_part() -> None:
    shape = (4, 12)
    peer = Light(np.full(shape, 2.0), np.full(shape, 1.0), np.full(shape, 1.0))
    other = Light(peer.direct + 0.02, peer.sky, peer.reflected)
    ours = Light(peer.direct + 0.01, peer.sky * 1.02, peer.reflected)
    found = {(one.kind, one.part): one for one in deviations(ours, (peer, other), np.array([0, 1, 2, 2]))}
    assert set(found) == {(kind, part) for kind in KINDS for part in PARTS}
    direct, sky = found["roof", "direct"], found["ground", "sky"]
    assert (direct.bias, direct.rmse) == pytest.approx((0.0, 0.0), abs=1e-9) and direct.noise == pytest.approx(
        0.4975, abs=1e-3
    )
    assert (sky.bias, sky.rmse, sky.worst_month, sky.mean) == pytest.approx((2.0, 2.0, 2.0, 12.0))


def test_what_is_not_held_is_said() -> None:
    """A minor part of a kind's light, and what a single run of Radiance would be off."""
    means = {"direct": 50.0, "sky": 47.0, "reflected": 3.0, "total": 100.0}
    every = [Deviation(kind, part, means[part], 0.5, 9.0, 1.0, 0.3) for kind in KINDS for part in PARTS]
    done = Compared(WHOLE[0], every, {}, (10, 5))
    assert sum(row.passed is not None for row in rows_of(done)) == 36
    noise, minor = wider([done])
    assert "at most 0.42 %" in noise and "less than 5 %" in minor
    assert minor.count("3.0 kWh/m², bias +0.50 %, rms 9.00 %") == 3


def test_small_run_is_inside_its_bounds(tmp_path: Path) -> None:
    table = transport(Asked(True, silent, tmp_path))
    assert not table.failed, [(row.name, row.found) for row in table.failed]
    assert sum(row.passed is not None for row in table.rows) == 36
    assert [path.name for path in tmp_path.glob("*.png")] == list(table.pictures)
    direct = [abs(row.found) for row in table.rows if ", direct: " in row.name]
    assert max(direct) < 0.05
