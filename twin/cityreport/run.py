"""A report of the city from files to files: HTML, PDF, and the districts with their numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from twin.cityreport.facts import Asked, CityFacts, Labels, facts_of
from twin.export.geopackage import Layer, write_layers
from twin.export.report_folder import check_folder, write_folder
from twin.export.study_tables import of_one_type, with_plain_text, write_csv
from twin.progress import OnProgress, silent
from twin.report.city_page import city_html
from twin.report.city_pdf import city_pdf
from twin.report.city_report import report_of
from twin.report.city_words import CityWords

if TYPE_CHECKING:
    import geopandas

HTML, PDF, PACKAGE, CSV = "stadtbericht.html", "stadtbericht.pdf", "districts.gpkg", "districts.csv"
FILES = (HTML, PDF, PACKAGE, CSV)


def city_report(
    out: Path,
    asked: Asked,
    language: Literal["de", "en"],
    folder: Path,
    on_progress: OnProgress = silent,
) -> dict[str, Any]:
    """Write the report of a finished job into a folder, and say what stands in it.

    Everything is made before anything is written, and nothing is written over that no earlier report wrote.

    Parameters
    ----------
    out
        Folder of the job.

    Raises
    ------
    TwinError
        Where the job has not ended or has no PV, a layer or an objection cannot be read, no building lies in a
        district, typst is not installed, or the folder cannot be written.
    """
    words = CityWords(language)
    inputs = [path for _, path in asked.files] + ([asked.suppress] if asked.suppress else [])
    check_folder(folder, FILES, inputs)
    facts = facts_of(out, asked, Labels(words("outside"), words("city"), words("unnamed", "{}")), on_progress)
    on_progress("pictures", 0, 1)
    report = report_of(facts, words)
    on_progress("report", 0, 1)
    html = city_html(report, words).encode("utf-8")
    pdf = city_pdf(report, words, folder / PDF)
    on_progress("write", 0, 1)
    origin = origin_of_report(facts)
    table = with_plain_text(district_layer(facts))
    layer = Layer("districts", *of_one_type(table))
    files: dict[str, bytes | Callable[[Path], object]] = {
        HTML: html,
        PDF: pdf,
        PACKAGE: partial(write_layers, [layer], origin=origin),
        CSV: partial(write_csv, table.drop(columns="geometry")),
    }
    head = {**origin, "language": language, "warnings": report.warnings, "inputs": facts.files}
    written = write_folder(folder, files, head, inputs)
    return summary_of(facts, folder, written, report.warnings)


def district_layer(facts: CityFacts) -> geopandas.GeoDataFrame:
    """The rows with the polygons of their districts; what lies outside has none."""
    import geopandas

    return geopandas.GeoDataFrame(facts.rows, geometry=[*facts.districts.geometry, None], crs=facts.districts.crs)


def origin_of_report(facts: CityFacts) -> dict[str, object]:
    """What the layer says of where it comes from."""
    report = facts.job.report
    return {
        "software": report["software"],
        "attribution": report["attribution"],
        "weather": report["weather"]["source"],
        "crs": facts.job.crs,
        "pv_assumptions": facts.job.assumed["date"],
        "inputs": [f"{one['name']} {one['sha256']}" for one in facts.files],
    }


def summary_of(facts: CityFacts, folder: Path, files: list[str], warnings: list[str]) -> dict[str, Any]:
    """What a report came to, for the screen and for machines."""
    plain = facts.rows.astype(object).where(facts.rows.notna(), None)
    city = {name: None if value != value else value for name, value in facts.city.items()}
    return {
        "out": str(folder),
        "files": files,
        "warnings": warnings,
        "named_by": facts.polygons.column,
        "corrected_by": facts.correction["model_id"] if facts.correction else None,
        "factor_years": facts.factor_years,
        "suppressed": facts.tables.suppressed._asdict(),
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
        out.append(
            f"corrected   {summary['corrected_by']}: {city['pv_kwh_ml'] / 1e3:,.1f} MWh beside "
            f"{city['pv_kwh'] / 1e3:,.1f} MWh physical"
        )
    suppressed = summary["suppressed"]
    if suppressed["surfaces"]:
        out.append(
            f"left out    results of {suppressed['buildings']} buildings and {suppressed['surfaces']} surfaces "
            "(--suppress)"
        )
    out += [f"warning     {line}" for line in summary["warnings"]]
    out.append(f"files       {summary['out']}: {', '.join(summary['files'])}")
    return out
