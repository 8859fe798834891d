"""A saved hierarchy comes back bit for bit, as arrays Numba knows, and damaged or foreign folders are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest

import raytrace
from benchmarks.synthetic_city import city, sky_directions
from raytrace import mapped
from raytrace.build import build
from raytrace.bvh import EMPTY, MAX_LEVELS, Bvh


@pytest.fixture(scope="module")
def bvh() -> Bvh:
    mesh = city(1)
    return build(*mesh, np.arange(len(mesh.triangles)) % 2 == 0)


def assert_same(one: Bvh, two: Bvh) -> None:
    for name, a, b in zip(one._fields, one, two, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes(), name


def test_loaded_is_saved(bvh: Bvh, tmp_path: Path) -> None:
    mapped.save(bvh, tmp_path / "deep" / "tree")
    again = mapped.load(tmp_path / "deep" / "tree")
    assert_same(bvh, again)
    for built, loaded in zip(bvh, again, strict=True):
        assert type(loaded) is np.ndarray
        assert isinstance(loaded.base, np.memmap)
        assert numba.typeof(loaded) == numba.typeof(built)


def test_a_loaded_one_answers_with_the_same_bits(bvh: Bvh, tmp_path: Path) -> None:
    raytrace.save(bvh, tmp_path)
    rng = np.random.default_rng(2)
    points = rng.uniform([0.0, 0.0, 0.0], [150.0, 50.0, 20.0], (500, 3))
    up = np.tile([0.0, 0.0, 1.0], (500, 1))
    directions = sky_directions(70)
    asked = [raytrace.visible(tree, points, up, directions) for tree in (bvh, raytrace.load(tmp_path))]
    assert np.array_equal(*asked)
    assert 0 < np.bitwise_count(asked[0]).sum() < 500 * 70


def test_writing_into_a_loaded_one_leaves_the_file(bvh: Bvh, tmp_path: Path) -> None:
    mapped.save(bvh, tmp_path)
    mapped.load(tmp_path).triangle[:] = 7.0
    assert_same(bvh, mapped.load(tmp_path))


def test_saving_again_replaces(bvh: Bvh, tmp_path: Path) -> None:
    mapped.save(bvh, tmp_path)
    other = build(*city(2))
    mapped.save(other, tmp_path)
    assert_same(other, mapped.load(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [mapped.HEAD, *(f"{name}.npy" for name in Bvh._fields)]
    )


def test_no_triangle(tmp_path: Path) -> None:
    none = build(np.empty((0, 3)), np.empty((0, 3), int))
    mapped.save(none, tmp_path)
    assert_same(none, mapped.load(tmp_path))


def test_interrupted_saving_is_noticed(bvh: Bvh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old and new arrays of equal shapes side by side would trace nonsense: the head is gone until all stand."""
    mapped.save(bvh, tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(OSError, match="no space"):
        mapped.save(bvh, tmp_path)
    with pytest.raises(ValueError, match=r"bvh\.json: is missing"):
        mapped.load(tmp_path)


def rewrite_head(**changes: object) -> Callable[[Path], None]:
    def damage(root: Path) -> None:
        head = json.loads((root / mapped.HEAD).read_text(encoding="utf-8"))
        (root / mapped.HEAD).write_text(json.dumps({**head, **changes}), encoding="utf-8")

    return damage


def resave(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """Another array in a field's file, with a head that knows of it."""

    def damage(root: Path) -> None:
        path = root / f"{name}.npy"
        array = change(np.load(path))
        np.save(path, array)
        head = json.loads((root / mapped.HEAD).read_text(encoding="utf-8"))
        size = path.stat().st_size
        head["files"][name] = {"dtype": array.dtype.str, "shape": list(array.shape), "bytes": size}
        (root / mapped.HEAD).write_text(json.dumps(head), encoding="utf-8")

    return damage


def cut(name: str, n_bytes: int) -> Callable[[Path], None]:
    return lambda root: (root / name).write_bytes((root / name).read_bytes()[:n_bytes])


def scramble(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).write_bytes(b"?" * (root / name).stat().st_size)


def other_type(name: str) -> Callable[[Path], None]:
    """The same bytes, said to be something else."""
    return lambda root: np.save(root / name, np.load(root / name).view(np.float32))


def link(at: int, value: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array.reshape(-1)[at] = value
        return array

    return change


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: (root / "quad.npy").unlink(), r"quad\.npy: is missing"),
        (cut("quad.npy", 5000), r"quad\.npy: has 5000 bytes, but bvh\.json says"),
        (cut("child.npy", 20), r"child\.npy: has 20 bytes"),
        (cut("size.npy", 0), r"size\.npy: has 0 bytes"),
        (lambda root: (root / "warp.npy").write_bytes(b"no" * 32), r"warp\.npy: has 64 bytes"),
        (scramble("warp.npy"), r"warp\.npy: is damaged"),
        (lambda root: (root / "size.npy").replace(root / "closed.npy"), r"size\.npy: is missing|closed\.npy: has"),
        (other_type("closed.npy"), r"closed\.npy: is .* but bvh\.json says"),
        (rewrite_head(files=dict.fromkeys(mapped.LAYOUT, 3)), r"node_box\.npy: has \d+ bytes, but bvh\.json says 3"),
        (cut("bvh.json", 30), r"bvh\.json: is not JSON"),
        (lambda root: (root / mapped.HEAD).write_text("[1]", encoding="utf-8"), r"bvh\.json: has format None"),
        (rewrite_head(format=2), r"bvh\.json: has format 2, this version reads 1"),
        (rewrite_head(files={}), r"bvh\.json: does not list"),
        (resave("triangle", lambda a: a.astype(np.float64)), r"triangle\.npy: has float64"),
        (resave("closed", lambda a: a[:-1]), r"closed\.npy: has int32"),
        (resave("quad", np.asfortranarray), r"quad\.npy: is not laid out row by row"),
        (resave("child", link(0, 10**6)), r"child\.npy: leads to"),
        (resave("child", link(0, 0)), r"child\.npy: leads to"),
        (resave("child", link(0, ~(10**6))), r"child\.npy: leads to"),
        (resave("pair", link(0, 10**6)), r"pair\.npy: leads to"),
        (resave("size", link(0, 17)), r"size\.npy: counts"),
    ],
)
def test_damaged_folders_are_refused(bvh: Bvh, tmp_path: Path, damage: Callable[[Path], None], message: str) -> None:
    mapped.save(bvh, tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match=message + r"(.|\n)*; build the hierarchy again"):
        mapped.load(tmp_path)


def test_foreign_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"bvh\.json: is missing.*build the hierarchy again"):
        mapped.load(tmp_path / "nowhere")


def test_a_chain_deeper_than_any_stack_is_refused(tmp_path: Path) -> None:
    """Each node of a forged tree leads to the next one: the walk would need more room than it has."""
    n = MAX_LEVELS + 1
    corner = np.random.default_rng(0).normal(size=(3 * n, 3))
    bvh = raytrace.build(corner, np.arange(3 * n).reshape(-1, 3))
    child = np.full((n, 16), EMPTY, np.int32)
    child[:, 0] = [*range(1, n), ~0]
    forged = bvh._replace(child=child, node_box=np.resize(bvh.node_box, (n, 6, 16)))
    raytrace.save(forged, tmp_path / "deep")
    with pytest.raises(ValueError, match="is no hierarchy that build makes"):
        raytrace.load(tmp_path / "deep")
