"""The findings about a city model in words, within 80 columns.

Names of roof shapes: AdV's code list for LoD2 ("Produkt- und Qualitätsstandard für 3D-Gebäudemodelle", Dachform) and
CityGML 2.0's own (OGC 12-019, annex C, RoofTypeType).
"""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import Any

from twin.inspection import DOUBTFUL
from twin.plain_text import printable

WIDTH = 80
# Words begin here, behind the name of what they are about.
INDENT = 12
MOST_FILES = 20
MOST_PLACEMENTS = 5
MOST_ATTRIBUTES = 12
MOST_FUNCTIONS = 6
# Places shown of every kind of defect, and kinds of which places are shown.
PLACES = 3
ROOF_TYPES = {
    "1000": "flat",
    "2100": "monopitch",
    "2200": "staggered monopitch",
    "3100": "gabled",
    "3200": "hipped",
    "3300": "half-hipped",
    "3400": "mansard",
    "3500": "pyramid",
    "3600": "cone",
    "3700": "dome",
    "3800": "saw-tooth",
    "3900": "barrel",
    "4000": "spire",
    "5000": "mixed",
    "9999": "other",
    "1010": "monopitch",
    "1020": "dual pent",
    "1030": "gabled",
    "1040": "hipped",
    "1050": "half-hipped",
    "1060": "mansard",
    "1070": "pavilion",
    "1080": "cone",
    "1090": "dome",
}


def lines(found: dict[str, Any]) -> list[str]:
    """Every section that has something to say, the place first and the defects last."""
    out = [
        *file_lines(found),
        *place_lines(found),
        *content_lines(found),
        *attribute_lines(found),
        *quality_lines(found),
        *defect_lines(found),
    ]
    return [printable(line) for line in out]


def said(name: str, text: str) -> list[str]:
    """A text behind the name of its section, wrapped."""
    return wrap(
        text,
        WIDTH,
        initial_indent=f"{name:<{INDENT}}",
        subsequent_indent=" " * INDENT,
        break_on_hyphens=False,
    )


def file_lines(found: dict[str, Any]) -> list[str]:
    """The files, those that could not be read, and the time."""
    files = found["files"]
    out: list[str] = []
    for entry in files[:MOST_FILES]:
        out += said(
            "file" if not out else "",
            f"{entry['file']}  {entry['format']}, {entry['bytes']:,} bytes, {entry['seconds']:.2f} s",
        )
    if len(files) > MOST_FILES:
        out += said("", f"and {len(files) - MOST_FILES:,} more files")
    for entry in found.get("failed", []):
        out += said("unreadable", entry["message"])
    out += said("read", f"{len(files):,} file{'s' * (len(files) != 1)}, {found['seconds']:.2f} s with all checks")
    return out


def place_lines(found: dict[str, Any]) -> list[str]:
    """Coordinate system, extent, heights."""
    crs, extent = found["crs"], found["extent"]
    heights = f"heights {crs['vertical']}" if crs["vertical"] else "heights not named"
    out = said("CRS", f"{crs['text'] or 'not named'} → {crs['horizontal']}, {heights}")
    for placement in distinct(found.get("placements", [])):
        name = "" if placement["crs"] == crs["text"] else f"{placement['crs']}: "
        text = f"{name}axes {placement['order']} ({placement['why']})"
        out += said("", f"{text}; {placement['action']}" if placement["action"] else text)
    if extent is None:
        return out
    low, high = extent["low_m"], extent["high_m"]
    size = " × ".join(f"{b - a:,.1f}" for a, b in zip(low[:2], high[:2], strict=True))
    out.append(f"{'extent':<{INDENT}}easting  {low[0]:>14,.3f} … {high[0]:>14,.3f} m   ({size} m)")
    out.append(f"{'':<{INDENT}}northing {low[1]:>14,.3f} … {high[1]:>14,.3f} m")
    out.append(f"{'':<{INDENT}}height   {low[2]:>14,.3f} … {high[2]:>14,.3f} m")
    if extent["latitude_deg"] is not None:
        out.append(f"{'':<{INDENT}}around latitude {extent['latitude_deg']}°, longitude {extent['longitude_deg']}°")
    ellipsoidal = extent["ellipsoidal"]
    if "reason" in ellipsoidal:
        return out + said("ellipsoidal", f"not known: {ellipsoidal['reason']}")
    range_m = f"{ellipsoidal['low_m']:,.3f} … {ellipsoidal['high_m']:,.3f} m above GRS 80"
    return out + said("ellipsoidal", f"{range_m} (grid {ellipsoidal['grid']})")


def distinct(placements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Placements that differ in more than their file, a few of them."""
    known = {tuple(value for name, value in entry.items() if name != "file"): entry for entry in placements}
    return list(known.values())[:MOST_PLACEMENTS]


def content_lines(found: dict[str, Any]) -> list[str]:
    """Objects, surfaces by kind, levels of detail, solids, relief."""
    out = said("objects", counted(found["objects"]))
    confidence = found["confidence"]
    heading = f"{'surfaces':<{INDENT}}{'kind':<16}{'polygons':>10}{'area [m²]':>16}"
    out.append(heading + (f"{'confidence':>12}{f'below {DOUBTFUL}':>11}" if confidence else ""))
    for kind, count in found["polygons"].items():
        row = f"{'':<{INDENT}}{kind.lower():<16}{count:>10,}{found['area_m2'][kind]:>16,.1f}"
        if kind in confidence:
            row += f"{confidence[kind]['mean']:>12.3f}{confidence[kind]['share_below_0.8']:>11.1%}"
        out.append(row)
    out += said("LoD", ", ".join(f"{lod}: {count:,}" for lod, count in sorted(found["lods"].items())) or "none")
    solids = found["solids_by_trimesh"]
    out += said(
        "solids",
        f"{solids['objects']:,} objects: {solids['closed_as_read']:,} closed as read, "
        f"{solids['closed']:,} with T-vertices split, {solids['closed_and_oriented']:,} closed and oriented, "
        f"{solids['volume_m3']:,.0f} m³",
    )
    open_ones, number = solids["not_closed"][:PLACES], solids["objects"] - solids["closed"]
    if open_ones:
        out += said("", f"not closed: {', '.join(open_ones)}" + (" …" if number > len(open_ones) else ""))
    shells = found["shells"]
    if shells and shells["turned"]:
        out += said("", f"in {shells['turned']:,} of the closed ones surfaces faced inward and were turned")
    relief = found["relief"]
    if relief:
        heights = f"{relief['lowest_m']:,.2f} … {relief['highest_m']:,.2f} m" if relief["triangles"] else "empty"
        out += said(
            "relief",
            f"{relief['objects']:,} TINRelief with {relief['triangles']:,} triangles, "
            f"{relief['plan_area_m2']:,.1f} m² in plan, {heights}",
        )
    return out


def attribute_lines(found: dict[str, Any]) -> list[str]:
    """Roof shapes, functions, attributes with examples."""
    out: list[str] = []
    roofs = {f"{code} {ROOF_TYPES.get(code, '')}".strip(): n for code, n in found["roof_types"].items()}
    if roofs:
        out += said("roof types", ", ".join(f"{n:,} × {name}" for name, n in roofs.items()))
    if found["functions"]:
        first = list(found["functions"].items())[:MOST_FUNCTIONS]
        more = len(found["functions"]) - len(first)
        text = ", ".join(f"{n:,} × {name}" for name, n in first) + (f" and {more} more" if more > 0 else "")
        out += said("functions", text)
    known = {name: n for name, n in found["known_attributes"].items() if n}
    if known:
        out += said("attributes", counted(known))
    names = found["attributes"]["names"]
    for index, (name, entry) in enumerate(names.items()):
        if index == MOST_ATTRIBUTES:
            break
        types = "/".join(entry["types"])
        examples = ", ".join(value or '""' for value in entry["examples"])
        out += said("" if known or index else "attributes", f"{name}: {entry['count']:,} {types}, e.g. {examples}")
    more = len(names) + found["attributes"]["more_names"] - MOST_ATTRIBUTES
    return out + (said("", f"and {more:,} more names (--json, or --export city.gpkg)") if more > 0 else [])


def quality_lines(found: dict[str, Any]) -> list[str]:
    """What was left out and whether all area is accounted for."""
    balance = found["area_balance"]
    parts = [f"kept {balance['kept_m2']:,.1f}"]
    parts += [f"{reason_in_words(name)} {area:,.1f}" for name, area in balance["left_out_m2"].items()]
    text = f"{balance['read_m2']:,.1f} m² read = " + " + ".join(parts)
    if balance["repaired_m2"]:
        changed = ", ".join(f"{name} {area:+,.1f}" for name, area in balance["repaired_m2"].items())
        text += f"; changed by repairs: {changed}"
    if balance["unexplained_m2"]:
        text += f"; NOT explained: {balance['unexplained_m2']:,.3f} m²"
    out = said("area", text)
    for name, skipped in found["skipped"].items():
        out += said(
            "left out", f"{skipped['polygons']:,} polygons, {skipped['area_m2']:,.1f} m²: {reason_in_words(name)}"
        )
    if found["not_read"]:
        out += said("not read", counted(found["not_read"]))
    return out


def reason_in_words(name: str) -> str:
    """A SkipReason's name as words."""
    return name.lower().replace("_", " ").replace("lod", "LoD")


def defect_lines(found: dict[str, Any]) -> list[str]:
    """Defects by kind with the first places of each, and what was not looked for."""
    out: list[str] = [] if found["defects"] else said("defects", "none")
    for entry in found["defects"]:
        out += said("defects" if not out else "", f"{entry['count']:,} × {entry['kind']}")
        for place in entry["places"][:PLACES]:
            name = place["surface_id"] or place["object_id"]
            where = Path(place["file"]).name + (f":{place['line']}" if place["line"] else "")
            text = f"{name} ({where}): {place['action']}" if name else f"{where}: {place['action']}"
            out += wrap(text, WIDTH, initial_indent=" " * (INDENT + 2), subsequent_indent=" " * (INDENT + 4))
        if entry["count"] > PLACES:
            out.append(f"{'':<{INDENT + 2}}and {entry['count'] - PLACES:,} more")
    return out + (said("not checked", ", ".join(found["not_checked"])) if found["not_checked"] else [])


def counted(numbers: dict[str, int]) -> str:
    """ "5 Building, 3 BuildingPart"."""
    return ", ".join(f"{n:,} {name}" for name, n in numbers.items()) or "none"
