"""Streaming of CityGML: plural members one by one, coordinate systems at every level, and hostile XML ends."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles.gml_documents import CUBE, TOP, X0, Y0, document, member, multi_surface, polygon, solid

from io_citygml import gml_stream
from io_citygml.buffers import SurfaceBuffer
from io_citygml.citygml import read_citygml
from io_citygml.errors import CityModelError
from io_citygml.gml_stream import CityStream
from io_citygml.model import CityModel
from io_citygml.read import read_city

Read = Callable[..., CityModel]


@pytest.fixture
def read_text(tmp_path: Path) -> Read:
    def read(text: str, crs: str | None = None) -> CityModel:
        path = tmp_path / "stream.gml"
        path.write_text(text, encoding="utf-8")
        return read_city([path], crs=crs)

    return read


def block(name: str) -> str:
    shape = solid(*map(polygon, CUBE))
    return f'<bldg:Building gml:id="{name}"><bldg:lod1Solid>{shape}</bldg:lod1Solid></bldg:Building>'


def roof(inside: str) -> str:
    geometry = f"<bldg:lod2MultiSurface><gml:MultiSurface>{member(inside)}</gml:MultiSurface></bldg:lod2MultiSurface>"
    surface = f'<bldg:boundedBy><bldg:RoofSurface gml:id="r">{geometry}</bldg:RoofSurface></bldg:boundedBy>'
    return f'<bldg:Building gml:id="B">{surface}</bldg:Building>'


@pytest.mark.parametrize("holder", ["core:cityObjectMember", "gml:featureMember", "gml:featureMembers"])
def test_holders_of_objects(read_text: Read, holder: str) -> None:
    model = read_text(document("2.0", block("A"), block("B"), holder=holder))
    assert model.report.objects == {"Building": 2} and model.n_surfaces == 12


def test_plural_members_with_strangers_between(read_text: Read) -> None:
    inside = block("A") + "<gen:Thing/>" + block("B") + "<!-- a comment -->" + block("C")
    model = read_text(document("2.0", inside, block("D"), holder="gml:featureMembers"))
    assert [item.id for item in model.objects] == ["A", "B", "C", "D"] and model.report.not_read == {"Thing": 1}


def test_plural_members_are_freed_one_by_one() -> None:
    """Twenty times the objects, and never more of them in memory than a chunk of the file holds."""

    def most_living(count: int) -> int:
        inside = "".join(block(f"B{n}") for n in range(count))
        stream = io.BytesIO(document("2.0", inside, holder="gml:featureMembers").encode())
        return max(
            len(parent) for element in CityStream(stream, "x.gml") if (parent := element.getparent()) is not None
        )

    assert 1 < most_living(2000) <= most_living(100) <= 40


def test_order_of_documents_in_a_stream_is_kept(read_text: Read) -> None:
    names = [f"B{n}" for n in range(300)]
    model = read_text(document("2.0", *map(block, names)))
    assert [item.id for item in model.objects] == names


def test_other_children_of_the_root(read_text: Read) -> None:
    text = document("2.0", block("A")).replace(
        "<core:cityObjectMember>", "<gml:name>n</gml:name><app:appearanceMember/><core:strange/><core:cityObjectMember>"
    )
    assert read_text(text).report.not_read == {"strange": 1}


@pytest.mark.parametrize("level", ["Envelope", "MultiSurface", "Polygon", "LinearRing", "posList"])
def test_coordinate_system_named_at_any_level(read_text: Read, level: str) -> None:
    text = document("2.0", roof(polygon(TOP)), srs="")
    if level == "Envelope":
        envelope = '<gml:boundedBy><gml:Envelope srsName="EPSG:25832"/></gml:boundedBy>'
        text = text.replace('<bldg:Building gml:id="B">', f'<bldg:Building gml:id="B">{envelope}')
    else:
        text = text.replace(f"<gml:{level}>", f'<gml:{level} srsName="EPSG:25832">')
    assert read_text(text).crs.horizontal == "EPSG:25832"


def test_ring_states_its_dimension(read_text: Read) -> None:
    flat = polygon(TOP).replace("<gml:LinearRing>", '<gml:LinearRing srsDimension="2">')
    assert read_text(document("2.0", roof(flat))).report.skipped_polygons == {"EMPTY": 1}


def test_surface_of_patches(read_text: Read) -> None:
    patches = "".join(polygon(face, tag="PolygonPatch") for face in CUBE[:2])
    surface = f"<gml:Surface><gml:patches>{patches}</gml:patches></gml:Surface>"
    assert read_text(document("2.0", roof(surface))).report.area_m2 == {"ROOF": 2.0}


@pytest.mark.parametrize("kind", ["LineString", "LineStringSegment", "ArcString"])
def test_ring_of_curves(read_text: Read, kind: str) -> None:
    """Two curves of two sides each; an arc cannot be drawn with straight edges."""
    corners = [f"{X0 + x} {Y0 + y} 1" for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    halves = [" ".join(corners[:3]), " ".join([*corners[2:], corners[0]])]
    curves = [f"<gml:{kind}><gml:posList>{half}</gml:posList></gml:{kind}>" for half in halves]
    if kind != "LineString":
        curves = [f"<gml:Curve><gml:segments>{curve}</gml:segments></gml:Curve>" for curve in curves]
    ring = "".join(f"<gml:curveMember>{curve}</gml:curveMember>" for curve in curves)
    surface = f"<gml:Polygon><gml:exterior><gml:Ring>{ring}</gml:Ring></gml:exterior></gml:Polygon>"
    report = read_text(document("2.0", roof(surface))).report
    if kind == "ArcString":
        assert report.skipped_polygons == {"EMPTY": 1} and report.not_read == {"ArcString": 2}
    else:
        assert report.area_m2 == {"ROOF": 1.0} and not report.defect_counts()


def test_number_with_an_underscore(read_text: Read) -> None:
    with pytest.raises(CityModelError, match=r"line 4, gml:id r: a coordinate is not a number"):
        read_text(document("2.0", roof(polygon(TOP))).replace("500000.000", "500_000.000", 1))


def test_city_models_within_a_city_model(read_text: Read) -> None:
    strange = "<core:CityModel/>" * 50_000
    assert read_text(document("2.0", strange, block("A"))).report.not_read == {"CityModel": 50_000}


def test_textured_surface_of_old_files(read_text: Read) -> None:
    """TexturedSurface, of CityGML 0.4 and kept in 1.0: an OrientableSurface with its picture."""
    name = "http://www.opengis.net/citygml/texturedsurface/1.0"
    surface = (
        f'<tex:TexturedSurface xmlns:tex="{name}" orientation="+"><gml:baseSurface>{polygon(TOP)}</gml:baseSurface>'
        "<tex:appearance><tex:Material/></tex:appearance></tex:TexturedSurface>"
    )
    report = read_text(document("1.0", roof(surface))).report
    assert report.polygons == {"ROOF": 1} and not report.not_read


def test_modules_of_another_version_under_the_root(read_text: Read) -> None:
    text = document("2.0", roof(polygon(TOP))).replace("citygml/building/2.0", "citygml/building/1.0")
    assert read_text(text).report.polygons == {"ROOF": 1}


@pytest.mark.parametrize("depth", [200, 5000])
def test_deep_nesting_ends(read_text: Read, depth: int) -> None:
    """libxml2 allows some hundred levels; Python's own stack must not be the one to end first."""
    nested = "<gml:MultiSurface><gml:surfaceMember>" * depth + polygon(TOP)
    nested += "</gml:surfaceMember></gml:MultiSurface>" * depth
    text = document("2.0", roof(nested))
    try:
        assert read_text(text).report.polygons == {"ROOF": 1}
    except CityModelError as error:
        assert "well-formed" in str(error) or "nested" in str(error)


def test_parts_within_parts_end(read_text: Read) -> None:
    depth = 60
    opening = "".join(f'<bldg:consistsOfBuildingPart><bldg:BuildingPart gml:id="P{n}">' for n in range(depth))
    closing = "</bldg:BuildingPart></bldg:consistsOfBuildingPart>" * depth
    text = document("2.0", f'<bldg:Building gml:id="B">{opening}{closing}</bldg:Building>')
    assert read_text(text).report.objects == {"Building": 1, "BuildingPart": depth}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("</bldg:lod1Solid>", "", 1),
        lambda text: text.replace('gml:id="A"', f'gml:id="{"A" * 11_000_000}"', 1),
        lambda text: text + "<more/>",
        lambda text: text.replace("<gml:posList>", "<gml:posList>&who;", 1),
        lambda text: text.replace("<gml:posList>", "<gml:posList>\x01", 1),
        lambda text: text[: text.index("<core:CityModel")],
    ],
    ids=["cut off", "tag missing", "giant attribute", "two roots", "entity", "control character", "no root"],
)
def test_damage_is_one_clear_error(read_text: Read, damage: Callable[[str], str]) -> None:
    with pytest.raises(CityModelError, match=r"stream\.gml"):
        read_text(damage(document("2.0", block("A"), block("B"))))


def test_object_beyond_all_bounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gml_stream, "MAX_OBJECT_BYTES", 100_000)
    many = multi_surface(*[polygon(TOP)] * 2000)
    stream = io.BytesIO(document("2.0", block("A"), roof(many)).encode())
    buffer = SurfaceBuffer()
    buffer.files.append("x.gml")
    with pytest.raises(CityModelError, match=r"x\.gml, line 5: one object takes more than"):
        read_citygml(stream, "x.gml", buffer)


def test_encodings(tmp_path: Path) -> None:
    text = document("2.0", roof(polygon(TOP))).replace('gml:id="B"', 'gml:id="Gebäude"')
    for encoding in ("utf-8", "utf-16", "iso-8859-1"):
        path = tmp_path / f"{encoding}.gml"
        path.write_bytes(text.replace("UTF-8", encoding).encode(encoding))
        model = read_city([path])
        assert model.objects[0].id == "Gebäude" and model.coords[:, :2].min(axis=0).tolist() == [X0, Y0]
