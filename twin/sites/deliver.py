"""A search's files and the summary that `--json` prints."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from twin.export.own_folder import check_out
from twin.export.sites import OWNER, write_sites
from twin.progress import OnProgress
from twin.sites.config import SitesJob
from twin.sites.run import Outcome, run_sites
from twin.stopwatch import Stopwatch
from twin.store import plain_value

if TYPE_CHECKING:
    import pandas as pd

# Columns that the screen and `--json` show of each site.
SHOWN = (
    "rank",
    "site_id",
    "name",
    "class",
    "kind",
    "area_m2",
    "usable_m2",
    "kwp",
    "mwh",
    "p10_mwh",
    "p90_mwh",
    "kwh_kwp",
    "shade_pct",
    "lcoe_ct_low",
    "lcoe_ct",
    "lcoe_ct_high",
    "spaces",
    "required_kw",
    "possible_kw",
    "met",
    "excluded_by",
)
DECIMALS = {"area_m2": 1, "usable_m2": 1, "kwp": 2, "mwh": 2, "p10_mwh": 2, "p90_mwh": 2, "kwh_kwp": 1, "shade_pct": 2}


def sites_job(job: SitesJob, language: str, on_progress: OnProgress) -> dict[str, Any]:
    """Run a search, write its files, map and page, and say what came of it.

    Raises
    ------
    TwinError
        Before anything is computed where the folder cannot be written.
    """
    check_out(job.out, OWNER)
    began, watch = time.perf_counter(), Stopwatch()
    outcome = run_sites(job, language, on_progress, watch)
    with watch.stage("pictures"):
        on_progress("pictures", 0, 1)
        more = drawn(outcome, language)
    with watch.stage("write"):
        on_progress("write", 0, 1)
        files = write_sites(outcome.tables, outcome.facts, more, job.out)
    return summary_of(outcome, job, files) | {
        "seconds": round(time.perf_counter() - began, 2),
        "timing": watch.stages,
    }


def drawn(outcome: Outcome, language: str) -> dict[str, bytes]:
    """Map and page by file name."""
    from twin.report.sites_map import sites_map_png
    from twin.report.sites_page import sites_html

    png = sites_map_png(outcome, language)
    return {"map.png": png, "sites.html": sites_html(outcome, png, language).encode("utf-8")}


def summary_of(outcome: Outcome, job: SitesJob, files: list[str]) -> dict[str, Any]:
    """What a search came to, for the screen and for machines."""
    facts = outcome.facts
    return {
        "out": str(job.out),
        "files": files,
        "totals": facts["totals"],
        "sites": records(outcome.tables.sites[list(SHOWN)]),
        "warnings": facts["warnings"],
        "rule": facts["rule"],
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them; what is missing is null."""
    out = []
    for row in table.to_dict("records"):
        plain = {str(name): plain_value(value) for name, value in row.items()}
        out.append(
            {
                name: round(value, DECIMALS.get(name, 3)) if isinstance(value, float) else value
                for name, value in plain.items()
            }
        )
    return out


def lines(summary: dict[str, Any]) -> list[str]:
    """The summary in words."""
    total = summary["totals"]
    out = [
        f"areas       {total['areas']}, {total['area_m2']:,.0f} m²; usable {total['usable_m2']:,.0f} m², "
        f"excluded {total['excluded_m2']:,.0f} m²",
        f"plants      {total['ranked']} sites, {total['mwp']:.2f} MWp, {total['mwh']:,.0f} MWh in the first year",
    ]
    for row in summary["sites"]:
        if row["rank"] is None:
            out.append(f"    –       {row['name']} ({row['site_id']}): not usable: {row['excluded_by']}")
            continue
        out.append(
            f"{row['rank']:5d}       {row['name']} ({row['site_id']}, {row['class']}, {row['kind']}): "
            f"{row['kwp'] / 1000:.2f} MWp, {row['mwh']:,.0f} MWh (p10 {row['p10_mwh']:,.0f}, p90 "
            f"{row['p90_mwh']:,.0f}), {row['kwh_kwp']:.0f} kWh/kWp, shade {row['shade_pct']:.1f} %, "
            f"{row['lcoe_ct_low']:.1f}–{row['lcoe_ct_high']:.1f} ct/kWh"
        )
        if row["required_kw"] is not None:
            met = "met" if row["met"] else "not met"
            out.append(
                f"            duty: {row['required_kw']:.1f} kW asked, {row['possible_kw']:.1f} kW possible: {met}"
            )
    out += [f"warning     {line}" for line in summary["warnings"]]
    out.append(f"files       {summary['out']}: {', '.join(summary['files'])}")
    return out
