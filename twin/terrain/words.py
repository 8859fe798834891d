"""The terrain of a job in a few lines for the screen."""

from __future__ import annotations

from typing import Any

SHOWN = 3


def terrain_lines(terrain: dict[str, Any]) -> list[str]:
    """Lines on the ground of a job, from its report: what it is of, and how buildings stand in it."""
    if "none" in terrain:
        relief = terrain["relief_in_city_files"]
        hint = f"; the city files hold a relief of {relief:,} triangles: name them with --terrain" if relief else ""
        beside = terrain.get("beside_city_files", [])
        if beside:
            more = f" and {len(beside) - SHOWN} more" if len(beside) > SHOWN else ""
            hint += f"; {', '.join(beside[:SHOWN])}{more} in the city's folder: name the folder with --terrain too"
        return [terrain["none"] + hint]
    out = facts_lines(terrain)
    out.append(
        f"walls below ground at {terrain['buildings_with_buried_walls']:,} buildings, "
        f"{terrain['buried_wall_m2']:,.0f} m²; {terrain['buildings_deep']:,} deeper than {terrain['deep_m']:g} m; "
        f"{terrain['buildings_floating']:,} float by more than {terrain['floating_m']:g} m; "
        f"{terrain['buildings_without_terrain']:,} buildings and {terrain['open_land_without_terrain_m2']:,.0f} m² "
        "of open land have no terrain"
    )
    for label, key in (("deep in", "worst_buried"), ("above", "worst_floating")):
        for entry in terrain[key][:SHOWN]:
            out.append(
                f"  {label} the ground: {entry['building_id']}, base {entry['base_above_terrain_min_m']:+.2f} to "
                f"{entry['base_above_terrain_max_m']:+.2f} m, {entry['buried_wall_m2']:,.0f} m² of wall buried"
            )
    return out


def facts_lines(terrain: dict[str, Any]) -> list[str]:
    """What a terrain is made of."""
    names = [entry["name"] for entry in terrain["files"]]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    out = [
        f"{', '.join(names[:SHOWN])}{more}: {terrain['triangles']:,} triangles over {terrain['area_m2']:,.0f} m², "
        f"{terrain['lowest_m']:.1f} to {terrain['highest_m']:.1f} m"
    ]
    if "samples" in terrain:
        step = " × ".join(f"{value:g}" for value in terrain["spacing_m"])
        out.append(
            f"{terrain['samples']:,} samples of {step} m, largest error {terrain['largest_error_m']:.3f} m; "
            f"{terrain['missing_m2']:,.0f} m² missing"
        )
        if terrain["overlapping_samples"]:
            out.append(
                f"files overlap in {terrain['overlapping_samples']:,} samples, {terrain['different_samples']:,} "
                f"differ, by up to {terrain['largest_difference_m']:.2f} m: the first named counts"
            )
        if terrain["resampled"]:
            out.append(f"resampled to the finest grid: {', '.join(terrain['resampled'])}")
    unnamed = sum(entry["crs"].startswith("not named") for entry in terrain["files"])
    if unnamed:
        out.append(f"{unnamed} of {len(names)} files name no coordinate system: taken as the city's")
    out += [f"{entry['name']}: {entry['note']}" for entry in terrain["files"] if "note" in entry]
    return out + passed_over_lines(terrain["passed_over"])


def passed_over_lines(passed_over: list[str]) -> list[str]:
    """Files of a folder or archive that are no terrain, the first few with the reason."""
    if not passed_over:
        return []
    more = f" and {len(passed_over) - SHOWN} more" if len(passed_over) > SHOWN else ""
    return [f"not terrain, passed over: {'; '.join(passed_over[:SHOWN])}{more}"]
