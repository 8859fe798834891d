"""The shadow polygons of a finished study, read back from its folder in the order of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from io_citygml.crs import Crs
from twin.errors import TwinError
from twin.export.shadow_names import file_words
from twin.export.shadow_polygons import Shadow
from twin.export.study_files import AGAIN, SHADOWS, open_finished_study, origin_of

if TYPE_CHECKING:
    import geopandas


@dataclass(frozen=True)
class StudyShadows:
    """Rows of shadows.gpkg (twin/export/shadow_polygons.py), sorted by scenario, time and value, in ``crs``."""

    frame: geopandas.GeoDataFrame
    crs: Crs
    zone: ZoneInfo
    step_min: int
    title: str
    origin: dict[str, object]

    def rows(self) -> list[Shadow]:
        """Every row as it was before it was written."""
        import pandas as pd

        columns = [self.frame[name] for name in Shadow._fields]
        rows = [Shadow(*values) for values in zip(*columns, strict=True)]
        return [row._replace(time_utc=pd.Timestamp(row.time_utc).to_pydatetime(), value=int(row.value)) for row in rows]

    def groups(self, key: Callable[[Shadow], tuple[Any, ...]]) -> list[tuple[str, list[Shadow]]]:
        """Neighbouring rows with the same key, and the word that names their scenario in files."""
        rows = self.rows()
        words = file_words(sorted({row.scenario for row in rows}))
        return [(words[group[0].scenario], group) for group in (list(each) for _, each in groupby(rows, key=key))]


def open_shadows(study_root: Path, title: str = "") -> StudyShadows:
    """The polygons of a study; without a ``title`` its own.

    Raises
    ------
    TwinError
        Where the folder holds no finished study, or one without polygons.
    """
    import geopandas
    import shapely

    facts, files = open_finished_study(study_root)
    name = f"{SHADOWS}.gpkg"
    if name not in files or not (study_root / name).is_file():
        raise TwinError(f"{study_root}: its polygons are missing", AGAIN)
    frame = geopandas.read_file(study_root / name, layer=SHADOWS)
    if frame.empty:
        raise TwinError(f"{study_root / name}: no shadow at any instant", "study a day on which the sun shines")
    # outer rings counterclockwise: RFC 7946, and Cesium asks nothing else
    frame = frame.set_geometry(shapely.orient_polygons(frame.geometry.to_numpy()), crs=frame.crs)
    crs = facts["crs"]
    return StudyShadows(
        frame=frame.sort_values(["scenario", "time_utc", "value"], kind="stable").reset_index(drop=True),
        crs=Crs(crs["text"], crs["horizontal"], crs["vertical"]),
        zone=ZoneInfo(facts["zone"]),
        step_min=int(facts["step_min"]),
        title=title or facts.get("title") or study_root.resolve().name,
        origin=origin_of(facts),
    )
