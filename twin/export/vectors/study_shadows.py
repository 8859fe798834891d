"""The shadow polygons of a finished study, read back from its folder in the order of time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from io_citygml.crs import Crs
from twin.errors import TwinError
from twin.export.own_folder import files_of
from twin.export.shadow_polygons import Shadow
from twin.export.study_files import HEAD, OWNER, SHADOWS, origin_of

if TYPE_CHECKING:
    import geopandas

REMEDY = "run `heliotwin shadow` into it again"


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
        columns = [self.frame[name] for name in Shadow._fields]
        return [
            Shadow(*values)._replace(time_utc=values[2].to_pydatetime(), value=int(values[7]))
            for values in zip(*columns, strict=True)
        ]


def open_shadows(study_root: Path, title: str = "") -> StudyShadows:
    """The polygons of a study; without a ``title`` its own.

    Raises
    ------
    TwinError
        Where the folder holds no finished study, or one without polygons.
    """
    import geopandas
    import shapely

    head = study_root / HEAD
    if not head.is_file():
        raise TwinError(f"{study_root}: no {HEAD}, so no shadow study", "give the folder of `heliotwin shadow -o`")
    files = files_of(study_root, OWNER)
    facts: dict[str, Any] = json.loads(head.read_text(encoding="utf-8"))
    name = f"{SHADOWS}.gpkg"
    if not facts.get("finished") or name not in files or not (study_root / name).is_file():
        what = "its polygons are missing" if facts.get("finished") else "the study is not finished"
        raise TwinError(f"{study_root}: {what}", REMEDY)
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
