"""The view of a solar cadastre: classes of roofs, bands of façades, carbon dioxide, and a building's sums and money.

Classes follow the German custom, "sehr gut" to "nicht geeignet"; there is no one norm, so three conventions stand in
the configuration, and the value that a class came from is a column beside it. All of it is of physical values, never of
corrected ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.pv.cadastre_config import Classes, Facade
from twin.pv.config import PvConfig
from twin.pv.economics import co2_kg, economics

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("sehr gut", "gut", "bedingt", "nicht geeignet")
# The same in plain English, for keys of words and columns.
CLASS_KEYS = dict(zip(CLASSES, ("very_good", "good", "limited", "unsuitable"), strict=True))
UNFIT = CLASSES[-1]
ROOF = "RoofSurface"
WALL = "WallSurface"
QUANTILES = ("p10", "p50", "p90")


def class_of(
    irradiation_kwh_m2: ArrayLike,
    tilt_deg: ArrayLike,
    azimuth_deg: ArrayLike,
    best_kwh_m2: float,
    classes: Classes,
) -> NDArray[np.object_]:
    """Class of roofs by the configured convention, (N,); "nicht geeignet" where the irradiation is NaN (covered).

    Parameters
    ----------
    irradiation_kwh_m2 : (N,) [kWh/m²a]
        In the roof's plane, with all shade.
    tilt_deg, azimuth_deg : (N,) [deg]
        Azimuth clockwise from true north, NaN where level; only for the convention "geometry".
    best_kwh_m2 : [kWh/m²a]
        Of the best plane of the place; only for the convention "share".
    """
    sun = np.asarray(irradiation_kwh_m2, np.float64)
    if classes.convention == "irradiation":
        chosen = [sun >= limit for limit in classes.irradiation_kwh_m2]
    elif classes.convention == "share":
        chosen = [(best_kwh_m2 > 0) & (sun >= limit * best_kwh_m2) for limit in classes.share]
    else:
        chosen = _by_geometry(np.asarray(tilt_deg, np.float64), np.asarray(azimuth_deg, np.float64), classes)
    return np.where(np.isnan(sun), UNFIT, np.select(chosen, CLASSES[:-1], UNFIT)).astype(object)


def _by_geometry(
    tilt_deg: NDArray[np.float64], azimuth_deg: NDArray[np.float64], classes: Classes
) -> list[NDArray[np.bool_]]:
    low, high = classes.good_tilt_deg
    # NaN compares false: a level roof looks nowhere, and is flat
    from_south = np.abs((azimuth_deg % 360.0) - 180.0)
    south = from_south <= classes.south_within_deg
    sideways = from_south <= classes.east_west_within_deg
    good = (tilt_deg >= low) & (tilt_deg <= high)
    return [good & south, good & sideways, (tilt_deg < low) | (sideways & (tilt_deg <= classes.steepest_deg))]


def facade_band(irradiation_kwh_m2: ArrayLike, facade: Facade) -> NDArray[np.object_]:
    """Band of façades, (N,): ">= 800", "650-800" as configured, or "" below both and where NaN."""
    low, high = facade.bands_kwh_m2
    sun = np.asarray(irradiation_kwh_m2, np.float64)
    return np.select([sun >= high, sun >= low], [f">= {high:g}", f"{low:g}-{high:g}"], "").astype(object)


def surface_columns(table: pd.DataFrame, config: PvConfig, best_kwh_m2: float | None = None) -> pd.DataFrame:
    """A surface table with `pv_class`, `facade_band`, `co2_kg` and `co2_year` added.

    Parameters
    ----------
    table
        With kind, tilt_deg, azimuth_deg, irradiation_kwh_m2, pv_kwp and value_phys.
    best_kwh_m2 : [kWh/m²a]
        Of the best plane, for the convention "share"; else `classes.best_kwh_m2`, or the sunniest planted roof's.
    """
    sun = _numbers(table, "irradiation_kwh_m2")
    roof = (table["kind"] == ROOF).to_numpy()
    wall = (table["kind"] == WALL).to_numpy()
    planted = _planted(table)
    best = config.classes.best_kwh_m2 if best_kwh_m2 is None else best_kwh_m2
    if best == 0.0:
        best = float(np.nanmax(sun, initial=0.0, where=roof & planted))
    classes = class_of(sun, _numbers(table, "tilt_deg"), _numbers(table, "azimuth_deg"), best, config.classes)
    if config.classes.only_planted:
        classes = np.where(planted, classes, UNFIT)
    out = table.copy()
    out["pv_class"] = np.where(roof, classes, "").astype(object)
    out["facade_band"] = np.where(wall, facade_band(sun, config.facade), "").astype(object)
    out["co2_kg"] = co2_kg(_numbers(table, "value_phys"), config.co2)
    out["co2_year"] = np.full(len(table), config.co2.year, np.int32)
    return out


def building_columns(surfaces: pd.DataFrame, buildings: pd.DataFrame, config: PvConfig) -> pd.DataFrame:
    """A building table with its plants' sums, the money of the roof plant and a class added; one row stays one row.

    Values of roof plus façade (`value_phys` … `out_of_domain`, `co2_kg`) are null where a building has no plant, money
    where its roofs have none. Quantiles are sums of the surfaces': weather and parameters are one draw for all, so that
    they do not even out, and the band is, if anything, too wide.

    Parameters
    ----------
    surfaces
        What `surface_columns` returned, with building_id and exposed_area_m2.
    buildings
        With building_id.
    """
    out = buildings.copy()
    names = buildings["building_id"]
    plants = surfaces[_planted(surfaces)]
    for label, kind in (("roof", ROOF), ("facade", WALL)):
        of_kind = plants[plants["kind"] == kind]
        for column, source in (("kwp", "pv_kwp"), ("kwh", "value_phys")):
            out[f"{label}_pv_{column}"] = _summed(of_kind, source).reindex(names).fillna(0.0).to_numpy()
    summed = _values(plants).reindex(names)
    for name in ("value_phys", "value_ml", "delta_pct", *QUANTILES):
        out[name] = summed[name].to_numpy()
    model = summed["ml_model_id"].astype(object)
    out["ml_model_id"] = model.where(model.notna(), None).to_numpy()
    for name in ("ml_applied", "out_of_domain"):
        out[name] = _true(summed[name]).to_numpy()
    kwp, kwh = out["roof_pv_kwp"].to_numpy(), out["roof_pv_kwh"].to_numpy()
    money = economics(np.where(kwp > 0.0, kwp, np.nan), np.where(kwp > 0.0, kwh, np.nan), config)
    for name, values in money._asdict().items():
        out[name] = values
    out["co2_kg"] = co2_kg(_numbers(out, "value_phys"), config.co2)
    out["co2_year"] = np.full(len(out), config.co2.year, np.int32)
    out["pv_class"] = building_class(surfaces, config.classes.building_share).reindex(names).fillna("").to_numpy()
    return out


def building_class(surfaces: pd.DataFrame, building_share: float) -> pd.Series:
    """The best class that, with better ones, covers a share of a building's exposed roofs; by building_id.

    "nicht geeignet" where none does; a building without a roof is not in the result.
    """
    import pandas as pd

    roofs = surfaces[surfaces["kind"] == ROOF]
    area = pd.Series(np.nan_to_num(_numbers(roofs, "exposed_area_m2")), roofs.index)
    total = area.groupby(roofs["building_id"], sort=True).sum()
    out = pd.Series(UNFIT, total.index, dtype=object)
    found = np.zeros(len(total), bool)
    covered = np.zeros(len(total))
    for name in CLASSES[:-1]:
        of_class = area.where(roofs["pv_class"] == name, 0.0)
        covered += of_class.groupby(roofs["building_id"], sort=True).sum().to_numpy()
        now = ~found & (covered > 0.0) & (covered >= building_share * total.to_numpy())
        out[now] = name
        found |= now
    return out


def _values(plants: pd.DataFrame) -> pd.DataFrame:
    """Columns of a corrected value, summed over the plants of each building; the sum follows the rules of its rows."""
    import pandas as pd

    phys = pd.Series(_numbers(plants, "value_phys"), plants.index)
    given = pd.Series(_numbers(plants, "value_ml"), plants.index)
    of = plants["building_id"]
    out = pd.DataFrame({"value_phys": _summed(plants, "value_phys")})
    # a plant that no model was asked about counts with its physical value beside corrected ones
    corrected = given.notna().groupby(of, sort=True).any()
    out["value_ml"] = given.fillna(phys).groupby(of, sort=True).sum().where(corrected)
    base = out["value_phys"].where(out["value_phys"] > 0.0)
    out["delta_pct"] = ((out["value_ml"] / base - 1.0) * 100.0).mask(corrected & base.isna(), 0.0)
    for name in QUANTILES:
        out[name] = _summed(plants, name)
    out["ml_model_id"] = plants["ml_model_id"].astype(object).groupby(of, sort=True).first().where(corrected, None)
    out["ml_applied"] = _true(plants["ml_applied"]).groupby(of, sort=True).any()
    out["out_of_domain"] = _true(plants["out_of_domain"]).groupby(of, sort=True).any() & ~out["ml_applied"]
    return out


def _planted(table: pd.DataFrame) -> NDArray[np.bool_]:
    return _numbers(table, "pv_kwp") > 0.0


def _summed(table: pd.DataFrame, column: str) -> pd.Series:
    import pandas as pd

    values = pd.Series(_numbers(table, column), table.index)
    return values.groupby(table["building_id"], sort=True).sum(min_count=1)


def _numbers(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column as numbers; null, in whatever way the table writes it, is NaN."""
    import pandas as pd

    return pd.to_numeric(table[column]).to_numpy(np.float64, na_value=np.nan)


def _true(values: pd.Series) -> pd.Series:
    """Where a column that may hold null is true."""
    return values.astype("boolean").fillna(False).astype(bool)
