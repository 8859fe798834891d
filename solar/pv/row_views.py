"""What a row of modules sees over the next one: sky, the band along the horizon, and the ground between rows.

Every point up the slant looks over the upper edge of the row before it; that edge, drawn out to the horizon both ways,
and the ground's own plane bound the sky. On level ground the sky's part is pvlib's closed form; on a slope the horizon
cuts it as well, so it is integrated here. Frames, rotations and pitches are those of ``rows``.

Oracles: pvlib's view factors on level ground, rays on a slope (tests/solar/test_solar_pv_row_views.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.pv.rows import RowFrame, axes_of

# Perez's band of light along the horizon is this high in his model of 1987; that of 1990 draws it as a line, which
# every row would hide from the next one however far apart.
BAND_DEG = 6.5
# Points up the slant and azimuths that views are integrated over: within 2e-4 of the closed form.
SLANT_STEPS = 24
AZIMUTHS = 180
# Rows to either side through which ground looks at the sky. At 40 the lowest half degree is left out.
FAR_ROWS = 40


class FaceViews(NamedTuple):
    """Views from one side of a row, mean over the slant, at T rotations.

    sky, band (T,): of a uniform sky's horizontal irradiance, and of Perez's horizon band (sin β where free). above,
    ground (T,): view factors to all that is above the ground's plane and not a row, and to the ground between rows.
    """

    sky: NDArray[np.float64]
    band: NDArray[np.float64]
    above: NDArray[np.float64]
    ground: NDArray[np.float64]


def face_views(rotation_deg: NDArray[np.float64], frame: RowFrame, gcr: float) -> FaceViews:
    """Views from faces whose normals have rotations (T,) [°]; a rear has the front's rotation + 180."""
    from pvlib.bifacial.utils import vf_row_ground_2d_integ, vf_row_sky_2d_integ

    across, _, up = axes_of(frame)
    slope = np.radians(frame.cross_slope_deg)
    along_slope = gcr * float(np.cos(slope))
    rotation = np.radians(rotation_deg)
    turned = (rotation - slope + np.pi) % (2.0 * np.pi) - np.pi
    tilt = np.abs(turned)
    mask = _mask_angle(tilt, along_slope)
    ground_normal = np.sin(slope) * across + np.cos(slope) * up
    down = np.cos(slope) * across - np.sin(slope) * up
    ahead = np.where(turned < 0.0, -1.0, 1.0)[:, None, None] * down
    azimuth = (np.arange(AZIMUTHS) + 0.5) / AZIMUTHS * 2.0 * np.pi
    # Normals (T, X, 3) of the planes through each point and the upper edge before it.
    edge = np.cos(mask)[..., None] * ground_normal - np.sin(mask)[..., None] * ahead
    lowest = np.maximum(_elevation(edge, azimuth), np.maximum(_elevation(ground_normal, azimuth), 0.0))
    normal = np.sin(rotation)[:, None] * across + np.cos(rotation)[:, None] * up
    tilt_deg = np.degrees(tilt)
    return FaceViews(
        sky=_sky(normal, lowest, azimuth),
        band=_band(normal, lowest, azimuth),
        above=np.asarray(vf_row_sky_2d_integ(tilt_deg, along_slope)),
        ground=np.maximum(vf_row_ground_2d_integ(tilt_deg, along_slope, max_rows=FAR_ROWS), 0.0),
    )


def ground_sky_view(
    rotation_deg: NDArray[np.float64], frame: RowFrame, gcr: float, slant_m: float, height_m: float
) -> NDArray[np.float64]:
    """Share of what is above the ground's plane that ground between rows sees, mean over the pitch (T,).

    ``height_m``: of the rows' middle, plumb.
    """
    from pvlib.bifacial.utils import vf_ground_sky_2d_integ

    slope, fall = np.radians(frame.cross_slope_deg), np.radians(frame.axis_tilt_deg)
    along_slope = gcr * float(np.cos(slope))
    from_ground = float(height_m * np.cos(slope) * np.cos(fall))
    turned = np.abs((rotation_deg - frame.cross_slope_deg + 180.0) % 360.0 - 180.0)
    steep = np.minimum(turned, 180.0 - turned)
    return np.asarray(vf_ground_sky_2d_integ(steep, along_slope, from_ground, slant_m / along_slope, max_rows=FAR_ROWS))


def open_slope(slope_tilt_deg: float) -> tuple[float, float]:
    """What a level receiver on an endless slope sees of the sky, and of the horizon band all round."""
    steep = np.radians(slope_tilt_deg)
    azimuth = (np.arange(AZIMUTHS) + 0.5) / AZIMUTHS * 2.0 * np.pi
    rise = np.maximum(_elevation(np.array([np.sin(steep), 0.0, np.cos(steep)]), azimuth), 0.0)
    return float(0.5 * (1.0 + np.cos(steep))), float(np.mean(_of_band(rise)))


def _mask_angle(tilt: NDArray[np.float64], gcr: float) -> NDArray[np.float64]:
    """Angle (T, X) [rad] above the ground's plane of the edge before each point, lowest point first."""
    above = gcr * (1.0 - (np.arange(SLANT_STEPS) + 0.5) / SLANT_STEPS)
    return np.arctan2(above * np.sin(tilt)[:, None], 1.0 - above * np.cos(tilt)[:, None])


def _elevation(normal: NDArray[np.float64], azimuth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Elevation (…, A) [rad] at which planes of upward normal (…, 3) stand in each azimuth."""
    x, y, z = (part[..., None] for part in np.moveaxis(normal, -1, 0))
    return np.arctan2(-(x * np.sin(azimuth) + y * np.cos(azimuth)), np.maximum(z, 1e-6))


def _sky(normal: NDArray[np.float64], lowest: NDArray[np.float64], azimuth: NDArray[np.float64]) -> NDArray[np.float64]:
    """View factors (T,) from faces (T, 3) to everything above elevations (T, X, A), mean over X."""
    level = (normal[:, 0, None] * np.sin(azimuth) + normal[:, 1, None] * np.cos(azimuth))[:, None, :]
    high = normal[:, 2, None, None]
    # The face's own plane: it sees what is above it if it looks up, what is below if it looks down.
    own = np.arctan2(np.where(high < 0.0, level, -level), np.abs(high))
    first = np.where(high < 0.0, lowest, np.maximum(lowest, own))
    last = np.where(high < 0.0, np.maximum(first, own), 0.5 * np.pi)

    def _below(elevation: NDArray[np.float64]) -> NDArray[np.float64]:
        """∫ cos(incidence) cos e de."""
        sine = np.sin(elevation)
        return level * 0.5 * (elevation + sine * np.cos(elevation)) + high * 0.5 * sine**2

    return np.mean(np.sum(_below(last) - _below(first), axis=-1), axis=-1) * (2.0 / AZIMUTHS)


def _band(
    normal: NDArray[np.float64], lowest: NDArray[np.float64], azimuth: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Light of the horizon band (T,) over elevations (T, X, A), mean over X; sin β where nothing rises."""
    level = (normal[:, 0, None] * np.sin(azimuth) + normal[:, 1, None] * np.cos(azimuth))[:, None, :]
    seen = np.maximum(level, 0.0) * _of_band(lowest)
    return np.mean(np.sum(seen, axis=-1), axis=-1) * (np.pi / AZIMUTHS)


def _of_band(elevation: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(1.0 - np.degrees(elevation) / BAND_DEG, 0.0, 1.0)
