"""Everything a report of the city says, as plain tables; twin.report draws and sets it, twin.cityreport.run writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.cityreport.details import (
    best_buildings,
    best_facades,
    class_rows,
    correction_models,
    factor_years,
    reason_rows,
)
from twin.cityreport.districts import assign, land_by_district, read_districts
from twin.cityreport.figures import city_row, district_rows, place_of
from twin.cityreport.read import CityResult, read_result
from twin.cityreport.sites import Sites, read_sites
from twin.store import sha256_of

if TYPE_CHECKING:
    import geopandas
    import pandas as pd


@dataclass(frozen=True, eq=False)
class CityFacts:
    """See the module; ``rows`` has a row for each district and a last one for what lies outside."""

    title: str
    result: CityResult
    districts: geopandas.GeoDataFrame  # district, geometry
    rows: pd.DataFrame
    city: pd.Series
    classes: pd.DataFrame
    best_buildings: pd.DataFrame
    best_facades: pd.DataFrame
    reasons: pd.DataFrame
    bands_kwh_m2: tuple[float, float]  # lower and upper limit of façades
    models: list[str]  # that corrected yields
    factor_years: list[int]
    sites: Sites | None
    files: list[dict[str, Any]]  # districts and sites: role, name, sha256, bytes

    @property
    def corrected(self) -> bool:
        """Whether a correction was asked for, so that its values stand beside the physical ones."""
        return bool(self.models)


def facts_of(out: Path, districts: Path, sites: Path | None, title: str, outside: str, whole: str) -> CityFacts:
    """Facts of a finished job by districts.

    Parameters
    ----------
    out
        Folder of the job.
    outside, whole
        What the rows of everything outside, and of the city, are called.

    Raises
    ------
    TwinError
        Where the job has not ended or has no PV, or a layer cannot be read.
    """
    result = read_result(out)
    areas = read_districts(districts, result.crs)
    names = [*areas["district"], outside]
    shapes = areas.geometry.to_numpy()
    place = place_of(result.surfaces, result.buildings, assign(result.buildings.geometry.to_numpy(), shapes))
    low, high = result.assumed["facade"]["bands_kwh_m2"]
    land = land_by_district(result.ground, shapes)
    bands = (f">= {high:g}", f"{low:g}-{high:g}")
    rows = district_rows(result.surfaces, result.buildings, place, land, names, bands)
    ranked = None if sites is None else read_sites(sites, result.crs, areas, names)
    if ranked is not None:
        rows = rows.assign(**ranked.by_district(len(names)))
    given = [("districts", districts), *([("sites", sites)] if sites else [])]
    return CityFacts(
        title=title,
        result=result,
        districts=areas,
        rows=rows,
        city=city_row(rows, whole),
        classes=class_rows(result.surfaces),
        best_buildings=best_buildings(result.buildings, place, names),
        best_facades=best_facades(result.surfaces, place, names),
        reasons=reason_rows(result.surfaces),
        bands_kwh_m2=(float(low), float(high)),
        models=correction_models(result.surfaces),
        factor_years=factor_years(result.surfaces),
        sites=ranked,
        files=[
            {"role": role, "name": path.name, "sha256": sha256_of(path), "bytes": path.stat().st_size}
            for role, path in given
        ],
    )
