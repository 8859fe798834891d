"""What a plan takes from each neighbour in a year: tables of irradiation, sun hours and photovoltaic yield.

Values are of a whole surface's exposed part [kWh]. A surface that a plan covers loses all it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import CLASS_NAME, SurfaceKind
from twin.results import polygons_of
from twin.study.scenarios import City, buildings_of
from twin.study.storeys import compared
from twin.study.year import Year

if TYPE_CHECKING:
    import geopandas
    import pandas as pd


def energy_table(
    city: City, years: Sequence[Year], plants: Sequence[NDArray[np.float64]] | None = None
) -> geopandas.GeoDataFrame:
    """One row a surface that some state leaves open to the air, and scenario.

    ``plants`` (S,) [kWh] is the yield of each surface's plant in every state, NaN where there is none.
    None: nobody asked, and PV is empty.
    """
    import geopandas
    import pandas as pd

    model = city.model
    exposed = np.array([year.totals.exposed_area_m2 for year in years])
    rows = np.flatnonzero(city.scene.receives & (exposed > 0).any(axis=0))
    owner = model.object[rows]
    building = buildings_of(model)[owner]
    own = owner >= city.bestand_objects
    shape = polygons_of(model, rows)
    frames = []
    for state, scenario in compared(city.scenarios):
        before, after = irradiation_kwh(years[0])[rows], irradiation_kwh(years[state])[rows]
        none = np.full(len(rows), np.nan)
        pv_before, pv_after = (none, none) if plants is None else (plants[0][rows], plants[state][rows])
        frame = pd.DataFrame(
            {
                "building_id": [model.objects[b].id for b in building],
                "surface_id": [model.surface_id[s] for s in rows],
                "kind": [CLASS_NAME[SurfaceKind(int(k))] for k in model.kind[rows]],
                "own": own,
                "exposed_area_m2_bestand": exposed[0][rows],
                "exposed_area_m2": exposed[state][rows],
                "scenario": scenario.name,
                "irradiation_kwh_bestand": np.where(own, np.nan, before),
                "irradiation_kwh": after,
                "delta_kwh": np.where(own, np.nan, after - before),
                "delta_pct": np.where(own, np.nan, _percent(before, after)),
                "pv_kwh_bestand": np.where(own, np.nan, pv_before),
                "pv_kwh": pv_after,
                "delta_pv_kwh": np.where(own, np.nan, pv_after - pv_before),
                "sun_hours_bestand": years[0].sun_hours[rows],
                "sun_hours": years[state].sun_hours[rows],
                "geometry": shape,
            }
        )
        frames.append(frame[scenario.present[owner]])
    return geopandas.GeoDataFrame(
        pd.concat(frames, ignore_index=True), geometry="geometry", crs=city.scene.crs.horizontal
    )


def irradiation_kwh(year: Year) -> NDArray[np.float64]:
    """Energy (S,) [kWh] of every surface's exposed part in a year."""
    totals = year.totals
    return np.asarray((totals.direct + totals.diffuse + totals.reflected).sum(axis=1))


def _percent(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(100.0 * (after - before), before, out=np.full(len(before), np.nan), where=before > 0)


def building_energy(table: geopandas.GeoDataFrame) -> pd.DataFrame:
    """The same summed over each building's roofs and façades."""
    import pandas as pd

    roof = table["kind"] == CLASS_NAME[SurfaceKind.ROOF]
    parts = pd.DataFrame(
        {
            "building_id": table["building_id"],
            "own": table["own"],
            "scenario": table["scenario"],
            "roof_kwh_bestand": table["irradiation_kwh_bestand"].where(roof, 0.0),
            "roof_kwh": table["irradiation_kwh"].where(roof, 0.0),
            "facade_kwh_bestand": table["irradiation_kwh_bestand"].where(~roof, 0.0),
            "facade_kwh": table["irradiation_kwh"].where(~roof, 0.0),
            "delta_kwh": table["delta_kwh"],
            "pv_kwh_bestand": table["pv_kwh_bestand"],
            "pv_kwh": table["pv_kwh"],
            "delta_pv_kwh": table["delta_pv_kwh"],
        }
    )
    keys = ["building_id", "own", "scenario"]
    # A building without a plant yields nothing; what a plan's own building had before is not known.
    for name in ("pv_kwh_bestand", "delta_pv_kwh"):
        parts[name] = parts[name].where(parts["own"], parts[name].fillna(0.0))
    parts["pv_kwh"] = parts["pv_kwh"].fillna(0.0)
    summed: pd.DataFrame = parts.groupby(keys, sort=False).sum(min_count=1).reset_index()
    return summed
