"""Reading a city report back: rows of its page, text of its PDF, and its sums by another way."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pandas as pd
import pytest
from lxml import html as lxml_html


def shown(value: float, decimals: int, language: str) -> str:
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def pdf_text(path: Path) -> str:
    pypdf = pytest.importorskip("pypdf")
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(path).pages).split())


def page_rows(path: Path) -> list[str]:
    tree = lxml_html.fromstring(path.read_text(encoding="utf-8"))
    return [" ".join(" ".join(cell.text_content() for cell in row).split()) for row in tree.iter("tr")]


def by_hand(job: Path, districts: Path, outside: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Surfaces and buildings with their district, by geopandas' overlay instead of the report's own way."""
    surfaces = geopandas.read_parquet(job / "surfaces.parquet")
    buildings = geopandas.read_parquet(job / "buildings.parquet")
    layer = geopandas.read_file(districts).dissolve(by="name", sort=False).reset_index()
    houses = buildings[["building_id", "geometry"]]
    pieces = geopandas.overlay(houses, layer[["name", "geometry"]], keep_geom_type=False)
    pieces["share"] = pieces.area
    rest = geopandas.overlay(houses, layer[["geometry"]], how="difference")
    rest["share"], rest["name"] = rest.area, outside
    both = pd.concat([pieces[["building_id", "name", "share"]], rest[["building_id", "name", "share"]]])
    district = both.sort_values("share", ascending=False, kind="stable").drop_duplicates("building_id")
    district = district.set_index("building_id")["name"]
    return (
        surfaces.assign(district=surfaces["building_id"].map(district)),
        buildings.assign(district=buildings["building_id"].map(district)),
    )
