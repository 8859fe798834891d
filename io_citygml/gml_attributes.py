"""The attributes of a city object: its own (function, roofType …) and generic ones, as plain text and numbers.

Generic attributes of CityGML 1.0/2.0 carry their name as an XML attribute, those of 3.0 as a child element. The
measuredHeight of 1.0/2.0 is in 3.0 one of several con:height: the first from the ground to the highest point of the
roof counts (where the tools that upgrade a 2.0 file put measuredHeight), else the first of all.
"""

from __future__ import annotations

import math
import sys

from lxml import etree

from io_citygml.gml_tags import local_name
from io_citygml.model import CityObject
from io_citygml.repair import Defect, ReadReport

_NUMBER_OF = {"intattribute": int, "doubleattribute": float, "measureattribute": float}
_PLANT_LENGTHS = ("height", "trunkDiameter", "crownDiameter", "averageHeight", "minHeight", "maxHeight")
_OWN = ("function", "roofType", "measuredHeight", "storeysAboveGround")
# Of a unit's notation ("#m", "urn:adv:uom:m", "urn:ogc:def:uom:EPSG::9001", ".../uom/UCUM/0/m") the last word counts.
# EPSG 9001 metre, 9002 international foot, 9003 US survey foot (EPSG Geodetic Parameter Dataset, unit of measure).
_METRES = {
    **dict.fromkeys(("", "m", "metre", "meter", "metres", "meters", "9001"), 1.0),
    **dict.fromkeys(("cm", "centimetre", "centimeter"), 0.01),
    **dict.fromkeys(("mm", "millimetre", "millimeter"), 0.001),
    **dict.fromkeys(("km", "kilometre", "kilometer"), 1000.0),
    **dict.fromkeys(("ft", "foot", "feet", "9002", "[ft_i]"), 0.3048),
    **dict.fromkeys(("ftus", "us-ft", "9003", "[ft_us]"), 1200 / 3937),
}
_ROOF_TOPS = ("highestRoofEdge", "highestPoint", "topOfConstruction")


class ObjectFields:
    """Collects the attributes of one object while its children are read."""

    def __init__(self, object_id: str, file: str, report: ReadReport) -> None:
        self.object_id = object_id
        self.file = file
        self.report = report
        self.attributes: dict[str, str | float | int] = {}
        self._own: dict[str, str] = {}
        self._several: dict[str, list[str]] = {}
        self._height_uom = ""
        self._height_is_total = False

    def text(self, element: etree._Element, name: str) -> None:
        """A simple property; of several (function may repeat) all stay, separated by a blank."""
        value = (element.text or "").strip()
        if not value:
            return
        if name in _OWN and name not in self._own:
            self._own[name] = sys.intern(value)
            if name == "measuredHeight":
                self._height_uom = element.get("uom") or ""
            return
        if name in _PLANT_LENGTHS:
            value = self._plant_length(value, name, element)
        if name in self.attributes or name in self._own:
            first = str(self.attributes.get(name, self._own.get(name)))
            self._several.setdefault(name, [first]).append(value)
        else:
            self.attributes[sys.intern(name)] = sys.intern(value)

    def generic(self, element: etree._Element, kind: str, prefix: str = "") -> None:
        """A generic attribute of a kind (stringAttribute …), or a set of them (its name becomes a prefix)."""
        name = prefix + (element.get("name") or "")
        if kind == "genericAttributeSet":
            for child in element:
                if isinstance(child.tag, str):
                    self.generic(child, local_name(child.tag), f"{name}.")
            return
        # gen:value is the only child
        value = ((element[0].text if len(element) else None) or "").strip()
        self._enter(name, value, kind, element)

    def generic_property(self, prop: etree._Element, prefix: str = "") -> None:
        """The generic attribute of CityGML 3.0 a property holds, or a set of them (its name becomes a prefix)."""
        for element in prop.iterchildren(etree.Element):
            children = {local_name(str(child.tag)): child for child in element.iterchildren(etree.Element)}
            name = prefix + _text_of(children.get("name"))
            if local_name(str(element.tag)) == "GenericAttributeSet":
                for child in element.iterchildren(etree.Element):
                    if local_name(str(child.tag)) == "genericAttribute":
                        self.generic_property(child, f"{name}.")
            else:
                self._enter(name, _text_of(children.get("value")), local_name(str(element.tag)), element)

    def height(self, prop: etree._Element) -> None:
        """A con:height: the first from the ground to the top of the roof counts, the others stay as attributes."""
        for height in prop.iterchildren(etree.Element):
            children = {local_name(str(child.tag)): child for child in height.iterchildren(etree.Element)}
            value = _text_of(children.get("value"))
            if not value:
                continue
            top, foot = _text_of(children.get("highReference")), _text_of(children.get("lowReference"))
            total = foot.endswith("GroundPoint") and top in _ROOF_TOPS and not self._height_is_total
            if total or "measuredHeight" not in self._own:
                self._own["measuredHeight"] = value
                self._height_uom = children["value"].get("uom") or ""
                self._height_is_total = total
            if not total:
                self.attributes[sys.intern(f"height {foot} {top}".strip())] = value

    def lod(self) -> int:
        """Level of detail a relief states of itself, 0 to 4; 0 where it states none."""
        text = str(self.attributes.get("lod", ""))
        return int(text) if text in ("1", "2", "3", "4") else 0

    def city_object(self, kind: str, parent: int, file_index: int, line: int) -> CityObject:
        """The object with what was collected."""
        height = self._own.get("measuredHeight")
        storeys = self._own.get("storeysAboveGround")
        self.attributes |= {name: " ".join(values) for name, values in self._several.items()}
        return CityObject(
            id=self.object_id,
            type=kind,
            parent=parent,
            file=file_index,
            line=line,
            function=self._own.get("function"),
            roof_type=self._own.get("roofType"),
            measured_height_m=None if height is None else self._metres(height, line),
            storeys_above_ground=None if storeys is None else self._storeys(storeys, line),
            attributes=self.attributes,
        )

    def _enter(self, name: str, value: str, kind: str, element: etree._Element) -> None:
        number_of = _NUMBER_OF.get(kind.lower())
        self.attributes[sys.intern(name)] = (
            sys.intern(value) if number_of is None else self._number(value, name, element, number_of)
        )

    def _number(
        self, value: str, name: str, element: etree._Element, number_of: type[int] | type[float]
    ) -> str | float | int:
        try:
            return number_of(value)
        except ValueError:
            self._defect(value, name, element.sourceline or 0, "kept as text")
            return value

    def _metres(self, value: str, line: int) -> float | None:
        """measuredHeight in metres, by its unit."""
        number = self._measure(value, "measuredHeight", line)
        factor = _factor(self._height_uom)
        if factor is None:
            text = f"measuredHeight={value} {self._height_uom}: ignored"
            self.report.add(Defect("unknown unit", self.object_id, "", self.file, line, 0.0, text))
            return None
        return None if number is None else number * factor

    def _plant_length(self, value: str, name: str, element: etree._Element) -> str:
        """A length of vegetation in metres, by its unit; as it is where the unit is not known."""
        uom, line = element.get("uom") or "", element.sourceline or 0
        factor = _factor(uom)
        if factor is None:
            text = f"{name}={value} {uom}: kept as it is"
            self.report.add(Defect("unknown unit", self.object_id, "", self.file, line, 0.0, text))
        number = self._measure(value, name, line) if factor not in (None, 1.0) else None
        return value if number is None or factor is None else f"{number * factor:.6g}"

    def _measure(self, value: str, name: str, line: int) -> float | None:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
        self._defect(value, name, line, "ignored")
        return None

    def _storeys(self, value: str, line: int) -> int | None:
        number = self._measure(value, "storeysAboveGround", line)
        return None if number is None else int(number)

    def _defect(self, value: str, name: str, line: int, action: str) -> None:
        text = f"{name}={value}: {action}"
        self.report.add(Defect("attribute is not a number", self.object_id, "", self.file, line, 0.0, text))


def _factor(uom: str) -> float | None:
    """Metres of a unit of length, None where it is none that is known."""
    return _METRES.get(uom.rpartition(":")[2].rpartition("/")[2].rpartition("#")[2].strip().lower())


def _text_of(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()
