"""A finished job, opened for export: its tables, its place on Earth, its origin, and whom its owner wants left out.

An objection (Widerspruch, Art. 21 DSGVO) takes away every result of a building, also where it names one surface or part
of it, and leaves the public geometry: the shape stands in the open city model, what the sun yields there does not. That
somebody objected is nobody's business either: such a row looks like any other without a value, and ``suppressed``
stands in no file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from io_citygml.naming import name_wanted
from twin.errors import TwinError
from twin.export.objections import Objections, no_objections
from twin.provenance import origin_of
from twin.store import Store
from twin.weather_choice import kept_weather

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

# Columns that say what and where a surface or a building is; all others are results.
SURFACE_IDENTITY = ("surface_id", "object_id", "building_id", "kind", "area_m2", "boundary_id", "surface_index")
# What an objection may name.
SURFACE_IDS = ("surface_id", "boundary_id", "object_id", "building_id")
BUILDING_IDENTITY = ("building_id", "type", "function", "roof_type", "measured_height_m", "closed")


@dataclass(frozen=True)
class Source:
    """A finished job of `heliotwin solar`, ready to be written in any format.

    surfaces and buildings are the tables of docs/store.md, with a last column ``suppressed`` (bool), for the program
    alone; where it is true every result is null, and then in every row without irradiation too. Their geometry is in
    ``crs``, heights included (surfaces).
    """

    root: Path
    store: Store
    surfaces: geopandas.GeoDataFrame
    buildings: geopandas.GeoDataFrame
    crs: Crs
    origin: dict[str, object]  # software, attribution, weather: what every file says of its origin
    title: str


def open_source(
    root: Path, title: str = "", objections: Objections | None = None, heights: str | None = None
) -> Source:
    """Open a finished job.

    Parameters
    ----------
    heights
        EPSG name of the heights, where the city's files did not say.

    Raises
    ------
    TwinError
        Where the folder holds no finished job, an objection names nothing in it, or the files said other heights.
    """
    import geopandas

    objections = objections or no_objections()
    store = Store.open_finished(root)
    surfaces = geopandas.read_parquet(root / "surfaces.parquet")
    buildings = geopandas.read_parquet(root / "buildings.parquet")
    surfaces = surfaces.drop(columns="bbox", errors="ignore")
    buildings = buildings.drop(columns="bbox", errors="ignore")
    whose, building = objected(surfaces, buildings, objections, root)
    # A covered wall says more of itself (exposed: 0 m²) than one whose owner objected: beside such it says no more.
    silent = whose | surfaces["irradiation_kwh_m2"].isna().to_numpy(bool) if whose.any() else whose
    head = store.manifest["crs"]
    return Source(
        root=root,
        store=store,
        surfaces=_hiding(surfaces, silent, SURFACE_IDENTITY).assign(suppressed=whose),
        buildings=_hiding(buildings, building, BUILDING_IDENTITY).assign(suppressed=building),
        crs=_with_heights(Crs(head["text"], head["horizontal"], head["vertical"]), heights),
        origin=origin_of(store, kept_weather(root, store.manifest["weather"])),
        title=title or root.resolve().name,
    )


def objected(
    surfaces: pd.DataFrame, buildings: pd.DataFrame, objections: Objections, root: Path
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Surfaces (S,) and buildings (B,) of a job whose owners objected.

    Parameters
    ----------
    surfaces
        With all of `SURFACE_IDS`.

    Raises
    ------
    TwinError
        Where an objection names nothing in them.
    """
    ids = (surfaces[name] for name in SURFACE_IDS)
    named, found = zip(*(_named(column, objections.ids) for column in (*ids, buildings["building_id"])), strict=True)
    unknown = sorted(objections.ids.difference(*found))
    if unknown:
        raise TwinError(
            f"{objections.file}: {', '.join(unknown[:5])}{' …' if len(unknown) > 5 else ''}: no such building or "
            f"surface in {root}",
            "an objection must not be lost: correct or remove the line",
        )
    # One grey surface among valued ones, or sums that are missing above them, would say that somebody objected.
    of_surface, of_building = np.any(named[:-1], axis=0), named[-1]
    houses = {*surfaces.loc[of_surface, "building_id"], *buildings.loc[of_building, "building_id"]}
    return surfaces["building_id"].isin(houses).to_numpy(bool), buildings["building_id"].isin(houses).to_numpy(bool)


def _with_heights(crs: Crs, heights: str | None) -> Crs:
    if heights is None or heights == crs.vertical:
        return crs
    if crs.vertical is not None:
        raise TwinError(f"--heights {heights}: the city's files say {crs.vertical}", "leave --heights out")
    return replace(crs, vertical=heights)


def is_part_of_year(source: Source) -> bool:
    """Whether a job's weather covers less than a year, so that nothing may be called annual."""
    from twin.report.facts import part_of_year

    return part_of_year(source.store.manifest["weather"]) is not None


def without_results(
    table: geopandas.GeoDataFrame, rows: NDArray[np.bool_], identity: tuple[str, ...]
) -> geopandas.GeoDataFrame:
    """The table with nothing but identity and shape in some rows; types do not tell whether there are any."""
    out = table.copy()
    for name in out.columns.drop([out.geometry.name, *identity], errors="ignore"):
        if out[name].dtype.kind in "bui":  # null has no place in them
            out[name] = out[name].astype("boolean" if out[name].dtype.kind == "b" else "Int64")
        out.loc[rows, name] = None
    return out


def _hiding(
    table: geopandas.GeoDataFrame, rows: NDArray[np.bool_], identity: tuple[str, ...]
) -> geopandas.GeoDataFrame:
    """A job's own table as it is where nobody objected."""
    return without_results(table, rows, identity) if rows.any() else table


def _named(column: pd.Series, ids: frozenset[str]) -> tuple[NDArray[np.bool_], set[str]]:
    """Which rows some ids mean, and which of the ids: the readers call a second object of an id "A" "A~2"."""
    wanted = column.map(name_wanted)
    found = {*column[column.isin(ids)], *wanted[wanted.isin(ids)]}
    return (column.isin(ids) | wanted.isin(ids)).to_numpy(bool), found
