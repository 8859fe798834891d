"""The trees of a job in a few lines for the screen."""

from __future__ import annotations

from typing import Any

NONE = "no trees: the city model holds none with a crown, and no laser scan was given"
SHOWN = 6


def tree_lines(facts: dict[str, Any] | None) -> list[str]:
    """Lines on a job's trees, from `Grove.facts`; None where there is none."""
    if facts is None:
        return [NONE]
    low, middle, high = facts["height_m"]
    sources = ", ".join(f"{count:,} from {name}" for name, count in facts["by_source"].items())
    classes = sorted(facts["classes"], key=lambda entry: -entry["crowns"])
    kinds = ", ".join(f"{entry['genus']} {entry['crowns']:,}" for entry in classes[:SHOWN])
    more = f" and {len(classes) - SHOWN} more" if len(classes) > SHOWN else ""
    out = [f"{facts['crowns']:,} crowns ({sources}), {low:g} to {high:g} m high, half of them above {middle:g} m"]
    out.append(f"{kinds}{more}; seasons begin {', '.join(facts['seasons'])} (month-day)")
    return out
