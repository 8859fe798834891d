"""What repairs of the city model mean to receivers: every square metre measured once, from outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from io_citygml.model import CityModel
from io_citygml.polygon import triangulate
from io_citygml.read import read_city
from twin.receivers import Samples, sample_surfaces
from twin.scene import Scene, build_scene

E0, N0 = 364100.0, 5650100.0
BOX = np.array([[0, 0, 0], [10, 0, 0], [10, 8, 0], [0, 8, 0], [0, 0, 6], [10, 0, 6], [10, 8, 6], [0, 8, 6.0]])
FACES = {
    "ground": [0, 3, 2, 1],
    "roof": [4, 5, 6, 7],
    "south": [0, 1, 5, 4],
    "east": [1, 2, 6, 5],
    "north": [2, 3, 7, 6],
    "west": [3, 0, 4, 7],
}


def write_house(path: Path, faces: dict[str, list[int]]) -> Path:
    """A CityGML house of boundary surfaces over the corners of BOX."""
    ns = "http://www.opengis.net"
    parts = []
    for name, corners in faces.items():
        kind = {"ground": "GroundSurface", "roof": "RoofSurface"}.get(name, "WallSurface")
        ring = BOX[[*corners, corners[0]]] + [E0, N0, 50.0]
        text = " ".join(f"{x:.3f} {y:.3f} {z:.3f}" for x, y, z in ring)
        parts.append(
            f'<b:boundedBy><b:{kind} gml:id="{name}"><b:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>'
            f"<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing>"
            f"</gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></b:lod2MultiSurface></b:{kind}>"
            "</b:boundedBy>"
        )
    path.write_text(
        f'<CityModel xmlns="{ns}/citygml/2.0" xmlns:b="{ns}/citygml/building/2.0" xmlns:gml="{ns}/gml">'
        '<gml:boundedBy><gml:Envelope srsName="EPSG:25832"/></gml:boundedBy><cityObjectMember>'
        f'<b:Building gml:id="B">{"".join(parts)}</b:Building></cityObjectMember></CityModel>',
        encoding="utf-8",
    )
    return path


def sampled(path: Path) -> tuple[CityModel, Scene, Samples]:
    model = read_city([path], examine=True)
    scene = build_scene(model, 0.2)
    rows = np.flatnonzero(scene.receives)
    return model, scene, sample_surfaces(model, scene, rows, 1.0)


def test_a_flipped_house_is_measured_from_outside(tmp_path: Path) -> None:
    """Roof and two walls turned inward, and the same house as it should be: the same receivers."""
    wrong = {name: corners[::-1] if name in ("roof", "east", "south") else corners for name, corners in FACES.items()}
    model, scene, found = sampled(write_house(tmp_path / "wrong.gml", wrong))
    _, _, right = sampled(write_house(tmp_path / "right.gml", FACES))
    centre = BOX.mean(axis=0) + [E0, N0, 50.0]
    assert (np.einsum("ij,ij->i", found.point - centre, found.normal) > 0).all()
    assert scene.solidity.oriented.all() and model.report.flags == {"FLIPPED": 3}
    order, other = (np.lexsort(np.round(part.point, 6).T) for part in (found, right))
    assert np.abs(found.point[order] - right.point[other]).max() < 1e-9
    assert found.area_m2.sum() == pytest.approx(right.area_m2.sum())


def test_a_bow_tie_is_measured_where_it_is(tmp_path: Path) -> None:
    """Two corners of the roof and of a wall exchanged: area, receivers and casters say the same."""
    faces = {**FACES, "roof": [4, 6, 5, 7], "east": [1, 6, 2, 5]}
    model, scene, found = sampled(write_house(tmp_path / "tied.gml", faces))
    roofs = np.flatnonzero([name.startswith("roof") for name in model.surface_id])
    east = np.flatnonzero([name.startswith("east") for name in model.surface_id])
    # two lobes, each a quarter of the rectangle
    assert scene.area_m2[roofs] == pytest.approx([20.0, 20.0]) and scene.area_m2[east] == pytest.approx([12.0, 12.0])
    assert np.bincount(found.surface, found.area_m2)[roofs] == pytest.approx([20.0, 20.0])
    corner = model.coords[triangulate(model, roofs).triangle]
    area = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    assert area.sum() == pytest.approx(40.0)
    assert (found.normal[np.isin(found.surface, roofs), 2] == 1).all()
    # the lobes meet in the middle; nothing is measured in the triangles between them
    local = found.point[np.isin(found.surface, roofs)] - [E0 + 5.0, N0 + 4.0, 0.0]
    assert (np.abs(local[:, 0]) / 5.0 < np.abs(local[:, 1]) / 4.0).all() or (
        np.abs(local[:, 0]) / 5.0 > np.abs(local[:, 1]) / 4.0
    ).all()
