"""Questions to a finished job: hourly series of a surface or a place, every surface under another weather year.

Everything is answered from the store's bits; no ray is traced (raytrace.counter stands still, and the answer says so).
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar import irradiance
from solar.canopy import Seasons
from solar.far_horizon import FarHorizon, behind
from solar.hours import Hours, hourly_mean
from solar.irradiance import PlaneSeries, Reflection, SkyView, Sources, sources
from solar.site import Site
from solar.sky import reinhart
from solar.sun_grid import SunGrid
from solar.weather import Weather, month_index
from twin import cells, irradiation, skylight
from twin.errors import TwinError
from twin.operators import CellData
from twin.optics import BY_PATCH, NO_TREES, WHOLE_YEAR, Optics, seasonal, shares_of_year
from twin.provenance import digest_of_record
from twin.results import energy_columns
from twin.store import Store
from twin.totals import total_energy
from twin.vegetation.grove import seasons_kept

if TYPE_CHECKING:
    import pandas as pd

# A receiver farther than two spacings of the job from the asked place does not speak for it.
REACH_SPACINGS = 2.0
WHOLE_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
DAY_OR_TIME = re.compile(WHOLE_DAY.pattern + r"(?:$|[T ]\d)")
# Receivers whose normals differ by more than 60° from the asked direction look elsewhere.
COS_FACING = 0.5


class Part(NamedTuple):
    """What a piece of a surface sees under one far horizon, as shares of the whole surface's area."""

    sun: NDArray[np.float64]  # (D,) share that sees each node
    sky: SkyView
    reflection: Reflection
    horizon: FarHorizon | None
    year_factor: float  # sky view factor, the year's mean


class Target(NamedTuple):
    """What one asked-for surface or place sees: a piece in each cell that holds some of it."""

    label: str
    normal: NDArray[np.float64]  # (3,)
    parts: tuple[Part, ...]

    @property
    def sky_view(self) -> float:
        """Sky view factor, the year's mean."""
        return sum(part.year_factor for part in self.parts)


class Kept(NamedTuple):
    """What a store says of its directions and physics."""

    site: Site
    grid: SunGrid
    sky_model: str
    optics: Optics
    matrix: NDArray[np.float32] | None  # (H, K) the user's own sky, where the job has one
    matrix_of: str | None  # digest of the weather that it belongs to
    seasons: Seasons | None  # of trees, where the job has some


def kept(store: Store, albedo: float | None = None) -> Kept:
    """Directions and physics of a store, as traced; another ``albedo`` of the ground where one is given.

    Raises
    ------
    TwinError
        For another albedo where light was followed over further bounces: what they brought holds the job's own.
    """
    head = store.manifest
    if albedo is not None and albedo != float(head["albedo"]) and int(head["bounces"]) > 1:
        raise TwinError(
            f"{store.root}: {head['bounces']} bounces were followed with a ground albedo of {head['albedo']}",
            "ask with that one, or run the job again with another --albedo",
        )
    site = Site(*(head["site"][name] for name in Site._fields))
    n_sun = int(head["directions"]["sun_nodes"])
    grid = SunGrid(
        store.direction()[:n_sun],
        float(head["directions"]["hour_angle_step_deg"]),
        float(head["directions"]["declination_step_deg"]),
    )
    ground = float(head["albedo"]) if albedo is None else albedo
    model, sky = str(head["sky_model"]), reinhart(int(head["directions"]["sky_patches"]))
    seasons = seasons_kept(head.get("trees"))
    extinction = NO_TREES if seasons is None else seasons.k
    share = WHOLE_YEAR if seasons is None else shares_of_year(seasons)
    optics = Optics(grid.direction, sky, ground, store.albedo(), model in BY_PATCH, extinction, share)
    return Kept(
        site, grid, model, optics, store.sky_matrix() if model == "matrix" else None, head.get("matrix_of"), seasons
    )


def sources_of(known: Kept, weather: Weather) -> Sources:
    """What sun and sky send over a weather year at a store's site.

    Raises
    ------
    TwinError
        Where the job has a sky matrix and the weather is not the job's.
    """
    if known.sky_model == "matrix" and digest_of_record(weather) != known.matrix_of:
        raise TwinError(
            f"{weather.source}: the job's sky matrix is of another weather", "ask under the job's own, or run it again"
        )
    sent = sources(known.site, known.grid, weather, known.sky_model, known.optics.sky, known.matrix)
    return seasonal(sent, weather, known.seasons)


def surface_target(store: Store, known: Kept, surface_id: str) -> Target:
    """View of a surface by its id.

    Raises
    ------
    TwinError
        Where the id is unknown (naming the nearest ids) or the surface is wholly covered.
    """
    import pandas as pd

    table = pd.read_parquet(
        store.root / "surfaces.parquet",
        columns=["surface_id", "surface_index", "exposed_area_m2", "bbox"],
    )
    row = table[table["surface_id"] == surface_id]
    if len(row) == 0:
        near = difflib.get_close_matches(surface_id, table["surface_id"].tolist(), n=3, cutoff=0.4)
        raise TwinError(
            f"{surface_id}: no such surface in {store.root}",
            f"surfaces.parquet lists {len(table)}; nearest: {', '.join(near) or 'none'}",
        )
    if not row["exposed_area_m2"].iloc[0] > 0:
        raise TwinError(
            f"{surface_id}: wholly covered by a neighbour or the ground, so nothing shines on it", "ask for another"
        )
    box = row["bbox"].iloc[0]
    index = np.array([row["surface_index"].iloc[0]], np.int32)
    bounds = np.array([[box["xmin"] - 1, box["ymin"] - 1]]), np.array([[box["xmax"] + 1, box["ymax"] + 1]])
    touched = irradiation.cells_of(store, only=set(cells.cells_touched(*bounds)))
    (views,) = irradiation.views_of(touched, known.optics, index)
    return target_of(surface_id, views, known.optics)


def place_target(store: Store, known: Kept, place: list[float]) -> Target:
    """View of the receiver nearest to x, y, z, among those that face nx, ny, nz where these are given.

    Raises
    ------
    TwinError
        Where no receiver stands within reach.
    """
    where, facing = np.array(place[:3]), np.array(place[3:])
    spacing = max(float(store.manifest["identity"][name]) for name in ("spacing_m", "ground_spacing_m"))
    reach_m = REACH_SPACINGS * spacing
    touched = set(cells.cells_touched(where[None, :2] - reach_m, where[None, :2] + reach_m))
    best: tuple[float, CellData, int] | None = None
    for _, data in irradiation.cells_of(store, only=touched):
        found = _nearest(data, where, facing)
        if found and (best is None or found[0] < best[0]):
            best = (found[0], data, found[1])
    if best is None or best[0] > reach_m:
        far = "none" if best is None else f"{best[0]:.1f} m away"
        raise TwinError(
            f"no exposed receiver within {reach_m:g} m of {place} (nearest: {far})",
            "give x,y,z in the city's CRS",
        )
    distance, data, row = best
    view = irradiation.view_of_receiver(data, known.optics, row)
    label = f"receiver {distance:.2f} m from {','.join(f'{v:.2f}' for v in place[:3])}"
    return target_of(label, [(data, view)], known.optics)


def _nearest(data: CellData, where: NDArray[np.float64], facing: NDArray[np.float64]) -> tuple[float, int] | None:
    usable = ~np.asarray(data.receivers.covered)
    if len(facing):
        usable &= np.asarray(data.receivers.normal) @ (facing / np.linalg.norm(facing)) > COS_FACING
    row = np.flatnonzero(usable)
    if not len(row):
        return None
    distance = np.linalg.norm(np.asarray(data.receivers.point)[row] - (where - data.origin), axis=1)
    nearest = int(np.argmin(distance))
    return float(distance[nearest]), int(row[nearest])


def target_of(label: str, views: list[tuple[CellData, irradiation.View]], optics: Optics) -> Target:
    """A group from its views, one of each cell that holds a part of it (irradiation.views_of)."""
    area = sum(float(view.area_m2[0]) for _, view in views)
    return Target(label, views[0][1].normal[0], tuple(_part(data, view, area, optics) for data, view in views))


def _part(data: CellData, view: irradiation.View, area_m2: float, optics: Optics) -> Part:
    sky = irradiation.sky_view(view, optics, 0, area_m2)
    return Part(
        sun=view.sun[0] / area_m2,
        sky=sky,
        reflection=irradiation.shares(view.reflection, 0, area_m2),
        horizon=skylight.far_horizon(data),
        year_factor=float((sky.factor * optics.season_share).sum()),
    )


def series_of(target: Target, sent: Sources) -> PlaneSeries:
    """Direct, diffuse, reflected and total irradiance (H,) [W/m²] on a target."""
    found = [
        irradiance.hourly(
            sent if part.horizon is None else behind(part.horizon, sent),
            target.normal,
            part.sun,
            part.sky,
            part.reflection,
        )
        for part in target.parts
    ]
    return PlaneSeries(*(np.sum(column, axis=0) for column in zip(*found, strict=True)))


def series_table(series: PlaneSeries, hours: Hours) -> pd.DataFrame:
    """Hourly means as a table, rows labelled by the start of their hour in UTC."""
    import pandas as pd

    columns = {f"{name}_w_m2": hourly_mean(values, hours) for name, values in series._asdict().items()}
    return pd.DataFrame({"time_utc": pd.DatetimeIndex(hours.start).tz_localize("UTC"), **columns})


def clip(table: pd.DataFrame, first: str | None, last: str | None) -> pd.DataFrame:
    """Rows from one UTC time up to another; a date without a clock time means its whole day.

    Raises
    ------
    TwinError
        Where a time cannot be read or nothing remains.
    """
    import pandas as pd

    asked = " ".join(f"--{name} {text}" for name, text in (("from", first), ("to", last)) if text)
    out = table
    try:
        if first:
            out = out[out["time_utc"] >= _instant(first)]
        if last:
            end = _instant(last)
            end = end + pd.Timedelta(days=1) if WHOLE_DAY.fullmatch(last) else end
            out = out[out["time_utc"] < end]
    except ValueError as error:
        raise TwinError(f"{asked}: {error}", "write times as 2015-06-21 or 2015-06-21T12:00") from error
    if len(out) == 0:
        spans = f"{table['time_utc'].iloc[0]:%Y-%m-%d} to {table['time_utc'].iloc[-1]:%Y-%m-%d}"
        raise TwinError(f"{asked}: outside of the weather", f"it covers {spans}")
    return out


def _instant(text: str) -> pd.Timestamp:
    import pandas as pd

    if not DAY_OR_TIME.match(text):
        raise ValueError(f"{text!r} is no day or time")
    stamp = pd.Timestamp(text)
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")


def all_surfaces(store: Store, known: Kept, weather: Weather, sent: Sources) -> pd.DataFrame:
    """Annual and monthly irradiation of every surface under a weather year."""
    import pandas as pd

    table = pd.read_parquet(
        store.root / "surfaces.parquet",
        columns=[
            "surface_id",
            "object_id",
            "building_id",
            "kind",
            "area_m2",
            "exposed_area_m2",
            "surface_index",
        ],
    )
    rows = table.pop("surface_index").to_numpy().astype(np.intp)
    bins = irradiation.bins_of(sent, month_index(weather), known.optics)
    count = int(rows.max()) + 1 if len(rows) else 0
    totals = total_energy(irradiation.cells_of(store), bins, count, 0)
    for name, values in energy_columns(totals, rows).items():
        table[name] = values
    return table
