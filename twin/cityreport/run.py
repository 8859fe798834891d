"""A report of the city from files to files: HTML, PDF, and the districts with their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from twin.cityreport.facts import CityFacts, facts_of
from twin.errors import TwinError
from twin.export.geopackage import write_geopackage
from twin.export.study_tables import of_one_type, with_plain_text, write_csv
from twin.report.city_page import city_html
from twin.report.city_pdf import city_pdf
from twin.report.city_report import report_of
from twin.report.city_words import CityWords
from twin.store import write_atomically

if TYPE_CHECKING:
    import geopandas

HTML, PDF, PACKAGE, CSV = "stadtbericht.html", "stadtbericht.pdf", "districts.gpkg", "districts.csv"


def city_report(
    out: Path, districts: Path, sites: Path | None, title: str, language: Literal["de", "en"], folder: Path
) -> dict[str, Any]:
    """Write the report of a finished job into a folder, and say what stands in it.

    Everything is made before anything is written.

    Parameters
    ----------
    out
        Folder of the job.
    title
        Name of the city; may be empty.

    Raises
    ------
    TwinError
        Where the job has not ended or has no PV, a layer cannot be read, typst is not installed, or the folder cannot
        be written.
    """
    if folder.exists() and not folder.is_dir():
        raise TwinError(f"{folder}: is a file", "name another folder with -o")
    words = CityWords(language)
    facts = facts_of(out, districts, sites, title, words("outside"), words("city"))
    report = report_of(facts, words)
    html = city_html(report, words).encode("utf-8")
    pdf = city_pdf(report, words, folder / PDF)
    table = with_plain_text(district_layer(facts))
    layer, _ = of_one_type(table)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_geopackage(layer, folder / PACKAGE, "districts", origin_of_report(facts))
        write_csv(table.drop(columns="geometry"), folder / CSV)
        write_atomically(folder / HTML, html)
        write_atomically(folder / PDF, pdf)
    except OSError as error:
        raise TwinError(f"{folder}: cannot be written ({error.strerror})", "name another folder with -o") from error
    return summary_of(facts, folder)


def district_layer(facts: CityFacts) -> geopandas.GeoDataFrame:
    """The rows with the polygons of their districts; what lies outside has none."""
    import geopandas

    return geopandas.GeoDataFrame(facts.rows, geometry=[*facts.districts.geometry, None], crs=facts.districts.crs)


def origin_of_report(facts: CityFacts) -> dict[str, object]:
    """What the layer says of where it comes from."""
    report = facts.result.report
    return {
        "software": report["software"],
        "attribution": report["attribution"],
        "weather": report["weather"]["source"],
        "crs": facts.result.crs,
        "pv_assumptions": facts.result.assumed["date"],
        "inputs": [f"{one['name']} {one['sha256']}" for one in facts.files],
    }


def summary_of(facts: CityFacts, folder: Path) -> dict[str, Any]:
    """What a report came to, for the screen and for machines."""
    plain = facts.rows.astype(object).where(facts.rows.notna(), None)
    city = {name: None if value != value else value for name, value in facts.city.items()}
    return {
        "out": str(folder),
        "files": [HTML, PDF, PACKAGE, CSV],
        "corrected_by": facts.models,
        "factor_years": facts.factor_years,
        "city": {name: plain_number(value) for name, value in city.items()},
        "districts": [
            {name: plain_number(value) for name, value in row.items()} for row in plain.to_dict(orient="records")
        ],
    }


def plain_number(value: Any) -> Any:
    """A value as JSON takes it."""
    return value.item() if hasattr(value, "item") else value


def lines(summary: dict[str, Any]) -> list[str]:
    """The summary in words."""
    city, rows = summary["city"], summary["districts"]
    out = [
        f"city        {city['buildings']:,} buildings, roofs {city['roof_kwp']:,.0f} kWp {city['roof_kwh'] / 1e3:,.0f} "
        f"MWh, façades {city['facade_kwp']:,.0f} kWp {city['facade_kwh'] / 1e3:,.0f} MWh a year"
    ]
    for index, row in enumerate(rows):
        out.append(
            f"{'districts' if index == 0 else '':<12}{row['district']}: {row['buildings']:,} buildings, "
            f"{row['pv_kwp']:,.0f} kWp, {row['pv_kwh'] / 1e3:,.0f} MWh"
        )
    if summary["corrected_by"]:
        out.append(f"corrected   {', '.join(summary['corrected_by'])}: {city['pv_kwh_ml'] / 1e3:,.0f} MWh")
    out.append(f"files       {summary['out']}: {', '.join(summary['files'])}")
    return out
