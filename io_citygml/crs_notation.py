"""What a file calls its coordinate system, as text: EPSG numbers, and which axis the notation puts first.

Known are plain EPSG numbers, ``EPSG:25832``, ``EPSG:25832+7837``, OGC URNs and URLs, compound ones too (OGC 07-092r3,
"Definition identifier URNs in OGC namespace"; OGC 05-010 for ``urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783``),
CRS84, and the German AdV URNs ``urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016`` (AdV, GeoInfoDok 6.0 and 7.1,
"Koordinatenreferenzsysteme"). WKT is recognised here and understood in ``io_citygml.crs``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from io_citygml.errors import CityModelError

REMEDY = "Name the coordinate system with --crs, for example --crs EPSG:25832"
_ADV_HORIZONTAL = {
    "ETRS89_UTM31": 25831,
    "ETRS89_UTM32": 25832,
    "ETRS89_UTM33": 25833,
    "ETRS89_LAT-LON": 4258,
    "ETRS89_LAT-LON-H": 4937,
    "DE_DHDN_3GK2": 31466,
    "DE_DHDN_3GK3": 31467,
    "DE_DHDN_3GK4": 31468,
    "DE_DHDN_3GK5": 31469,
    "DE_42-83_3GK3": 2397,
    "DE_42-83_3GK4": 2398,
    "DE_42-83_3GK5": 2399,
    "DE_PD-83_3GK3": 3396,
    "DE_PD-83_3GK4": 3397,
    "DE_RD-83_3GK4": 3398,
    "DE_RD-83_3GK5": 3399,
}
_ADV_VERTICAL = {
    "DE_DHHN2016_NH": 7837,
    "DE_DHHN92_NH": 5783,
    "DE_DHHN85_NOH": 5784,
    "DE_DHHN12_NOH": 5782,
}
# "DE_DHDN_3GK2_NW177": a state's own realisation of the system before the last underscore.
_ADV_REALISATION = re.compile(r"_(?:BW|BY|BE|BB|HB|HH|HE|MV|NI|NW|RP|SL|SN|ST|SH|TH)\d+$")
_EPSG_CODE = re.compile(
    r"(?:EPSG(?:/[\w.]*/|:[\w.]*:|:|\.xml#|\.io/)|(?<=\d)\+(?:EPSG:)?|CRS:)(\d{4,6})(?!\d)", re.IGNORECASE
)
_PLAIN = re.compile(r"(?:EPSG\s*:?\s*)?(\d{4,6})(?:\s*\+\s*(?:EPSG:)?(\d{4,6}))?", re.IGNORECASE)
_CRS84 = re.compile(r"(?:^|[:/])CRS:?84h?$", re.IGNORECASE)
_BINDING = re.compile(r"(?:urn:|https?://)", re.IGNORECASE)
_WKT = re.compile(r"(?:PROJ|GEOG|GEOD|COMPOUND|COMPD_|BOUND)[A-Z_]*\s*[\[(]", re.IGNORECASE)
_LONGEST = 20_000


class Notation(NamedTuple):
    """EPSG numbers of a notation."""

    horizontal: int
    """Number of the horizontal or compound system."""
    vertical: int | None
    """Number of the height system where it is named apart."""
    authority_order: bool
    """Whether the axes come in the authority's order (URN, URL) rather than easting first ("EPSG:4326", AdV)."""


def is_wkt(text: str) -> bool:
    """Whether the text is well-known text rather than a name."""
    return _WKT.match(text) is not None


def is_short(text: str) -> bool:
    """Whether a notation is a bare number ("EPSG:4326"), which half the world reads latitude first."""
    return _PLAIN.fullmatch(text) is not None


def parse_notation(text: str) -> Notation:
    """EPSG numbers of a notation that is not WKT.

    Raises CityModelError for a notation that is not understood, and for a system local to the file.
    """
    shown = text if len(text) <= 80 else text[:80] + "…"
    if not text:
        raise CityModelError("the coordinate system has no name", remedy=REMEDY)
    if len(text) > _LONGEST:
        raise CityModelError(f"the coordinate system {shown!r} has a name of {len(text):,} characters", remedy=REMEDY)
    if text.startswith("#") or text.lower().startswith(("urn:local", "local")) or ":def:crs:local" in text.lower():
        raise CityModelError(f"the coordinate system {shown!r} is local to the file", remedy=REMEDY)
    if plain := _PLAIN.fullmatch(text):
        return Notation(int(plain[1]), int(plain[2]) if plain[2] else None, False)
    if text.lower().startswith("urn:adv:crs:"):
        return _adv(text, shown)
    if _CRS84.search(text):
        return Notation(4326, None, False)
    codes = [int(code) for code in _EPSG_CODE.findall(text)]
    if len(codes) in (1, 2):
        return Notation(codes[0], codes[1] if len(codes) == 2 else None, _BINDING.match(text) is not None)
    raise CityModelError(f"the coordinate system {shown!r} is not a notation this reader knows", remedy=REMEDY)


def _adv(text: str, shown: str) -> Notation:
    """``urn:adv:crs:`` plan ``*`` height ``*`` geoid: easting first, unless the name says Lat-Lon."""
    names = text[len("urn:adv:crs:") :].upper().split("*")
    plan = _ADV_HORIZONTAL.get(_ADV_REALISATION.sub("", names[0]))
    if plan is None:
        raise CityModelError(f"the coordinate system {shown!r} is not one this reader knows", remedy=REMEDY)
    vertical = _ADV_VERTICAL.get(names[1]) if len(names) > 1 else None
    return Notation(plan, vertical, "LAT-LON" in names[0])
