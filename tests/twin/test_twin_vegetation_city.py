"""Trees of city models: every way to draw one, in every version, becomes the crown that it stands for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracles.gml_documents import box, document, multi_surface, polygon, solid

from io_citygml.model import CityModel
from io_citygml.read import read_city
from twin.mesh import sealed
from twin.scene import build_scene
from twin.vegetation.bodies import Body, volume_m3
from twin.vegetation.crowns import Crowns
from twin.vegetation.from_city import crowns_of_city

FILE = Path(__file__).parents[1] / "data/trees/representations.gml"
SPHEROID_M3 = np.pi / 6 * 8 * 8 * 8
# of each object: height, base, diameter [m], volume [m³]; the octahedron's radius is 3 and 2, on its own 4/3 r³
EXPECTED = {
    "closed": (10, 4, 2 * np.sqrt(18 / np.pi), 36),
    "open": (10, 4, 2 * np.sqrt(18 / np.pi), 36),
    "billboard": (12, 4, 8, SPHEROID_M3),
    "billboard_in_feet": (12, 4, 8, SPHEROID_M3),
    "billboard_without_attributes": (6, 2, 4 * np.sqrt(2), np.pi / 6 * 32 * 4),
    "implicit": (4, 0, 2 * np.sqrt(8 / np.pi), 32 / 3),
    "implicit_again": (4, 0, 2 * np.sqrt(8 / np.pi), 32 / 3),
    "hedge": (2, 0, 2 * np.sqrt(10 / np.pi), 20),
    "grove": (6, 0, 2 * np.sqrt(400 / np.pi), 300 * 6),
}


def volumes(crowns: Crowns) -> list[float]:
    local = crowns.vertices - (crowns.vertices.min(axis=0) if len(crowns) else 0.0)
    made = sealed(local, crowns.triangles, crowns.tree, crowns.tree)
    assert (made.shell >= 0).all() and not len(made.sliver)
    return [volume_m3(Body(local, crowns.triangles[crowns.tree == tree].astype(int))) for tree in range(len(crowns))]


def building(x: float) -> str:
    block = solid(*map(polygon, box(x, 0, 0, (10, 8, 6))))
    return f'<bldg:Building gml:id="B"><bldg:lod1Solid>{block}</bldg:lod1Solid></bldg:Building>'


def read(tmp_path: Path, text: str, name: str = "a.gml") -> CityModel:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_city(path, crs="EPSG:25832")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_every_representation(tmp_path: Path, version: str) -> None:
    text = FILE.read_text(encoding="utf-8").replace("/2.0", f"/{version}")
    crowns = crowns_of_city(read(tmp_path, text))
    assert crowns.id == tuple(EXPECTED)
    for tree, (volume, expected) in enumerate(zip(volumes(crowns), EXPECTED.values(), strict=True)):
        measured = (crowns.height_m[tree], crowns.base_m[tree], crowns.diameter_m[tree], volume)
        assert measured == pytest.approx(expected, rel=1e-4), crowns.id[tree]
    assert crowns.name[:3] == ("Tilia cordata", "", "Acer platanoides") and set(crowns.source) == {"citygml"}
    assert crowns.report == {
        "found": 9,
        "PlantCover as drawn": 1,
        "PlantCover extruded": 1,
        "SolitaryVegetationObject as drawn": 3,
        "SolitaryVegetationObject hull": 1,
        "SolitaryVegetationObject spheroid": 3,
        "left out: PlantCover lower than 0.5 m": 1,
        "left out: PlantCover without averageHeight": 1,
        "left out: SolitaryVegetationObject without a surface": 1,
        "trunks left out": 1,
    }


def test_citygml_3(tmp_path: Path) -> None:
    hedge = solid(*map(polygon, box(0, 20, 0, (10, 1, 2))))
    grove = multi_surface(polygon("20,20,1 40,20,1 40,40,1 20,40,1"))
    cross = multi_surface(polygon("-2,0,0 2,0,0 2,0,6 -2,0,6"), polygon("0,-2,0 0,2,0 0,2,6 0,-2,6"))
    text = document(
        "3.0",
        f'<veg:PlantCover gml:id="hedge"><core:lod1Solid>{hedge}</core:lod1Solid></veg:PlantCover>',
        f'<veg:PlantCover gml:id="grove"><core:lod0MultiSurface>{grove}</core:lod0MultiSurface>'
        '<veg:averageHeight uom="m">6</veg:averageHeight></veg:PlantCover>',
        f'<veg:SolitaryVegetationObject gml:id="tree"><core:lod2MultiSurface>{cross}</core:lod2MultiSurface>'
        '<veg:height uom="m">12</veg:height><veg:crownDiameter uom="m">8</veg:crownDiameter>'
        "</veg:SolitaryVegetationObject>",
    )
    crowns = crowns_of_city(read(tmp_path, text))
    assert crowns.id == ("hedge", "grove", "tree")
    assert volumes(crowns) == pytest.approx([20, 2400, SPHEROID_M3], rel=1e-4)


def test_cityjson(tmp_path: Path) -> None:
    """A template placed twice, and a row of hedges with a gap in the solid."""
    vertices = [
        [0, 0, 0],
        [8, 0, 0],
        [8, 1, 0],
        [0, 1, 0],
        [0, 0, 2],
        [8, 0, 2],
        [8, 1, 2],
        [0, 1, 2],
        [20, 0, 0],
        [30, 0, 0],
    ]
    sides = [[[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]]
    octahedron = [[[a, b, 4]] for a, b in ((0, 1), (1, 2), (2, 3), (3, 0))] + [
        [[b, a, 5]] for a, b in ((0, 1), (1, 2), (2, 3), (3, 0))
    ]
    matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 6, 0, 0, 0, 1]

    def tree(vertex: int) -> dict[str, object]:
        instance = {"type": "GeometryInstance", "template": 0, "boundaries": [vertex], "transformationMatrix": matrix}
        attributes = {"species": "Quercus robur", "height": 9.0, "crownDiameter": 6.0}
        return {"type": "SolitaryVegetationObject", "attributes": attributes, "geometry": [instance]}

    hedge = {"type": "MultiSurface", "lod": "1", "boundaries": sides}
    text = json.dumps(
        {
            "type": "CityJSON",
            "version": "2.0",
            "transform": {"scale": [1.0, 1.0, 1.0], "translate": [5e5, 5.7e6, 0.0]},
            "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
            "vertices": vertices,
            "geometry-templates": {
                "templates": [{"type": "Solid", "lod": "2", "boundaries": [octahedron]}],
                "vertices-templates": [[3, 0, 0], [0, 3, 0], [-3, 0, 0], [0, -3, 0], [0, 0, 3], [0, 0, -3]],
            },
            "CityObjects": {
                "a": tree(8),
                "b": tree(9),
                "hedge": {"type": "PlantCover", "attributes": {"averageHeight": 1.8}, "geometry": [hedge]},
            },
        }
    )
    crowns = crowns_of_city(read(tmp_path, text, "a.city.json"))
    assert crowns.id == ("a", "b", "hedge") and crowns.name == ("Quercus robur", "Quercus robur", "")
    assert volumes(crowns) == pytest.approx([36, 36, 16])
    assert crowns.height_m == pytest.approx([9, 9, 2]) and crowns.base_m[0] == pytest.approx(3)


def test_a_crown_is_no_wall(tmp_path: Path) -> None:
    """Nothing of a tree casts or receives: the scene holds the house alone."""
    house = building(200)
    text = FILE.read_text(encoding="utf-8")
    with_house = text.replace(
        "</core:CityModel>", f"<core:cityObjectMember>{house}</core:cityObjectMember></core:CityModel>"
    )
    scene = build_scene(read(tmp_path, with_house), 0.2)
    assert len(scene.triangles) == 12 and scene.left_out["SolitaryVegetationObject"] > 30


def test_a_model_without_trees(tmp_path: Path) -> None:
    house = building(0)
    crowns = crowns_of_city(read(tmp_path, document("2.0", house)))
    assert len(crowns) == 0 and crowns.report == {"found": 0}


@pytest.mark.parametrize("height", ["", "0", "-3", "nan", "tall", "1e9"])
def test_a_height_that_is_none(tmp_path: Path, height: str) -> None:
    cover = multi_surface(polygon("0,0,0 9,0,0 9,9,0 0,9,0"))
    stated = f"<veg:averageHeight>{height}</veg:averageHeight>"
    text = document(
        "2.0",
        f'<veg:PlantCover gml:id="p">{stated}<veg:lod1MultiSurface>{cover}</veg:lod1MultiSurface></veg:PlantCover>',
    )
    crowns = crowns_of_city(read(tmp_path, text))
    assert len(crowns) == 0 and crowns.report["left out: PlantCover without averageHeight"] == 1


def test_units_of_lengths(tmp_path: Path) -> None:
    """Of a tree's lengths, as of a building's measuredHeight; one that is not known stays and is reported."""
    tree = (
        '<veg:SolitaryVegetationObject gml:id="t"><veg:height uom="urn:ogc:def:uom:EPSG::9002">10</veg:height>'
        '<veg:trunkDiameter uom="cm">45</veg:trunkDiameter><veg:crownDiameter uom="rods">2</veg:crownDiameter>'
        "</veg:SolitaryVegetationObject>"
    )
    model = read(tmp_path, document("2.0", tree, building(0)))
    (found,) = (item for item in model.objects if item.id == "t")
    assert found.attributes == {"height": "3.048", "trunkDiameter": "0.45", "crownDiameter": "2"}
    assert [(d.kind, d.object_id) for d in model.report.defects] == [("unknown unit", "t")]


def tree_at(shape: str, attributes: str = "") -> str:
    return f'<veg:SolitaryVegetationObject gml:id="t">{attributes}{shape}</veg:SolitaryVegetationObject>'


def point(text: str, name: str = "pos") -> str:
    return f"<gml:Point><gml:{name}>{text}</gml:{name}></gml:Point>"


def library(text: str) -> str:
    anchor = f"<core:referencePoint>{point(text)}</core:referencePoint>" if text else ""
    inside = f"<core:libraryObject>trees/linde.wrl</core:libraryObject>{anchor}"
    inside = f"<core:ImplicitGeometry>{inside}</core:ImplicitGeometry>"
    return f"<veg:lod3ImplicitRepresentation>{inside}</veg:lod3ImplicitRepresentation>"


SIZES = '<veg:height uom="m">12</veg:height><veg:crownDiameter uom="m">8</veg:crownDiameter>'
GENERIC = "".join(
    f'<gen:stringAttribute name="{name}"><gen:value>{value}</gen:value></gen:stringAttribute>'
    for name, value in (("BAUMHOEHE", "12,0 m"), ("kronendurchmesser", "8"), ("Gattung", "Tilia"))
)


@pytest.mark.parametrize(
    ("version", "shape", "attributes"),
    [
        ("2.0", library("40 30 5"), SIZES),
        ("2.0", library("40 30 5"), GENERIC),
        ("1.0", library("40 30 5"), SIZES),
        ("2.0", f"<veg:lod1Geometry>{point('40 30 5')}</veg:lod1Geometry>", SIZES),
        ("2.0", f"<veg:lod1Geometry>{point('40,30,5', 'coordinates')}</veg:lod1Geometry>", SIZES),
        ("3.0", f"<core:lod0Point>{point('40 30 5')}</core:lod0Point>", SIZES),
    ],
)
def test_a_tree_of_which_only_the_place_is_known(tmp_path: Path, version: str, shape: str, attributes: str) -> None:
    """Drawn as a point, or by another file: a spheroid of the height and crown diameter that are stated."""
    crowns = crowns_of_city(read(tmp_path, document(version, tree_at(shape, attributes), building(200))))
    assert crowns.report == {"found": 1, "SolitaryVegetationObject spheroid from attributes": 1}
    assert volumes(crowns) == pytest.approx([SPHEROID_M3], rel=1e-6)
    low, high = crowns.bounds()
    assert ((low + high) / 2)[0] == pytest.approx([40, 30, 13], abs=0.01)  # crown of 8 m, its top at 5 + 12
    assert (crowns.height_m[0], crowns.base_m[0], crowns.diameter_m[0]) == pytest.approx((12, 4, 8))
    assert crowns.confidence[0] == 0.5


@pytest.mark.parametrize(
    ("shape", "attributes", "why"),
    [
        (library("40 30 5"), "<veg:crownDiameter>8</veg:crownDiameter>", "tree without a surface and without a height"),
        (library("40 30 -80"), SIZES, "tree without a surface, far below all that is drawn"),
        (library("40 30"), SIZES, "SolitaryVegetationObject without a surface"),
        (library(""), SIZES, "SolitaryVegetationObject without a surface"),
        (
            f"<veg:lod1Geometry>{point('40 x 5')}</veg:lod1Geometry>",
            SIZES,
            "SolitaryVegetationObject without a surface",
        ),
    ],
)
def test_a_tree_that_is_nowhere(tmp_path: Path, shape: str, attributes: str, why: str) -> None:
    crowns = crowns_of_city(read(tmp_path, document("2.0", tree_at(shape, attributes), building(200))))
    assert crowns.report == {"found": 0, f"left out: {why}": 1}


def test_a_crown_without_a_diameter_is_half_as_wide_as_high(tmp_path: Path) -> None:
    text = document("2.0", tree_at(library("40 30 5"), "<veg:height>12</veg:height>"), building(200))
    crowns = crowns_of_city(read(tmp_path, text))
    assert crowns.diameter_m[0] == pytest.approx(6) and crowns.report["crown diameters assumed"] == 1


def test_places_move_with_their_file(tmp_path: Path) -> None:
    """A file in degrees beside one in metres; a tree's place lands where PROJ puts it."""
    from io_citygml.crs import transform

    (east,), (north,) = transform("EPSG:4258", "EPSG:25832", np.array([9.0]), np.array([51.0]))
    one = document("2.0", building(0), srs="EPSG:25832")
    (tmp_path / "a.gml").write_text(one, encoding="utf-8")
    other = document("2.0", tree_at(library("51.0 9.0 93"), SIZES), srs="urn:ogc:def:crs:EPSG::4258")
    (tmp_path / "b.gml").write_text(other, encoding="utf-8")
    model = read_city([tmp_path / "a.gml", tmp_path / "b.gml"])
    (tree,) = (item for item in model.objects if item.id == "t")
    assert tree.spot == pytest.approx((east, north, 93.0), abs=1e-3)
    assert [item.spot for item in model.objects if item.id != "t"] == [None]


def test_cityjson_points(tmp_path: Path) -> None:
    tree = {
        "type": "SolitaryVegetationObject",
        "attributes": {"height": 12.0, "crownDiameter": 8.0, "species": "Tilia"},
        "geometry": [{"type": "MultiPoint", "lod": "0", "boundaries": [0]}],
    }
    several = {**tree, "geometry": [{"type": "MultiPoint", "lod": "0", "boundaries": [0, 1]}]}
    square = {"type": "MultiSurface", "lod": "1", "boundaries": [[[1, 2, 3]]]}
    text = json.dumps(
        {
            "type": "CityJSON",
            "version": "2.0",
            "transform": {"scale": [0.001] * 3, "translate": [5e5, 5.7e6, 0.0]},
            "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
            "vertices": [[40000, 30000, 5000], [0, 0, 0], [9000, 0, 0], [0, 9000, 0]],
            "CityObjects": {"t": tree, "row": several, "land": {"type": "LandUse", "geometry": [square]}},
        }
    )
    crowns = crowns_of_city(read(tmp_path, text, "a.city.json"))
    assert crowns.id == ("t",) and crowns.name == ("Tilia",)
    assert crowns.bounds()[1][0] == pytest.approx([500_044, 5_700_034, 17], abs=0.2)
    assert crowns.report["left out: SolitaryVegetationObject without a surface"] == 1


def test_a_wood_around_a_glade_leaves_the_glade_free(tmp_path: Path) -> None:
    """Sides and tops of an L, without a bottom: no hull, which would cover what lies between its arms."""
    outline = [(0, 0), (40, 0), (40, 10), (10, 10), (10, 40), (0, 40)]
    top = polygon(" ".join(f"{x},{y},8" for x, y in [*outline, outline[0]]))
    sides = [
        polygon(f"{a},{b},0 {c},{d},0 {c},{d},8 {a},{b},8 {a},{b},0")
        for (a, b), (c, d) in zip(outline, [*outline[1:], outline[0]], strict=True)
    ]
    shape = f"<veg:lod1MultiSurface>{multi_surface(top, *sides)}</veg:lod1MultiSurface>"
    wood = f'<veg:PlantCover gml:id="p"><veg:averageHeight>8</veg:averageHeight>{shape}</veg:PlantCover>'
    crowns = crowns_of_city(read(tmp_path, document("2.0", wood)))
    assert crowns.report == {"found": 1, "PlantCover extruded": 1}
    assert volumes(crowns) == pytest.approx([700 * 8]) and crowns.base_m[0] == pytest.approx(0)


def test_stems_alone_are_the_crown(tmp_path: Path) -> None:
    """Six closed columns from the ground, each narrower than a trunk may be: nothing else is drawn."""
    columns = [solid(*map(polygon, box(x, y, 0, (0.5, 0.5, 9)))) for x in (0, 3, 6) for y in (0, 3)]
    members = "".join(f"<gml:solidMember>{column}</gml:solidMember>" for column in columns)
    shape = f"<veg:lod2Geometry><gml:MultiSolid>{members}</gml:MultiSolid></veg:lod2Geometry>"
    crowns = crowns_of_city(read(tmp_path, document("2.0", tree_at(shape))))
    assert volumes(crowns) == pytest.approx([6 * 0.25 * 9]) and "trunks left out" not in crowns.report


@pytest.mark.shared
def test_grass_of_delft_is_no_crown(shared_data: Path) -> None:
    """126 plant covers of the national map without a height: none of them is made up."""
    crowns = crowns_of_city(read_city(shared_data / "cityjson/delft.city.json.gz"))
    assert crowns.report == {"found": 0, "left out: PlantCover without averageHeight": 126}
