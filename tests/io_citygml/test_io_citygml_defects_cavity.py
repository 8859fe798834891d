"""A shell inside out within another is a cavity; one in the corner of an L, within its box only, is a mistake."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from io_citygml import defects_cavity
from io_citygml.defects_cavity import cavities
from io_citygml.defects_solid import examine_shells
from io_citygml.polygon import Rings

Plan = Sequence[tuple[float, float]]
L_SHAPE: Plan = ((0, 0), (20, 0), (20, 5), (5, 5), (5, 20), (0, 20))


def prism(plan: Plan, low: float, high: float, inward: bool = False) -> list[list[tuple[float, float, float]]]:
    """Faces of an upright prism over a plan that runs counter-clockwise."""
    faces = [[(x, y, high) for x, y in plan], [(x, y, low) for x, y in reversed(plan)]]
    for (x, y), (u, v) in zip(plan, [*plan[1:], plan[0]], strict=True):
        faces.append([(x, y, low), (u, v, low), (u, v, high), (x, y, high)])
    return [face[::-1] for face in faces] if inward else faces


def box(x: float, y: float, z: float, size: float, inward: bool = False) -> list[list[tuple[float, float, float]]]:
    return prism(((x, y), (x + size, y), (x + size, y + size), (x, y + size)), z, z + size, inward)


def turned(*shells: list[list[tuple[float, float, float]]]) -> tuple[list[int], bool]:
    """Number of surfaces turned in each shell of one object, and whether all were looked at."""
    faces = [face for shell in shells for face in shell]
    count = len(faces)
    start = np.concatenate([[0], np.cumsum([len(face) for face in faces])])
    rings = Rings(np.array([point for face in faces for point in face], dtype=float), start, np.arange(count + 1))
    found = examine_shells(rings, np.arange(count), np.zeros(count, dtype=np.int64), np.array([True]))
    ends = np.cumsum([len(shell) for shell in shells])
    return np.bincount(np.searchsorted(ends, found.turn, side="right"), minlength=len(shells)).tolist(), found.complete


BODY = prism(L_SHAPE, 0, 20)


@pytest.mark.parametrize("inside_out", [False, True])
@pytest.mark.parametrize("place", [(10.0, 10.0, 5.0), (5.0, 5.0, 1.0)], ids=["free", "touching"])
def test_a_box_in_the_corner_of_an_l_is_turned(place: tuple[float, float, float], inside_out: bool) -> None:
    """Also where the L itself is drawn inside out, and where the box leans against it."""
    body = prism(L_SHAPE, 0, 20, inward=inside_out)
    assert turned(body, box(*place, 2.0, inward=True)) == ([8 * inside_out, 6], True)


@pytest.mark.parametrize("place", [(1.0, 1.0, 1.0), (15.0, 1.0, 5.0), (1.0, 15.0, 9.0)])
def test_a_cavity_in_either_arm_of_an_l_stays(place: tuple[float, float, float]) -> None:
    assert turned(BODY, box(*place, 2.0, inward=True)) == ([0, 0], True)


def test_what_stands_in_a_cavity_is_a_solid_again() -> None:
    outer, hollow = box(0, 0, 0, 20), box(2, 2, 2, 16, inward=True)
    assert turned(outer, hollow, box(5, 5, 5, 2, inward=True)) == ([0, 0, 6], True)
    assert turned(outer, hollow, box(5, 5, 5, 2)) == ([0, 0, 0], True)


def test_too_many_shells_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defects_cavity, "_MOST_ANGLES", 100)
    assert turned(BODY, box(10, 10, 5, 2.0, inward=True)) == ([0, 0], False)


def test_nothing_to_turn() -> None:
    none = np.zeros(0, dtype=np.int64)
    found, complete = cavities(Rings(np.zeros((0, 3)), np.zeros(1, int), np.zeros(1, int)), none, none, none > 0)
    assert not len(found) and complete
