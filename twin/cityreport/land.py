"""Open land by district: how much of it there is on the map, and what it receives in a year."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cityreport.slopes import Strip, slope_area_m2
from twin.store import Store

# Rows of a raster that are looked at together: 1,024 × 20,000 pixels of float32 take 80 MB.
STRIP_ROWS = 1024


class Land(NamedTuple):
    """Open land by district, the last entry outside of all: (D + 1,)."""

    area_m2: NDArray[np.float64]  # on the map
    energy_kwh: NDArray[np.float64]  # on the ground as it slopes


def land_by_district(path: Path | None, districts: NDArray[np.object_], store: Store | None = None) -> Land:
    """Open land in each district and outside of all; a pixel belongs to the first district that holds its middle.

    Parameters
    ----------
    path
        Raster of irradiation [kWh per m² of slope]; without one there is no open land.
    store
        The job's, where it stands on terrain; without one all land is level.
    """
    count = len(districts)
    area, energy = np.zeros(count + 1), np.zeros(count + 1)
    if path is None:
        return Land(area, energy)
    import rasterio
    from rasterio.features import rasterize
    from rasterio.windows import Window

    with rasterio.open(path) as band:
        pixel_m, pixel_m2 = float(band.transform.a), abs(band.transform.a * band.transform.e)
        for top in range(0, band.height, STRIP_ROWS):
            window = Window(0, top, band.width, min(STRIP_ROWS, band.height - top))
            value = band.read(1, window=window)
            # Burnt in reverse order, so that the first district stays.
            owner = rasterize(
                [(districts[index], index) for index in reversed(range(count))],
                out_shape=value.shape,
                transform=band.window_transform(window),
                fill=count,
                dtype="int32",
            )
            known = (value != band.nodata) & np.isfinite(value)
            energy_kwh = value[known].astype(np.float64) * pixel_m2
            if store is not None:
                strip = Strip(band.transform.f - top * pixel_m, band.transform.c, len(value), band.width, pixel_m)
                energy_kwh *= slope_area_m2(store, strip)[known] / pixel_m2
            area += np.bincount(owner[known], minlength=count + 1) * pixel_m2
            energy += np.bincount(owner[known], energy_kwh, count + 1)
    return Land(area, energy)
