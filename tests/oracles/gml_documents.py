"""Small CityGML documents of every version and module, written for the tests; the schemas of OGC validate each.

The prefixes are the same in all versions, so a body differs only where the versions themselves do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count

X0, Y0 = 500000.0, 5700000.0
"""Where points of the documents are counted from (EPSG:25832)."""
_MODULES = {
    "app": "appearance", "bldg": "building", "brid": "bridge", "dem": "relief", "frn": "cityfurniture",
    "gen": "generics", "grp": "cityobjectgroup", "luse": "landuse", "tran": "transportation", "tun": "tunnel",
    "veg": "vegetation", "wtr": "waterbody",
}  # fmt: skip
_BASE = "http://www.opengis.net/citygml"
_NAMELESS = re.compile(
    r"<gml:(Polygon|MultiSurface|MultiSolid|Solid|Shell|OrientableSurface|TriangulatedSurface|Point)(?=>| (?!gml:id))"
)


def namespaces(version: str) -> dict[str, str]:
    """Prefix and namespace of every module of a version, and of GML and xlink."""
    modules = _MODULES | ({"con": "construction"} if version == "3.0" else {})
    return {
        "core": f"{_BASE}/{version}",
        **{prefix: f"{_BASE}/{name}/{version}" for prefix, name in modules.items()},
        "gml": "http://www.opengis.net/gml" + ("/3.2" if version == "3.0" else ""),
        "xlink": "http://www.w3.org/1999/xlink",
    }


def document(version: str, *members: str, srs: str = "EPSG:25832", holder: str = "core:cityObjectMember") -> str:
    """A CityModel whose members stand in a property each."""
    declared = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in namespaces(version).items())
    corners = "<gml:lowerCorner>0 0 0</gml:lowerCorner><gml:upperCorner>1 1 1</gml:upperCorner>"
    envelope = f'<gml:boundedBy><gml:Envelope srsName="{srs}">{corners}</gml:Envelope></gml:boundedBy>' if srs else ""
    inside = "".join(f"<{holder}>{member}</{holder}>\n" for member in members)
    if version == "3.0":  # GML 3.2 wants a name for every geometry, and has other names for patches and shells
        number = count(1)
        inside = inside.replace("gml:CompositeSurface", "gml:Shell")
        inside = _NAMELESS.sub(lambda found: f'<gml:{found[1]} gml:id="_{next(number)}"', inside)
        inside = inside.replace("gml:trianglePatches", "gml:patches")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<core:CityModel {declared}>\n{envelope}\n{inside}</core:CityModel>\n'
    )


def ring(points: str, local: bool = False) -> str:
    """A LinearRing of x,y,z triples, closed; relative to (X0, Y0, 0), or local as in a template."""
    triples = [[float(value) for value in point.split(",")] for point in points.split()]
    shift = (0.0, 0.0) if local else (X0, Y0)
    text = " ".join(f"{shift[0] + x:.3f} {shift[1] + y:.3f} {z:.3f}" for x, y, z in [*triples, triples[0]])
    return f"<gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing>"


def polygon(points: str, name: str = "", tag: str = "Polygon", local: bool = False) -> str:
    """A polygon (or patch) of one ring."""
    gml_id = f' gml:id="{name}"' if name else ""
    return f"<gml:{tag}{gml_id}><gml:exterior>{ring(points, local)}</gml:exterior></gml:{tag}>"


def member(inside: str) -> str:
    """surfaceMember of a surface, or of a reference ("#id", "file#id")."""
    if "#" in inside and "<" not in inside:
        return f'<gml:surfaceMember xlink:href="{inside}"/>'
    return f"<gml:surfaceMember>{inside}</gml:surfaceMember>"


def multi_surface(*surfaces: str, name: str = "") -> str:
    """A MultiSurface of surfaces or references."""
    gml_id = f' gml:id="{name}"' if name else ""
    return f"<gml:MultiSurface{gml_id}>{''.join(map(member, surfaces))}</gml:MultiSurface>"


def solid(*surfaces: str, holes: Sequence[str] = ()) -> str:
    """A Solid of one exterior shell, and an interior shell of ``holes``."""
    inner = f"<gml:interior>{_shell(holes)}</gml:interior>" if holes else ""
    return f"<gml:Solid><gml:exterior>{_shell(surfaces)}</gml:exterior>{inner}</gml:Solid>"


def _shell(surfaces: Sequence[str]) -> str:
    return f"<gml:CompositeSurface>{''.join(map(member, surfaces))}</gml:CompositeSurface>"


def tin(*triangles: str) -> str:
    """A TriangulatedSurface as a relief holds it."""
    patches = "".join(polygon(points, tag="Triangle") for points in triangles)
    return f"<gml:TriangulatedSurface><gml:trianglePatches>{patches}</gml:trianglePatches></gml:TriangulatedSurface>"


def box(x: float, y: float, z: float, size: tuple[float, float, float]) -> tuple[str, ...]:
    """Six faces outward: bottom, top, south, east, north, west, as points for ``polygon``."""
    w, d, h = size
    p, q, r, s = (x, y), (x + w, y), (x + w, y + d), (x, y + d)

    def face(*corners: tuple[tuple[float, float], float]) -> str:
        return " ".join(f"{corner[0]},{corner[1]},{height}" for corner, height in corners)

    sides = [face((a, z), (b, z), (b, z + h), (a, z + h)) for a, b in ((p, q), (q, r), (r, s), (s, p))]
    return (face((p, z), (s, z), (r, z), (q, z)), face((p, z + h), (q, z + h), (r, z + h), (s, z + h)), *sides)


CUBE = box(0, 0, 0, (1, 1, 1))
BOTTOM, TOP, SOUTH, EAST, NORTH, WEST = CUBE


def _implicit(version: str) -> str:
    name = "relativeGeometry" if version == "3.0" else "relativeGMLGeometry"
    template = f"<core:{name}>{multi_surface(polygon(TOP, local=True), name='m')}</core:{name}>"
    again = f'<core:{name} xlink:href="#m"/>'
    matrix = "<core:transformationMatrix>1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1</core:transformationMatrix>"
    point = f"<core:referencePoint><gml:Point><gml:pos>{X0} {Y0} 0</gml:pos></gml:Point></core:referencePoint>"
    uses = (f"{matrix}{held}{point}" for held in (template, again))
    return "".join(f"<core:ImplicitGeometry>{use}</core:ImplicitGeometry>" for use in uses)


def everything(version: str) -> bytes:
    """A document with a little of everything: references, an opening, a cavity, a template used twice, a relief."""
    new = version == "3.0"
    lod, held, theme = ("core", "core:boundary", "con") if new else ("bldg", "bldg:boundedBy", "bldg")
    plant = "core" if new else "veg"
    roof = f'<{theme}:RoofSurface gml:id="r"><{lod}:lod2MultiSurface>{multi_surface(polygon(TOP, "p"))}'
    roof += f"</{lod}:lod2MultiSurface></{theme}:RoofSurface>"
    opening, kind = ("con:fillingSurface", "con:WindowSurface") if new else ("bldg:opening", "bldg:Window")
    window = f'<{opening}><{kind} gml:id="w"><{lod}:lod3MultiSurface>{multi_surface(polygon(SOUTH))}'
    window += f"</{lod}:lod3MultiSurface></{kind}></{opening}>"
    wall = f'<{theme}:WallSurface gml:id="q"><{lod}:lod2MultiSurface>{multi_surface("#p", polygon(SOUTH, "s"))}'
    wall += f"</{lod}:lod2MultiSurface>{window}</{theme}:WallSurface>"
    shell = solid("#p", *map(polygon, CUBE), holes=["#s"])
    body = f"<{held}>{roof}</{held}><{held}>{wall}</{held}><{lod}:lod2Solid>{shell}</{lod}:lod2Solid>"
    body += "<bldg:measuredHeight uom='m'>3</bldg:measuredHeight><bldg:storeysAboveGround>1</bldg:storeysAboveGround>"
    tree = f"<{plant}:lod2ImplicitRepresentation>{_implicit(version)}</{plant}:lod2ImplicitRepresentation>"
    relief = f"<dem:reliefComponent><dem:TINRelief><dem:lod>2</dem:lod><dem:tin>{tin('0,0,0 1,0,0 1,1,0')}</dem:tin>"
    return document(
        version,
        f'<bldg:Building gml:id="B">{body}</bldg:Building>',
        f'<veg:SolitaryVegetationObject gml:id="v">{tree}</veg:SolitaryVegetationObject>',
        f'<dem:ReliefFeature gml:id="R">{relief}</dem:TINRelief></dem:reliefComponent></dem:ReliefFeature>',
    ).encode()
