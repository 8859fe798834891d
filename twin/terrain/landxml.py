"""LandXML surfaces: the points and faces of a TIN, as surveyors and road designers deliver it.

A ``<P>`` holds northing, easting, height in this order; a ``<F>`` names three points, and ``i="1"`` marks one that is
not part of the surface. Source: LandXML-1.2 schema, elements Surface, Definition, Pnts, Faces (http://www.landxml.org).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from io_citygml.errors import CityModelError
from io_citygml.source import Source as Document
from io_citygml.source import open_city
from twin.errors import TwinError
from twin.terrain.source import NotTerrain, Source
from twin.terrain.surface import surface_of
from twin.terrain.tin import Tin, upward

# Metres of a linearUnit; the two feet differ by 2 ppm, which is metres in a northing.
UNIT_M = {
    "meter": 1.0,
    "millimeter": 0.001,
    "centimeter": 0.01,
    "kilometer": 1000.0,
    "foot": 0.3048,
    "USSurveyFoot": 1200.0 / 3937.0,
    "inch": 0.0254,
    "mile": 1609.344,
}


class Head(NamedTuple):
    """What a file says beside its surfaces."""

    unit_m: float
    crs: str | None  # notation, None where it names none


def read_landxml(source: Source) -> tuple[Tin, str | None]:
    """The surface of a LandXML file as a TIN in metres, easting first, and the notation of its CRS.

    Several surfaces side by side are one ground; one above another (what is there, what is planned) are two.

    Raises
    ------
    TwinError
        Naming the file, the line and what is wrong, or the surfaces that lie one above another.
    """
    try:
        with open_city(Document(source.path)) as opened:
            return _read(opened.stream, source)
    except CityModelError as error:
        raise TwinError(f"{source.name}: {error.problem}", error.remedy) from error
    except etree.XMLSyntaxError as error:
        raise TwinError(
            f"{source.name}, line {error.lineno}: not well-formed XML ({error.msg})", "export it again"
        ) from error


def _read(stream: object, source: Source) -> tuple[Tin, str | None]:
    head = Head(1.0, None)
    number: dict[str, int] = {}  # of a point of the present surface, by its id
    point: list[list[float]] = []
    face: list[tuple[int, int, int]] = []
    surface: list[tuple[str, int]] = []  # name of each, and where its faces end
    for _, element in etree.iterparse(
        stream, events=("end",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    ):
        # not etree.QName, which refuses names that libxml2 has let pass
        tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if tag in ("Metric", "Imperial"):
            head = head._replace(unit_m=_unit(element, source))
        elif tag == "CoordinateSystem":
            code = element.get("epsgCode") or ""
            head = head._replace(crs=f"EPSG:{code}" if code.isdecimal() else head.crs)
        elif tag == "P" and element.get("id") is not None:
            number[element.get("id")] = len(point)
            point.append(_numbers(element, source))
        elif tag == "F":
            if element.get("i") != "1":
                face.append(_corners(element, number, source))
        elif tag == "Surface":
            number = {}
            surface.append((element.get("name") or f"surface {len(surface) + 1}", len(face)))
        else:
            continue
        element.clear()
    if not face:
        raise NotTerrain(f"{source.name}: no surface with faces", "export the DGM as a TIN surface")
    place = np.array(point)[:, [1, 0, 2]] * head.unit_m
    corner = np.array(face, np.int64)
    end = [end for _, end in surface] or [len(corner)]
    parts = [upward(place, part) for part in np.split(corner, end[:-1])]
    _check_apart(place, parts, [name for name, _ in surface], source)
    return Tin(source.name, place, np.concatenate(parts)), head.crs


def _check_apart(place: NDArray[np.float64], parts: list[NDArray[np.int64]], names: list[str], source: Source) -> None:
    """Refuse surfaces of which one has the middle of a triangle above or below another."""
    if len(parts) < 2:
        return
    owner = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    triangle = np.concatenate(parts)
    middle = place[triangle].mean(axis=1)[:, :2]
    # of several triangles at a place the first is found: once the first surface, once the last
    for order in (np.arange(len(triangle)), np.arange(len(triangle))[::-1]):
        found = surface_of(place, triangle[order]).under(middle)
        other = np.flatnonzero((found >= 0) & (owner[order][found] != owner))
        if len(other):
            first, second = sorted((owner[other[0]], owner[order][found[other[0]]]))
            raise TwinError(
                f"{source.name}: surfaces {names[first]!r} and {names[second]!r} lie one above the other",
                "export only the one that is the ground meant (what is there, or what is planned)",
            )


def _unit(element: etree._Element, source: Source) -> float:
    name = element.get("linearUnit") or "meter"
    if name not in UNIT_M:
        raise TwinError(f"{source.name}: linear unit {name!r} is not known", f"one of {', '.join(UNIT_M)}")
    return UNIT_M[name]


def _numbers(element: etree._Element, source: Source) -> list[float]:
    try:
        value = [float(part) for part in (element.text or "").split()]
    except ValueError:
        value = []
    if len(value) != 3 or not np.isfinite(value).all():
        where = f"{source.name}, line {element.sourceline}"
        raise TwinError(f"{where}: point {element.get('id')} is not northing, easting, height", "export it again")
    return value


def _corners(element: etree._Element, number: dict[str, int], source: Source) -> tuple[int, int, int]:
    corner = [number.get(part, -1) for part in (element.text or "").split()]
    if len(corner) != 3 or min(corner) < 0:
        raise TwinError(
            f"{source.name}, line {element.sourceline}: a face does not name three points", "export it again"
        )
    return corner[0], corner[1], corner[2]
