"""References, templates and shells of CityGML: each polygon once, every reference found or counted, none followed
without end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from oracles.gml_documents import CUBE, SOUTH, TOP, X0, Y0, box, document, member, multi_surface, polygon, solid

from io_citygml import gml_implicit
from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from io_citygml.polygon import surface_areas, surface_normals
from io_citygml.read import read_city
from io_citygml.repair import SurfaceFlag

Read = Callable[..., CityModel]
UNIT = "1 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1"


@pytest.fixture
def read_all(tmp_path: Path) -> Read:
    """Reads top-level objects of CityGML 2.0, or a body of one Building "B"."""

    def read(*members: str, body: str = "") -> CityModel:
        path = tmp_path / "links.gml"
        members = members or (f'<bldg:Building gml:id="B">{body}</bldg:Building>',)
        path.write_text(document("2.0", *members), encoding="utf-8")
        return read_city([path])

    return read


def building(name: str, body: str) -> str:
    return f'<bldg:Building gml:id="{name}">{body}</bldg:Building>'


def wall(name: str, *surfaces: str) -> str:
    geometry = f"<bldg:lod2MultiSurface>{multi_surface(*surfaces)}</bldg:lod2MultiSurface>"
    return f'<bldg:boundedBy><bldg:WallSurface gml:id="{name}">{geometry}</bldg:WallSurface></bldg:boundedBy>'


def use(template: str, matrix: str = UNIT, anchor: str = f"{X0} {Y0} 0") -> str:
    """An ImplicitGeometry of an inline template or of a reference to one."""
    held = (
        f'<core:relativeGMLGeometry xlink:href="{template}"/>'
        if template.startswith("#")
        else f"<core:relativeGMLGeometry>{template}</core:relativeGMLGeometry>"
    )
    point = f"<gml:Point><gml:pos>{anchor}</gml:pos></gml:Point>"
    return (
        f"<core:ImplicitGeometry><core:transformationMatrix>{matrix}</core:transformationMatrix>{held}"
        f"<core:referencePoint>{point}</core:referencePoint></core:ImplicitGeometry>"
    )


def tree(name: str, inside: str) -> str:
    return (
        f'<veg:SolitaryVegetationObject gml:id="{name}"><veg:lod2ImplicitRepresentation>{inside}'
        "</veg:lod2ImplicitRepresentation></veg:SolitaryVegetationObject>"
    )


SQUARE = polygon("0,0,0 1,0,0 1,1,0 0,1,0", "leaf", local=True)


def test_wall_shared_with_another_building(read_all: Read) -> None:
    """The second building's wall is a reference to the first one's, which stands there already; also backwards."""
    first, second = building("A", wall("a", polygon(SOUTH, "p"))), building("B", wall("b", "#p"))
    for members in ((first, second), (second, first)):
        report = read_all(*members).report
        assert report.polygons == {"WALL": 1}
        assert (report.xlinks, report.xlinks_shared, report.xlinks_unresolved) == (1, 1, 0)


def test_reference_to_nothing_is_a_defect(read_all: Read) -> None:
    report = read_all(building("A", wall("a", polygon(SOUTH, "p"))), building("B", wall("b", "#q", "x.gml#p"))).report
    assert report.xlinks_unresolved == 2 and report.defect_counts() == {"unresolved xlink": 2}
    assert {(entry.object_id, entry.surface_id, entry.line) for entry in report.defects} == {
        ("B", "#q", 5), ("B", "x.gml#p", 5)
    }  # fmt: skip


def test_references_in_a_circle_end(read_all: Read) -> None:
    loop = '<gml:CompositeSurface gml:id="one">' + member("#two") + "</gml:CompositeSurface>"
    back = '<gml:CompositeSurface gml:id="two">' + member("#one") + "</gml:CompositeSurface>"
    base = (
        '<gml:OrientableSurface gml:id="o" orientation="-"><gml:baseSurface xlink:href="#o"/></gml:OrientableSurface>'
    )
    report = read_all(body=wall("w", loop, back, base, polygon(SOUTH))).report
    assert report.polygons == {"WALL": 1} and report.xlinks == 3 and report.xlinks_unresolved == 0


def test_chain_of_references_that_doubles(read_all: Read) -> None:
    """Forty levels, each twice the one below: followed, it would be a million million polygons."""
    levels = [f'<gml:CompositeSurface gml:id="c0">{member(polygon(SOUTH))}</gml:CompositeSurface>']
    levels += [
        f'<gml:CompositeSurface gml:id="c{n}">{member(f"#c{n - 1}") * 2}</gml:CompositeSurface>' for n in range(1, 40)
    ]
    report = read_all(body=wall("w", *levels) + wall("v", "#c39")).report
    assert report.polygons == {"WALL": 1} and report.xlinks == 79


def test_interior_shell_is_left_out(read_all: Read) -> None:
    cavity = [polygon(face) for face in box(0.2, 0.2, 0.2, (0.5, 0.5, 0.5))]
    shape = solid(*map(polygon, CUBE), holes=cavity)
    report = read_all(body=f"<bldg:lod1Solid>{shape}</bldg:lod1Solid>").report
    assert report.polygons == {"GROUND": 1, "ROOF": 1, "WALL": 4} and report.skipped_polygons == {"NESTED_SHELL": 6}
    assert report.skipped_area_m2["NESTED_SHELL"] == pytest.approx(6 * 0.25)


def test_surface_an_interior_shell_refers_to_is_left_out(read_all: Read) -> None:
    shape = solid(polygon(TOP), holes=["#inner"])
    report = read_all(body=f"<bldg:lod2Solid>{shape}</bldg:lod2Solid>" + wall("w", polygon(SOUTH, "inner"))).report
    assert report.polygons == {"ROOF": 1} and report.skipped_polygons == {"NESTED_SHELL": 1}


def test_template_is_read_once_and_set_down_often(read_all: Read) -> None:
    """By a reference from another object, also from before it; turned a quarter and moved."""
    quarter = "0 -1 0 10  1 0 0 0  0 0 1 0  0 0 0 1"
    model = read_all(
        tree("before", use("#leaf", anchor=f"{X0 + 5} {Y0} 3")),
        tree("here", use(multi_surface(SQUARE))),
        tree("after", use("#leaf", matrix=quarter)),
    )
    names = [item.id for item in model.objects]
    corner = {
        names[model.object[surface]]: model.coords[model.ring_start[surface] : model.ring_start[surface + 1]]
        for surface in range(model.n_surfaces)
    }
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    assert np.array_equal(corner["here"] - [X0, Y0, 0], square)
    assert np.array_equal(corner["before"] - [X0 + 5, Y0, 3], square)
    assert np.array_equal(
        corner["after"] - [X0, Y0, 0], square @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]]) + [10, 0, 0]
    )
    assert model.report.xlinks == 2 and model.report.xlinks_unresolved == 0 and model.report.polygons == {"OTHER": 3}


def test_mirrored_template_keeps_its_outside(read_all: Read) -> None:
    model = read_all(tree("t", use(SQUARE, matrix="-1 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1")))
    assert surface_normals(model).tolist() == [[0, 0, 1]] and surface_areas(model).tolist() == [1.0]


def test_window_by_implicit_geometry(read_all: Read) -> None:
    inside = use(polygon("0,0,0 1,0,0 1,0,1 0,0,1", local=True))
    window = f'<bldg:Window gml:id="win"><bldg:lod3ImplicitRepresentation>{inside}</bldg:lod3ImplicitRepresentation>'
    opening = f"<bldg:opening>{window}</bldg:Window></bldg:opening></bldg:WallSurface>"
    model = read_all(body=wall("w", polygon(SOUTH)).replace("lod2", "lod3").replace("</bldg:WallSurface>", opening))
    assert model.report.polygons == {"WALL": 1, "WINDOW": 1} and model.surface_id == ("w", "win")


def test_library_object_is_counted_by_name(read_all: Read) -> None:
    library = "<core:mimeType>model/obj</core:mimeType><core:libraryObject>lib/oak.obj</core:libraryObject>"
    assert read_all(tree("t", f"<core:ImplicitGeometry>{library}</core:ImplicitGeometry>")).report.not_read == {
        "libraryObject oak.obj": 1
    }


@pytest.mark.parametrize(
    ("inside", "action"),
    [
        (use(SQUARE, matrix="1 0 0"), "left out: the transformation matrix holds 3 numbers, not 16"),
        (use(SQUARE, matrix="one"), "left out: the transformation matrix holds something else than numbers"),
        (use(SQUARE, anchor="5 6"), "left out: the reference point has no three coordinates"),
    ],
)
def test_unusable_implicit_geometry_is_a_defect(read_all: Read, inside: str, action: str) -> None:
    report = read_all(tree("t", inside)).report
    assert [(entry.kind, entry.object_id, entry.action) for entry in report.defects] == [
        ("implicit geometry", "t", action)
    ]
    assert not report.polygons


def test_template_in_metres_at_a_place_in_degrees(tmp_path: Path) -> None:
    path = tmp_path / "degrees.gml"
    square = multi_surface(polygon("50.08,8.24,1 50.08,8.25,1 50.09,8.25,1", local=True))
    meadow = f'<luse:LandUse gml:id="l"><luse:lod0MultiSurface>{square}</luse:lod0MultiSurface></luse:LandUse>'
    text = document("2.0", meadow, tree("t", use(SQUARE, anchor="50.08 8.24 100")), srs="urn:ogc:def:crs:EPSG::4326")
    path.write_text(text, encoding="utf-8")
    model = read_city([path])
    assert model.report.polygons == {"OTHER": 2} and "implicit geometry" not in model.report.defect_counts()
    assert surface_areas(model)[1] == pytest.approx(1.0, rel=1e-9)


def test_template_that_is_nowhere(read_all: Read) -> None:
    report = read_all(tree("t", use("#nowhere"))).report
    assert report.xlinks_unresolved == 1 and report.defect_counts() == {"unresolved xlink": 1}


def test_templates_unfold_to_a_limit(read_all: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gml_implicit, "MAX_POINTS", 100)
    trees = [tree(f"t{n}", use("#leaf")) for n in range(30)]
    with pytest.raises(CityModelError, match=r"unfold into more than 100 points.*Split the file"):
        read_all(tree("t", use(SQUARE)), *trees)


def test_templates_of_templates_do_not_double(read_all: Read) -> None:
    levels = [multi_surface(SQUARE, name="t0")] + [
        multi_surface(*[f"#t{n - 1}"] * 2, name=f"t{n}") for n in range(1, 30)
    ]
    model = read_all(*(tree(f"v{n}", use(level)) for n, level in enumerate(levels)))
    assert 0 < model.n_surfaces <= len(levels)


def test_second_reading_of_the_same_tree_is_left_out(read_all: Read) -> None:
    model = read_all(tree("t", use(SQUARE)), tree("t", use(SQUARE)))
    assert model.n_surfaces == 1 and model.report.skipped_polygons == {"DUPLICATE_OBJECT": 1}
    assert not np.any(model.flags & SurfaceFlag.REVERSED)
