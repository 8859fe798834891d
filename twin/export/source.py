"""A finished job, opened for export: its tables, its place on Earth, its origin, and whom its owner wants left out.

An objection (Widerspruch, Art. 21 DSGVO) takes away every result of a building or a surface and leaves its public
geometry: the shape stands in the open city model, what the sun yields there does not. That somebody objected is
nobody's business either: such a row looks like any other without a value, and ``suppressed`` stands in no file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from io_citygml.crs import Crs
from twin.errors import TwinError
from twin.export.objections import Objections, no_objections
from twin.provenance import origin_of
from twin.store import Store
from twin.weather_choice import kept_weather

if TYPE_CHECKING:
    import geopandas

# Columns that say what and where a surface or a building is; all others are results.
SURFACE_IDENTITY = ("surface_id", "object_id", "building_id", "kind", "area_m2", "boundary_id", "surface_index")
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
    hidden = objections.ids
    known = {*surfaces["surface_id"], *buildings["building_id"], *surfaces["object_id"]}
    unknown = sorted(hidden - known)
    if unknown:
        raise TwinError(
            f"{objections.file}: {', '.join(unknown[:5])}{' …' if len(unknown) > 5 else ''}: no such building or "
            f"surface in {root}",
            "an objection must not be lost: correct or remove the line",
        )
    whose = surfaces["surface_id"].isin(hidden) | surfaces["object_id"].isin(hidden)
    whose |= surfaces["building_id"].isin(hidden)
    # Sums of a building tell what a hidden surface of it yields.
    building = buildings["building_id"].isin(set(surfaces.loc[whose, "building_id"]) | hidden)
    # A covered wall says more of itself (exposed: 0 m²) than one whose owner objected: beside such it says no more.
    silent = whose | surfaces["irradiation_kwh_m2"].isna() if whose.any() else whose
    head = store.manifest["crs"]
    return Source(
        root=root,
        store=store,
        surfaces=_without_results(surfaces, silent.to_numpy(), SURFACE_IDENTITY).assign(suppressed=whose),
        buildings=_without_results(buildings, building.to_numpy(), BUILDING_IDENTITY).assign(suppressed=building),
        crs=_with_heights(Crs(head["text"], head["horizontal"], head["vertical"]), heights),
        origin=origin_of(store, kept_weather(root, store.manifest["weather"])),
        title=title or root.resolve().name,
    )


def _with_heights(crs: Crs, heights: str | None) -> Crs:
    if heights is None or heights == crs.vertical:
        return crs
    if crs.vertical is not None:
        raise TwinError(f"--heights {heights}: the city's files say {crs.vertical}", "leave --heights out")
    return replace(crs, vertical=heights)


def _without_results(
    table: geopandas.GeoDataFrame, hidden: np.ndarray, identity: tuple[str, ...]
) -> geopandas.GeoDataFrame:
    """The table with nothing but identity in the rows that are hidden."""
    out = table.copy()
    if hidden.any():
        for name in out.columns:
            if name in (*identity, "geometry"):
                continue
            if out[name].dtype.kind in "bui":  # null has no place in them
                out[name] = out[name].astype("boolean" if out[name].dtype.kind == "b" else "Int64")
            out.loc[hidden, name] = None
    return out
