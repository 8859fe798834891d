"""What a click on a surface tells: the properties of every feature, in the names that VC Solar and our viewer read.

Names, units and types are one table here; the 3D Metadata schema, the batch table and docs/exports/tiles.md follow it.
Sources: STANDARDS of VC Solar's plug-ins (solarArea, globalRadMonths_n …: energy of the whole surface in a month, not
per m²); docs/pv.md for the PV columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.irradiation import MONTHS
from twin.month_hour import BINS, MonthHour, YearBins, mean_w_m2

if TYPE_CHECKING:
    import geopandas

# Stands for "no value" in numbers: no result of ours reaches it.
NO_NUMBER = -9999.0
MATRIX = "month_hour_w_m2"
# Full scale of the matrix [W/m²]: the sun's constant and a share of diffuse light; a mean hour never reaches it.
MATRIX_FULL_W_M2 = 1500.0
# A matrix of nothing but this has no value: 3D Metadata knows no value of a whole array alone, none of a single hour.
NO_SHARE = 65535
# Surfaces whose matrix is reckoned at a time: 4,096 × 288 × 8 bytes = 9 MB.
BLOCK = 4096
Kind = Literal["text", "number", "float", "count", "flag", "matrix"]


class Property(NamedTuple):
    """One property of the schema."""

    name: str
    kind: Kind  # number: float64 as in surfaces.parquet; float: float32; matrix: 288 uint16 of the full scale
    unit: str
    description: str


class Column(NamedTuple):
    """A property and its values, one each surface: str, float64 (NaN: none), bool, or uint16 (S, 288)."""

    property: Property
    value: NDArray[np.generic]


TEXTS = (
    Property("id", "text", "", "gml:id of the surface"),
    Property("building_id", "text", "", "gml:id of the building"),
    Property("kind", "text", "", "CityGML class: RoofSurface, WallSurface, Window, Door …"),
)
HEAD = (
    Property("solarArea", "number", "m²", "exposed area: without what neighbours or the ground cover"),
    Property("irradiation_kwh_m2", "number", "kWh/m²", "annual irradiation per m² of exposed area"),
    Property("irradiation_u_pct", "number", "%", "standard uncertainty of it; none where hardly any light falls"),
    Property("direct_kwh_m2", "number", "kWh/m²", "of it direct"),
    Property("diffuse_kwh_m2", "number", "kWh/m²", "of it diffuse"),
    Property("reflected_kwh_m2", "number", "kWh/m²", "of it reflected"),
    Property("area_m2", "number", "m²", "area of the surface"),
    Property("tilt_deg", "number", "°", "from the horizontal: 0 looks up, 90 is a wall"),
    Property("azimuth_deg", "number", "°", "clockwise from true north; none on level surfaces"),
    Property("sky_view", "number", "", "share of a free sky that the surface sees"),
    Property("confidence", "float", "", "of the geometry, 0 … 1"),
)
POWER = (
    Property("pv_modules", "count", "", "modules of the plant laid out"),
    Property("pv_kwp", "number", "kWp", "power of the plant"),
    Property("pv_kwh_kwp", "number", "kWh/kWp", "specific annual yield"),
    Property("pv_class", "text", "", "suitability of a roof: sehr gut, gut, bedingt, nicht geeignet"),
    Property("pv_reason", "text", "", "why there is no plant"),
    Property("value_phys", "number", "kWh", "annual AC energy of the plant by physics"),
    Property("value_ml", "number", "kWh", "the same as a model corrects it (KI-korrigiert)"),
    Property("delta_pct", "number", "%", "correction of the model"),
    Property("p10", "number", "kWh", "10 % of outcomes lie below"),
    Property("p50", "number", "kWh", "half of the outcomes lie below"),
    Property("p90", "number", "kWh", "90 % of outcomes lie below"),
    Property("ml_model_id", "text", "", "which model corrected"),
    Property("ml_applied", "flag", "", "whether a model corrected"),
    Property("out_of_domain", "flag", "", "whether the plant lies outside what the model learnt"),
)
# The name of the 36 monthly energies; the twelve with "globalRadMonths" are all that contain it.
MONTHLY = (("globalRadMonths", "all"), ("directRadMonths", "direct"), ("diffuseRadMonths", "diffuse"))


def columns_of(surfaces: geopandas.GeoDataFrame, found: MonthHour, year: YearBins) -> list[Column]:
    """Every property of some surfaces, in the order of the table.

    Where the weather has no record of some month or hour there is no matrix: a client would read a number for it.

    Parameters
    ----------
    surfaces
        Rows of `Published.surfaces`: a surface whose owner objected looks like one on which nothing was measured.
    found
        Months and hours of all surfaces of the job, by ``surface_index``.
    """
    row = surfaces["surface_index"].to_numpy(np.intp)
    hidden = surfaces["irradiation_kwh_m2"].isna().to_numpy(bool)
    table = surfaces.assign(id=surfaces["surface_id"], solarArea=surfaces["exposed_area_m2"])
    out = [Column(one, _values(table[one.name], one.kind)) for one in (*TEXTS, *HEAD)]
    for name, part in MONTHLY:
        energy = _energy(found, part)[row]
        energy[hidden] = np.nan
        for month in range(MONTHS):
            said = "direct, diffuse and reflected" if part == "all" else part
            described = Property(
                f"{name}_{month + 1}", "float", "kWh", f"{said} energy on the surface in month {month + 1}"
            )
            out.append(Column(described, energy[:, month]))
    out += [Column(one, _values(table[one.name], one.kind)) for one in POWER if one.name in table]
    if year.is_complete:
        matrix = np.full((len(row), BINS), NO_SHARE, np.uint16)
        for first in range(0, len(row), BLOCK):
            block = slice(first, first + BLOCK)
            matrix[block] = packed(mean_w_m2(found, year, row[block]))
        matrix[hidden] = NO_SHARE
        out.append(Column(MATRIX_PROPERTY, matrix))
    return out


MATRIX_PROPERTY = Property(
    MATRIX, "matrix", "W/m²", "mean irradiance by month and hour: index (month − 1) · 24 + hour UTC, 288 values"
)


def packed(w_m2: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Irradiance [W/m²] as a share of the full scale in 16 bits, NO_SHARE for NaN; 0.01 W/m² are lost."""
    share = np.round(np.clip(w_m2 / MATRIX_FULL_W_M2, 0.0, 1.0) * 65535.0)
    return np.where(np.isnan(share), NO_SHARE, share).astype(np.uint16)


def _energy(found: MonthHour, part: str) -> NDArray[np.float64]:
    if part == "all":
        return found.direct + found.diffuse + found.reflected
    return np.array(getattr(found, part))


def _values(column: object, kind: Kind) -> NDArray[np.generic]:
    import pandas as pd

    series = pd.Series(column)
    if kind == "text":
        return np.array(series.astype(object).where(series.notna(), "").astype(str), dtype=object)
    if kind == "flag":
        return np.array(series.astype("boolean").fillna(False), bool)
    return series.astype("Float64").to_numpy(np.float64, na_value=np.nan)
