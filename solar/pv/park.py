"""Hourly yield of a field of long rows on open land: fixed, tracking or vertical, front and rear, on level ground or on
a slope.

Light reaches a face from the sun (beam and circumsolar, less what the next row shades), from the sky (less what the
other rows, the slope and its neighbours hide), from the ground between the rows (lit by what sun and sky the rows let
through), and from what else stands above the ground's plane or lies below the horizon, taken as a far flat ground. On
level free land that is pvlib's ``infinite_sheds`` under Perez' sky, with his band along the horizon.

Rows are endless (``rows``): a real field gains at its edges. They run at right angles to where they face on the map
and follow the ground along their axis. To run along the contour, face them down the slope.

Oracles: pvlib's infinite sheds on level free land, single free planes where rows are far apart
(tests/solar/test_solar_pv_park.py).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from solar.irradiance import Sources
from solar.pv.chain import Chain, ac_of, beam_iam
from solar.pv.glass import Glass, glass_of
from solar.pv.light import TEMP_AIR, WIND_SPEED
from solar.pv.row_views import FaceViews, face_views, ground_sky_view, open_slope
from solar.pv.rows import (
    RowFrame,
    cos_of_face,
    profile_angle,
    row_frame,
    rows_used,
    shaded_of,
    shadow_by_pitch,
    tracker_rotation,
)
from solar.weather_record import Weather

KINDS = ("fixed", "tracker", "vertical")
# Rotations of a tracker at which views are known [°]; linear between them.
TABLE_STEP_DEG = 2.0


class Rows(NamedTuple):
    """One kind of field.

    kind: 'fixed', 'tracker' or 'vertical'. tilt_deg: of fixed modules in the posts' cross-section, nothing to the
    others. azimuth_deg: true; where modules face (fixed), along the axis (tracker: 180 is north–south), where the front
    faces (vertical: 90 or 270). gcr: slant by pitch, the pitch on the map. height_m: of the row's axis or middle above
    ground. slant_m: of a row, all its modules. max_angle_deg, backtrack: of a tracker. bifaciality: 0 … 1, of the rear
    by the front; 0 for modules with one face. slope_tilt_deg, slope_azimuth_deg (true): how steeply and whereto the
    ground falls. rear_shade: share of the rear's light lost on frames and posts and to its unevenness (0.02 in pvlib,
    0.05 and 0.10 in PVsyst). blocks: how many parts up the slant lose their beam as a whole (``rows.rows_used``);
    0: loss in proportion to the shade, as in infinite sheds. Half-cell modules in portrait have 2 a module.
    refraction_index, glass: of both sides, and which light loses by it (``glass``); "sun" in infinite sheds.
    """

    kind: str
    tilt_deg: float
    azimuth_deg: float
    gcr: float
    height_m: float
    slant_m: float
    max_angle_deg: float = 60.0
    backtrack: bool = True
    bifaciality: float = 0.0
    slope_tilt_deg: float = 0.0
    slope_azimuth_deg: float = 180.0
    rear_shade: float = 0.02
    blocks: int = 0
    refraction_index: float = 1.526
    glass: str = "direct"


class Field(NamedTuple):
    """A field at G places in the H intervals of the weather; zero in intervals without sun.

    ac (G, H) [kW/kWp]: energy is its sum × step_s / 3600. poa_front, poa_rear (G, H) [W/m²] mean over the slant, before
    glass and bifaciality. shaded (H,): share of the free beam on both faces that rows take from
    each other, or the slope from all of them.
    """

    ac: NDArray[np.float64]
    poa_front: NDArray[np.float64]
    poa_rear: NDArray[np.float64]
    shaded: NDArray[np.float64]


class _Light(NamedTuple):
    """J instants with sun in the order of their N intervals."""

    row: NDArray[np.intp]  # (N,) of the intervals with sun among the H
    first: NDArray[np.intp]  # (N,) first instant
    n_instants: NDArray[np.int64]  # (N,)
    node: NDArray[np.int32]  # (J,)
    elevation_deg: NDArray[np.float64]  # (J,)
    azimuth_deg: NDArray[np.float64]  # (J,) true
    sent: NDArray[np.float64]  # (J,) W/m² beam and circumsolar, as they add to the interval's mean
    direct_share: NDArray[np.float64]  # (J,) beam alone by both


class _Face(NamedTuple):
    """One side of the rows at J instants and, where the sun does not matter, in N intervals."""

    beam: NDArray[np.float64]  # (J,) of what the sun sends, on the face
    beam_used: NDArray[np.float64]  # (J,) and as power behind the glass
    views: FaceViews  # (N,)
    passed: tuple[NDArray[np.float64], NDArray[np.float64]]  # (N,) shares of light from sky and ground behind the glass


class _Geometry(NamedTuple):
    """All that no place on the land changes."""

    front: _Face
    rear: _Face
    on_ground: NDArray[np.float64]  # (J,) of what the sun sends, on the ground, mean over the pitch
    ground_sky: NDArray[np.float64]  # (N,) share of a uniform sky that the ground sees
    free_sky: float  # a level receiver's on the open slope
    free_horizon: float
    shaded: NDArray[np.float64]  # (N,)


def park_yield(
    rows: Rows,
    sources: Sources,
    sun_visibility: ArrayLike,
    sky_view_factor: ArrayLike,
    horizon_view: ArrayLike,
    weather: Weather,
    chain: Chain,
    albedo: float = 0.2,
) -> Field:
    """Power per kWp and irradiance of a field of endless rows at G places.

    The place's views are those of a level receiver (normal straight up) at the height of the rows, over terrain and
    neighbours but without the rows. What the slope itself hides is known exactly for every face; what more is hidden is
    taken off all faces alike.

    Parameters
    ----------
    sun_visibility : (D,) or (G, D)
        Share that sees each sun node, 0 … 1.
    sky_view_factor, horizon_view : scalar or (G,)
        Share of the uniform sky's horizontal irradiance, and of the horizon all round, 0 … 1. 1 is free land, level or
        not.
    chain
        Of modules with air on both sides.
    albedo
        Of the ground between the rows and beyond them.

    Raises
    ------
    ValueError
        For an unknown kind, or rows that overlap or reach into the ground.
    """
    _check(rows)
    light = _light(sources)
    sun = np.atleast_2d(np.asarray(sun_visibility, np.float64))
    ac, front, rear = (np.zeros((len(sun), len(sources.ghi))) for _ in range(3))
    shaded = np.zeros(len(sources.ghi))
    if not len(light.row):
        return Field(ac, front, rear, shaded)
    geometry = _geometry(rows, light)
    sky = np.broadcast_to(np.asarray(sky_view_factor, np.float64), len(sun)) / geometry.free_sky
    horizon = np.broadcast_to(np.asarray(horizon_view, np.float64), len(sun)) / geometry.free_horizon
    rear_weight = rows.bifaciality * (1.0 - rows.rear_shade)
    temp_air = np.where(np.isnan(weather.temp_air), TEMP_AIR, weather.temp_air)[light.row]
    wind_speed = np.where(np.isnan(weather.wind_speed), WIND_SPEED, weather.wind_speed)[light.row]
    for place, seen in enumerate(sun):
        shares = min(float(sky[place]), 1.0), min(float(horizon[place]), 1.0)
        sent = light.sent * seen[light.node]
        ground = _sums(light, sent * geometry.on_ground)
        ground += sources.isotropic[light.row] * geometry.ground_sky * shares[0]
        on_front, from_front = _on_face(geometry.front, light, sources, sent, shares, ground, albedo)
        on_rear, from_rear = _on_face(geometry.rear, light, sources, sent, shares, ground, albedo)
        effective, warms = from_front + rear_weight * from_rear, on_front + rear_weight * on_rear
        ac[place, light.row] = ac_of(effective, warms, temp_air, wind_speed, chain)
        front[place, light.row], rear[place, light.row] = on_front, on_rear
    shaded[light.row] = geometry.shaded
    return Field(ac, front, rear, shaded)


def frame_of(rows: Rows) -> RowFrame:
    """How the rows lie on their slope; a tracker's positive rotation is to the right of its axis."""
    turned = 90.0 if rows.kind == "tracker" else 0.0
    return row_frame((rows.azimuth_deg + turned) % 360.0, rows.slope_tilt_deg, rows.slope_azimuth_deg)


def rotation_of(rows: Rows, elevation_deg: ArrayLike, azimuth_deg: ArrayLike) -> NDArray[np.float64]:
    """Rotation of the rows (N,) [°] (see ``rows``) where the sun stands at (N,) [°]."""
    if rows.kind == "tracker":
        frame = frame_of(rows)
        return tracker_rotation(elevation_deg, azimuth_deg, frame, rows.gcr, rows.max_angle_deg, rows.backtrack)
    return np.full(np.shape(elevation_deg), 90.0 if rows.kind == "vertical" else rows.tilt_deg)


def _check(rows: Rows) -> None:
    if rows.kind not in KINDS:
        raise ValueError(f"no kind of rows '{rows.kind}'; there are {', '.join(KINDS)}")
    if not 0.0 < rows.gcr < 1.0:
        raise ValueError(f"gcr must lie between 0 and 1, not {rows.gcr:g}")
    steepest = {"fixed": rows.tilt_deg, "tracker": rows.max_angle_deg, "vertical": 90.0}[rows.kind]
    lowest = rows.height_m - 0.5 * rows.slant_m * np.sin(np.radians(steepest))
    if lowest < 0.0:
        raise ValueError(f"rows reach {-lowest:.2f} m into the ground: raise height_m, now {rows.height_m:g}")


@lru_cache(maxsize=8)
def _glass(refraction_index: float, glass: str) -> Glass:
    """Kept: the factors for sky and ground take a second, and fields of many slopes share them."""
    return glass_of(refraction_index, glass)


def _light(sources: Sources) -> _Light:
    path = sources.path
    up = path.node >= 0
    row = np.flatnonzero(up.any(axis=1))
    count = up.sum(axis=1)[row]
    sent = (sources.direct + sources.circumsolar)[up]
    share = np.divide(sources.direct[up], sent, out=np.ones_like(sent), where=sent > 0.0)
    first = np.cumsum(count) - count
    return _Light(row, first, count, path.node[up], path.elevation_deg[up], path.azimuth_deg[up], sent, share)


def _geometry(rows: Rows, light: _Light) -> _Geometry:
    frame = frame_of(rows)
    sun = light.elevation_deg, light.azimuth_deg
    rotation = rotation_of(rows, *sun)
    shadow = shadow_by_pitch(profile_angle(*sun, frame), rotation, rows.gcr, frame.cross_slope_deg)
    shaded = shaded_of(shadow)
    used = rows_used(shaded, rows.blocks)
    cosine = cos_of_face(*sun, rotation, frame)
    on_ground = cos_of_face(*sun, frame.cross_slope_deg, frame)
    table = _table(rotation)
    free_sky, free_horizon = open_slope(rows.slope_tilt_deg)
    glass = _glass(rows.refraction_index, rows.glass)

    def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of values by table (T,): means over the instants of each interval (N,)."""
        if len(table) == 1:
            return np.full(len(light.row), values[0])
        return _sums(light, np.interp(rotation, table, values)) / light.n_instants

    def _face(turned: float, facing: NDArray[np.float64]) -> _Face:
        front = np.maximum(facing, 0.0)
        views = face_views(table + turned, frame, rows.gcr)
        lost = 1.0 - beam_iam(front, rows.refraction_index)
        if not glass.circumsolar:
            lost *= light.direct_share
        upward = np.cos(np.radians(table + turned)) * np.cos(np.radians(frame.axis_tilt_deg))
        tilt_deg = np.rint(np.degrees(np.arccos(upward))).astype(np.int64)
        passed = _mean(glass.sky[tilt_deg]), _mean(glass.ground[tilt_deg])
        return _Face(front * (1.0 - shaded), front * used * (1.0 - lost), FaceViews(*map(_mean, views)), passed)

    between = ground_sky_view(table, frame, rows.gcr, rows.slant_m, rows.height_m)
    whole, lost = (_sums(light, light.sent * np.abs(cosine) * part) for part in (1.0, shaded))
    return _Geometry(
        front=_face(0.0, cosine),
        rear=_face(180.0, -cosine),
        on_ground=np.maximum(on_ground, 0.0) * np.maximum(1.0 - shadow, 0.0),
        ground_sky=_mean(between) * free_sky,
        free_sky=free_sky,
        free_horizon=free_horizon,
        shaded=np.divide(lost, whole, out=np.zeros_like(lost), where=whole > 0.0),
    )


def _table(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations (T,) between which views are interpolated."""
    low, high = float(rotation.min()), float(rotation.max())
    if low == high:
        return rotation[:1]
    return np.linspace(low, high, 1 + int(np.ceil((high - low) / TABLE_STEP_DEG)))


def _on_face(
    face: _Face,
    light: _Light,
    sources: Sources,
    sent: NDArray[np.float64],
    shares: tuple[float, float],
    ground: NDArray[np.float64],
    albedo: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Irradiance (N,) [W/m²] on a face, and what of it becomes power."""
    views, row = face.views, light.row
    sky = views.sky * shares[0]
    above = sky * sources.isotropic[row] + views.band * shares[1] * sources.horizon[row]
    below = albedo * (np.maximum(views.above - sky, 0.0) * sources.ghi[row] + views.ground * ground)
    around = np.maximum(above + below, 0.0)
    behind = np.maximum(above * face.passed[0] + below * face.passed[1], 0.0)
    return around + _sums(light, sent * face.beam), behind + _sums(light, sent * face.beam_used)


def _sums(light: _Light, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over the instants of each interval (N,)."""
    return np.asarray(np.add.reduceat(values, light.first))
