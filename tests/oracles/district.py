"""A part of the demo district as a city file of its own, and its corners read from the file by XML alone."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from twin.package_data import demo_city

CORE = "{http://www.opengis.net/citygml/1.0}"
GML = "{http://www.opengis.net/gml}"
Box = tuple[float, float, float, float]  # west, south, east, north [m]
BLOCK: Box = (364125, 5649980, 364375, 5650110)


def write_part(path: Path, box: Box = BLOCK) -> Path:
    """Buildings of the demo district whose first corner lies in a box, nothing else changed."""
    with demo_city() as city, gzip.open(city) as text:
        tree = etree.parse(text)
    west, south, east, north = box
    for member in tree.getroot().findall(f"{CORE}cityObjectMember"):
        first = next(member.iter(f"{GML}posList"), None)
        x, y = [float(number) for number in first.text.split()[:2]] if first is not None else (0.0, 0.0)
        if not (west <= x < east and south <= y < north):
            tree.getroot().remove(member)
    tree.write(path, xml_declaration=True, encoding="UTF-8")
    return path


def corners(path: Path) -> dict[str, NDArray[np.float64]]:
    """(N, 3) [m] corners of every roof and wall of a city file by gml:id."""
    found = {}
    for element in etree.parse(path).iter("{*}RoofSurface", "{*}WallSurface"):
        lists = [np.array(text.text.split(), float).reshape(-1, 3) for text in element.iter(f"{GML}posList")]
        found[element.get(f"{GML}id")] = np.unique(np.concatenate(lists), axis=0)
    return found
