"""Surfaces and buildings: their rows, months and hours, as `heliotwin query` answers."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from solar.hours import HOUR_S, hours_of
from solar.irradiance import PlaneSeries
from solar.weather import month_index
from twin import query
from twin.errors import TwinError
from twin.irradiation import MONTHS
from twin.place_on_earth import lonlat_of
from twin.serve.answering import DAY_OR_TIME, Weather, answered, as_json, desk_of, refusals
from twin.serve.models import BuildingAnswer, Hourly, Monthly, Place, SurfaceAnswer
from twin.serve.problem import Refused
from twin.serve.served import Served, Year, plain_row

router = APIRouter(prefix="/api")
# An id of CityJSON may hold a slash.
Id = Annotated[str, Path(min_length=1, max_length=500, description="id as in the tiles (gml:id)")]
PARTS = ("direct", "diffuse", "reflected")


@router.get("/surfaces/{surface_id:path}/monthly", response_model=Monthly, responses=refusals(404, 422, 503))
async def monthly(request: Request, surface_id: Id, weather: Weather = None) -> Response:
    """Energy of a surface by month under a weather year."""
    return await answered(request, _monthly, desk_of(request).served, surface_id, weather)


@router.get("/surfaces/{surface_id:path}/hourly", response_model=Hourly, responses=refusals(404, 422, 503))
async def hourly(
    request: Request,
    surface_id: Id,
    weather: Weather = None,
    first: Annotated[str | None, Query(alias="from", pattern=DAY_OR_TIME, description="first UTC day or time")] = None,
    last: Annotated[
        str | None, Query(alias="to", pattern=DAY_OR_TIME, description="last UTC day (whole) or time (excluded)")
    ] = None,
) -> Response:
    """Irradiance of a surface hour by hour."""
    return await answered(request, _hourly, desk_of(request).served, surface_id, weather, (first, last))


@router.get("/surfaces/{surface_id:path}", response_model=SurfaceAnswer, responses=refusals(404, 422))
def surface(request: Request, surface_id: Id) -> Response:
    """A surface's row."""
    served = desk_of(request).served
    row = served.surface(surface_id)
    west, south, east, north = served.bounds[served.surface_row[surface_id]]
    place = _place(served, (west + east) / 2.0, (south + north) / 2.0)
    return as_json(request, SurfaceAnswer(row=plain_row(row), place=place, attribution=served.attribution))


@router.get("/buildings/{building_id:path}", response_model=BuildingAnswer, responses=refusals(404, 422))
def building(request: Request, building_id: Id) -> Response:
    """A building's row and the ids of its surfaces."""
    served = desk_of(request).served
    row = served.building(building_id)
    own = np.flatnonzero((served.surfaces["building_id"] == building_id).to_numpy())
    low, high = served.bounds[own, :2].min(axis=0), served.bounds[own, 2:].max(axis=0)
    place = _place(served, *((low + high) / 2.0))
    ids = served.surfaces["surface_id"].iloc[own].tolist()
    answer = BuildingAnswer(row=plain_row(row), place=place, surfaces=ids, attribution=served.attribution)
    return as_json(request, answer)


def _monthly(served: Served, surface_id: str, weather: str | None) -> Monthly:
    year = served.year(weather)
    if served.is_silent(surface_id):
        none: list[float | None] = [None] * MONTHS
        return Monthly(
            surface_id=surface_id,
            weather=year.weather.source,
            no_value=True,
            direct=none,
            diffuse=none,
            reflected=none,
            irradiation=none,
            warnings=year.warnings,
        )
    series = _series(served, surface_id, year)
    month = month_index(year.weather)
    hours = year.weather.step_s / 3600.0 / 1000.0
    # bincount adds in the order of time
    sums = {part: np.bincount(month, getattr(series, part) * hours, MONTHS) for part in PARTS}
    return Monthly(
        surface_id=surface_id,
        weather=year.weather.source,
        no_value=False,
        **{part: values.tolist() for part, values in sums.items()},
        irradiation=(sums["direct"] + sums["diffuse"] + sums["reflected"]).tolist(),
        warnings=year.warnings,
    )


def _hourly(served: Served, surface_id: str, weather: str | None, span: tuple[str | None, str | None]) -> Hourly:
    year = served.year(weather)
    step_s = max(year.weather.step_s, HOUR_S)
    if served.is_silent(surface_id):
        return Hourly(
            surface_id=surface_id,
            weather=year.weather.source,
            no_value=True,
            step_s=step_s,
            sky_view=None,
            time_utc=[],
            direct=[],
            diffuse=[],
            reflected=[],
            irradiation=[],
            warnings=year.warnings,
        )
    series = _series(served, surface_id, year)
    table = query.series_table(series, hours_of(year.weather.start, year.weather.step_s))
    try:
        table = query.clip(table, *span)
    except TwinError as error:
        raise Refused(422, error.message.replace("--", ""), error.remedy) from error
    columns = {part: table[f"{part}_w_m2"].tolist() for part in (*PARTS, "total")}
    return Hourly(
        surface_id=surface_id,
        weather=year.weather.source,
        no_value=False,
        step_s=step_s,
        sky_view=served.target(surface_id).sky_view,
        time_utc=table["time_utc"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").tolist(),
        direct=columns["direct"],
        diffuse=columns["diffuse"],
        reflected=columns["reflected"],
        irradiation=columns["total"],
        warnings=year.warnings,
    )


def _series(served: Served, surface_id: str, year: Year) -> PlaneSeries:
    return query.series_of(served.target(surface_id), year.sent)


def _place(served: Served, x: float, y: float) -> Place:
    ((longitude, latitude),) = lonlat_of(served.source.crs, [[x, y]]).tolist()
    return Place(longitude_deg=longitude, latitude_deg=latitude)
