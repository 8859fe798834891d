"""The report's one colour scale of irradiation, for a finished job: roofs, façades and open land together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.export.cog import Raster
from twin.ground import PICTURE_CELLS

if TYPE_CHECKING:
    from pathlib import Path

    from twin.export.source import Source
    from twin.report.colours import Scale

GROUND = "ground.tif"


def irradiation_scale(source: Source) -> Scale:
    """Scale of a year's irradiation [kWh/m²], with the ends that the job's own report has."""
    from twin.report.colours import scale_of
    from twin.report.facts import groups_of

    path = source.root / GROUND
    groups = groups_of(source.surfaces, _coarse(path) if path.is_file() else None)
    return scale_of([(group.value, group.area_m2) for group in groups])


def month_scale(highest_kwh_m2: float) -> Scale:
    """Scale of one month, the same for all twelve: from nothing to the highest value of any [kWh/m²]."""
    from twin.report.colours import ROUND_KWH_M2, Scale, colour_table

    return Scale(0.0, max(float(np.ceil(highest_kwh_m2 / ROUND_KWH_M2)) * ROUND_KWH_M2, ROUND_KWH_M2), colour_table())


def _coarse(path: Path) -> Raster:
    """Open land in no more pixels than the report looks at."""
    import rasterio
    from rasterio.enums import Resampling

    with rasterio.open(path) as band:
        by = int(np.ceil(np.sqrt(band.height * band.width / PICTURE_CELLS)))
        shape = (-(-band.height // by), -(-band.width // by))
        value = band.read(1, out_shape=shape, resampling=Resampling.average)
        west, north, cell_m = band.transform.c, band.transform.f, band.transform.a * band.width / shape[1]
    return Raster(value.astype(np.float32), west, north, cell_m)
