"""Plans from IFC: a real house without a place, small files with map conversions, units, elements and errors."""

from __future__ import annotations

import gzip
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from oracles.plans import FLAT, SLOPING, X, Y, read

from twin.errors import TwinError
from twin.package_data import demo_city
from twin.plan.ifc_place import conversion_of, unit_m
from twin.plan.join import joined

ifcopenshell = pytest.importorskip("ifcopenshell", reason="the extra ifc")

DUPLEX = "planned_building/Duplex_A_20110907.ifc.gz"


def small(
    schema: str = "IFC4", unit: str | None = "m", boxes: tuple[tuple[str, float, float], ...] = (("IfcWall", 0.0, 6.0),)
) -> Any:
    """A file of boxes 10 by 4 m on plan, each (class, foot [m], height [m]); ``unit`` m, mm or ft, or none."""
    import ifcopenshell.guid

    model = ifcopenshell.file(schema=schema)
    size = {"m": 1.0, "mm": 0.001, "ft": 0.3048, None: 1.0}[unit]

    def new(kind: str, *values: Any) -> Any:
        return model.create_entity(kind, *values)

    def length(metres: float) -> float:
        return metres / size

    units = []
    if unit in ("m", "mm"):
        units = [new("IfcSIUnit", None, "LENGTHUNIT", "MILLI" if unit == "mm" else None, "METRE")]
    elif unit == "ft":
        metre = new("IfcSIUnit", None, "LENGTHUNIT", None, "METRE")
        measure = new("IfcMeasureWithUnit", model.create_entity("IfcLengthMeasure", 0.3048), metre)
        dimensions = new("IfcDimensionalExponents", 1, 0, 0, 0, 0, 0, 0)
        units = [new("IfcConversionBasedUnit", dimensions, "LENGTHUNIT", "foot", measure)]
    else:
        units = [new("IfcSIUnit", None, "PLANEANGLEUNIT", None, "RADIAN")]

    def place(x: float, y: float, z: float) -> Any:
        return new("IfcAxis2Placement3D", new("IfcCartesianPoint", (length(x), length(y), length(z))), None, None)

    context = new("IfcGeometricRepresentationContext", None, "Model", 3, 1e-5, place(0, 0, 0), None)
    project = model.create_entity("IfcProject", GlobalId=ifcopenshell.guid.new(), Name="P")
    project.RepresentationContexts = [context]
    project.UnitsInContext = new("IfcUnitAssignment", units)
    model.create_entity("IfcSite", GlobalId=ifcopenshell.guid.new(), Name="S", CompositionType="ELEMENT")
    for kind, foot, height in boxes:
        middle = new("IfcAxis2Placement2D", new("IfcCartesianPoint", (length(5.0), length(2.0))), None)
        profile = new("IfcRectangleProfileDef", "AREA", None, middle, length(10.0), length(4.0))
        solid = new(
            "IfcExtrudedAreaSolid", profile, place(0, 0, foot), new("IfcDirection", (0.0, 0.0, 1.0)), length(height)
        )
        shape = new("IfcShapeRepresentation", context, "Body", "SweptSolid", [solid])
        item = model.create_entity(kind, GlobalId=ifcopenshell.guid.new(), Name=kind)
        item.ObjectPlacement = new("IfcLocalPlacement", None, place(0, 0, 0))
        item.Representation = new("IfcProductDefinitionShape", None, None, [shape])
    return model


def converted(model: Any, crs: str | None = "EPSG:25832", map_unit: bool = True, **values: float) -> Any:
    """The same with an IfcMapConversion in metres."""
    unit = model.create_entity("IfcSIUnit", None, "LENGTHUNIT", None, "METRE") if map_unit else None
    target = model.create_entity("IfcProjectedCRS", Name=crs, VerticalDatum="DHHN2016", MapUnit=unit)
    source = model.by_type("IfcGeometricRepresentationContext")[0]
    where = {"Eastings": X, "Northings": Y, "OrthogonalHeight": 61.5} | values
    model.create_entity("IfcMapConversion", SourceCRS=source, TargetCRS=target, **where)
    return model


def with_sets(model: Any, owner: str, map_unit: str | None = "METRE", **values: Any) -> Any:
    """An IFC2x3 file with the property sets of buildingSMART's guide at its project or site."""
    import ifcopenshell.guid

    item = model.by_type(owner)[0]
    target = {"Name": "EPSG:25832", "VerticalDatum": "DHHN2016"} | ({"MapUnit": map_unit} if map_unit else {})
    for name, content in (("ePSet_MapConversion", values), ("ePSet_ProjectedCRS", target)):
        properties = [
            model.create_entity(
                "IfcPropertySingleValue",
                key,
                None,
                model.create_entity("IfcLabel" if isinstance(value, str) else "IfcReal", value),
                None,
            )
            for key, value in content.items()
        ]
        sets = model.create_entity(
            "IfcPropertySet", GlobalId=ifcopenshell.guid.new(), Name=name, HasProperties=properties
        )
        model.create_entity(
            "IfcRelDefinesByProperties",
            GlobalId=ifcopenshell.guid.new(),
            RelatedObjects=[item],
            RelatingPropertyDefinition=sets,
        )
    return model


def saved(path: Path, model: Any) -> Path:
    path.write_text(model.to_string(), encoding="utf-8")
    return path


def box_of(path: Path, **said: object) -> list[float]:
    coords = read(path, **said).model.coords
    low, high = coords.min(axis=0), coords.max(axis=0)
    return [*(low - [X, Y, 0.0]), *(high - [X, Y, 0.0])]


@pytest.mark.parametrize(("unit", "shift"), [("m", 0.0), ("mm", 0.0), ("ft", 0.0), ("mm", 3.0)])
def test_a_map_conversion_places_the_house(tmp_path: Path, unit: str, shift: float) -> None:
    """Against ifcopenshell's own conversion of the box's corners: x axis 30° counter-clockwise of east.

    ``shift`` [m] of the file's own world coordinate system, turned by a quarter where there is one.
    """
    import ifcopenshell.util.geolocation as geolocation

    size = {"m": 1.0, "mm": 0.001, "ft": 0.3048}[unit]
    turn = {"XAxisAbscissa": 0.8660254037844387, "XAxisOrdinate": 0.5, "Scale": size}
    model = converted(small(unit=unit), **turn)
    if shift:
        world = model.by_type("IfcGeometricRepresentationContext")[0].WorldCoordinateSystem
        world.Location.Coordinates = (shift / size, 0.0, 0.0)
        world.Axis = model.create_entity("IfcDirection", (0.0, 0.0, 1.0))
        world.RefDirection = model.create_entity("IfcDirection", (0.0, 1.0, 0.0))
    plan = read(saved(tmp_path / "a.ifc", model))
    corners = [(x / size, y / size, z / size) for x in (0, 10.0) for y in (0, 4.0) for z in (0, 6.0)]
    expected = np.array([geolocation.auto_xyz2enh(model, *corner) for corner in corners])
    found = np.unique(np.round(plan.model.coords, 4), axis=0)
    np.testing.assert_allclose(found, np.unique(np.round(expected, 4), axis=0), atol=2e-4)
    facts = plan.facts
    assert facts["unit"] == f"{unit} (named by the file)"
    assert facts["crs"].startswith("EPSG:25832 (ETRS89 / UTM zone 32N), named by the file; IfcMapConversion")
    assert facts["place"] == "IfcMapConversion, heights in DHHN2016"
    assert facts["heights"].startswith("the file's zero lies 61.50 m above sea level (IfcMapConversion")
    assert (facts["base_m"], facts["top_m"], facts["footprint_m2"]) == (61.5, 67.5, pytest.approx(40.0, abs=0.01))
    assert not plan.receives and facts["elements"] == {"IfcWall": 1} and facts["volume_m3"] is None
    json.dumps(facts)


@pytest.mark.parametrize("owner", ["IfcProject", "IfcSite"])
def test_the_property_sets_of_ifc2x3(tmp_path: Path, owner: str) -> None:
    values = {"Eastings": X, "Northings": Y, "OrthogonalHeight": 60.0, "XAxisAbscissa": 0.0, "XAxisOrdinate": 1.0}
    path = saved(tmp_path / "a.ifc", with_sets(small("IFC2X3", "mm"), owner, Scale=0.001, **values))
    assert box_of(path) == pytest.approx([-4.0, 0.0, 60.0, 0.0, 10.0, 66.0], abs=1e-3)
    assert read(path).facts["place"] == "ePSet_MapConversion, heights in DHHN2016"
    without = {key: value for key, value in values.items() if key != "OrthogonalHeight"}
    path = saved(tmp_path / "b.ifc", with_sets(small("IFC2X3", "mm"), owner, Scale=0.001, **without))
    plan = read(path, SLOPING)
    assert plan.facts["heights"] == "the file's zero stands on the ground at its place"
    assert plan.facts["base_m"] == pytest.approx(60.0)


def test_units_of_the_map(tmp_path: Path) -> None:
    """Without a MapUnit eastings are in the file's unit; a scale without the change of units is understood."""
    model = converted(small(unit="mm"), map_unit=False, Eastings=X * 1e3, Northings=Y * 1e3, OrthogonalHeight=61e3)
    assert box_of(saved(tmp_path / "a.ifc", model)) == pytest.approx([0, 0, 61.0, 10, 4, 67.0], abs=1e-3)
    model = converted(small(unit="mm"), Scale=1.0)
    assert box_of(saved(tmp_path / "b.ifc", model)) == pytest.approx([0, 0, 61.5, 10, 4, 67.5], abs=1e-3)
    model = converted(small(unit="m"), Scale=0.9996)
    assert box_of(saved(tmp_path / "c.ifc", model))[3] == pytest.approx(9.996, abs=1e-4)
    with pytest.raises(TwinError, match="IfcMapConversion scales the building by 2 – correct Scale and MapUnit"):
        read(saved(tmp_path / "d.ifc", converted(small(), Scale=2.0)))
    model = converted(small(unit="mm"), map_unit=False)
    with pytest.raises(TwinError, match=r"the plan lies \d+\.\d km from the city's buildings"):
        read(saved(tmp_path / "e.ifc", model))


def test_another_system_and_one_that_is_not_understood(tmp_path: Path) -> None:
    """25833 has the same place 6° further east; the box comes out turned by the convergence."""
    from io_citygml.crs import transform

    east, north = (float(value) for value in transform("EPSG:25832", "EPSG:25833", X, Y))
    model = converted(small(), crs="EPSG:25833", Eastings=east, Northings=north)
    plan = read(saved(tmp_path / "a.ifc", model))
    assert np.abs(plan.model.coords[:, :2] - [X, Y]).min(axis=0) == pytest.approx([0.0, 0.0], abs=1e-3)
    assert "transformed to EPSG:25832, in the same datum" in plan.facts["crs"]
    path = saved(tmp_path / "b.ifc", converted(small(), crs="Gemeindesystem Nord"))
    with pytest.raises(TwinError, match=r"IfcProjectedCRS is named 'Gemeindesystem Nord'.*--plan-crs"):
        read(path)
    assert box_of(path, crs="EPSG:25832")[2] == pytest.approx(61.5)
    with pytest.raises(TwinError, match="the file says that it is in EPSG:25832, --plan-crs says EPSG:25833"):
        read(saved(tmp_path / "c.ifc", converted(small())), crs="EPSG:25833")


def test_an_origin_given_stands_before_the_files(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.ifc", converted(small(), Eastings=X + 100.0))
    plan = read(path, origin=(X, Y, 62.0))
    assert plan.facts["base_m"] == 62.0 and plan.facts["easting"] == X + 5.0
    assert plan.facts["warnings"][0].startswith("the file's own IfcMapConversion")
    assert read(path, heights="ground").facts["base_m"] == 60.0


def test_which_elements_cast(tmp_path: Path) -> None:
    kinds = ("IfcWall", "IfcSlab", "IfcWindow", "IfcDoor", "IfcRailing", "IfcBuildingElementProxy", "IfcCovering")
    others = ("IfcSpace", "IfcOpeningElement", "IfcFurnishingElement", "IfcFooting")
    boxes = tuple((kind, 3.0 * k, 2.0) for k, kind in enumerate((*kinds, *others)))
    plan = read(saved(tmp_path / "a.ifc", small(boxes=boxes)), origin=(X, Y))
    assert plan.facts["elements"] == dict.fromkeys(sorted(kinds), 1)
    assert plan.facts["left_out"] == dict.fromkeys(sorted(others), 1)
    assert plan.facts["triangles"] == 12 * len(kinds) and plan.facts["top_m"] == 60.0 + 3.0 * 6 + 2.0
    assert plan.facts["glass"] == "opaque"
    with pytest.raises(TwinError, match="no triangle in it"):
        read(saved(tmp_path / "b.ifc", small(boxes=(("IfcSpace", 0.0, 3.0),))), origin=(X, Y))


def test_cellars_and_north(tmp_path: Path) -> None:
    model = small(boxes=(("IfcWall", -6.0, 9.0),))
    north = model.create_entity("IfcDirection", (0.5, 0.8660254037844387))
    model.by_type("IfcGeometricRepresentationContext")[0].TrueNorth = north
    plan = read(saved(tmp_path / "a.ifc", model), SLOPING, origin=(X + 20.0, Y))
    assert (plan.facts["base_m"], plan.facts["top_m"]) == (pytest.approx(56.0), pytest.approx(65.0))
    assert plan.facts["warnings"] == [] and plan.facts["ground_m"] == pytest.approx(62.0)
    assert plan.facts["north"].startswith("true north lies 30.00° clockwise of the file's y axis")


def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    model = small()
    model.by_type("IfcSite")[0].RefLatitude = (50, 4, 48, 0)
    model.by_type("IfcSite")[0].RefLongitude = (-8, -14, -24, 0)
    path = saved(tmp_path / "a.ifc", model)
    with pytest.raises(TwinError, match=r"50\.08000° N, 8\.24000° W, which is a hint.*--plan-origin E,N\[,H\]"):
        read(path)
    with pytest.raises(TwinError, match="the IFC file does not say its unit"):
        read(saved(tmp_path / "b.ifc", small(unit=None)), origin=(X, Y))
    assert read(tmp_path / "b.ifc", origin=(X, Y), unit="ft").facts["height_m"] == pytest.approx(6 * 0.3048, abs=1e-3)
    with pytest.raises(TwinError, match="--plan-unit has no meaning here: the file names its unit"):
        read(path, origin=(X, Y), unit="mm")
    with pytest.raises(TwinError, match="--plan-up has no meaning here"):
        read(path, origin=(X, Y), up="y")


def test_packed_files(tmp_path: Path) -> None:
    content = small().to_string().encode("utf-8")
    (tmp_path / "a.ifc.gz").write_bytes(gzip.compress(content))
    with zipfile.ZipFile(tmp_path / "a.ifczip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("house.ifc", content)
    for name in ("a.ifc.gz", "a.ifczip"):
        assert read(tmp_path / name, origin=(X, Y)).facts["height_m"] == pytest.approx(6.0)
    (tmp_path / "b.ifc.gz").write_bytes(gzip.compress(content)[:-40])
    with pytest.raises(TwinError, match="damaged or cut off"):
        read(tmp_path / "b.ifc.gz", origin=(X, Y))
    with zipfile.ZipFile(tmp_path / "b.ifczip", "w") as archive:
        archive.writestr("one.ifc", content)
        archive.writestr("two.ifc", content)
    with pytest.raises(TwinError, match=r"2 \.ifc files in it instead of one"):
        read(tmp_path / "b.ifczip", origin=(X, Y))


def test_files_that_are_no_ifc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = small().to_string()
    bad = {
        "cut off: its end is missing": content[: len(content) // 2],
        "is no IFC file": "<ifcXML/>",
        "cannot be read as IFC 2x3, 4 or 4.3": content.replace("IFC4", "AP214"),
    }
    for sentence, text in bad.items():
        (tmp_path / "a.ifc").write_text(text, encoding="utf-8")
        with pytest.raises(TwinError, match=sentence):
            read(tmp_path / "a.ifc", origin=(X, Y))
    monkeypatch.setitem(sys.modules, "ifcopenshell", None)
    with pytest.raises(TwinError, match=r"pip install 'heliotwin\[ifc\]'"):
        read(saved_text(tmp_path / "b.ifc", content), origin=(X, Y))


def saved_text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.shared
def test_the_duplex_in_the_demo_district(shared_data: Path) -> None:
    """A real IFC2x3 house without a map conversion: asked for its place, then as large as its own numbers say."""
    path = shared_data / DUPLEX
    with pytest.raises(TwinError, match=r"no map conversion.*41\.87440° N, 87\.63940° W.*--plan-origin"):
        read(path)
    from io_citygml.read import read_city

    with demo_city() as city:
        model = read_city([city])
    low, high = model.coords.min(axis=0)[:2], model.coords.max(axis=0)[:2]
    around = FLAT._replace(low=low, high=high)
    begin = time.perf_counter()
    plan = read(path, around, origin=(364500.0, 5650500.0))
    assert time.perf_counter() - begin < 30.0
    facts = plan.facts
    assert [storey["elevation"] for storey in facts["storeys"]] == pytest.approx([0.0, 3.1, -1.25, 6.0])
    # Upstairs, below the roof, its outside is that of the walls: 8.80 by 17.80 m.
    west, south, east, north = walls_by_hand(path, 3.1)
    assert (east - west, north - south) == pytest.approx((8.8, 17.8), abs=2e-3)
    corner = plan.model.coords.reshape(-1, 3, 3) - [364500.0, 5650500.0, 60.0]
    mesh = trimesh.Trimesh(corner.reshape(-1, 3), np.arange(3 * len(corner)).reshape(-1, 3), process=False)
    cut = trimesh.intersections.mesh_plane(mesh, [0.0, 0.0, 1.0], [0.0, 0.0, 5.6]).reshape(-1, 3)
    assert [*cut.min(axis=0)[:2], *cut.max(axis=0)[:2]] == pytest.approx([west, south, east, north], abs=2e-3)
    assert facts["top_m"] == pytest.approx(60.0 + 6.6348, abs=1e-3)
    assert sum(facts["elements"].values()) == 147 and not plan.receives
    both = joined([model, plan.model])
    assert np.array_equal(both.coords[: len(model.coords)], model.coords)


def walls_by_hand(path: Path, level: float) -> list[float]:
    """Box on plan of the walls at a level [m]: their axes and the thickness of their layers, no geometry engine."""
    from ifcopenshell.util.element import get_material
    from ifcopenshell.util.placement import get_local_placement

    model = ifcopenshell.file.from_string(gzip.decompress(path.read_bytes()).decode("utf-8"))
    corners = []
    for wall in model.by_type("IfcWallStandardCase"):
        matrix = get_local_placement(wall.ObjectPlacement)
        axis = next(part for part in wall.Representation.Representations if part.RepresentationIdentifier == "Axis")
        ends = np.array([[*point.Coordinates, 0.0] for point in axis.Items[0].Points])
        ends = ends @ matrix[:3, :3].T + matrix[:3, 3]
        if abs(ends[0, 2] - level) < 1e-3:
            thick = sum(layer.LayerThickness for layer in get_material(wall).ForLayerSet.MaterialLayers)
            along = (ends[1] - ends[0])[:2] / np.linalg.norm((ends[1] - ends[0])[:2])
            across = np.array([-along[1], along[0]]) * thick / 2
            corners += [ends[:, :2] + across, ends[:, :2] - across]
    found = np.concatenate(corners)
    return [*found.min(axis=0), *found.max(axis=0)]


def test_scale_and_unit_of_a_conversion() -> None:
    model = converted(small(unit="mm"), Scale=0.001)
    assert unit_m(model) == 0.001
    found = conversion_of(model, Path("a.ifc"), 0.001)
    assert found is not None and found.scale == 1.0 and found.easting == X
    assert conversion_of(small(), Path("a.ifc"), 1.0) is None
