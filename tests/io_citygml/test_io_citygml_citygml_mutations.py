"""Damaged CityGML of every module: a city model or one clear error, and the areas balance; seeded."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from lxml import etree
from oracles.gml_documents import everything

from io_citygml.errors import CityModelError
from io_citygml.read import read_city

ROUNDS = 250
WORDS = ("", "nan", "-1e308", "1 2", "0 0 0 0 0 0 0 0 0", "x", "#p", "-", "2", "٣", "1e9 1e9 1e9")


def mutate(root: etree._Element, rng: random.Random) -> None:
    """One change of the tree: an element away, twice, elsewhere or renamed; a text or attribute replaced."""
    elements = list(root.iter(etree.Element))[1:]
    if len(elements) < 2:
        return
    one, two = rng.sample(elements, 2)
    parent = one.getparent()
    change = rng.randrange(7)
    if change == 0 and parent is not None:
        parent.remove(one)
    elif change == 1 and parent is not None:
        parent.append(etree.fromstring(etree.tostring(one)))
    elif change == 2 and two not in one.iterancestors():
        one.append(two)
    elif change == 3:
        one.tag = two.tag
    elif change == 4:
        one.text = rng.choice(WORDS)
    elif change == 5 and one.attrib:
        one.set(rng.choice(list(one.attrib)), rng.choice(WORDS))
    else:
        two.set(rng.choice(["srsName", "srsDimension", "orientation", "uom"]), rng.choice(WORDS))


@pytest.mark.parametrize("version", ["1.0", "2.0", "3.0"])
def test_damaged_documents(tmp_path: Path, version: str) -> None:
    rng = random.Random(version)
    text, path = everything(version), tmp_path / "damaged.gml"
    outcomes = {"read": 0, "refused": 0}
    for _ in range(ROUNDS):
        root = etree.fromstring(text)
        for _ in range(rng.randrange(1, 6)):
            mutate(root, rng)
        path.write_bytes(etree.tostring(root))
        try:
            report = read_city([path], crs="EPSG:25832").report
        except CityModelError as error:
            outcomes["refused"] += 1
            assert str(path) in str(error) and "\n" not in str(error)
            continue
        outcomes["read"] += 1
        kept = sum(report.area_m2.values()) + sum(report.skipped_area_m2.values())
        assert math.isfinite(kept)
        assert report.area_read_m2 + sum(report.area_repaired_m2.values()) == pytest.approx(kept, rel=1e-6, abs=1e-9)
    assert min(outcomes.values()) > 0
