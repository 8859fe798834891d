"""Sites for solar parks that `heliotwin sites` ranked, each with its district."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cityreport.districts import assign
from twin.errors import TwinError

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

LAYER = "sites"
NEEDED = ("rank", "site_id", "name", "kind", "kwp", "mwh", "kwh_kwp", "lcoe_ct_low", "lcoe_ct_high")
BEST = 10


class Sites(NamedTuple):
    """Ranked areas; ``place`` is each one's row among the districts."""

    file: str
    table: pd.DataFrame  # NEEDED, site, district
    place: NDArray[np.int64]
    attribution: str  # as the file names its sources; empty where it does not

    @property
    def planted(self) -> NDArray[np.bool_]:
        """Which of them have usable land and a plant."""
        return np.asarray(self.table["kwp"].to_numpy(np.float64) > 0)

    @property
    def with_plant(self) -> int:
        """How many of them."""
        return int(self.planted.sum())

    @property
    def kwp(self) -> float:
        """Power of all [kWp]."""
        return float(self.table["kwp"].to_numpy(np.float64)[self.planted].sum())

    @property
    def mwh(self) -> float:
        """Energy of all in the first year [MWh]."""
        return float(self.table["mwh"].to_numpy(np.float64)[self.planted].sum())

    def best(self) -> pd.DataFrame:
        """The first by rank."""
        return self.table[self.planted].sort_values("rank", kind="stable").head(BEST)

    def by_district(self, count: int) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """Number, power [MW] and energy [kWh] of planted sites in each of ``count`` rows."""
        planted, place = self.planted, self.place[self.planted]
        number = np.bincount(place, minlength=count)
        power = np.bincount(place, self.table["kwp"].to_numpy(np.float64)[planted] / 1000.0, count)
        energy = np.bincount(place, self.table["mwh"].to_numpy(np.float64)[planted] * 1000.0, count)
        return {"sites": number, "sites_mw": power, "sites_kwh": energy}


def ranked_sites(path: Path, crs: str, districts: geopandas.GeoDataFrame, names: list[str]) -> Sites:
    """The layer ``sites`` of a GeoPackage that `heliotwin sites` wrote, each with its district.

    Raises
    ------
    TwinError
        Where the file cannot be read, or holds no such layer.
    """
    import geopandas
    import pyogrio

    remedy = "give the sites.gpkg that `heliotwin sites` wrote"
    if not path.is_file():
        raise TwinError(f"{path}: no such file", remedy)
    try:
        frame = geopandas.read_file(path, layer=LAYER)
        said = pyogrio.read_info(path, layer=LAYER)["layer_metadata"] or {}
    except (RuntimeError, ValueError, OSError) as error:
        raise TwinError(f"{path}: no layer '{LAYER}' to be read ({error})", remedy) from error
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing or not isinstance(frame, geopandas.GeoDataFrame) or frame.crs is None:
        raise TwinError(f"{path}: no {', '.join(missing) or 'CRS'} in layer '{LAYER}'", remedy)
    shapes = frame.geometry.to_crs(crs).to_numpy()
    place = assign(shapes, districts.geometry.to_numpy())
    table = frame[list(NEEDED)].assign(district=[names[row] for row in place])
    unnamed = table["name"].isna() | (table["name"].astype(str).str.strip() == "")
    table["site"] = table["name"].astype(str).where(~unnamed, table["site_id"].astype(str))
    return Sites(path.name, table, place, str(said.get("attribution", "")))
