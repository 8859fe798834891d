"""What the page says of the terrain, or of its absence."""

from __future__ import annotations

from typing import Any

from twin.report.words import Words


def terrain_words(terrain: dict[str, Any], words: Words) -> list[str]:
    """Sentences on the ground of a job, from its report."""
    if "none" in terrain:
        relief = terrain["relief_in_city_files"]
        out = [words("assume_terrain"), *([words("assume_relief", words.number(relief))] if relief else [])]
        beside = terrain.get("beside_city_files", [])
        if beside:
            out.append(words("assume_beside", ", ".join(beside[:3]) + (" …" if len(beside) > 3 else "")))
        return out
    out = terrain_source_words(terrain, words)
    if terrain["open_land_without_terrain_m2"]:
        out.insert(1, words("terrain_holes", words.number(terrain["open_land_without_terrain_m2"])))
    return out + standing_words(terrain, words)


def terrain_source_words(terrain: dict[str, Any], words: Words) -> list[str]:
    """Sentences on what a terrain is made of, the first on its files; true before anything stands in it."""
    names = [entry["name"] for entry in terrain["files"]]
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    out = [
        words("terrain_given", shown, words.number(terrain["triangles"]), words.number(terrain["largest_error_m"], 2))
    ]
    if terrain.get("missing_m2"):
        out.append(words("terrain_missing", words.number(terrain["missing_m2"])))
    if terrain.get("different_samples"):
        differ = words.number(terrain["different_samples"]), words.number(terrain["largest_difference_m"], 2)
        out.append(words("terrain_overlap", *differ))
    unnamed = sum(entry["crs"].startswith("not named") for entry in terrain["files"])
    if unnamed:
        out.append(words("terrain_unnamed", words.number(unnamed), words.number(len(names))))
    return out


def standing_words(terrain: dict[str, Any], words: Words) -> list[str]:
    """Sentences on how buildings stand in the terrain."""
    out = []
    if terrain["buildings_with_buried_walls"]:
        out.append(
            words(
                "terrain_buried",
                words.number(terrain["buildings_with_buried_walls"]),
                words.number(terrain["buried_wall_m2"]),
                words.number(terrain["deep_m"]),
                words.number(terrain["buildings_deep"]),
            )
        )
    if terrain["buildings_floating"]:
        out.append(
            words(
                "terrain_floating", words.number(terrain["buildings_floating"]), words.number(terrain["floating_m"], 1)
            )
        )
    if terrain["buildings_without_terrain"]:
        out.append(words("terrain_absent", words.number(terrain["buildings_without_terrain"])))
    return out
