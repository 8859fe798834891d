"""Geometry templates: an instance is the template turned, scaled, shifted and set on its vertex."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from io_citygml import cityjson_templates
from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from io_citygml.polygon import surface_areas, surface_normals
from io_citygml.repair import SurfaceFlag

Read = Callable[..., CityModel]
# A cube of 1 m on the origin, outward.
CUBE = [
    [[0, 3, 2, 1]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]
]  # fmt: skip
CORNERS = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]]
# A quarter turn to the left, twice as high, shifted by (1, 2, 3).
MATRIX = [0, -1, 0, 1, 1, 0, 0, 2, 0, 0, 2, 3, 0, 0, 0, 1]
IDENTITY = np.eye(4).ravel().tolist()


@pytest.fixture
def trees(json_document: dict[str, Any]) -> dict[str, Any]:
    """The house and yard with two trees that are cubes, and their templates."""
    semantics = {"surfaces": [{"type": "WallSurface", "id": "bark"}], "values": [[0, None, None, None, None, None]]}
    templates = [
        {"type": "Solid", "lod": "2.1", "boundaries": [copy.deepcopy(CUBE)], "semantics": semantics},
        {"type": "MultiPoint", "lod": "1", "boundaries": [0]},
    ]
    json_document["geometry-templates"] = {"templates": templates, "vertices-templates": copy.deepcopy(CORNERS)}
    for name, vertex, matrix in (("oak", 8, MATRIX), ("elm", 9, IDENTITY)):
        instance = {"type": "GeometryInstance", "template": 0, "boundaries": [vertex], "transformationMatrix": matrix}
        json_document["CityObjects"][name] = {"type": "SolitaryVegetationObject", "geometry": [instance]}
    return json_document


def of(model: CityModel, name: str) -> NDArray[np.int64]:
    """(N,) surfaces of an object."""
    return np.flatnonzero(model.object == [item.id for item in model.objects].index(name))


def points(model: CityModel, surfaces: NDArray[np.int64]) -> NDArray[np.float64]:
    first, end = model.surface_ring[surfaces[0]], model.surface_ring[surfaces[-1] + 1]
    return model.coords[model.ring_start[first] : model.ring_start[end]]


def test_instances_stand_where_the_matrix_says(trees: dict[str, Any], read_json: Read) -> None:
    model = read_json(trees)
    scale, shift = np.array(trees["transform"]["scale"]), np.array(trees["transform"]["translate"])
    order = np.array(CUBE).ravel()
    for name, vertex, matrix in (("oak", 8, MATRIX), ("elm", 9, IDENTITY)):
        reference = np.array(trees["vertices"][vertex]) * scale + shift
        homogeneous = np.column_stack([CORNERS, np.ones(8)]) @ np.array(matrix, float).reshape(4, 4).T
        expected = (homogeneous[:, :3] + reference)[order]
        assert points(model, of(model, name)) == pytest.approx(expected, abs=1e-9)
    # the corner (1, 0, 1) of the template, by hand: turned to (0, 1, 2), shifted to (1, 3, 5)
    assert model.coords[model.ring_start[model.surface_ring[of(model, "oak")[1]]] + 1].tolist() == pytest.approx(
        [445620.0 + 1, 5547800.0 + 3, 100.0 + 5]
    )
    assert surface_areas(model)[of(model, "oak")].tolist() == pytest.approx([1, 1, 2, 2, 2, 2])
    assert set(model.lod[of(model, "oak")]) == {2} and model.report.defects == []
    assert model.report.solids == 3 and not any("bark" in name for name in model.surface_id)


def test_mirrored_instance_keeps_its_faces_outward(trees: dict[str, Any], read_json: Read) -> None:
    mirror = [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    trees["CityObjects"]["oak"]["geometry"][0]["transformationMatrix"] = mirror
    model = read_json(trees)
    oak = of(model, "oak")
    centre = points(model, oak).mean(axis=0)
    for surface in oak:
        outward = points(model, np.array([surface])).mean(axis=0) - centre
        assert surface_normals(model)[surface] @ outward > 0.4
    assert set(model.flags[oak]) == {SurfaceFlag.REVERSED} and set(model.flags[of(model, "elm")]) == {0}


def test_template_of_points_is_counted(trees: dict[str, Any], read_json: Read) -> None:
    trees["CityObjects"]["oak"]["geometry"][0]["template"] = 1
    report = read_json(trees).report
    assert report.not_read == {"MultiPoint": 1} and report.polygons["OTHER"] == 1 + 5


def test_instance_of_a_lower_level_is_left_out(trees: dict[str, Any], read_json: Read) -> None:
    better = {"type": "MultiSurface", "lod": "2.2", "boundaries": [[[8, 9, 10]]]}
    trees["CityObjects"]["oak"]["geometry"].append(better)
    report = read_json(trees).report
    assert report.skipped_polygons == {"LOWER_LOD": 1 + 6} and report.polygons["OTHER"] == 1 + 1 + 5


def test_bounded_number_of_points(trees: dict[str, Any], read_json: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cityjson_templates, "MAX_POINTS", 59)  # two cubes are six closed rings of five points each
    with pytest.raises(CityModelError, match="more than 59 points"):
        read_json(trees)
    monkeypatch.setattr(cityjson_templates, "MAX_POINTS", 60)
    assert read_json(trees).report.polygons["OTHER"] == 1 + 2 * 5


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda i, t: i.update(template=2), r"template 2 does not exist \(there are 2\)"),
        (lambda i, t: i.update(template=-1), "template -1 does not exist"),
        (lambda i, t: i.update(template=True), "template True does not exist"),
        (lambda i, t: i.pop("template"), "template None does not exist"),
        (lambda i, t: i.update(boundaries=[]), "not one vertex index"),
        (lambda i, t: i.update(boundaries=[[8]]), "not one vertex index"),
        (lambda i, t: i.update(boundaries=[1000]), "vertex 1000 does not exist"),
        (lambda i, t: i.pop("transformationMatrix"), "not 16 finite numbers"),
        (lambda i, t: i.update(transformationMatrix=MATRIX[:12]), "not 16 finite numbers"),
        (lambda i, t: i.update(transformationMatrix=[*MATRIX[:15], "1"]), "not 16 finite numbers"),
        (lambda i, t: i.update(transformationMatrix=[*MATRIX[:15], float("nan")]), "not 16 finite numbers"),
        # column by column: the shift stands in the last row
        (lambda i, t: i.update(transformationMatrix=np.reshape(MATRIX, (4, 4)).T.ravel().tolist()), "last row"),
        (lambda i, t: t["templates"][0].update(type="GeometryInstance"), "itself a GeometryInstance"),
        (lambda i, t: t["templates"][0].update(boundaries=[CUBE[0]]), "nested wrongly"),
        (lambda i, t: t["vertices-templates"].pop(), "vertex 7 does not exist"),
        (lambda i, t: t["vertices-templates"].append([0, 0]), "vertex 8 of vertices-templates"),
        (lambda i, t: t.update(templates={"0": 1}), "not a list of objects"),
        (lambda i, t: t.clear(), "template 0 does not exist"),
    ],
)
def test_refusals(trees: dict[str, Any], read_json: Read, change: Callable[[Any, Any], object], pattern: str) -> None:
    change(trees["CityObjects"]["oak"]["geometry"][0], trees["geometry-templates"])
    with pytest.raises(CityModelError, match=pattern) as caught:
        read_json(trees)
    assert caught.value.remedy
