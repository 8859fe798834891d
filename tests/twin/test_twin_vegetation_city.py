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


@pytest.mark.shared
def test_grass_of_delft_is_no_crown(shared_data: Path) -> None:
    """126 plant covers of the national map without a height: none of them is made up."""
    crowns = crowns_of_city(read_city(shared_data / "cityjson/delft.city.json.gz"))
    assert crowns.report == {"found": 0, "left out: PlantCover without averageHeight": 126}
