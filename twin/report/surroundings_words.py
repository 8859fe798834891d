"""What a job knew of trees, far hills, the sky and reflected light, in a sentence each for the reader."""

from __future__ import annotations

from typing import Any

from twin.far_horizon.words import COMPASS
from twin.report.words import Words


def surroundings(report: dict[str, Any], words: Words) -> list[str]:
    """Sentences on everything around, from report.json."""
    return [
        trees(report, words),
        reflections(report, words),
        *albedo(report, words),
        *hills(report, words),
        sky(report, words),
    ]


def trees(report: dict[str, Any], words: Words) -> str:
    """Whether trees take light."""
    found = report.get("trees")
    return words("assume_trees") if found is None else words("assume_crowns", words.number(found["crowns"]))


def reflections(report: dict[str, Any], words: Words) -> str:
    """What light comes back from."""
    share = words.number(report["albedo"] * 100)
    if report.get("reflections") == "far":
        return words("assume_ground", share)
    return words("assume_reflections", share, words.number(report.get("bounces", 1)))


def albedo(report: dict[str, Any], words: Words) -> list[str]:
    """Which albedos ground and surfaces had, and whose word that is; none where only far ground sends light back, and
    for an older job."""
    known = [kind for kind in report["kinds"] if kind.get("albedo") is not None]
    if report.get("reflections") == "far" or not known:
        return []
    means = ", ".join(
        f"{words.known(kind['kind'], kind['kind'])} {words.number(kind['albedo'] * 100)} %" for kind in known
    )
    own = report.get("surface_albedo")
    source = words("albedo_default") if own is None else words("albedo_table", own["name"])
    return [words("assume_albedo", words.number(report["albedo"] * 100), means, source)]


def hills(report: dict[str, Any], words: Words) -> list[str]:
    """Whether hills beyond the halo take light, what is missing of them, and whether their heights can be right."""
    found = report.get("far_horizon")
    if found is None:
        return [words("assume_no_hills")]
    out = [words("assume_hills", words.number(found["horizon"]["highest_deg"], 1))]
    gaps = found.get("first_gap_km")
    if gaps:
        names = dict(zip(COMPASS, words("compass").split(), strict=True))
        said = ", ".join(words("far_gap", names[at], words.number(gap, 1)) for at, gap in gaps.items())
        out.append(words("far_gaps", words.number(found["reach_km"]), said))
    if found.get("near_m", 0.0) is None:
        out.append(words("far_edge"))
    return out + ground(found.get("ground"), words)


def ground(found: dict[str, Any] | None, words: Words) -> list[str]:
    """What is wrong with heights of far terrain that do not stand on the city's ground; None: an older job."""
    if found is None:
        return []
    if not found["cells"]:
        return [words("far_unchecked")]
    above = found["median_m"]
    if abs(above) <= found["noticed_m"]:
        return []
    likely = words("far_or").join(words(f"far_likely_{name}") for name in found["likely"]) or words("far_unlikely")
    key = "far_above" if above > 0 else "far_below"
    return [words(key, words.number(abs(above), 1), words.number(found["cells"]), likely)]


def sky(report: dict[str, Any], words: Words) -> str:
    """How the sky's light is spread; of a sky of the user's own also how much it sends."""
    own, weather = report.get("sky_matrix", {}), report["weather"]
    if "dhi_kwh_m2" not in own:
        return words("assume_sky", report["sky_model"])
    shown = (words.number(own["dhi_kwh_m2"], 1), words.number(weather["dhi_kwh_m2"], 1))
    return words("assume_sky_matrix", own["name"], *shown)
