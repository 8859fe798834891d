"""How finely far terrain must be sampled, and what a ridge in the west takes of a year.

python docs/design/0017_far_horizon.py

Both terrains are made up: a fractal of Hurst exponent 0.75 with slopes of 4.5° in the mean, and a ridge of the Taunus'
size and place north and west of a city at 115 m. No survey stands behind either.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import meridian_convergence_deg, parse_crs, to_geographic
from solar.far_horizon import FarHorizon, above, open_share
from solar.sky import reinhart, sky_weights
from solar.sun import in_interval_sun, sun_direction, sun_position
from solar.weather import bundled
from twin.cells import Cell
from twin.far_horizon.terrain import FarTerrain, build_far_terrain, far_horizon_of

CRS = parse_crs("EPSG:25832+7837")
MIDDLE = Cell(445500, 5547500)
X, Y = 445750.0, 5547750.0
FINE_M, SIDE = 12.5, 8000
RIDGE_M = 50.0
EYE_M, NEAR_M = 115.0, 2000.0


def main() -> None:
    """Print the tables of the record."""
    with tempfile.TemporaryDirectory() as folder:
        print("step | built s | cell ms | MB | mean | off by | rms | largest | of maxima: off by | rms")
        steps(written(Path(folder) / "fractal.tif", fractal(), FINE_M))
        print("\nridge")
        ridge(written(Path(folder) / "ridge.tif", taunus(), RIDGE_M))


def written(path: Path, z: NDArray[np.float32], step: float) -> Path:
    """Heights (rows from the south) about the middle as GeoTIFF."""
    import rasterio
    from rasterio.transform import from_origin

    west, north = (v + k * (len(z) // 2) * step for v, k in ((X, -1), (Y, 1)))
    size = {"width": z.shape[1], "height": z.shape[0], "count": 1, "dtype": "float32", "crs": "EPSG:25832"}
    corner = from_origin(west - step / 2, north + step / 2, step, step)
    with rasterio.open(path, "w", driver="GTiff", tiled=True, transform=corner, **size) as raster:
        raster.write(z[::-1], 1)
    return path


def fractal() -> NDArray[np.float32]:
    """Heights of a power-law spectrum, 160 m of standard deviation about 300 m."""
    noise = np.random.default_rng(3).standard_normal((SIDE, SIDE)).astype(np.float32)
    k = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :])
    z = np.fft.irfft2(np.fft.rfft2(noise) * np.maximum(k, 2e-4) ** -1.75, s=noise.shape)
    return (300.0 + 160.0 * (z - z.mean()) / z.std()).astype(np.float32)


def steps(path: Path) -> None:
    """Horizons of 25 cells by step, against the finest."""
    from scipy.ndimage import maximum_filter

    cells = [Cell(MIDDLE.east + 500 * i, MIDDLE.north + 500 * j) for i in range(-4, 5, 2) for j in range(-4, 5, 2)]
    low, high = np.array(cells[0].box[:2]), np.array(cells[-1].box[2:])
    finest = build_far_terrain([path], CRS, low, high, step_m=FINE_M)
    truth, _ = horizons(finest, cells)
    for step in (FINE_M, 25.0, 50.0, 100.0, 200.0):
        began = time.perf_counter()
        far = build_far_terrain([path], CRS, low, high, step_m=step)
        built = time.perf_counter() - began
        found, each = horizons(far, cells)
        off = found - truth
        line = f"{step:5.1f} | {built:5.2f} | {each * 1e3:4.0f} | {far.raster.height.nbytes >> 20:4d} | "
        line += f"{found.mean():.3f} | {off.mean():+.4f} | {np.sqrt((off**2).mean()):.4f} | {np.abs(off).max():.3f}"
        if step > FINE_M:
            every = int(step / FINE_M)
            highest = maximum_filter(finest.raster.height, size=every + 1, mode="nearest")
            off = horizons(with_heights(far, highest, finest, every), cells)[0] - truth
            line += f" | {off.mean():+.4f} | {np.sqrt((off**2).mean()):.4f}"
        print(line)


def with_heights(far: FarTerrain, height: NDArray[np.float32], finest: FarTerrain, every: int) -> FarTerrain:
    """A far terrain with heights of a finer raster, where that reaches."""
    out = np.full_like(far.raster.height, np.nan)
    row = np.arange(out.shape[0]) * every + far.raster.row * every - finest.raster.row
    column = np.arange(out.shape[1]) * every + far.raster.column * every - finest.raster.column
    rows, columns = (np.flatnonzero((i >= 0) & (i < n)) for i, n in zip((row, column), height.shape, strict=True))
    out[np.ix_(rows, columns)] = height[np.ix_(row[rows], column[columns])]
    return replace(far, raster=far.raster._replace(height=out))


def horizons(far: FarTerrain, cells: list[Cell]) -> tuple[NDArray[np.float64], float]:
    """Profiles (N, A) [°] seen from 300 m, and seconds a cell."""
    far_horizon_of(far, cells[0], 300.0, NEAR_M)  # compiles
    began = time.perf_counter()
    found = np.stack([far_horizon_of(far, cell, 300.0, NEAR_M).elevation_deg for cell in cells])
    return found, (time.perf_counter() - began) / len(cells)


def taunus() -> NDArray[np.float32]:
    """A plain at 115 m and a ridge of 500 to 850 m from the west-south-west to the north-east, its crest 9 km away."""
    n = int(44_000 / RIDGE_M)
    x, y = np.meshgrid(*2 * [np.arange(-n, n + 1) * RIDGE_M])
    turn = np.radians(58.0)
    along, across = x * np.sin(turn) + y * np.cos(turn), y * np.sin(turn) - x * np.cos(turn)
    crest = 560.0 + 60.0 * np.sin(along / 2300.0) + 250.0 * np.exp(-(((along - 16_000.0) / 5_000.0) ** 2))
    slope = np.where(across < 9_000.0, 2_600.0, 9_000.0)
    rise = np.exp(-(((across - 9_000.0) / slope) ** 2)) * np.clip((along + 30_000.0) / 8_000.0, 0.0, 1.0)
    return (115.0 + (crest - 115.0) * rise).astype(np.float32)


def ridge(path: Path) -> None:
    """Evenings and a year behind the ridge."""
    low, high = np.array(MIDDLE.box[:2]), np.array(MIDDLE.box[2:])
    far = build_far_terrain([path], CRS, low, high)
    horizon = far_horizon_of(far, MIDDLE, EYE_M, NEAR_M)
    print(" ".join(f"{a}°: {horizon.elevation_deg[a * 4]:.2f}" for a in range(225, 360, 15)))
    latitude, longitude = (float(v) for v in to_geographic(CRS, X, Y))
    convergence = float(meridian_convergence_deg(CRS, X, Y))
    weather = bundled()
    elevation, azimuth = in_interval_sun(weather.start, weather.step_s, latitude, longitude)
    direction, up = sun_direction(elevation, azimuth, convergence), elevation > 0.0
    lit = up & above(horizon, direction)
    beam = weather.dni[:, None] * up / np.maximum(up.sum(axis=1), 1)[:, None]
    planes = {"level": (0, 0, 1), "south": (0, -1, 0), "west": (-1, 0, 0), "north-west": (-(0.5**0.5), 0.5**0.5, 0)}
    for name, normal in planes.items():
        received = np.maximum(direction @ np.array(normal, float), 0.0) * beam
        sky = reinhart()
        weight = sky_weights(sky, np.array([normal], float))[0]
        print(
            f"{name}: direct {received.sum() / 1e3:.1f} kWh/m², {1 - received[lit].sum() / received.sum():.2%} behind "
            f"the ridge; sky {1 - (weight * open_share(horizon, sky)).sum() / weight.sum():.2%}"
        )
    for day in ("03-20", "06-21", "12-21"):
        evening(horizon, day, latitude, longitude, convergence)


def evening(horizon: FarHorizon, day: str, latitude: float, longitude: float, convergence: float) -> None:
    """Minutes by which the sun sets earlier on a day."""
    noon = np.array([f"2026-{day}T11:00:00"], "datetime64[s]")
    times = noon + np.arange(11 * 3600).astype("timedelta64[s]")
    elevation, azimuth = sun_position(times, latitude, longitude)
    last = [
        np.flatnonzero(s).max() for s in (elevation > 0, above(horizon, sun_direction(elevation, azimuth, convergence)))
    ]
    print(f"{day}: sets {(last[0] - last[1]) / 60:.1f} minutes early, at {elevation[last[1]]:.2f}°")


if __name__ == "__main__":
    main()
