"""What a finished job holds, as far as a report of the city needs it; nothing is computed anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.errors import TwinError
from twin.store import Store

if TYPE_CHECKING:
    import geopandas

# What a job without PV lacks; one column of each table that the report reads.
NEEDED = {
    "surfaces": ("pv_kwp", "pv_reason", "value_phys", "value_ml", "p10", "p50", "p90", "ml_applied", "out_of_domain")
    + ("pv_class", "facade_band", "co2_kg", "co2_year"),
    "buildings": ("roof_pv_kwp", "roof_pv_kwh", "pv_class", "cost_eur", "payback_years"),
}


class CityResult(NamedTuple):
    """Tables and facts of a finished job."""

    root: Path
    surfaces: geopandas.GeoDataFrame
    buildings: geopandas.GeoDataFrame
    ground: Path | None  # raster of open land [kWh/m²]
    report: dict[str, Any]
    assumed: dict[str, Any]  # twin.pv.config.PvConfig as plain data
    own: dict[str, str] | None  # name and sha256 of the user's assumptions over the package's
    crs: str


def read_result(root: Path) -> CityResult:
    """Open a finished job with PV.

    Raises
    ------
    TwinError
        Where the folder is no finished job, or its tables have no PV in them.
    """
    import geopandas

    store = Store.open_finished(root)
    again = "run the same `heliotwin solar` again, without --no-pv"
    tables = {}
    for name, columns in NEEDED.items():
        path = root / f"{name}.parquet"
        if not path.is_file():
            raise TwinError(f"{path}: missing", again)
        tables[name] = geopandas.read_parquet(path)
        missing = [column for column in columns if column not in tables[name].columns]
        if missing:
            raise TwinError(f"{path}: no column {', '.join(missing)}", again)
    report = read_report(root / "report.json")
    if not report.get("pv"):
        raise TwinError(f"{root / 'report.json'}: nothing on PV in it", again)
    assumed = dict(report["pv"]["configuration"])
    ground = root / "ground.tif"
    return CityResult(
        root=root,
        surfaces=tables["surfaces"],
        buildings=tables["buildings"],
        ground=ground if ground.is_file() else None,
        report=report,
        own=assumed.pop("own", None),
        assumed=assumed,
        crs=store.manifest["crs"]["horizontal"],
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
