"""Builders of small CityGML documents, written for these tests: a document, a boundary surface, a polygon."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from io_citygml.model import CityModel
from io_citygml.read import read_city

POINT = tuple[float, float, float]
E0, N0 = 364000.0, 5650000.0
"""Where the test buildings stand (EPSG:25832)."""


class Gml:
    """Text of CityGML documents around the point (E0, N0)."""

    utm32 = "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def document(self, *members: str, version: str = "2.0", srs: str = utm32, prolog: str = "") -> str:
        """A CityModel; ``members`` are top-level objects, the first on line 4. Without ``srs`` it has no envelope."""
        ns = "http://www.opengis.net/citygml"
        envelope = f'<gml:boundedBy><gml:Envelope srsName="{srs}"/></gml:boundedBy>' if srs else ""
        inside = "".join(f"<core:cityObjectMember>{member}</core:cityObjectMember>\n" for member in members)
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n{prolog}<core:CityModel xmlns:core="{ns}/{version}" '
            f'xmlns:bldg="{ns}/building/{version}" xmlns:gen="{ns}/generics/{version}" '
            f'xmlns:veg="{ns}/vegetation/{version}" xmlns:app="{ns}/appearance/{version}" '
            'xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink">'
            f"\n{envelope}\n{inside}</core:CityModel>\n"
        )

    def write(self, *members: str, name: str = "city.gml", version: str = "2.0", srs: str = utm32) -> Path:
        """The path of a document written to a fresh folder."""
        path = self.folder / name
        path.write_text(self.document(*members, version=version, srs=srs), encoding="utf-8")
        return path

    def building(self, *children: str, gml_id: str = "B") -> str:
        """A Building of children in schema order."""
        return f'<bldg:Building gml:id="{gml_id}">{"".join(children)}</bldg:Building>'

    def part(self, *children: str, gml_id: str = "P") -> str:
        """A BuildingPart, in the property a Building holds it by."""
        inside = f'<bldg:BuildingPart gml:id="{gml_id}">{"".join(children)}</bldg:BuildingPart>'
        return f"<bldg:consistsOfBuildingPart>{inside}</bldg:consistsOfBuildingPart>"

    def surface(self, kind: str, gml_id: str, *polygons: str, lod: int = 2, inside: str = "") -> str:
        """A boundary surface with a MultiSurface of polygons or references."""
        geometry = self.multi_surface(*polygons, lod=lod) if polygons else ""
        return f'<bldg:boundedBy><bldg:{kind} gml:id="{gml_id}">{geometry}{inside}</bldg:{kind}></bldg:boundedBy>'

    def multi_surface(self, *polygons: str, lod: int = 2) -> str:
        """lodNMultiSurface of polygons or references."""
        members = "".join(self.member(polygon) for polygon in polygons)
        return f"<bldg:lod{lod}MultiSurface><gml:MultiSurface>{members}</gml:MultiSurface></bldg:lod{lod}MultiSurface>"

    def solid(self, *polygons: str, lod: int = 2) -> str:
        """lodNSolid of polygons or references ("#id")."""
        members = "".join(self.member(polygon) for polygon in polygons)
        shell = f"<gml:exterior><gml:CompositeSurface>{members}</gml:CompositeSurface></gml:exterior>"
        return f"<bldg:lod{lod}Solid><gml:Solid>{shell}</gml:Solid></bldg:lod{lod}Solid>"

    def member(self, polygon: str) -> str:
        """surfaceMember of a polygon or a reference ("#id")."""
        if polygon.startswith("#"):
            return f'<gml:surfaceMember xlink:href="{polygon}"/>'
        return f"<gml:surfaceMember>{polygon}</gml:surfaceMember>"

    def polygon(self, points: Sequence[POINT], *holes: Sequence[POINT], gml_id: str = "", closed: bool = True) -> str:
        """A Polygon of points relative to (E0, N0, 0); the closing point is added."""
        rings = "".join(
            f"<gml:{name}><gml:LinearRing>{self.pos_list(ring, closed)}</gml:LinearRing></gml:{name}>"
            for name, ring in (("exterior", points), *(("interior", hole) for hole in holes))
        )
        name = f' gml:id="{gml_id}"' if gml_id else ""
        return f"<gml:Polygon{name}>{rings}</gml:Polygon>"

    def pos_list(self, points: Sequence[POINT], closed: bool = True) -> str:
        """A posList, one line as in most files."""
        ring = [*points, points[0]] if closed else points
        text = " ".join(f"{E0 + x:.3f} {N0 + y:.3f} {z:.3f}" for x, y, z in ring)
        return f'<gml:posList srsDimension="3">{text}</gml:posList>'

    def box(self, x: float, y: float, z: float, size: POINT) -> dict[str, list[POINT]]:
        """The six faces of a box, outward: ground, roof, south, east, north, west."""
        w, d, h = size
        a, b, c, e = (x, y), (x + w, y), (x + w, y + d), (x, y + d)

        def upright(p: tuple[float, float], q: tuple[float, float]) -> list[POINT]:
            return [(*p, z), (*q, z), (*q, z + h), (*p, z + h)]

        return {
            "ground": [(*p, z) for p in (a, e, c, b)],
            "roof": [(*p, z + h) for p in (a, b, c, e)],
            "south": upright(a, b),
            "east": upright(b, c),
            "north": upright(c, e),
            "west": upright(e, a),
        }

    def boundaries(self, faces: dict[str, list[POINT]], prefix: str = "") -> str:
        """The faces of a box as boundary surfaces, with polygons of the id "<prefix><face>_poly"."""
        kinds = {"ground": "GroundSurface", "roof": "RoofSurface"}
        return "".join(
            self.surface(
                kinds.get(name, "WallSurface"), prefix + name, self.polygon(points, gml_id=f"{prefix}{name}_poly")
            )
            for name, points in faces.items()
        )


@pytest.fixture
def gml(tmp_path: Path) -> Gml:
    return Gml(tmp_path)


@pytest.fixture
def house(gml: Gml) -> Callable[..., str]:
    """A box of 10 × 8 × 6 m with boundary surfaces and a solid of references into them."""

    def build(gml_id: str = "B", x: float = 0.0, attributes: str = "") -> str:
        faces = gml.box(x, 0.0, 50.0, (10.0, 8.0, 6.0))
        references = [f"#{gml_id}_{name}_poly" for name in faces]
        return gml.building(attributes, gml.solid(*references), gml.boundaries(faces, f"{gml_id}_"), gml_id=gml_id)

    return build


@pytest.fixture
def city_data() -> Path:
    """Folder of the hand-written models."""
    return Path(__file__).parents[1] / "data" / "city"


@pytest.fixture
def write_gml(gml: Gml) -> Callable[..., Path]:
    """Writes a CityGML file around members, or around the body of one Building "B", and gives its path."""

    def write(
        body: str = "", members: str = "", srs: str = "EPSG:25832", version: str = "2.0", name: str = "t.gml"
    ) -> Path:
        path = gml.folder / name
        path.write_text(gml.document(members or gml.building(body), version=version, srs=srs), encoding="utf-8")
        return path

    return write


@pytest.fixture
def read_building(write_gml: Callable[..., Path]) -> Callable[..., CityModel]:
    """Reads the body of one Building "B"."""

    def read(body: str, version: str = "2.0") -> CityModel:
        return read_city([write_gml(body, version=version)])

    return read


@pytest.fixture
def json_document(city_data: Path) -> dict[str, Any]:
    """The house and yard as a CityJSON document."""
    document: dict[str, Any] = json.loads((city_data / "house_and_yard.city.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture
def read_json(tmp_path: Path) -> Callable[..., CityModel]:
    """Reads a CityJSON document, or several as the lines of a sequence."""

    def read(*documents: dict[str, Any]) -> CityModel:
        path = tmp_path / ("t.city.json" if len(documents) == 1 else "t.city.jsonl")
        path.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
        return read_city([path])

    return read
