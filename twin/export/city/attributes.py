"""Which results a city's own file gets, by surface and by building, and how polygons of one boundary surface add up.

Names are the columns of docs/store.md; in the file ``heliotwin_`` stands before them. ``solarArea`` is the exposed
area, as in the tiles (STANDARDS §8, row 17). A null has no attribute, and a row without results has none at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from io_citygml.citygml_write import Attributes, Measure, Value
from twin.export.published import SUPPRESSED, buildings_without_values, surfaces_without_values
from twin.export.source import Source, is_part_of_year
from twin.export.vectors.columns import column_of
from twin.export.words import AI_LABEL, credit_of

if TYPE_CHECKING:
    import pandas as pd

NOT_CORRECTED = "nicht korrigiert (außerhalb des Geltungsbereichs)"
LABEL = "value_ml_label"
DECIMALS = 4
# Planes that differ by less are one; azimuth and tilt of others have no mean worth the name.
SAME_PLANE_DEG = 1.0
_MONTHS = tuple(f"{month:02d}" for month in range(1, 13))
# Per exposed area: their mean is weighted by it.
PER_AREA = (
    "irradiation_kwh_m2",
    "direct_kwh_m2",
    "diffuse_kwh_m2",
    "reflected_kwh_m2",
    *(f"irradiation_kwh_m2_{month}" for month in _MONTHS),
    "sky_view",
)
ANGLES = ("tilt_deg", "azimuth_deg")
_PV_AREA = ("pv_modules", "pv_area_m2", "pv_kwp")
_PV_MONTHS = tuple(f"pv_kwh_{month}" for month in _MONTHS)
_QUANTILES = ("p10", "p50", "p90")
CORRECTED = ("value_ml", "delta_pct", *_QUANTILES, "ml_model_id", "ml_applied", "out_of_domain")
TEXTS = ("pv_class", "facade_band")
PV = (*TEXTS, *_PV_AREA, "pv_kwh_kwp", "pv_shade_pct", "value_phys", *CORRECTED, *_PV_MONTHS)
SURFACE = ("exposed_area_m2", *PER_AREA, *ANGLES, "confidence", *PV)
BUILDING = (
    "roof_exposed_area_m2",
    "roof_irradiation_kwh",
    "facade_exposed_area_m2",
    "facade_irradiation_kwh",
    "roof_pv_kwp",
    "roof_pv_kwh",
    "facade_pv_kwp",
    "facade_pv_kwh",
    "value_phys",
    *CORRECTED,
    "cost_eur",
    "self_consumption_kwh",
    "feed_in_kwh",
    "revenue_eur",
    "payback_years",
    "co2_kg",
    "co2_year",
    "pv_class",
)
# Columns whose name in the file is another.
_NAMES = {"exposed_area_m2": "solarArea"}
# Units as files have them: ASCII, and no blank (gml:UomIdentifier).
_UOM = str.maketrans({"²": "2", "°": "deg", "€": "EUR"})
# Columns whose name does not say their unit, or not that it is one of a year.
_UNITS_SAID = ("exposed_area_m2", "value_phys", "value_ml", *_QUANTILES, "co2_kg")
Row = dict[str, Any]


class Results:
    """Attributes of the surfaces and buildings of a finished job, each made when it is asked for."""

    def __init__(self, source: Source) -> None:
        self.surface_index: list[int] = source.surfaces["surface_index"].tolist()
        self.kind = _list_of(source.surfaces, "kind")
        self.surface_id = _list_of(source.surfaces, "surface_id")
        self.object_id = _list_of(source.surfaces, "object_id")
        self.boundary_id = _list_of(source.surfaces, "boundary_id")
        self.suppressed: list[bool] = source.surfaces[SUPPRESSED].tolist()
        self.silent: list[bool] = surfaces_without_values(source).tolist()
        """Rows that have no results, or whose owner objected; nothing that is written tells the two apart."""
        self._surfaces = _columns(source.surfaces, SURFACE)
        self._buildings = _columns(source.buildings, BUILDING)
        self.building_row = {name: row for row, name in enumerate(_list_of(source.buildings, "building_id"))}
        without = buildings_without_values(source).tolist()
        self.silent_buildings = {name for name, row in self.building_row.items() if without[row]}
        known = self._surfaces.keys() | self._buildings.keys()
        self._uom = uom_of(known, is_part_of_year(source))
        self._origin = origin_attributes(source.origin) | units_of(known, self._uom)

    def of_surfaces(self, rows: Sequence[int]) -> Attributes | None:
        """What the polygons of one boundary surface get together.

        None where `has_values` says no.
        """
        if not self.has_values(rows):
            return None
        found = [_row(self._surfaces, row) for row in rows]
        if len(found) == 1:
            return attributes_of(found[0], self._uom)
        return attributes_of(together(found), self._uom) | {"polygons": len(rows)}

    def has_values(self, rows: Sequence[int]) -> bool:
        """Whether a boundary surface of some rows gets results: some row has, and no owner of one objected."""
        return not any(self.suppressed[row] for row in rows) and not all(self.silent[row] for row in rows)

    def of_building(self, name: str) -> Attributes | None:
        """What a building gets, with the origin of all and its units; None where it has no results."""
        row = self.building_row.get(name)
        if row is None or name in self.silent_buildings:
            return None
        return attributes_of(_row(self._buildings, row), self._uom) | self._origin


def origin_attributes(origin: Mapping[str, object]) -> dict[str, Value]:
    """Software, weather and licence lines, as every building names them."""
    lines = origin.get("attribution")
    return {
        name: text
        for name, text in (
            ("software", str(origin.get("software") or "")),
            ("weather", str(origin.get("weather") or "")),
            ("attribution", credit_of(lines)),
        )
        if text
    }


def uom_of(names: Iterable[str], part_of_year: bool) -> dict[str, str]:
    """Units of those columns that have one."""
    found = {name: column_of(name, part_of_year) for name in names}
    return {name: column.unit.translate(_UOM) for name, column in found.items() if column is not None and column.unit}


def units_of(names: Iterable[str], uom: Mapping[str, str]) -> dict[str, Value]:
    """The attribute of a building that says units where numbers have no place for one: CityGML 1.0, CityJSON."""
    return {"units": "; ".join(f"{_NAMES.get(name, name)} {uom[name]}" for name in _UNITS_SAID if name in set(names))}


def attributes_of(row: Row, uom: Mapping[str, str]) -> dict[str, Value]:
    """Attributes of one row: nulls and empty texts left out, numbers of DECIMALS decimals, yes and no as 1 and 0.

    A corrected value is labelled: KI-korrigiert, or not corrected because it lies outside the model's domain.
    """
    out: dict[str, Value] = {}
    planted = row.get("value_phys") is not None
    for name, value in row.items():
        if value is None or value == "" or (isinstance(value, bool) and not planted):
            continue
        if isinstance(value, bool):
            out[_NAMES.get(name, name)] = int(value)
        elif isinstance(value, float):
            number = round(value, DECIMALS) + 0.0  # no -0.0
            out[_NAMES.get(name, name)] = Measure(number, uom[name]) if name in uom else number
        else:
            out[_NAMES.get(name, name)] = value
    if "value_ml" in out:
        out[LABEL] = AI_LABEL if row.get("ml_applied") else NOT_CORRECTED
    return out


def together(rows: Sequence[Row]) -> Row:
    """One row for several polygons of one boundary surface.

    Areas and energies add up, values per area are weighted by exposed area, the least confidence counts, and tilt and
    azimuth stay only where all polygons lie in one plane's direction. Corrected values follow the rules of a
    building's sum (``twin.pv.cadastre``): a plant that no model was asked about counts with its physical value, and
    quantiles add up.
    """
    out: Row = dict.fromkeys(rows[0])
    area = [row["exposed_area_m2"] or 0.0 for row in rows]
    out["exposed_area_m2"] = math.fsum(area)
    for name in [name for name in PER_AREA if name in out]:
        pairs = [(row[name], weight) for row, weight in zip(rows, area, strict=True) if row[name] is not None]
        whole = math.fsum(weight for _, weight in pairs)
        if whole > 0.0:
            out[name] = math.fsum(value * weight for value, weight in pairs) / whole
    for name in ANGLES:
        values = [row[name] for row in rows if row[name] is not None]
        same = len(values) == len(rows) and all(_turn(value, values[0]) <= SAME_PLANE_DEG for value in values)
        out[name] = values[0] if same else None
    out["confidence"] = min((row["confidence"] for row in rows if row["confidence"] is not None), default=None)
    for name in TEXTS:
        if name in out:
            out[name] = "; ".join(dict.fromkeys(row[name] for row in rows if row[name]))
    if "value_phys" in out:
        _add_plants(out, [row for row in rows if row["value_phys"] is not None])
    return out


def _add_plants(out: Row, plants: Sequence[Row]) -> None:
    """The sums of several plants."""
    if not plants:
        return
    for name in (*_PV_AREA, "value_phys", *_QUANTILES, *_PV_MONTHS):
        values = [row[name] for row in plants if row.get(name) is not None]
        out[name] = (sum if name == "pv_modules" else math.fsum)(values) if values else None
    phys = out["value_phys"]
    out["pv_kwh_kwp"] = phys / out["pv_kwp"] if out["pv_kwp"] else None
    shaded = [(row["value_phys"], row["pv_shade_pct"]) for row in plants if row["pv_shade_pct"] is not None]
    unshaded = math.fsum(value / (1.0 - lost / 100.0) for value, lost in shaded if lost < 100.0)
    if unshaded > 0.0:
        out["pv_shade_pct"] = 100.0 * (1.0 - math.fsum(value for value, _ in shaded) / unshaded)
    corrected = any(row["value_ml"] is not None for row in plants)
    if corrected:
        given = (row["value_phys"] if row["value_ml"] is None else row["value_ml"] for row in plants)
        out["value_ml"] = math.fsum(given)
        out["delta_pct"] = 100.0 * (out["value_ml"] / phys - 1.0) if phys > 0.0 else 0.0
        out["ml_model_id"] = next((row["ml_model_id"] for row in plants if row["ml_model_id"]), None)
    out["ml_applied"] = any(row["ml_applied"] for row in plants)
    out["out_of_domain"] = any(row["out_of_domain"] for row in plants) and not out["ml_applied"]


def _turn(one_deg: float, other_deg: float) -> float:
    """How far two azimuths, or two tilts, lie apart [deg]."""
    return abs((one_deg - other_deg + 180.0) % 360.0 - 180.0)


def _columns(table: pd.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """Columns that are there; plain ones stay arrays, which take a quarter of a list's memory."""
    return {
        name: table[name].to_numpy() if isinstance(table[name].dtype, np.dtype) else _list_of(table, name)
        for name in names
        if name in table
    }


def _list_of(table: pd.DataFrame, name: str) -> list[Any]:
    """A column as plain Python values, None for what is missing."""
    column = table[name].astype(object)
    return column.where(column.notna(), None).tolist()  # type: ignore[no-any-return]


def _row(columns: Mapping[str, Any], row: int) -> Row:
    """Plain values of one row, None for what is missing or not finite."""
    found: Row = {}
    for name, values in columns.items():
        value = values[row]
        value = value.item() if isinstance(value, np.generic) else value
        found[name] = None if isinstance(value, float) and not math.isfinite(value) else value
    return found
