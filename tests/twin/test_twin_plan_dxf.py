"""Plans from DXF: 3D faces, meshes and polyface meshes in blocks, units, places, and drawings that are no building."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ezdxf
import numpy as np
import pytest
from ezdxf.acis import api as acis
from ezdxf.render import forms
from oracles.plans import SLOPING, X, Y, read

from twin.errors import TwinError

CORNER = [(0, 0, 0), (10, 0, 0), (10, 6, 0), (0, 6, 0), (0, 0, 5), (10, 0, 5), (10, 6, 5), (0, 6, 5)]
SIDES = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
HERE = {"origin": (X, Y)}


def drawing(units: int = 6) -> Any:
    document = ezdxf.new("R2010")
    document.units = units
    return document


def add_faces(space: Any, move: tuple[float, float, float] = (0, 0, 0), scale: float = 1.0, **attributes: Any) -> None:
    """A box of 10 by 6 by 5 as six 3D faces."""
    for side in SIDES:
        points = [tuple(scale * (np.array(CORNER[k]) + move)) for k in side]
        space.add_3dface(points, dxfattribs=attributes)


def saved(path: Path, document: Any) -> Path:
    document.saveas(path)
    return path


@pytest.mark.parametrize("way", ["faces", "mesh", "polyface", "block"])
def test_a_box_however_it_is_drawn(tmp_path: Path, way: str) -> None:
    document = drawing()
    space = document.modelspace()
    if way == "faces":
        add_faces(space)
    elif way == "mesh":
        with space.add_mesh().edit_data() as data:
            data.vertices, data.faces = list(CORNER), list(SIDES)
    elif way == "polyface":
        mesh = forms.cube(center=False)
        mesh.scale(10, 6, 5)
        mesh.render_polyface(space)
    else:  # a block within a block, turned by a quarter about the corner it comes to lie in
        inner, outer = document.blocks.new("INNER"), document.blocks.new("OUTER")
        add_faces(inner)
        outer.add_blockref("INNER", (0, -10, 0), dxfattribs={"rotation": 90})
        space.add_blockref("OUTER", (10, 0, 0), dxfattribs={"rotation": -90})
    plan = read(saved(tmp_path / "box.dxf", document), SLOPING, **HERE)
    facts = plan.facts
    assert facts["volume_m3"] == pytest.approx(300.0) and facts["footprint_m2"] == pytest.approx(60.0)
    assert plan.receives and plan.model.n_surfaces == 6
    assert (facts["unit"], facts["format"]) == ("m (named by the file: $INSUNITS)", "DXF")
    assert facts["base_m"] == pytest.approx(facts["ground_m"])
    if way != "block":
        low, high = plan.model.coords.min(axis=0), plan.model.coords.max(axis=0)
        np.testing.assert_allclose(low, [X, Y, 60.0], atol=1e-6)
        np.testing.assert_allclose(high, [X + 10, Y + 6, 65.0], atol=1e-6)


def test_blocks_are_put_where_they_are_inserted(tmp_path: Path) -> None:
    document = drawing()
    add_faces(document.blocks.new("HOUSE"))
    space = document.modelspace()
    space.add_blockref("HOUSE", (0, 0, 0))
    space.add_blockref("HOUSE", (30, 0, 0), dxfattribs={"rotation": 90, "xscale": 2, "yscale": 2, "zscale": 2})
    plan = read(saved(tmp_path / "two.dxf", document), **HERE)
    assert plan.facts["volume_m3"] == pytest.approx(300.0 * 9) and plan.facts["bodies"] == 2
    coords = plan.model.coords - [X, Y, 60.0]
    assert coords.max(axis=0) == pytest.approx([30, 20, 10]) and coords.min(axis=0) == pytest.approx([0, 0, 0])
    assert plan.facts["entities"] == {"3DFACE": 12}


def test_units(tmp_path: Path) -> None:
    document = drawing(4)
    add_faces(document.modelspace(), scale=1000.0)
    path = saved(tmp_path / "mm.dxf", document)
    assert read(path, **HERE).facts["unit"] == "mm (named by the file: $INSUNITS)"
    assert read(path, **HERE).facts["height_m"] == 5.0
    with pytest.raises(TwinError, match=r"10000 m wide and 5000 m high: millimetres for metres\?"):
        read(path, unit="m", **HERE)
    document.units = 6
    document.saveas(path)
    assert read(path, unit="mm", **HERE).facts["unit"] == "mm (--plan-unit; the file says m)"
    document.units = 0
    document.saveas(path)
    with pytest.raises(
        TwinError, match=r"the drawing \(DXF\) does not say its unit and place – give --plan-unit .*--plan-o"
    ):
        read(path)
    document.units = 10
    document.saveas(path)
    with pytest.raises(TwinError, match=r"does not say its unit \(its \$INSUNITS is 10\)"):
        read(path, **HERE)


def test_coordinates_in_the_citys_system(tmp_path: Path) -> None:
    document = drawing()
    add_faces(document.modelspace(), (X, Y, 61.0))
    path = saved(tmp_path / "utm.dxf", document)
    plan = read(path, crs="EPSG:25832", heights="sea")
    assert plan.facts["base_m"] == 61.0 and plan.receives
    assert plan.facts["crs"] == "EPSG:25832 (ETRS89 / UTM zone 32N), named by --plan-crs"
    with pytest.raises(TwinError, match=r"lies \d+\.\d km from the city's buildings"):
        read(path, crs="EPSG:25833", heights="sea")
    with pytest.raises(TwinError, match="does not say what heights count from"):
        read(path, crs="EPSG:25832")
    add_faces(document.modelspace(), (0, 0, 0))
    document.saveas(path)
    with pytest.raises(TwinError, match="take out what is far from the building"):
        read(path, crs="EPSG:25832", heights="sea")


def test_layers_that_are_off_are_not_there(tmp_path: Path) -> None:
    document = drawing()
    document.layers.add("NEW")
    document.layers.add("OLD").off()
    document.layers.add("COLD").freeze()
    space = document.modelspace()
    add_faces(space, layer="NEW")
    add_faces(space, (50, 0, 0), layer="OLD")
    add_faces(space, (90, 0, 0), layer="COLD")
    plan = read(saved(tmp_path / "a.dxf", document), **HERE)
    assert plan.facts["volume_m3"] == pytest.approx(300.0)
    assert plan.facts["warnings"] == ["12 entities on layers that are off or frozen are left out"]
    document.layers.get("NEW").off()
    with pytest.raises(TwinError, match="all of it is on layers that are off or frozen"):
        read(saved(tmp_path / "b.dxf", document), **HERE)


def test_drawings_that_are_no_building(tmp_path: Path) -> None:
    document = drawing()
    space = document.modelspace()
    space.add_lwpolyline([(0, 0), (10, 0), (10, 6), (0, 6)], close=True)
    space.add_line((0, 0), (5, 5))
    path = saved(tmp_path / "a.dxf", document)
    with pytest.raises(TwinError, match=r"a 2-D DXF without 3D faces \(1 LWPOLYLINE, 1 LINE in model space\).*GeoJSON"):
        read(path, **HERE)
    for solid in (space.add_3dsolid(), space.add_body()):
        acis.export_dxf(solid, [acis.body_from_mesh(forms.cube())])
    document.saveas(path)
    with pytest.raises(TwinError, match=r"its 2 3D solids \(ACIS bodies\) cannot be read.*turn them into meshes"):
        read(path, **HERE)
    add_faces(space)
    document.saveas(path)
    assert read(path, **HERE).facts["warnings"] == ["2 3D solids (ACIS bodies) cannot be read and are missing"]
    flat = drawing()
    flat.modelspace().add_3dface([(0, 0, 0), (9, 0, 0), (9, 9, 0), (0, 9, 0)])
    with pytest.raises(TwinError, match="it is flat"):
        read(saved(tmp_path / "flat.dxf", flat), **HERE)
    with pytest.raises(TwinError, match=r"\(nothing in model space\)"):
        read(saved(tmp_path / "none.dxf", drawing()), **HERE)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"AC1032 and more", "is a DWG drawing"),
        (b"no drawing at all", "cannot be read as DXF"),
        (b"  0\nSECTION\n  2\nENTITIES\n  0\n3DFACE\n 10\nzero\n", "cannot be read as DXF"),
    ],
)
def test_files_that_are_no_drawing(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "a.dxf").write_bytes(content)
    with pytest.raises(TwinError, match=sentence):
        read(tmp_path / "a.dxf", **HERE)


def test_a_house_that_is_not_closed_shades(tmp_path: Path) -> None:
    document = drawing()
    for side in SIDES[1:]:
        document.modelspace().add_3dface([CORNER[k] for k in side])
    plan = read(saved(tmp_path / "a.dxf", document), **HERE)
    assert not plan.receives and plan.facts["receives"] == "no closed body: 4 edges without a partner"
    assert plan.facts["volume_m3"] is None and plan.model.n_surfaces == 10
