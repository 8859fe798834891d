"""CityGML 3.0: the same city as in 2.0 gives the same surfaces; what is new in it is read once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from oracles.gml_documents import CUBE, EAST, NORTH, SOUTH, WEST, document, multi_surface, polygon, solid

from io_citygml.model import CityModel
from io_citygml.read import read_city
from io_citygml.repair import SurfaceFlag

Read = Callable[..., CityModel]
NAMES = ("ground", "roof", "south", "east", "north", "west")
KINDS = ("GroundSurface", "RoofSurface", "WallSurface", "WallSurface", "WallSurface", "WallSurface")
LINKS = [f"#{name}_p" for name in NAMES]


@pytest.fixture
def read3(tmp_path: Path) -> Read:
    """Reads the body of one Building "B"."""

    def read(body: str) -> CityModel:
        path = tmp_path / "city3.gml"
        path.write_text(document("3.0", f'<bldg:Building gml:id="B">{body}</bldg:Building>'), encoding="utf-8")
        return read_city([path])

    return read


def boundary(kind: str, name: str, geometry: str, lod: int = 2, more: str = "") -> str:
    return (
        f'<core:boundary><con:{kind} gml:id="{name}"><core:lod{lod}MultiSurface>{geometry}</core:lod{lod}MultiSurface>'
        f"{more}</con:{kind}></core:boundary>"
    )


def shell() -> str:
    """The faces of a cube as boundary surfaces, their polygons named."""
    return "".join(
        boundary(kind, name, multi_surface(polygon(face, f"{name}_p")))
        for kind, name, face in zip(KINDS, NAMES, CUBE, strict=True)
    )


def generic(kind: str, name: str, value: str, prefix: str = "core") -> str:
    inner = f"<gen:name>{name}</gen:name><gen:value>{value}</gen:value>"
    return f"<{prefix}:genericAttribute><gen:{kind}>{inner}</gen:{kind}></{prefix}:genericAttribute>"


def height(value: str, top: str = "highestRoofEdge", foot: str = "lowestGroundPoint", uom: str = "m") -> str:
    return (
        f"<con:height><con:Height><con:highReference>{top}</con:highReference><con:lowReference>{foot}"
        f'</con:lowReference><con:status>measured</con:status><con:value uom="{uom}">{value}</con:value></con:Height>'
        "</con:height>"
    )


def test_solid_of_references_counts_once(read3: Read) -> None:
    model = read3(shell() + f"<core:lod2Solid>{solid(*LINKS)}</core:lod2Solid>")
    assert model.report.polygons == {"GROUND": 1, "ROOF": 1, "WALL": 4} and model.surface_id == NAMES
    assert (model.report.xlinks, model.report.solids) == (6, 1) and model.report.files[0].format == "CityGML 3.0"


def test_storey_of_references_adds_nothing(read3: Read) -> None:
    storey = (
        '<bldg:buildingSubdivision><bldg:Storey gml:id="S">'
        f"{boundary('WallSurface', 'sw', multi_surface('#south_p'))}<core:lod2Solid>{solid(*LINKS)}</core:lod2Solid>"
        "</bldg:Storey></bldg:buildingSubdivision>"
    )
    model = read3(shell() + storey)
    assert model.n_surfaces == 6 and model.report.xlinks == 7 and model.report.xlinks_shared == 1
    assert model.report.objects == {"Building": 1, "Storey": 1} and not model.object.any()


def test_storey_with_its_own_polygons_repeats_the_building(read3: Read) -> None:
    own = solid(*map(polygon, CUBE))
    storey = f'<bldg:Storey gml:id="S"><core:lod2Solid>{own}</core:lod2Solid></bldg:Storey>'
    model = read3(shell() + f"<bldg:buildingSubdivision>{storey}</bldg:buildingSubdivision>")
    assert model.n_surfaces == 6 and model.report.skipped_polygons == {"REPEATED_IN_SOLID": 6}


def test_building_known_by_its_storeys_alone(read3: Read) -> None:
    own = solid(*map(polygon, CUBE))
    storey = f'<bldg:Storey gml:id="S"><core:lod2Solid>{own}</core:lod2Solid></bldg:Storey>'
    model = read3(f"<bldg:buildingSubdivision>{storey}</bldg:buildingSubdivision>")
    assert model.report.polygons == {"GROUND": 1, "ROOF": 1, "WALL": 4} and not model.report.skipped_polygons


def test_storey_gives_semantics_to_the_solid_of_its_building(read3: Read) -> None:
    named = solid(*(polygon(face, f"{name}_p") for name, face in zip(NAMES, CUBE, strict=True)))
    storey = (
        '<bldg:buildingSubdivision><bldg:Storey gml:id="S">'
        + "".join(boundary(kind, name, multi_surface(f"#{name}_p")) for kind, name in zip(KINDS, NAMES, strict=True))
        + "</bldg:Storey></bldg:buildingSubdivision>"
    )
    model = read3(f"<core:lod2Solid>{named}</core:lod2Solid>{storey}")
    assert model.report.polygons == {"GROUND": 1, "ROOF": 1, "WALL": 4}
    assert not np.any(model.flags & SurfaceFlag.CLASSIFIED_BY_NORMAL) and not model.object.any()


def test_windows_fill_their_wall(read3: Read) -> None:
    glass = (
        '<con:fillingSurface><con:WindowSurface gml:id="win"><core:lod3MultiSurface>'
        f"{multi_surface(polygon(EAST))}</core:lod3MultiSurface></con:WindowSurface></con:fillingSurface>"
    )
    model = read3(boundary("WallSurface", "wall", multi_surface(polygon(SOUTH)), lod=3, more=glass))
    assert model.surface_id == ("wall", "win") and model.report.polygons == {"WALL": 1, "WINDOW": 1}


def test_windows_of_a_higher_level_do_not_displace_the_walls(read3: Read) -> None:
    glass = (
        '<con:fillingSurface><con:WindowSurface gml:id="win"><core:lod3MultiSurface>'
        f"{multi_surface(polygon(SOUTH))}</core:lod3MultiSurface></con:WindowSurface></con:fillingSurface>"
    )
    walls = multi_surface(*map(polygon, (SOUTH, EAST, NORTH, WEST)))
    model = read3(boundary("WallSurface", "wall", walls, more=glass))
    assert model.report.polygons == {"WALL": 4} and model.report.skipped_polygons == {"REPEATED_IN_SOLID": 1}


def test_attributes(read3: Read) -> None:
    inner = generic("StringAttribute", "a", "x", "gen") + generic("IntAttribute", "n", "3", "gen")
    nested = f"<gen:GenericAttributeSet><gen:name>set</gen:name>{inner}</gen:GenericAttributeSet>"
    body = (
        "<core:creationDate>2026-01-01T00:00:00</core:creationDate>"
        + generic("StringAttribute", "Gemeindeschluessel", "06414000")
        + generic("MeasureAttribute", "Firsthoehe", "109.5")
        + f"<core:genericAttribute>{nested}</core:genericAttribute>"
        + "<con:dateOfConstruction>1985-01-01</con:dateOfConstruction>"
        + height("6.5", "lowestEaves")
        + height("9.5")
        + "<bldg:function>31001_1010</bldg:function><bldg:roofType>3100</bldg:roofType>"
        + "<bldg:storeysAboveGround>2</bldg:storeysAboveGround>"
    )
    model = read3(body)
    building = model.objects[0]
    assert (building.function, building.roof_type, building.measured_height_m, building.storeys_above_ground) == (
        "31001_1010", "3100", 9.5, 2
    )  # fmt: skip
    assert building.attributes == {
        "creationDate": "2026-01-01T00:00:00",
        "Gemeindeschluessel": "06414000",
        "Firsthoehe": 109.5,
        "set.a": "x",
        "set.n": 3,
        "dateOfConstruction": "1985-01-01",
        "height lowestGroundPoint lowestEaves": "6.5",
    }
    assert not model.report.not_read


@pytest.mark.parametrize(
    ("uom", "metres"),
    [
        ("m", 10.0),
        ("#m", 10.0),
        ("urn:adv:uom:m", 10.0),
        ("urn:ogc:def:uom:EPSG::9001", 10.0),
        ("http://www.opengis.net/def/uom/UCUM/0/m", 10.0),
        ("ft", 3.048),
        ("urn:ogc:def:uom:EPSG::9003", 10 * 1200 / 3937),
        ("parsec", None),
    ],
)
def test_unit_of_the_height(read3: Read, uom: str, metres: float | None) -> None:
    model = read3(height("10", uom=uom))
    assert model.objects[0].measured_height_m == pytest.approx(metres)
    assert model.report.defect_counts() == ({} if metres else {"unknown unit": 1})


def test_top_level_references_are_counted(read3: Read) -> None:
    model = read3('<core:boundary xlink:href="#x"/><bldg:buildingRoom xlink:href="#y"/>')
    assert model.report.not_read == {"boundary by reference": 1, "buildingRoom by reference": 1}


@pytest.mark.shared
@pytest.mark.parametrize("name", ["Building_LOD2-EPSG25832.gml", "Building_and_garage_LOD2-EPSG25832.gml", "LOD3"])
def test_examples_are_equal_in_both_versions(shared_data: Path, name: str) -> None:
    """OGC gives its examples in 2.0 and in 3.0 (that of LoD3 comes from the LoD4 one, and has a room more)."""
    old, new = ("Building_LOD3-EPSG25832.gml", "Building_LOD3-EPSG25832.gml.gz") if name == "LOD3" else (name, name)
    first = read_city([shared_data / "citygml" / "ogc_v2" / old])
    second = read_city([shared_data / "citygml" / "v3" / new])
    assert sorted(outlines(first)) == sorted(outlines(second))
    first_building, second_building = first.objects[0], second.objects[0]
    for field in ("type", "function", "roof_type", "measured_height_m", "storeys_above_ground"):
        assert getattr(first_building, field) == getattr(second_building, field)


def outlines(model: CityModel) -> list[tuple[int, tuple[float, ...]]]:
    """Kind and rounded coordinates of every surface, each turned to begin at its smallest point."""
    found = []
    for surface, kind in enumerate(model.kind.tolist()):
        points = []
        for ring in range(model.surface_ring[surface], model.surface_ring[surface + 1]):
            corner = np.round(model.coords[model.ring_start[ring] : model.ring_start[ring + 1]], 2).tolist()
            start = corner.index(min(corner))
            points += [value for point in corner[start:] + corner[:start] for value in point]
        found.append((kind, tuple(points)))
    return found
