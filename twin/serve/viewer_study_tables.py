"""Tables of a study for the viewer: what neighbours lose, surface by surface too, and the shape of what is planned."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from twin.errors import TwinError
from twin.export.rasters.study import StudyRasters
from twin.place_on_earth import geographic_of
from twin.serve.changes import LEAST_KWH, building_year, is_told
from twin.serve.plan_shape import MOST_FACES
from twin.store import plain_value, to_json, write_atomically

if TYPE_CHECKING:
    import pandas as pd

# Of a scenario's day; a page loads those of all days at once.
MOST_ROWS = 200
DEGREES, METRES = 8, 3
TITLE = {
    "de": "Nachbarn: Sonne der Fassaden am Tag, Energie im Jahr",
    "en": "Neighbours: sun of façades on the day, energy of the year",
}
COLUMNS = (
    ("building_id", {"de": "Gebäude", "en": "Building"}, "", 0),
    ("delta_min", {"de": "Änderung", "en": "Change"}, "min", 0),
    ("delta_kwh", {"de": "Änderung", "en": "Change"}, "kWh/a", 0),
    ("delta_pct", {"de": "Änderung", "en": "Change"}, "%", 1),
    ("worst_delta_min", {"de": "schlimmste Stelle", "en": "Worst spot"}, "min", 0),
    ("hours_before", {"de": "Sonne vorher", "en": "Sun before"}, "h", 1),
    ("hours", {"de": "Sonne nachher", "en": "Sun after"}, "h", 1),
    ("kwh_before", {"de": "Energie vorher", "en": "Energy before"}, "kWh/a", 0),
    ("kwh", {"de": "Energie nachher", "en": "Energy after"}, "kWh/a", 0),
)
TABLE, SURFACES, PLAN, BODY = "table.json", "surfaces.json", "plan.geojson", "body.geojson"


class Shapes(NamedTuple):
    """Files with what is planned, and of whom nothing is known."""

    footprints: str | None
    body: str | None
    drawn: list[str]  # scenarios with a shape
    without: list[str]  # plans that only cast shadow, whose shape the study does not keep
    files: list[str]


def _table(root: Path, name: str) -> pd.DataFrame | None:
    """A table of the study; None where it has none.

    Raises
    ------
    TwinError
        Where it cannot be read.
    """
    import pandas as pd

    path = root / "tables" / f"{name}.parquet"
    if not path.is_file():
        return None
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise TwinError(f"{path}: cannot be read", "run `heliotwin shadow` again into the same folder") from error


def write_table(root: Path, hidden: frozenset[str], folder: Path) -> list[str]:
    """Neighbours that change, those that lose most first; names of files."""
    hours, energy = _table(root, "buildings"), _table(root, "energy_buildings")
    if hours is None or not len(hours) or "hours_bestand" not in hours:
        return []
    kwh: dict[tuple[str, str], dict[str, float]] = {}
    if energy is not None:
        kwh = {(row["scenario"], row["building_id"]): _kwh(row) for row in energy.to_dict("records")}
    rows = []
    # An owner who objected leaves no mark: the row is not there, as for a building that nothing changes for.
    shown_rows = ~hours["own"].astype(bool) & ~hours["building_id"].isin(hidden)
    for row in hours[shown_rows].to_dict("records"):
        values = {
            "hours_before": row["hours_bestand"],
            "hours": row["hours"],
            "delta_min": row["delta_min"],
            "worst_delta_min": row["worst_delta_min"],
            **kwh.get(
                (row["scenario"], row["building_id"]),
                dict.fromkeys(("kwh_before", "kwh", "delta_kwh", "delta_pct"), np.nan),
            ),
        }
        if not is_told(values["delta_kwh"], values["worst_delta_min"]):
            continue
        head = {name: row[name] for name in ("building_id", "scenario", "date")}
        rows.append({**head, **{name: plain_value(value) for name, value in values.items()}})
    rows.sort(key=_by_loss)
    kept, left_out = _cut(rows, hours[["scenario", "date"]].drop_duplicates().itertuples(index=False))
    columns = [{"key": key, "label": label, "unit": unit, "digits": digits} for key, label, unit, digits in COLUMNS]
    shown = {"title": TITLE, "columns": columns, "rows": kept, "left_out": left_out}
    write_atomically(folder / TABLE, to_json(shown))
    return [TABLE]


def _by_loss(row: Mapping[str, Any]) -> tuple[float, float, str]:
    return row["delta_kwh"] or 0.0, row["delta_min"] or 0.0, row["building_id"]


def _cut(rows: Sequence[dict[str, Any]], days: Iterable[Any]) -> tuple[list[dict[str, Any]], dict[str, dict[str, int]]]:
    """The first rows of every scenario's day, and how many more each has: scenario → date → count."""
    more: dict[str, dict[str, int]] = {}
    for scenario, date in days:
        more.setdefault(scenario, {})[date] = -MOST_ROWS
    kept = []
    for row in rows:
        more[row["scenario"]][row["date"]] += 1
        if more[row["scenario"]][row["date"]] <= 0:
            kept.append(row)
    return kept, {name: {date: max(count, 0) for date, count in dates.items()} for name, dates in more.items()}


def _kwh(row: Mapping[Any, Any]) -> dict[str, float]:
    year = building_year(row)
    return {
        "kwh_before": year.before_kwh,
        "kwh": year.after_kwh,
        "delta_kwh": year.delta_kwh,
        "delta_pct": year.delta_pct,
    }


def write_surfaces(root: Path, hidden: frozenset[str], folder: Path) -> list[str]:
    """Change of irradiation [%] of every surface that changes, by scenario; names of files."""
    energy = _table(root, "energy")
    if energy is None or "delta_pct" not in energy:
        return []
    energy = energy[~energy["own"].astype(bool) & (energy["delta_kwh"].abs() >= LEAST_KWH)]
    energy = energy[~energy["surface_id"].isin(hidden) & ~energy["building_id"].isin(hidden)]
    found = {
        str(scenario): {"id": rows["surface_id"].tolist(), "delta_pct": np.round(rows["delta_pct"], 2).tolist()}
        for scenario, rows in energy.groupby("scenario", sort=True)
    }
    write_atomically(folder / SURFACES, to_json(found))
    return [SURFACES]


def write_plan(study: StudyRasters, crs: Crs, geoid: Path | None, folder: Path) -> Shapes:
    """Footprints with heights, and faces in space, of what is planned; both in longitude and latitude.

    Raises
    ------
    TwinError, io_citygml.errors.CityModelError
        Where a table cannot be read, or nothing leads from the study's heights to the ellipsoid.
    """
    levels = {
        building["id"]: (building["base_m"], building["top_m"])
        for plan in study.facts["plans"]
        for building in plan.get("buildings", [{**plan, "id": plan["name"]}])
    }
    feet = _footprints(study.root, levels, crs, geoid)
    faces = _faces(study.root, crs, geoid)
    files = []
    for name, features in ((PLAN, feet), (BODY, faces)):
        if features:
            content = {"type": "FeatureCollection", "features": features}
            write_atomically(folder / name, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
            files.append(name)
    drawn = sorted({feature["properties"]["scenario"] for feature in (*feet, *faces)})
    without = [
        plan for scenario in study.facts["scenarios"] for plan in scenario["plans"] if scenario["name"] not in drawn
    ]
    return Shapes(PLAN if feet else None, BODY if faces else None, drawn, without, files)


def _shapes(root: Path, name: str) -> Any:
    """Rows of a table that are planned, with their shapes."""
    import geopandas

    path = root / "tables" / f"{name}.parquet"
    if not path.is_file():
        return None
    table = geopandas.read_parquet(path)
    return table[table["own"].astype(bool) & table.geometry.notna()] if "own" in table else None


def _footprints(
    root: Path, levels: Mapping[str, tuple[float, float]], crs: Crs, geoid: Path | None
) -> list[dict[str, Any]]:
    import shapely

    table = _shapes(root, "buildings")
    out: list[dict[str, Any]] = []
    if table is None:
        return out
    for row in table.drop_duplicates(["scenario", "building_id"]).itertuples():
        if row.building_id not in levels:
            continue
        outline = shapely.force_2d(row.geometry)
        corner = shapely.get_coordinates(outline)
        base, top = levels[row.building_id]
        # A plan is small, so the distance of the two heights is one number.
        middle = geographic_of(crs, np.array([[*corner.mean(axis=0), base], [*corner.mean(axis=0), top]]), geoid)
        properties = {
            "id": row.building_id,
            "scenario": row.scenario,
            "base_ellipsoidal_m": round(float(middle[0, 2]), METRES),
            "top_ellipsoidal_m": round(float(middle[1, 2]), METRES),
        }
        out.append(_feature(outline, properties, crs, geoid, base))
    return out


def _faces(root: Path, crs: Crs, geoid: Path | None) -> list[dict[str, Any]]:
    table = _shapes(root, "energy")
    if table is None:
        return []
    table = table.drop_duplicates(["scenario", "surface_id"])
    counts = table["scenario"].value_counts()
    return [
        _feature(row.geometry, {"id": row.surface_id, "scenario": row.scenario, "kind": row.kind}, crs, geoid, None)
        for row in table.itertuples()
        if counts[row.scenario] <= MOST_FACES
    ]


def _feature(
    shape: Any, properties: dict[str, Any], crs: Crs, geoid: Path | None, level_m: float | None
) -> dict[str, Any]:
    """A shape as GeoJSON; with heights above the ellipsoid unless a level is given, which is then left out."""
    import shapely

    def turned(place: NDArray[np.float64]) -> NDArray[np.float64]:
        height = place[:, 2] if level_m is None else np.full(len(place), level_m)
        found = geographic_of(crs, np.column_stack([place[:, :2], height]), geoid)
        rounded = np.column_stack([np.round(found[:, :2], DEGREES), np.round(found[:, 2], METRES)])
        return rounded if level_m is None else rounded[:, :2]

    moved = shapely.transform(shape, turned, include_z=level_m is None)
    geometry: dict[str, Any] = shapely.geometry.mapping(moved)
    return {"type": "Feature", "properties": properties, "geometry": geometry}
