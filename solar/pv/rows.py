"""Long parallel rows of modules: where the next row's shade falls, what it hides of the sky, how a tracker turns.

Everything happens in the cross-section of the rows, the plane at right angles to their axis. There x points level to
the side that ``row_azimuth_deg`` names, and a module's ``rotation_deg`` is the angle of its normal from the section's
upward axis towards x: a fixed row of tilt β has β, a vertical one 90, a tracker turns through 0.

        z      normal                  On a slope the axes of the rows lie in the slope's plane: along the axis the rows
        |   _/  rotation               follow the ground (``axis_tilt_deg``, positive downwards to row azimuth − 90),
        | _/                           across it every row stands lower or higher than the one before
        |/________ x                   (``cross_slope_deg``, positive downwards to x). Turned by the cross slope, rows
                                       on a slope are rows on level ground, and the formulas of level ground hold.

``gcr`` is slant height by pitch, the pitch measured on the map. Rows are endless and alike; the ends of rows, the first
and the last row gain more light than is computed here.

Sources: Anderson and Mikofski 2020 (NREL/TP-5K00-76626) for slopes and tracking; Anderson and Jensen 2024
(doi:10.1063/5.0202220) for shade; Hottel's crossed strings as pvlib has them for views. Oracles: rays in the plane,
numerical integration, pvlib (tests/solar/test_solar_pv_rows.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Below this a face sees no sky worth a ratio.
NOTHING = 1e-9


class RowFrame(NamedTuple):
    """How rows lie on the ground [°]: where x points, how the axis falls, how the ground falls across the axis."""

    row_azimuth_deg: float
    axis_tilt_deg: float
    cross_slope_deg: float


def row_frame(row_azimuth_deg: float, slope_tilt_deg: float = 0.0, slope_azimuth_deg: float = 180.0) -> RowFrame:
    """Frame of rows on a slope that falls towards ``slope_azimuth_deg``; both azimuths by the map."""
    fall = np.tan(np.radians(slope_tilt_deg))
    turned = np.radians(row_azimuth_deg - slope_azimuth_deg)
    axis_tilt = np.arctan(fall * np.sin(turned))
    across = np.arctan(fall * np.cos(turned) * np.cos(axis_tilt))
    return RowFrame(row_azimuth_deg, float(np.degrees(axis_tilt)), float(np.degrees(across)))


def profile_angle(elevation_deg: ArrayLike, azimuth_deg: ArrayLike, frame: RowFrame) -> NDArray[np.float64]:
    """Angle of the sun in the cross-section (N,) [°], from the upward axis towards x, −180 … 180."""
    x, z = _in_frame(elevation_deg, azimuth_deg, frame)
    return np.degrees(np.arctan2(x, z))


def cos_of_face(
    elevation_deg: ArrayLike, azimuth_deg: ArrayLike, rotation_deg: ArrayLike, frame: RowFrame
) -> NDArray[np.float64]:
    """Cosine (N,) between the sun and the front's normal; negative where the sun is on the rear."""
    x, z = _in_frame(elevation_deg, azimuth_deg, frame)
    rotation = np.radians(np.asarray(rotation_deg, np.float64))
    return np.asarray(x * np.sin(rotation) + z * np.cos(rotation))


def shadow_by_pitch(
    profile_deg: ArrayLike, rotation_deg: ArrayLike, gcr: float, cross_slope_deg: float = 0.0
) -> NDArray[np.float64]:
    """Length of a row's shadow on the ground by the distance of rows, both along the slope (N,).

    Below 1 it is the share of the ground in shade, no row touches another; above, all ground is in shade and
    1 − 1 / x of each row's slant. Infinite where the sun is at or below the ground's plane.
    """
    slope = np.radians(cross_slope_deg)
    sun = np.radians(np.asarray(profile_deg, np.float64)) - slope
    rotation = np.radians(np.asarray(rotation_deg, np.float64)) - slope
    height = np.cos(sun)
    width = gcr * np.cos(slope) * np.abs(np.cos(rotation - sun))
    return np.divide(width, height, out=np.full(np.broadcast(width, height).shape, np.inf), where=height > NOTHING)


def beam_shaded_fraction(
    elevation_deg: ArrayLike,
    azimuth_deg: ArrayLike,
    tilt_deg: ArrayLike,
    row_azimuth_deg: float,
    gcr: float,
    slope_tilt_deg: float = 0.0,
    slope_azimuth_deg: float = 180.0,
) -> NDArray[np.float64]:
    """Share of a row's slant, from its lower edge, that lies in the shade of the next row (N,) 0 … 1.

    The same on the front as on the rear, wherever the sun is; 1 where the sun is below the ground's plane. For tents
    (rows facing both ways) each side counts by itself, with ``gcr`` its own slant by the distance of like sides.

    Parameters
    ----------
    elevation_deg, azimuth_deg : (N,) [°]
        Of the sun.
    tilt_deg : [°]
        Of the modules in the cross-section; of each instant (N,) for trackers, negative away from the row azimuth.
    row_azimuth_deg : [°]
        Where the modules face.
    """
    frame = row_frame(row_azimuth_deg, slope_tilt_deg, slope_azimuth_deg)
    profile = profile_angle(elevation_deg, azimuth_deg, frame)
    return shaded_of(shadow_by_pitch(profile, tilt_deg, gcr, frame.cross_slope_deg))


def shaded_of(shadow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shaded share of a row's slant (N,) for shadows by pitch (N,)."""
    return 1.0 - 1.0 / np.maximum(shadow, 1.0)


def sky_masking(tilt_deg: ArrayLike, gcr: float) -> NDArray[np.float64]:
    """Share of a uniform sky's light on a face that rows alike leave, mean over the slant; shape of ``tilt_deg``.

    ``tilt_deg`` 0 … 180 from the plane of the ground: more than 90 is a rear.
    """
    from pvlib.bifacial.utils import vf_row_sky_2d_integ

    tilt = np.asarray(tilt_deg, np.float64)
    free = 0.5 * (1.0 + np.cos(np.radians(tilt)))
    seen = np.asarray(vf_row_sky_2d_integ(np.atleast_1d(tilt), gcr)).reshape(tilt.shape)
    return np.divide(seen, free, out=np.zeros_like(free), where=free > NOTHING)


def tracker_rotation(
    elevation_deg: ArrayLike,
    azimuth_deg: ArrayLike,
    frame: RowFrame,
    gcr: float,
    max_angle_deg: float = 60.0,
    backtrack: bool = True,
) -> NDArray[np.float64]:
    """Rotation (N,) [°] of a single-axis tracker; level where the sun is down.

    With ``backtrack`` rows turn back from the sun as far as they must not to shade each other, on slopes too.
    """
    from pvlib.tracking import singleaxis

    elevation = np.asarray(elevation_deg, np.float64)
    turned = singleaxis(
        90.0 - elevation,
        np.asarray(azimuth_deg, np.float64),
        axis_tilt=frame.axis_tilt_deg,
        axis_azimuth=(frame.row_azimuth_deg - 90.0) % 360.0,
        max_angle=max_angle_deg,
        backtrack=backtrack,
        gcr=gcr,
        cross_axis_tilt=frame.cross_slope_deg,
    )
    return np.nan_to_num(np.asarray(turned["tracker_theta"], np.float64))


def rows_used(shaded: NDArray[np.float64], blocks: int) -> NDArray[np.float64]:
    """Share of a row's beam that becomes power (N,) where a share ``shaded`` (N,) of its slant is in shade.

    Linear for ``blocks`` 0. Else the slant is cut into as many equal blocks along the row, each with a string or a half
    of the cells of its own: a block that the shade has touched loses its whole beam and keeps its diffuse light.
    """
    if not blocks:
        return 1.0 - shaded
    # A shade that ends on a block's edge must not reach into the next by rounding.
    return 1.0 - np.ceil(shaded * blocks - 1e-9) / blocks


def axes_of(frame: RowFrame) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors (3,) east, north, up: across the rows, along their axis, up in the cross-section."""
    azimuth, fall = np.radians(frame.row_azimuth_deg), np.radians(frame.axis_tilt_deg)
    sin_a, cos_a, sin_f, cos_f = np.sin(azimuth), np.cos(azimuth), np.sin(fall), np.cos(fall)
    across = np.array([sin_a, cos_a, 0.0])
    along = np.array([-cos_a * cos_f, sin_a * cos_f, -sin_f])
    return across, along, np.array([-cos_a * sin_f, sin_a * sin_f, cos_f])


def _in_frame(
    elevation_deg: ArrayLike, azimuth_deg: ArrayLike, frame: RowFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sun's coordinates (N,) across the rows and up in the cross-section."""
    elevation = np.radians(np.asarray(elevation_deg, np.float64))
    azimuth = np.radians(np.asarray(azimuth_deg, np.float64))
    level = np.cos(elevation)
    sun = (np.sin(azimuth) * level, np.cos(azimuth) * level, np.sin(elevation))
    across, _, up = axes_of(frame)
    x, z = (np.asarray(axis[0] * sun[0] + axis[1] * sun[1] + axis[2] * sun[2]) for axis in (across, up))
    return x, z
