"""Where a plan may stand: the checks that every format shares, and what is said of where it landed.

A plan in the wrong system, unit or height must not cast a wrong shadow in silence: it is refused with its distance,
size or height, or it stands with a warning that a report prints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from io_citygml import crs as crs_door
from io_citygml.axes import ZONE_M
from io_citygml.errors import CityModelError
from io_citygml.model import CityModel
from io_citygml.polygon import triangulate
from twin.errors import TwinError
from twin.mesh import solidity
from twin.open_land import footprints
from twin.plan.notes import Note, hovers, in_the_ground
from twin.plan.plan import PlanOptions, Surroundings

Floats = NDArray[np.float64]

# A plan shades its neighbours, so it stands among the city's buildings or beside them; the highest sun of a winter's
# noon carries the shadow of a 400 m tower no farther.
FARTHEST_M = 2000.0
# The tallest building of Europe has 462 m, the tallest of Germany 259 m; no single plan is 2 km wide.
TALLEST_M = 400.0
WIDEST_M = 2000.0
SMALLEST_M = 0.5
# Ellipsoidal heights taken for heights above the sea lie 36 to 50 m too high in Germany.
HOVER_M = 30.0
# Terrain and the feet of official models differ by less.
STANDS_M = 2.0
# Datum shifts that PROJ knows no better move a shadow visibly (io_citygml.placing draws the same line).
ACCURACY_M = 1.0
# Uniting the outlines of more pieces takes seconds.
MOST_OUTLINES = 20_000


class Said(NamedTuple):
    """How a file's numbers were understood, in words that a report prints."""

    format: str
    crs: str
    unit: str
    heights: str
    repairs: tuple[str, ...] = ()
    warnings: tuple[Note, ...] = ()


def plan_name(options: PlanOptions) -> str:
    """The plan's name: as given, else that of its file without any ending."""
    return options.name or options.file.name.partition(".")[0] or options.file.name


def id_of(name: str) -> str:
    """The name as an id may begin: letters, digits, "_", "-" and "."."""
    return re.sub(r"[^\w.-]+", "_", name).strip("_") or "plan"


def check_near(file: Path, low: ArrayLike, high: ArrayLike, around: Surroundings) -> None:
    """Refuse a plan that lies more than 2 km from the city's buildings.

    ``low`` and ``high`` (≥ 2,) [m] are the corners of its box in the city's CRS. Raises TwinError with the distance.
    """
    low, high = np.asarray(low, float)[:2], np.asarray(high, float)[:2]
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise TwinError(
            f"{file}: its coordinates have no place in {around.crs.horizontal}",
            "check its coordinate system (--plan-crs) and the order of its axes",
        )
    gap = np.maximum(0.0, np.maximum(around.low - high, low - around.high))
    away = float(np.hypot(*gap))
    if away > FARTHEST_M:
        middle = (low + high) / 2.0
        city = (around.low + around.high) / 2.0
        raise TwinError(
            f"{file}: the plan lies {away / 1000:.1f} km from the city's buildings, at E {middle[0]:.0f} "
            f"N {middle[1]:.0f}; the city's middle is E {city[0]:.0f} N {city[1]:.0f} in {around.crs.horizontal}",
            "check its coordinate system (--plan-crs), the order of its axes, and --plan-origin where one is given",
        )


def check_size(file: Path, low: ArrayLike, high: ArrayLike) -> None:
    """Refuse a plan of a size that no building has: its unit is another one. ``low``, ``high`` (3,) [m]."""
    size = np.asarray(high, float) - np.asarray(low, float)
    wide, tall = float(size[:2].max()), float(size[2])
    if tall > TALLEST_M or wide > WIDEST_M:
        raise TwinError(
            f"{file}: the plan is {wide:.0f} m wide and {tall:.0f} m high: millimetres for metres?",
            "name the unit of a mesh with --plan-unit; give footprints and heights in metres, and take out what is "
            "far from the building",
        )
    if max(wide, tall) < SMALLEST_M:
        raise TwinError(
            f"{file}: the plan is {wide * 1000:.0f} mm wide and {tall * 1000:.0f} mm high: "
            "metres taken for millimetres, or drawn to scale?",
            "name the unit of its lengths with --plan-unit",
        )


def check_heights(file: Path, base_m: float, top_m: float, ground_m: float, sinks_m: float = STANDS_M) -> list[Note]:
    """Remarks (0 or 1) of a plan that does not stand on the ground [m, all above sea level].

    ``sinks_m`` [m] is how deep it may reach below the ground without a word: basements do. Raises TwinError where it
    hovers more than 30 m above the ground or lies below it altogether.
    """
    remedy = "say what its heights count from with --plan-heights ground|sea, or give the height of its zero as the "
    remedy += "third number of --plan-origin"
    over = base_m - ground_m
    if over > HOVER_M:
        raise TwinError(
            f"{file}: the plan hovers: its lowest point, {base_m:.1f} m, is {over:.1f} m above the ground at its place "
            f"({ground_m:.1f} m)",
            remedy,
        )
    if top_m <= ground_m:
        raise TwinError(
            f"{file}: the plan lies in the ground: its highest point, {top_m:.1f} m, is below the ground at its place "
            f"({ground_m:.1f} m)",
            remedy,
        )
    if over > STANDS_M:
        return [hovers(over, ground_m)]
    if -over > sinks_m:
        return [in_the_ground(-over, ground_m)]
    return []


def check_unused(options: PlanOptions, names: Sequence[str], why: str) -> None:
    """Refuse options that this kind of file leaves no room for: nothing a user says is passed over.

    ``names`` are fields of PlanOptions. Raises TwinError.
    """
    for name in names:
        if getattr(options, name) != PlanOptions.model_fields[name].default:
            raise TwinError(
                f"{options.file}: --plan-{name.replace('_', '-').removesuffix('-m').removesuffix('-deg')} has no "
                f"meaning here: {why}",
                "leave it out",
            )


def reference_of(
    options: PlanOptions, named: str | None, by: str = "named by the file"
) -> tuple[crs_door.Reference, str]:
    """What a file's coordinates are in, and who says so.

    ``named`` is the notation in the file, None where there is none; ``by`` says in words how the file names it. Raises
    TwinError where neither the file nor --plan-crs names a system, where both do and differ, and for a notation that
    is not understood.
    """
    if named is None and options.crs is None:
        raise TwinError(
            f"{options.file}: the file does not say its coordinate system",
            "name it with --plan-crs, for example --plan-crs EPSG:25832",
        )
    try:
        given = None if options.crs is None else crs_door.parse_reference(options.crs)
        reference = given if named is None else crs_door.parse_reference(named)
    except CityModelError as error:
        remedy = error.remedy.replace("--crs", "--plan-crs")
        raise TwinError(f"{options.file}: {error.problem}", remedy) from error
    assert reference is not None
    if given is not None and given.crs.horizontal != reference.crs.horizontal:
        raise TwinError(
            f"{options.file}: the file says that it is in {reference.crs.horizontal}, --plan-crs says "
            f"{given.crs.horizontal}",
            "leave --plan-crs out, or correct the file",
        )
    by = by if named is not None else "named by --plan-crs"
    return reference, f"{reference.crs.horizontal} ({crs_door.name_of(reference.crs.horizontal)}), {by}"


def carried(
    file: Path, source: str, around: Surroundings, x: ArrayLike, y: ArrayLike, zone: int = 0
) -> tuple[Floats, Floats, str]:
    """Easting or longitude x, northing or latitude y of an EPSG system in the city's, and what was done, "" if nothing.

    ``zone`` is the one that a system writes before its eastings (Reference.zone), which is taken off; 0: none. Raises
    TwinError where the way is not known to 1 m.
    """
    target = around.crs.horizontal
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if zone:
        x = np.where(np.floor(x / ZONE_M) == zone, x - zone * ZONE_M, x)
    if source == target:
        return x, y, ""
    try:
        accuracy = crs_door.accuracy_m(source, target)
        moved = crs_door.transform(source, target, x, y)
    except CityModelError as error:
        raise TwinError(f"{file}: {error.problem}", f"transform the plan to {target} first") from error
    if not 0.0 <= accuracy <= ACCURACY_M:
        known = f"to {accuracy:.0f} m only" if accuracy > 0 else "by nothing known"
        raise TwinError(
            f"{file}: it is in {source}, the city in {target}; these are joined {known}",
            f"transform the plan to {target} first (in Germany with the state's NTv2 grid)",
        )
    how = "in the same datum" if accuracy == 0 else f"to {accuracy:g} m"
    return *moved, f"transformed to {target}, {how}"


def landed(model: CityModel, around: Surroundings, said: Said, ground_m: float | None = None) -> dict[str, Any]:
    """Facts of a plan that stands in the city: what was decided, where it is, how large (Plan.facts).

    ``ground_m`` [m] is the level that the plan's heights were counted from; left out, the lowest ground under its
    outline. ``base_m`` is its lowest point, in the ground where it was let in, ``height_m`` from the ground to the top.
    ``volume_m3`` is null unless every object is closed and oriented; ``footprint_m2`` of very many pieces too.
    """
    feet = footprints(model)
    place = np.concatenate([feet.place, hull(model.coords[:, :2])])
    ground = float(np.min(around.ground_m(place))) if ground_m is None else ground_m
    outline = model.coords[:, :2]
    middle = (outline.min(axis=0) + outline.max(axis=0)) / 2.0
    closed, volume = solid_of(model)
    base, top = float(model.coords[:, 2].min()), float(model.coords[:, 2].max())
    return {
        "format": said.format,
        "crs": said.crs,
        "unit": said.unit,
        "heights": said.heights,
        "ground_m": round(ground, 3),
        "base_m": round(base, 3),
        "top_m": round(top, 3),
        "height_m": round(top - ground, 3),
        "footprint_m2": _footprint_m2(feet.polygon),
        "volume_m3": round(volume, 2) if closed else None,
        "closed": closed,
        "easting": round(float(middle[0]), 3),
        "northing": round(float(middle[1]), 3),
        "repairs": list(said.repairs),
        "warnings": [note.words for note in said.warnings],
    }


def hull(place: Floats) -> Floats:
    """Corners (N, 2) [m] of the convex hull of places (M, ≥ 2)."""
    import shapely

    return np.asarray(shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(place[:, :2]))))


def solid_of(model: CityModel) -> tuple[bool, float]:
    """Whether every object that has surfaces is closed and oriented, and the volume [m³] of all."""
    bounding = triangulate(model, np.arange(model.n_surfaces))
    found = solidity(model.coords, bounding.triangle, model.object[bounding.surface], len(model.objects))
    used = np.bincount(model.object, minlength=len(model.objects)) > 0
    return bool(found.oriented[used].all()), float(found.volume_m3.sum())


def _footprint_m2(outlines: NDArray[np.object_]) -> float | None:
    import shapely

    if len(outlines) > MOST_OUTLINES:
        return None
    valid = shapely.make_valid(np.asarray(outlines, object))
    return round(float(shapely.union_all(valid).area), 2)
