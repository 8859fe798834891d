"""What a dropped plan changes, as the API says it: buildings, surfaces, open land, and the plan's own shape."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from io_citygml.crs import Crs
from io_citygml.heights import ellipsoidal_or_reason
from io_citygml.model import CityModel
from raytrace import bits
from twin.package_data import geoid_grid
from twin.plan.plan import Plan
from twin.results import CLASS_NAME, footprints_of, polygons_of
from twin.serve.overlay import overlay_of, png
from twin.store import plain_value
from twin.study.buildings import building_table
from twin.study.drop import Dropped
from twin.study.energy import building_energy, energy_table
from twin.study.facts import standing_in, warnings_of
from twin.study.outcome import BESTAND, Day
from twin.study.scenarios import buildings_of

AFTER = 1  # the one scenario beside the Bestand
MOST_SURFACES, MOST_FACES = 2000, 2000
# What changes less is not listed.
LEAST_MIN, LEAST_KWH = 0.5, 0.05
OPACITY = 200
FACTS = ("format", "crs", "unit", "heights", "ground_m", "base_m", "top_m", "height_m", "footprint_m2", "volume_m3")


class Picture(NamedTuple):
    """The change of open land, to lay over a map."""

    png: bytes | None
    facts: dict[str, Any]


def result_of(
    dropped: Dropped, day: Day, date: str, weather: str, hidden: frozenset[str]
) -> tuple[dict[str, Any], Picture]:
    """Everything that a plan changes on a day and in a year; ``hidden`` ids have no results."""
    city = dropped.city
    energy = energy_table(city, dropped.years(dropped.year_views()))
    energy = energy[energy["scenario"] == city.scenarios[AFTER].name]
    surfaces, left_out = _surfaces(dropped, day, energy, hidden)
    buildings, unchanged = _buildings(dropped, day, date, energy, hidden)
    shape, body = _shape(city.plans, city.scene.crs)
    facts: dict[str, Any] = {name: plain_value(city.plans[0].facts.get(name)) for name in FACTS} if city.plans else {}
    facts["own_irradiation_kwh"] = float(energy.loc[energy["own"], "irradiation_kwh"].sum())
    picture = _land(dropped, day)
    result = {
        "name": city.plans[0].name if city.plans else "",
        "date": date,
        "weather": weather,
        "shape": shape,
        "body": body,
        "facts": facts,
        "warnings": [*warnings_of(city), *standing_in(city)],
        "buildings": buildings,
        "surfaces": surfaces,
        "left_out": left_out,
        "unchanged": unchanged,
        "land": picture.facts,
    }
    return result, picture


def _surfaces(dropped: Dropped, day: Day, energy: Any, hidden: frozenset[str]) -> tuple[list[dict[str, Any]], int]:
    """Neighbours' surfaces that change, those that lose most energy first."""
    before, after = surface_hours(dropped, day)
    model = dropped.city.model
    row_of = {model.surface_id[s]: s for s in np.flatnonzero(dropped.city.scene.receives)}
    out = []
    for row in energy[~energy["own"].to_numpy(bool)].to_dict("records"):
        at = row_of[row["surface_id"]]
        delta_min = (after[at] - before[at]) * 60.0
        changes = abs(row["delta_kwh"]) >= LEAST_KWH or (np.isfinite(delta_min) and abs(delta_min) >= LEAST_MIN)
        if not changes:
            continue
        values = {
            "hours_before": before[at],
            "hours": after[at],
            "delta_min": delta_min,
            "irradiation_kwh_before": row["irradiation_kwh_bestand"],
            "irradiation_kwh": row["irradiation_kwh"],
            "delta_kwh": row["delta_kwh"],
            "delta_pct": row["delta_pct"],
        }
        silent = row["surface_id"] in hidden or row["building_id"] in hidden
        head = {name: row[name] for name in ("surface_id", "building_id", "kind")}
        out.append({**head, "no_value": silent, **_plain(values, silent)})
    out.sort(key=lambda entry: (entry["delta_kwh"] is None, entry["delta_kwh"] or 0.0, entry["surface_id"]))
    return out[:MOST_SURFACES], max(len(out) - MOST_SURFACES, 0)


def surface_hours(dropped: Dropped, day: Day) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hours of sun of a day before and after (S,) as area means; nan where no state leaves a surface open.

    A receiver that only one state leaves open to the air counts in the other with no sun.
    """
    receivers, count = dropped.layout.receivers, len(dropped.city.model.kind)
    each = np.full((1, len(day.instants.time)), day.instants.step_s / 3600.0)
    lits = [day.surface[scenario.name] for scenario in dropped.city.scenarios[: AFTER + 1]]
    stands = dropped.city.scenarios[AFTER].present[dropped.city.model.object[receivers.surface]]
    weight = np.where((lits[0].there | lits[AFTER].there) & stands, receivers.area_m2, 0.0)
    area = np.bincount(receivers.surface, weight, count)
    none = np.zeros(len(weight), np.int64)
    sums = [np.bincount(receivers.surface, weight * bits.dot(lit.bits, each, none), count) for lit in lits]
    before, after = (np.divide(total, area, out=np.full(count, np.nan), where=area > 0) for total in sums)
    return before, after


def _buildings(
    dropped: Dropped, day: Day, date: str, energy: Any, hidden: frozenset[str]
) -> tuple[list[dict[str, Any]], int]:
    """Neighbours that change, those that lose most energy first, and how many do not."""
    city = dropped.city
    table = building_table(city, dropped.layout.receivers, day, date)
    table = table[table["scenario"] == city.scenarios[AFTER].name]
    hours = {row["building_id"]: row for row in table.drop(columns="geometry").to_dict("records")}
    out, unchanged = [], 0
    for row in building_energy(energy).to_dict("records"):
        if row["own"]:
            continue
        of_day = hours.get(row["building_id"], {})
        kwh_before = row["roof_kwh_bestand"] + row["facade_kwh_bestand"]
        worst = of_day.get("worst_delta_min", np.nan)
        if not (abs(row["delta_kwh"]) >= LEAST_KWH or abs(worst) >= LEAST_MIN):
            unchanged += 1
            continue
        values = {
            "facade_hours_before": of_day.get("hours_bestand", np.nan),
            "facade_hours": of_day.get("hours", np.nan),
            "delta_min": of_day.get("delta_min", np.nan),
            "worst_delta_min": worst,
            "irradiation_kwh_before": kwh_before,
            "irradiation_kwh": row["roof_kwh"] + row["facade_kwh"],
            "delta_kwh": row["delta_kwh"],
            "delta_pct": 100.0 * row["delta_kwh"] / kwh_before if kwh_before > 0 else np.nan,
        }
        silent = row["building_id"] in hidden
        out.append({"building_id": row["building_id"], "no_value": silent, **_plain(values, silent)})
    out.sort(key=lambda entry: (entry["delta_kwh"] is None, entry["delta_kwh"] or 0.0, entry["building_id"]))
    return out, unchanged


def _plain(values: dict[str, Any], silent: bool) -> dict[str, Any]:
    return {name: None if silent else plain_value(value) for name, value in values.items()}


def _land(dropped: Dropped, day: Day) -> Picture:
    """Minutes of sun that open land gains or loses on the day."""
    from twin.report.study_colours import change_classes, classed

    grid, minutes = dropped.layout.grid, day.instants.step_s / 60.0
    before, after = (day.ground[name] for name in (BESTAND, dropped.city.scenarios[AFTER].name))
    both = before.there & after.there
    counts = bits.count(after.bits).astype(np.float64) - bits.count(before.bits)
    change = np.where(both, counts * minutes, 0.0)
    classes = change_classes()
    colours = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in classes.colour.tolist()]
    border = [None if not np.isfinite(value) else float(value) for value in classes.border]
    legend = [
        {"from_min": low, "to_min": high, "colour": colour}
        for low, high, colour in zip(border[:-1], border[1:], colours, strict=True)
    ]
    facts: dict[str, Any] = {
        "png": None,
        "bounds": None,
        "legend": legend,
        "changed_m2": float((change != 0).sum()) * grid.cell_m**2,
        "worst_delta_min": float(change.min(initial=0.0)),
    }
    moved = np.flatnonzero(change)
    if not len(moved):
        return Picture(None, facts)
    row, column = np.divmod(grid.pixel[moved], grid.columns)
    top, left = int(row.min()), int(column.min())
    part = np.zeros((int(row.max()) - top + 1, int(column.max()) - left + 1))
    part[row - top, column - left] = change[moved]
    west, north = grid.west + left * grid.cell_m, grid.north - top * grid.cell_m
    box = (west, north - part.shape[0] * grid.cell_m, west + part.shape[1] * grid.cell_m, north)
    overlay = overlay_of(dropped.city.scene.crs, box, grid.cell_m)
    at_row = np.floor((north - overlay.y) / grid.cell_m).astype(np.int64)
    at_column = np.floor((overlay.x - west) / grid.cell_m).astype(np.int64)
    inside = (at_row >= 0) & (at_row < part.shape[0]) & (at_column >= 0) & (at_column < part.shape[1])
    value = np.where(inside, part[np.where(inside, at_row, 0), np.where(inside, at_column, 0)], 0.0)
    painted = classed(classes, value)
    table, index = np.unique(painted.reshape(-1, 3), axis=0, return_inverse=True)
    clear = np.array([[0, 0, 0, 0]], np.uint8)
    palette = np.concatenate([clear, np.column_stack([table, np.full(len(table), OPACITY)]).astype(np.uint8)])
    picture = np.where(value != 0, index.reshape(value.shape) + 1, 0).astype(np.uint8)
    facts["bounds"] = list(overlay.bounds)
    return Picture(png(picture, palette), facts)


def _shape(plans: tuple[Plan, ...], crs: Crs) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Footprints with heights, and the faces in space, of what is planned; both in longitude and latitude."""
    feet: list[dict[str, Any]] = []
    faces: list[dict[str, Any]] | None = []
    for plan in plans:
        model, root = plan.model, buildings_of(plan.model)
        above = _above_ellipsoid(model, crs)
        corner_owner = _owner_of_corners(model, root)
        for building, outline in footprints_of(model, root).items():
            own = corner_owner == building
            properties: dict[str, Any] = {
                "id": model.objects[building].id,
                "base_m": float(model.coords[own, 2].min()),
                "top_m": float(model.coords[own, 2].max()),
                "base_ellipsoidal_m": None if above is None else float(above[own].min()),
                "top_ellipsoidal_m": None if above is None else float(above[own].max()),
            }
            feet.append({"type": "Feature", "properties": properties, "geometry": _geojson(outline, crs)})
        if faces is None or above is None or model.n_surfaces > MOST_FACES:
            faces = None
            continue
        for surface, polygon in enumerate(polygons_of(model, np.arange(model.n_surfaces))):
            if polygon.is_empty:
                continue
            kind = CLASS_NAME.get(model.kind[surface], "")
            faces.append(
                {"type": "Feature", "properties": {"kind": kind}, "geometry": _in_space(polygon, crs, model, above)}
            )
    collection = {"type": "FeatureCollection", "features": feet}
    return collection, None if faces is None else {"type": "FeatureCollection", "features": faces}


def _owner_of_corners(model: CityModel, root: NDArray[np.int32]) -> NDArray[np.int32]:
    """Building (C,) of every corner of a model."""
    rings = np.diff(model.surface_ring)
    of_ring = np.repeat(root[model.object], rings)
    return np.repeat(of_ring, np.diff(model.ring_start))


def _above_ellipsoid(model: CityModel, crs: Crs) -> NDArray[np.float64] | None:
    """Heights (C,) [m] above the ellipsoid of every corner; None where nothing leads there."""
    with geoid_grid() as grid_file:
        x, y, z = model.coords.T
        return ellipsoidal_or_reason(crs, x, y, z, grid_file).height_m


def _geojson(shape: Any, crs: Crs) -> dict[str, Any]:
    """A shape on the map as GeoJSON."""
    import shapely

    turned = shapely.transform(shapely.force_2d(shape), lambda place: _lonlat(place, crs))
    geometry: dict[str, Any] = shapely.geometry.mapping(turned)
    return geometry


def _in_space(polygon: Any, crs: Crs, model: CityModel, above: NDArray[np.float64]) -> dict[str, Any]:
    """A face with heights above the ellipsoid; a plan is small, so the distance of the two heights is one number."""
    import shapely

    shift = float((above - model.coords[:, 2]).mean())
    turned = shapely.transform(
        polygon,
        lambda place: np.column_stack([_lonlat(place[:, :2], crs), place[:, 2] + shift]),
        include_z=True,
    )
    geometry: dict[str, Any] = shapely.geometry.mapping(turned)
    return geometry


def _lonlat(place: NDArray[np.float64], crs: Crs) -> NDArray[np.float64]:
    latitude, longitude = crs_door.to_geographic(crs, place[:, 0], place[:, 1])
    return np.column_stack([longitude, latitude])
