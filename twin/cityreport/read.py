"""What a finished job holds, as far as a report of the city needs it; nothing is computed anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.errors import TwinError
from twin.export.objections import Objections
from twin.export.source import BUILDING_IDENTITY, SURFACE_IDS, objected, without_results
from twin.store import Store

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

AGAIN = "run the same `heliotwin solar` again, without --no-pv"
# Columns of the tables that the report reads; the rest of a large city would not fit into memory beside them.
SURFACES = (
    *("surface_id", "building_id", "kind", "azimuth_deg", "area_m2", "exposed_area_m2", "irradiation_kwh_m2"),
    *("confidence", "pv_kwp", "pv_reason", "value_phys", "value_ml", "delta_pct", "p10", "p50", "p90"),
    *("ml_applied", "out_of_domain", "ml_answered_pct", "pv_class", "facade_band", "co2_kg", "co2_year"),
)
BUILDINGS = ("building_id", "roof_pv_kwp", "roof_pv_kwh", "pv_class", "cost_eur", "payback_years", "geometry")
# Texts that are the same in many rows are kept once.
REPEATED = ("building_id", "kind", "pv_reason", "pv_class", "facade_band")
ROOF = "RoofSurface"


class Job(NamedTuple):
    """A finished job with PV, its tables not yet read."""

    root: Path
    store: Store
    report: dict[str, Any]
    assumed: dict[str, Any]  # twin.pv.config.PvConfig as plain data
    own: dict[str, str] | None  # name and sha256 of the user's assumptions over the package's

    @property
    def crs(self) -> str:
        """Its horizontal CRS."""
        return str(self.store.manifest["crs"]["horizontal"])

    @property
    def ground(self) -> Path | None:
        """Raster of open land [kWh per m² of slope]."""
        path = self.root / "ground.tif"
        return path if path.is_file() else None

    @property
    def on_terrain(self) -> bool:
        """Whether open land slopes."""
        return "none" not in self.report["terrain"]


class Suppressed(NamedTuple):
    """What objections left out."""

    buildings: int
    surfaces: int


class Tables(NamedTuple):
    """What the report reads of a job's tables, and how much of them owners do not want in it.

    Surfaces of a building whose owner objected are in no sum, its roofs and itself are there without results.
    """

    surfaces: pd.DataFrame  # SURFACES
    roofs: geopandas.GeoDataFrame  # pv_class, geometry
    buildings: geopandas.GeoDataFrame  # BUILDINGS
    suppressed: Suppressed


def open_job(root: Path) -> Job:
    """Open a finished job with PV, without reading its tables.

    Raises
    ------
    TwinError
        Where the folder is no finished job, or its tables have no PV in them.
    """
    import pyarrow.parquet as pq

    store = Store.open_finished(root)
    for name, columns in (("surfaces", SURFACES), ("buildings", BUILDINGS)):
        path = root / f"{name}.parquet"
        if not path.is_file():
            raise TwinError(f"{path}: missing", AGAIN)
        there = pq.read_schema(path).names
        missing = [column for column in columns if column not in there]
        if missing:
            raise TwinError(f"{path}: no column {', '.join(missing)}", AGAIN)
    report = read_report(root / "report.json")
    if not report.get("pv"):
        raise TwinError(f"{root / 'report.json'}: nothing on PV in it", AGAIN)
    assumed = dict(report["pv"]["configuration"])
    own = assumed.pop("own", None)
    return Job(root, store, report, assumed, own)


def read_tables(root: Path, objections: Objections) -> Tables:
    """The tables of a job that `open_job` has checked.

    Raises
    ------
    TwinError
        Where an objection names nothing in them.
    """
    import geopandas
    import pyarrow.parquet as pq

    path = root / "surfaces.parquet"
    surfaces = pq.read_table(path, columns=list(SURFACES), read_dictionary=list(REPEATED)).to_pandas()
    roofs = geopandas.read_parquet(path, columns=["pv_class", "geometry"], filters=[("kind", "==", ROOF)])
    buildings = geopandas.read_parquet(root / "buildings.parquet", columns=list(BUILDINGS))
    if not objections.ids:
        return Tables(surfaces, roofs, buildings, Suppressed(0, 0))
    ids = pq.read_table(path, columns=list(SURFACE_IDS)).to_pandas()
    whose, building = objected(ids, buildings, objections, root)
    roofs = without_results(roofs, whose[(surfaces["kind"] == ROOF).to_numpy(bool)], ())
    return Tables(
        surfaces=surfaces[~whose].reset_index(drop=True),
        roofs=roofs,
        buildings=without_results(buildings, building, BUILDING_IDENTITY),
        suppressed=Suppressed(int(building.sum()), int(whose.sum())),
    )


def read_report(path: Path) -> dict[str, Any]:
    """What a job reported.

    Raises
    ------
    TwinError
        Where the file is missing or no JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise TwinError(f"{path}: not readable ({error})", "run the same `heliotwin solar` again") from error
    if not isinstance(found, dict):
        raise TwinError(f"{path}: not a JSON object", "run the same `heliotwin solar` again")
    return found
