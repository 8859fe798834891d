"""The tables of a search: sites in their order, ways of building, pieces cut off, strips that support."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.progress import OnProgress
from twin.sites.built import KIND_COLUMNS, Land, asked_of, built_rows, of_kinds, parking, ways_of
from twin.sites.cut import CRUMB_M2, Piece
from twin.sites.layers import Layer, polygons_of
from twin.sites.power import Year, annual_yields
from twin.sites.rank import class_of, ranked
from twin.sites.scene import Inputs
from twin.sites.strips import Boost
from twin.sites.words import reason_words, source_words

if TYPE_CHECKING:
    import geopandas
    import pandas as pd


class Tables(NamedTuple):
    """What a search found."""

    sites: geopandas.GeoDataFrame  # one row an area, ranked; geometry is usable land, empty where there is none
    kinds: pd.DataFrame  # one row an area and way of building
    excluded: geopandas.GeoDataFrame  # one row a piece cut off
    boosts: geopandas.GeoDataFrame  # one row an area and strip that supports it
    areas: geopandas.GeoDataFrame  # as read


def tables_of(inputs: Inputs, lands: Sequence[Land], year: Year, language: str, on_progress: OnProgress) -> Tables:
    """All tables of a search."""
    import geopandas
    import pandas as pd

    crs = inputs.scene.crs.horizontal
    areas = inputs.areas
    rows = areas.to_dict("records")
    ways = [ways_of(area, land, inputs) for area, land in zip(rows, lands, strict=True)]
    asked = [asked_of(one, land) for one, land in zip(ways, lands, strict=True)]
    index = inputs.pv.module.refraction_index
    annual = iter(annual_yields([one for part in asked for one in part], year, index, on_progress))
    sites, kinds, excluded, boosts = [], [], [], []
    for land, area, ways_here, asked_here in zip(lands, rows, ways, asked, strict=True):
        gone = [excluded_row(area, step, piece, language) for step, piece in enumerate(land.cut.pieces, start=1)]
        strips = [row for layer in inputs.boosting for row in boost_rows(area, land, layer, language)]
        found = [next(annual) for _ in asked_here]
        built = built_rows(area, land, ways_here, found, inputs.pv)
        sites.append(site_row(area, land, inputs, built, strips, gone))
        kinds += built
        excluded += gone
        boosts += strips
    order = ranked(sites, inputs.pv.park.rank_by)
    for row, place in zip(sites, order, strict=True):
        row["rank"] = place
    placed = sorted(range(len(sites)), key=lambda index: (order[index] is None, order[index] or 0, index))
    frame = geopandas.GeoDataFrame([sites[index] for index in placed], geometry="geometry", crs=crs)
    frame.insert(0, "rank", frame.pop("rank").astype("Int64"))
    return Tables(
        sites=with_types(frame),
        kinds=pd.DataFrame(kinds, columns=["site_id", "kind", *KIND_COLUMNS, "free_kwh_kwp", "best"]),
        excluded=geopandas.GeoDataFrame(excluded, columns=EXCLUDED, geometry="geometry", crs=crs),
        boosts=geopandas.GeoDataFrame(boosts, columns=BOOSTS, geometry="geometry", crs=crs),
        areas=areas,
    )


# Of a strip: what it rests on.
LEGAL = ("measured_from", "legal_basis", "note", "source", "as_of", "verified", "file")
EXCLUDED = ("site_id", "name", "step", "reason", "layer", "area_m2", "covers_m2", "distance_m", *LEGAL, "geometry")
BOOSTS = ("site_id", "name", "class", "layer", "area_m2", "distance_m", *LEGAL, "geometry")


def with_types(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Whole numbers and truth values that may be missing as such, whatever rows there are."""
    for name in ("spaces", "suitable_spaces"):
        frame[name] = frame[name].astype("Int64")
    for name in ("met", "obliged", "spaces_estimated"):
        frame[name] = frame[name].astype("boolean")
    return frame


def legal_words(layer: Layer | None, language: str) -> dict[str, Any]:
    """What a strip rests on; the user's own layer says that it is one."""
    if layer is None:
        return dict.fromkeys(LEGAL)
    strip = layer.strip
    if strip is None:
        own = reason_words("own_layer", language)
        return {
            "measured_from": None,
            "legal_basis": own,
            "note": None,
            "source": layer.file.name,
            "as_of": None,
            "verified": None,
            "file": layer.file.name,
        }
    return {
        "measured_from": strip.measured_from.in_language(language),
        "legal_basis": strip.legal_basis,
        "note": strip.note.in_language(language) or None,
        "source": source_words(strip.source, language),
        "as_of": strip.as_of.isoformat(),
        "verified": strip.verified,
        "file": layer.file.name,
    }


def excluded_row(area: dict[str, Any], step: int, piece: Piece, language: str) -> dict[str, Any]:
    """A piece that is cut off; ``legal_basis`` of what no law but the configuration keeps free is that table."""
    legal = legal_words(piece.layer, language)
    if piece.layer is None:
        unknown = piece.reason == "no_terrain"
        legal["legal_basis"] = reason_words("no_data" if unknown else "technical", language)
        legal["source"] = "--terrain" if unknown else "pv.toml [park]"
    return {
        "site_id": area["site_id"],
        "name": area["name"],
        "step": step,
        "reason": piece.reason,
        "layer": piece.layer.title if piece.layer else reason_words(piece.reason, language),
        "area_m2": float(piece.shape.area),
        "covers_m2": piece.covers_m2,
        "distance_m": piece.distance_m,
        **legal,
        "geometry": piece.shape if piece.shape.area > CRUMB_M2 else None,
    }


def boost_rows(area: dict[str, Any], land: Land, layer: Layer, language: str) -> list[dict[str, Any]]:
    """The part of usable land inside a strip, none where they do not meet."""
    import shapely

    inside = polygons_of(shapely.intersection(land.cut.usable, layer.shape))
    if inside.area <= CRUMB_M2:
        return []
    return [
        {
            "site_id": area["site_id"],
            "name": area["name"],
            "class": layer.strip.class_ if isinstance(layer.strip, Boost) else "own",
            "layer": layer.title,
            "area_m2": float(inside.area),
            "distance_m": layer.distance_m,
            **legal_words(layer, language),
            "geometry": inside,
        }
    ]


def site_row(
    area: dict[str, Any],
    land: Land,
    inputs: Inputs,
    built: list[dict[str, Any]],
    strips: list[dict[str, Any]],
    gone: list[dict[str, Any]],
) -> dict[str, Any]:
    """One area with everything that is known of it."""
    park = parking(area, land, inputs)
    usable = float(land.cut.usable.area)
    inside = {name: area_within(strips, name) for name in ("privileged", "eeg")}
    share = {name: value / usable if usable > 0 else 0.0 for name, value in inside.items()}
    best = next((row for row in built if row["best"]), None)
    return {
        "site_id": area["site_id"],
        "name": area["name"],
        "use": area["use"],
        "class": class_of(share, inputs.pv.park.boost_share, bool(area["car_park"])),
        "kind": best["kind"] if best else None,
        "area_m2": float(area["geometry"].area),
        "usable_m2": usable,
        "excluded_m2": sum(row["area_m2"] for row in gone),
        **ground_columns(land),
        **{name: best[name] if best else np.nan for name in KIND_COLUMNS},
        **of_kinds(built),
        "privileged_m2": inside["privileged"],
        "eeg_m2": inside["eeg"],
        "boosts": "; ".join(f"{row['layer']} ({row['legal_basis']})" for row in strips),
        "excluded_by": "; ".join(f"{row['layer']} {row['area_m2']:.0f} m²" for row in gone),
        "spaces": park.spaces if park else None,
        "spaces_estimated": park.estimated if park else None,
        "suitable_spaces": park.suitable if park else None,
        "obliged": park.obliged if park else None,
        "required_kw": park.required_kw if park and park.required_kw is not None else np.nan,
        "possible_kw": park.possible_kw if park else np.nan,
        "met": park.met if park else None,
        "repaired": bool(area["repaired"]),
        "geometry": land.cut.usable if usable > 0 else None,
    }


def area_within(strips: list[dict[str, Any]], name: str) -> float:
    """Usable land [m²] in strips of a class, counted once where they overlap."""
    import shapely

    return float(shapely.union_all([row["geometry"] for row in strips if row["class"] == name]).area)


def ground_columns(land: Land) -> dict[str, float]:
    """Slope, where it falls, its range, height and open sky of usable land; nan where there is none."""
    names = ("slope_deg", "slope_azimuth_deg", "slope_spread_deg", "steepest_deg", "ground_m", "sky_view", "slopes")
    if not land.slopes:
        return dict.fromkeys(names, float("nan"))
    weight, pieces = land.pieces.area_m2, land.pieces
    total = float(weight.sum())
    steep = np.degrees(np.arctan(np.hypot(pieces.gradient[:, 0], pieces.gradient[:, 1])))
    mean = float((steep * weight).sum()) / total
    spread = float((weight * (steep - mean) ** 2).sum() / total) ** 0.5
    main = max(land.slopes, key=lambda slope: slope.area_m2)
    sky = sum(slope.sky * slope.area_m2 for slope in land.slopes) / total
    height = float((pieces.height_m * weight).sum()) / total
    values = (mean, main.azimuth_deg, spread, float(steep.max()), height, sky, float(len(land.slopes)))
    return dict(zip(names, values, strict=True))
