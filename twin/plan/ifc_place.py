"""Where an IFC file stands: its map conversion, and what else it says of place and north.

IFC4 has IfcMapConversion and IfcProjectedCRS (ISO 16739-1); for IFC2x3 buildingSMART's guide to geo-referencing puts
the same into the property sets ePSet_MapConversion and ePSet_ProjectedCRS of the project or the site. Latitude and
longitude of IfcSite are rarely more than a city's, so they are shown and never used.
Oracle: ifcopenshell.util.geolocation.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError

if TYPE_CHECKING:
    from pathlib import Path

    import ifcopenshell

CONVERSION, PROJECTED = "ePSet_MapConversion", "ePSet_ProjectedCRS"
_WORDS_M = {
    **dict.fromkeys(("m", "metre", "meter", "metres", "meters"), 1.0),
    **dict.fromkeys(("mm", "millimetre", "millimeter", "millimetres", "millimeters"), 0.001),
    **dict.fromkeys(("cm", "centimetre", "centimeter"), 0.01),
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
}
# A grid's scale: no projection that cities use shortens lengths by more.
_SCALE = 0.01


class Conversion(NamedTuple):
    """From the file's own axes to a map, in metres."""

    easting: float  # [m] of the file's zero
    northing: float  # [m]
    height_m: float | None
    turn: tuple[float, float]  # (cos, sin) of the x axis against east, counter-clockwise
    scale: float
    crs: str | None  # as the file names it
    said: str

    def on_map(self, corner: NDArray[np.float64]) -> NDArray[np.float64]:
        """Easting, northing [m] and height above the file's zero of corners (..., 3) [m]."""
        cos, sin = self.turn
        x, y, z = (corner[..., axis] * self.scale for axis in range(3))
        return np.stack([self.easting + x * cos - y * sin, self.northing + x * sin + y * cos, z], axis=-1)


def conversion_of(model: ifcopenshell.file, path: Path, unit_m: float) -> Conversion | None:
    """The map conversion of a file whose lengths are in ``unit_m`` [m], None where it has none.

    Raises TwinError where its scale makes a building of another size.
    """
    found = _of_2x3(model) if model.schema == "IFC2X3" else _of_entity(model)
    if found is None:
        return None
    values, target, what = found
    map_m = target.get("unit_m") or unit_m  # without a MapUnit eastings are in the file's own unit
    scale = _scale(path, what, values.get("Scale"), map_m / unit_m)
    cos, sin = float(values.get("XAxisAbscissa") or 0.0), float(values.get("XAxisOrdinate") or 0.0)
    length = math.hypot(cos, sin)
    cos, sin = (cos / length, sin / length) if length else (1.0, 0.0)
    height = values.get("OrthogonalHeight")
    datum = f", heights in {target['datum']}" if target.get("datum") else ""
    return Conversion(
        float(values.get("Eastings") or 0.0) * map_m,
        float(values.get("Northings") or 0.0) * map_m,
        None if height is None else float(height) * map_m,
        (cos, sin),
        scale,
        target.get("name"),
        f"{what}{datum}",
    )


def about_wcs(model: ifcopenshell.file, corner: NDArray[np.float64], unit_m: float) -> NDArray[np.float64]:
    """Corners (..., 3) [m] about the file's WorldCoordinateSystem, from which its map conversion counts."""
    from ifcopenshell.util.geolocation import get_wcs

    matrix = get_wcs(model)
    if matrix is None or np.allclose(matrix, np.eye(4)):
        return corner
    return (corner - matrix[:3, 3] * unit_m) @ matrix[:3, :3]


def _scale(path: Path, what: str, scale: float | None, units: float) -> float:
    """Map metres in a metre of the file; ``units`` is the map's unit in the file's."""
    given = float(scale) if scale else 1.0
    for value in (given * units, given):  # many programs leave the change of unit out of the scale
        if abs(value - 1.0) < _SCALE:
            return value
    raise TwinError(
        f"{path}: {what} scales the building by {given * units:g}",
        "correct Scale and MapUnit in the file, or give --plan-origin E,N[,H]",
    )


def _of_entity(model: ifcopenshell.file) -> tuple[dict[str, Any], dict[str, Any], str] | None:
    from ifcopenshell import SchemaError

    try:
        operations = model.by_type("IfcCoordinateOperation")
    except (RuntimeError, SchemaError):  # a schema without the class
        return None
    if not operations:
        return None
    values = operations[0].get_info()
    if operations[0].is_a("IfcRigidOperation"):
        first, second = operations[0].FirstCoordinate, operations[0].SecondCoordinate
        values |= {"Eastings": first.wrappedValue, "Northings": second.wrappedValue}
        values["OrthogonalHeight"] = values.get("Height")
    target = operations[0].TargetCRS
    unit = getattr(target, "MapUnit", None)
    named = {
        "name": target.Name,
        "datum": getattr(target, "VerticalDatum", None),
        "unit_m": None if unit is None else length_m(unit),
    }
    return values, named, operations[0].is_a()


def _of_2x3(model: ifcopenshell.file) -> tuple[dict[str, Any], dict[str, Any], str] | None:
    from ifcopenshell.util.element import get_psets

    for owner in (*model.by_type("IfcProject"), *model.by_type("IfcSite")):
        sets = {name.lower(): values for name, values in get_psets(owner).items()}
        values = sets.get(CONVERSION.lower())
        if values:
            target = sets.get(PROJECTED.lower(), {})
            unit = str(target.get("MapUnit") or "").strip().lower()
            named = {
                "name": target.get("Name"),
                "datum": target.get("VerticalDatum"),
                "unit_m": _WORDS_M.get(unit),
            }
            return values, named, CONVERSION
    return None


def length_m(unit: ifcopenshell.entity_instance) -> float:
    """Metres in an IfcNamedUnit of length."""
    from ifcopenshell.util.unit import get_prefix_multiplier

    factor = 1.0
    while unit.is_a("IfcConversionBasedUnit"):
        factor *= float(unit.ConversionFactor.ValueComponent.wrappedValue)
        unit = unit.ConversionFactor.UnitComponent
    return factor * float(get_prefix_multiplier(unit.Prefix) if unit.Prefix else 1.0)


def unit_m(model: ifcopenshell.file) -> float | None:
    """Metres in the file's unit of length, None where it names none."""
    for assignment in model.by_type("IfcUnitAssignment"):
        for unit in assignment.Units:
            if getattr(unit, "UnitType", None) == "LENGTHUNIT":
                return length_m(unit)
    return None


def place_hint(model: ifcopenshell.file) -> str:
    """What IfcSite says of latitude and longitude, "" where nothing."""
    for site in model.by_type("IfcSite"):
        if site.RefLatitude and site.RefLongitude:
            latitude, longitude = (_degrees(value) for value in (site.RefLatitude, site.RefLongitude))
            return (
                f"IfcSite says {abs(latitude):.5f}° {'N' if latitude >= 0 else 'S'}, "
                f"{abs(longitude):.5f}° {'E' if longitude >= 0 else 'W'}, which is a hint and not a survey"
            )
    return ""


def _degrees(parts: tuple[int, ...]) -> float:
    """Decimal degrees of degrees, minutes, seconds and millionths, all of one sign."""
    return sum(part / size for part, size in zip(parts, (1.0, 60.0, 3600.0, 3.6e9), strict=False))


def north_of(model: ifcopenshell.file) -> str:
    """Which way the file's true north lies against its y axis (project north)."""
    for context in model.by_type("IfcGeometricRepresentationContext", include_subtypes=False):
        if context.ContextType == "Model" and context.TrueNorth is not None:
            x, y = context.TrueNorth.DirectionRatios[:2]
            angle = math.degrees(math.atan2(x, y))
            return f"true north lies {angle:.2f}° clockwise of the file's y axis (TrueNorth; not applied)"
    return "the file does not say where true north lies"
