"""The attributes of a city object: its own (function, roofType …) and generic ones, as plain text and numbers."""

from __future__ import annotations

import math
import sys

from lxml import etree

from io_citygml.gml_tags import local_name
from io_citygml.model import CityObject
from io_citygml.repair import Defect, ReadReport

_NUMBER_OF = {"intAttribute": int, "doubleAttribute": float, "measureAttribute": float}


class ObjectFields:
    """Collects the attributes of one object while its children are read."""

    def __init__(self, object_id: str, file: str, report: ReadReport) -> None:
        self.object_id = object_id
        self.file = file
        self.report = report
        self.attributes: dict[str, str | float | int] = {}
        self._own: dict[str, str] = {}

    def text(self, element: etree._Element, name: str) -> None:
        """A simple property; of several (function may repeat) all stay, separated by a blank."""
        value = (element.text or "").strip()
        if not value:
            return
        if name in ("function", "roofType", "measuredHeight", "storeysAboveGround") and name not in self._own:
            self._own[name] = sys.intern(value)
            return
        known = self.attributes.get(name, self._own.get(name))
        self.attributes[sys.intern(name)] = sys.intern(value) if known is None else f"{known} {value}"

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
        number_of = _NUMBER_OF.get(kind)
        self.attributes[sys.intern(name)] = (
            sys.intern(value) if number_of is None else self._number(value, name, element, number_of)
        )

    def city_object(self, kind: str, parent: int, file_index: int, line: int) -> CityObject:
        """The object with what was collected."""
        height = self._own.get("measuredHeight")
        storeys = self._own.get("storeysAboveGround")
        return CityObject(
            id=self.object_id,
            type=kind,
            parent=parent,
            file=file_index,
            line=line,
            function=self._own.get("function"),
            roof_type=self._own.get("roofType"),
            measured_height_m=None if height is None else self._measure(height, "measuredHeight", line),
            storeys_above_ground=None if storeys is None else self._storeys(storeys, line),
            attributes=self.attributes,
        )

    def _number(
        self, value: str, name: str, element: etree._Element, number_of: type[int] | type[float]
    ) -> str | float | int:
        try:
            return number_of(value)
        except ValueError:
            self._defect(value, name, element.sourceline or 0, "kept as text")
            return value

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
