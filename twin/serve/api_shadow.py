"""The sun, and where it reaches at an instant."""

from __future__ import annotations

import hashlib
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from io_citygml import crs as crs_door
from twin.serve.answering import Time, answered, desk_of, instant, refusals, utc
from twin.serve.models import ShadowAnswer, SunAnswer
from twin.serve.overlay import WGS84
from twin.serve.problem import Refused
from twin.serve.served import Served
from twin.serve.shadows import Shadows, Sun

router = APIRouter(prefix="/api")
Box = tuple[float, float, float, float]
DIGITS = 4


@router.get("/sun", response_model=SunAnswer, responses=refusals(422, 503))
async def sun(request: Request, time: Time) -> Response:
    """Exact position of the sun."""
    return await answered(request, _sun, desk_of(request).shadows, instant(time))


@router.get("/shadow/surfaces", response_model=ShadowAnswer, responses=refusals(413, 422, 503))
async def surfaces(
    request: Request,
    time: Time,
    bbox: Annotated[
        str | None, Query(max_length=120, description="west,south,east,north [°]: surfaces that touch it")
    ] = None,
) -> Response:
    """Share of each surface's exposed area that the sun reaches (nearest node of the sun grid)."""
    return await answered(request, _surfaces, desk_of(request).shadows, instant(time), bbox)


@router.get(
    "/shadow/land.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "the picture"}, **refusals(404, 422, 503)},
)
async def land(request: Request, time: Time) -> Response:
    """Open land at an instant (nearest node): shade is night blue, all else is clear; bounds: land_bounds."""
    desk, when = desk_of(request), instant(time)
    found, picture = await desk.gate.run(_land, desk.shadows, when)
    etag = f'"{hashlib.sha256(picture).hexdigest()[:24]}"'
    headers = {
        "etag": etag,
        "cache-control": "no-cache",
        "x-off-deg": "" if found.off_deg is None else f"{found.off_deg:.2f}",
    }
    if etag == request.headers.get("if-none-match"):
        return Response(status_code=304, headers=headers)
    return Response(picture, 200, headers, "image/png")


def _sun(shadows: Shadows, when: np.datetime64) -> SunAnswer:
    found = shadows.sun(when)
    return SunAnswer(time_utc=utc(when), azimuth_deg=found.azimuth_deg, elevation_deg=found.elevation_deg)


def _surfaces(shadows: Shadows, when: np.datetime64, bbox: str | None) -> ShadowAnswer:
    found = shadows.sun(when)
    ids, share = shadows.shares(found.node, None if bbox is None else _box(shadows.served, bbox))
    return ShadowAnswer(
        time_utc=utc(when),
        azimuth_deg=found.azimuth_deg,
        elevation_deg=found.elevation_deg,
        off_deg=found.off_deg,
        ids=ids,
        lit=np.round(share, DIGITS).tolist(),
    )


def _land(shadows: Shadows, when: np.datetime64) -> tuple[Sun, bytes]:
    found = shadows.sun(when)
    return found, shadows.picture(found.node)


def _box(served: Served, text: str) -> Box:
    """A box in degrees as one around it in the job's CRS [m]."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = np.nan
    if not (-180.0 <= west <= east <= 180.0 and -90.0 <= south <= north <= 90.0):
        raise Refused(422, "bbox is no box", "write west,south,east,north in degrees, for example 8.2,50.0,8.3,50.1")
    corners = np.array([west, west, east, east]), np.array([south, north, south, north])
    x, y = crs_door.transform(WGS84, served.source.crs.horizontal, *corners)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise Refused(422, "bbox reaches where the city's system has no place", "ask for a part of the city")
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())
