"""Everything a report of the city says, as plain tables; twin.report draws and sets it, twin.cityreport.run writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.cityreport.details import (
    best_buildings,
    best_facades,
    class_rows,
    correction_of,
    factor_years,
    largest_delta_pct,
    reason_rows,
)
from twin.cityreport.districts import assign, read_districts
from twin.cityreport.figures import Sums, city_row, district_rows, place_of
from twin.cityreport.land import land_by_district
from twin.cityreport.read import Job, Tables, open_job, read_tables
from twin.cityreport.sites import Sites, ranked_sites
from twin.errors import TwinError
from twin.export.objections import no_objections, read_objections
from twin.named_polygons import Polygons, layer_of
from twin.progress import OnProgress
from twin.store import digest_of

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

# Share of buildings outside of all districts above which the layer is likely another city's.
MANY_OUTSIDE = 1 / 3


class Asked(NamedTuple):
    """What a report is made of, beside the job."""

    districts: Path  # or FILE:LAYER, for another than a file's first layer with polygons
    sites: Path | None = None
    title: str = ""  # name of the city
    name: str | None = None  # column that names districts; None: the likeliest
    suppress: Path | None = None  # CSV of buildings or surfaces whose owners objected

    @property
    def files(self) -> list[tuple[str, Path]]:
        """Inputs by role, of those that the report names."""
        return [("districts", layer_of(self.districts)[0]), *([("sites", self.sites)] if self.sites else [])]


class Labels(NamedTuple):
    """What rows are called in the report's language."""

    outside: str
    whole: str
    unnamed: str  # a district without a name, by its number


@dataclass(frozen=True, eq=False)
class CityFacts:
    """See the module; ``rows`` has a row for each district and a last one for what lies outside."""

    title: str
    job: Job
    tables: Tables
    districts: geopandas.GeoDataFrame  # district, geometry
    polygons: Polygons  # that they were made of
    rows: pd.DataFrame
    city: pd.Series
    classes: pd.DataFrame
    best_buildings: pd.DataFrame
    best_facades: pd.DataFrame
    reasons: pd.DataFrame
    bands_kwh_m2: tuple[float, float]  # lower and upper limit of façades
    correction: dict[str, Any] | None  # what one did, None where none was asked for
    largest_delta_pct: float  # of any plant's year by them
    factor_years: list[int]
    sites: Sites | None
    files: list[dict[str, Any]]  # districts and sites: role, name, sha256, bytes

    @property
    def corrected(self) -> bool:
        """Whether a correction was asked for, so that its values stand beside the physical ones."""
        return self.correction is not None

    @property
    def buildings_outside(self) -> int:
        """Buildings in no district."""
        return int(self.rows["buildings"].iloc[-1])

    @property
    def many_outside(self) -> bool:
        """Whether so many lie in no district that the layer is likely another city's, or a part of it."""
        return self.buildings_outside > MANY_OUTSIDE * int(self.rows["buildings"].sum())


def facts_of(out: Path, asked: Asked, labels: Labels, on_progress: OnProgress) -> CityFacts:
    """Facts of a finished job by districts; inputs are looked at before the job's tables are read.

    Parameters
    ----------
    out
        Folder of the job.

    Raises
    ------
    TwinError
        Where the job has not ended or has no PV, a layer or an objection cannot be read, or no building lies in any
        district.
    """
    on_progress("read", 0, 1)
    objections = read_objections(asked.suppress) if asked.suppress else no_objections()
    job = open_job(out)
    areas, polygons = read_districts(asked.districts, job.crs, labels.unnamed, asked.name)
    names = [*areas["district"], labels.outside]
    ranked = None if asked.sites is None else ranked_sites(asked.sites, job.crs, areas, names)
    files = [
        {"role": role, "name": path.name, "sha256": digest_of(path), "bytes": size_of(path)}
        for role, path in asked.files
    ]
    tables = read_tables(out, objections)
    on_progress("tables", 0, 1)
    shapes = areas.geometry.to_numpy()
    of_building = assign(tables.buildings.geometry.to_numpy(), shapes)
    if (of_building == len(shapes)).all():
        raise TwinError(
            f"{asked.districts}: none of the job's {len(of_building):,} buildings lies in it",
            f"give districts of this city with --districts, and check their CRS; the job's is {job.crs}",
        )
    place = place_of(tables.surfaces, tables.buildings, of_building)
    low, high = job.assumed["facade"]["bands_kwh_m2"]
    land = land_by_district(job.ground, shapes, job.store if job.on_terrain else None)
    bands = (f">= {high:g}", f"{low:g}-{high:g}")
    correction = correction_of(tables.surfaces, job.report["pv"].get("correction"))
    sums = Sums(tables.surfaces, place, len(names))
    rows = district_rows(sums, tables.buildings, place, land, names, bands, correction is not None)
    if ranked is not None:
        rows = rows.assign(**ranked.by_district(len(names)))
    return CityFacts(
        title=asked.title,
        job=job,
        tables=tables,
        districts=areas,
        polygons=polygons,
        rows=rows,
        city=city_row(rows, labels.whole),
        classes=class_rows(tables.surfaces),
        best_buildings=best_buildings(tables.buildings, place, names),
        best_facades=best_facades(tables.surfaces, place, names),
        reasons=reason_rows(tables.surfaces),
        bands_kwh_m2=(float(low), float(high)),
        correction=correction,
        largest_delta_pct=largest_delta_pct(tables.surfaces),
        factor_years=factor_years(tables.surfaces),
        sites=ranked,
        files=files,
    )


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    return sum(p.stat().st_size for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file())
