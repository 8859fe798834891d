"""Photovoltaics of a job as the picture and the page show them: plain arrays and rows, drawn from the table once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.pv.cadastre import CLASSES

if TYPE_CHECKING:
    import geopandas

# Kinds of surfaces that carry plants, by the key of their word.
KINDS = {"roofs": "RoofSurface", "facades": "WallSurface"}
BEST_PLANTS = 10
# A correction that changes no plant's year by this much [%] is said to leave the years as they are.
NOTICEABLE_PCT = 0.05


class PvRoofs(NamedTuple):
    """Roofs as the plan has them, lower ones first."""

    kwp: NDArray[np.float64]  # (N,) NaN without a plant, as all that follows
    kwh_kwp: NDArray[np.float64]  # (N,) physical
    delta_pct: NDArray[np.float64]  # (N,) of the corrected value, NaN without a correction
    abstained: NDArray[np.bool_]  # (N,) a model was asked and did not answer


class PvPart(NamedTuple):
    """Plants on roofs, on façades, or on both."""

    name: str  # key of its word
    plants: int
    kwp: float
    mwh: float  # physical
    mwh_ml: float | None  # None where no correction was asked for
    p10_mwh: float
    p90_mwh: float
    unshaded_mwh: float
    answered_mwh: float  # of the physical yield, by a model
    out_of_domain: int

    @property
    def kwh_kwp(self) -> float | None:
        """Yield by power; None without a plant."""
        return 1000.0 * self.mwh / self.kwp if self.kwp > 0 else None

    @property
    def shade_pct(self) -> float | None:
        """Share of the unshaded yield that shade takes; None without a yield."""
        return 100.0 * (1.0 - self.mwh / self.unshaded_mwh) if self.unshaded_mwh > 0 else None

    @property
    def answered_pct(self) -> float | None:
        """Share of the yield that a model answers for; None without a yield."""
        return 100.0 * self.answered_mwh / self.mwh if self.mwh > 0 else None


class PvClass(NamedTuple):
    """Roofs of one class of the cadastre."""

    name: str  # as in the table of surfaces
    surfaces: int
    exposed_m2: float
    kwp: float
    mwh: float


class BestPlant(NamedTuple):
    """One row of the table of best plants."""

    surface_id: str
    building_id: str
    part: str  # key of its word
    mounting: str
    kwp: float
    mwh: float
    mwh_ml: float | None
    out_of_domain: bool
    kwh_kwp: float
    shade_pct: float


class PvFacts(NamedTuple):
    """See the module."""

    roofs: PvRoofs
    parts: tuple[PvPart, ...]  # as KINDS
    classes: tuple[PvClass, ...]  # as CLASSES
    month_mwh: NDArray[np.float64]  # (12, 2) of the parts, physical
    best: tuple[BestPlant, ...]
    model_id: str | None  # of the correction that was asked for
    largest_delta_pct: float  # of any plant, without its sign; 0 without a correction

    @property
    def leaves_years(self) -> bool:
        """Whether a correction was asked for that moves hours only, so that its map is blank on purpose."""
        return self.model_id is not None and self.largest_delta_pct < NOTICEABLE_PCT

    @property
    def whole(self) -> PvPart:
        """Roofs and façades together; quantiles are sums: all plants share their weather."""
        sums = [sum(column) for column in zip(*((*p[1:4], *p[5:]) for p in self.parts), strict=True)]
        corrected = [part.mwh_ml for part in self.parts if part.mwh_ml is not None]
        plants, kwp, mwh, p10, p90, unshaded, answered, outside = sums
        return PvPart(
            "sum",
            int(plants),
            kwp,
            mwh,
            sum(corrected) if corrected else None,
            p10,
            p90,
            unshaded,
            answered,
            int(outside),
        )


def pv_facts_of(
    surfaces: geopandas.GeoDataFrame, roofs: geopandas.GeoDataFrame, pv: dict[str, Any] | None
) -> PvFacts | None:
    """Facts of a job's plants; None where the job has none to show.

    Parameters
    ----------
    surfaces
        The job's table.
    roofs
        Its roofs as the map draws them, lower ones first.
    pv
        What the report says of it.
    """
    if pv is None:
        return None
    correction = pv["correction"]
    corrected = correction is not None
    planted = surfaces[number(surfaces, "pv_kwp") > 0]
    of_part = [planted[planted["kind"] == kind] for kind in KINDS.values()]
    return PvFacts(
        roofs=PvRoofs(
            kwp=number(roofs, "pv_kwp"),
            kwh_kwp=number(roofs, "pv_kwh_kwp"),
            delta_pct=number(roofs, "delta_pct"),
            abstained=roofs["out_of_domain"].fillna(False).to_numpy(bool),
        ),
        parts=tuple(part_of(name, rows, corrected) for name, rows in zip(KINDS, of_part, strict=True)),
        classes=tuple(class_row(name, roofs) for name in CLASSES),
        month_mwh=np.stack([months_of(rows) for rows in of_part], axis=1),
        best=best_plants(planted, corrected),
        model_id=correction["model_id"] if corrected else None,
        largest_delta_pct=float(np.nanmax(np.abs(number(planted, "delta_pct")), initial=0.0)),
    )


def number(table: geopandas.GeoDataFrame, column: str) -> NDArray[np.float64]:
    """A column as numbers, NaN where it is null."""
    import pandas as pd

    return pd.to_numeric(table[column]).to_numpy(np.float64, na_value=np.nan)


def part_of(name: str, rows: geopandas.GeoDataFrame, corrected: bool) -> PvPart:
    """Sums over plants."""
    phys = number(rows, "value_phys")
    unshaded = phys / (1.0 - np.minimum(np.nan_to_num(number(rows, "pv_shade_pct")), 99.9) / 100.0)
    answered = phys * np.nan_to_num(number(rows, "ml_answered_pct")) / 100.0
    return PvPart(
        name=name,
        plants=len(rows),
        kwp=float(number(rows, "pv_kwp").sum()),
        mwh=float(phys.sum()) / 1000.0,
        mwh_ml=float(np.nansum(number(rows, "value_ml"))) / 1000.0 if corrected else None,
        p10_mwh=float(number(rows, "p10").sum()) / 1000.0,
        p90_mwh=float(number(rows, "p90").sum()) / 1000.0,
        unshaded_mwh=float(unshaded.sum()) / 1000.0,
        answered_mwh=float(answered.sum()) / 1000.0,
        out_of_domain=int(rows["out_of_domain"].fillna(False).to_numpy(bool).sum()),
    )


def class_row(name: str, roofs: geopandas.GeoDataFrame) -> PvClass:
    """Roofs of a class."""
    rows = roofs[roofs["pv_class"] == name]
    kwp, kwh = (float(np.nansum(number(rows, column))) for column in ("pv_kwp", "value_phys"))
    return PvClass(name, len(rows), float(np.nansum(number(rows, "exposed_area_m2"))), kwp, kwh / 1000.0)


def months_of(rows: geopandas.GeoDataFrame) -> NDArray[np.float64]:
    """Yield of plants by month (12,) [MWh]."""
    return np.array([number(rows, f"pv_kwh_{month:02d}").sum() / 1000.0 for month in range(1, 13)])


def best_plants(planted: geopandas.GeoDataFrame, corrected: bool) -> tuple[BestPlant, ...]:
    """The plants that yield most in a year; of equal ones the first by surface_id."""
    first = planted.sort_values(["value_phys", "surface_id"], ascending=[False, True], kind="stable").head(BEST_PLANTS)
    part = {kind: name for name, kind in KINDS.items()}
    return tuple(
        BestPlant(
            surface_id=str(row["surface_id"]),
            building_id=str(row["building_id"]),
            part=part[row["kind"]],
            mounting=str(row["pv_mounting"]),
            kwp=float(row["pv_kwp"]),
            mwh=float(row["value_phys"]) / 1000.0,
            mwh_ml=float(row["value_ml"]) / 1000.0 if corrected else None,
            out_of_domain=bool(row["out_of_domain"]),
            kwh_kwp=float(row["pv_kwh_kwp"]),
            shade_pct=float(row["pv_shade_pct"]),
        )
        for row in first.to_dict(orient="records")
    )
