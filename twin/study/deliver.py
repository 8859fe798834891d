"""A study's files: everything that people open, and the summary that `--json` prints."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import TwinError
from twin.export.own_folder import check_out
from twin.export.shadow_names import file_words
from twin.export.study_files import OWNER, Wishes, write_study
from twin.progress import OnProgress
from twin.stopwatch import Stopwatch
from twin.store import plain_value, write_atomically
from twin.study import masks
from twin.study.config import ShadowJob
from twin.study.outcome import BESTAND, Outcome
from twin.study.run import run_study
from twin.vegetation.words import tree_lines

if TYPE_CHECKING:
    from twin.report.picture import Picture

PICTURES, SHEETS = "pictures", "sheets"
# Rows that the screen shows of what a plan takes; the tables hold all.
SHOWN = 5


def shadow_job(job: ShadowJob, language: str, on_progress: OnProgress) -> dict[str, Any]:
    """Run a study, write its files, pictures and report, and say what came of it.

    Raises
    ------
    TwinError
        Before anything is computed where the folder or the report cannot be written or a library is missing.
    """
    check_out(job.out, OWNER)
    check_wishes(job)
    began, watch = time.perf_counter(), Stopwatch()
    outcome = run_study(job, on_progress, watch)
    inside = None if job.report is None else inside_of(job.report, job.out)

    def more(folder: Path) -> list[str]:
        with watch.stage("pictures"):
            on_progress("pictures", 0, 1)
            names, pictures = write_pictures(outcome, job, folder, language)
        if job.report is not None:
            with watch.stage("report"):
                on_progress("report", 0, 1)
                path = folder / inside if inside is not None else beside(job.report)
                write_report_beside(outcome, pictures, path, language)
            names += [] if inside is None else [inside]
        return names

    on_progress("write", 0, 1)
    try:
        files = write_study(outcome, job.out, Wishes(geojson=job.geojson), more, on_progress)
        if job.report is not None and inside is None:  # a report tells of a study that stands
            beside(job.report).replace(job.report)
    finally:
        if job.report is not None:
            beside(job.report).unlink(missing_ok=True)
    summary = summary_of(outcome, job, files)
    return summary | {"seconds": round(time.perf_counter() - began, 2), "timing": watch.stages}


def check_wishes(job: ShadowJob) -> None:
    """What would fail after minutes of computing, tried first."""
    if job.report is not None:
        import importlib.util

        if importlib.util.find_spec("typst") is None:
            raise TwinError("--report needs typst", "pip install 'heliotwin[report]'")
        nearest = next(folder for folder in job.report.absolute().parents if folder.exists())
        if job.report.is_dir() or not nearest.is_dir() or not os.access(nearest, os.W_OK):
            raise TwinError(f"{job.report}: cannot be written", "name another file with --report")
    if "mp4" in job.animation:
        import importlib.util

        if importlib.util.find_spec("imageio_ffmpeg") is None:
            raise TwinError("--animation mp4 needs imageio-ffmpeg", "pip install 'heliotwin[video]', or take gif")


def write_pictures(outcome: Outcome, job: ShadowJob, folder: Path, language: str) -> tuple[list[str], list[Picture]]:
    """Pictures, animations and sheets; names of the files, and the pictures for the report."""
    from twin.report.animation import write_gif, write_mp4, write_sheets
    from twin.report.study_pictures import landing_of, map_sheets, pictures_of, sun_paths_of

    if job.report is not None or job.pictures:
        pictures = pictures_of(outcome, language)
    else:
        pictures = landing_of(outcome, language) + sun_paths_of(outcome, language)
    names: list[str] = []
    (folder / PICTURES).mkdir()
    words = file_words(picture.name for picture in pictures)
    for picture in pictures:
        name = f"{PICTURES}/{words[picture.name]}.png"
        write_atomically(folder / name, picture.png)
        names.append(name)
    footer = " · ".join([outcome.facts["software"], *outcome.facts["attribution"]])
    if (job.animation or job.sheets) and len(outcome.study.grid.pixel):  # without open land nothing moves
        scenario_words = file_words(scenario.name for scenario in outcome.study.scenarios)
        for sheet in map_sheets(outcome, language):
            stem = f"{PICTURES}/{scenario_words[sheet.scenario]}_{sheet.day.date}"
            if "gif" in job.animation:
                names.append(write_gif(sheet, folder / f"{stem}.gif", footer).relative_to(folder).as_posix())
            if "mp4" in job.animation:
                names.append(write_mp4(sheet, folder / f"{stem}.mp4", footer).relative_to(folder).as_posix())
            if job.sheets:
                paths = write_sheets(sheet, folder / SHEETS, footer)
                names += [path.relative_to(folder).as_posix() for path in paths]
    return names, pictures


def write_report_beside(outcome: Outcome, pictures: list[Picture], path: Path, language: str) -> Path:
    """The PDF, in a folder that is made where it is missing."""
    from twin.report.study_pdf import write_report

    path.parent.mkdir(parents=True, exist_ok=True)
    return write_report(outcome, pictures, path, "de" if language == "de" else "en")


def beside(path: Path) -> Path:
    """Where a file lies until it takes its place."""
    return path.with_name(f".{path.stem}.part{path.suffix}")


def inside_of(path: Path, folder: Path) -> str | None:
    """A path relative to a folder that it lies in; None where it lies elsewhere."""
    whole, around = path.absolute(), folder.absolute()
    return whole.relative_to(around).as_posix() if whole.is_relative_to(around) else None


def summary_of(outcome: Outcome, job: ShadowJob, files: list[str]) -> dict[str, Any]:
    """What a study came to, for the screen and for machines."""
    facts = outcome.facts
    return {
        "out": str(job.out),
        "files": files,
        "report": None if job.report is None else str(job.report),
        "receivers": facts["receivers"],
        "scenarios": facts["scenarios"],
        "plans": facts["plans"],
        "days": days_of(outcome),
        "taken": taken_of(outcome),
        "rules": rules_of(outcome),
        "warnings": facts["warnings"],
        "terrain": facts["terrain"],
        "far_horizon": facts["far_horizon"],
        "trees": facts["trees"],
        "energy": "energy" in outcome.tables,
        "failed": outcome.study.model.report.to_dict()["failed"],
    }


def days_of(outcome: Outcome) -> list[dict[str, Any]]:
    """Of each day and scenario: instants, mean sun hours of open land before and after."""
    out = []
    names = [scenario.name for scenario in outcome.study.scenarios]
    for day in outcome.days:
        for name in names[1:] or names:
            before, after = (masks.minutes(outcome.study, day, which) for which in (names[0], name))
            both = np.isfinite(before) & np.isfinite(after)
            out.append(
                {
                    "date": day.date.isoformat(),
                    "scenario": name,
                    "instants": len(day.instants.time),
                    "land_m2": float(both.sum()) * outcome.study.grid.cell_m**2,
                    "land_hours_bestand": float(before[both].mean() / 60.0) if both.any() else None,
                    "land_hours": float(after[both].mean() / 60.0) if both.any() else None,
                    "land_changed_m2": float((before[both] != after[both]).sum()) * outcome.study.grid.cell_m**2,
                }
            )
    return out


def taken_of(outcome: Outcome) -> list[dict[str, Any]]:
    """The storeys that lose most on any day, worst first."""
    table = outcome.tables.get("storeys")
    if table is None or not len(table):
        return []
    lost = table[(~table["own"]) & (table["delta_min"] < 0)].sort_values("delta_min", kind="stable").head(SHOWN)
    columns = ["scenario", "date", "building_id", "surface_id", "storey", "azimuth_deg"]
    columns += ["hours_bestand", "hours", "delta_min"]
    return [
        {key: plain_value(value) for key, value in zip(columns, row, strict=True)}
        for row in lost[columns].itertuples(index=False, name=None)
    ]


def rules_of(outcome: Outcome) -> list[dict[str, Any]]:
    """Of each rule, criterion and scenario: how many subjects meet the orientation value, before and after."""
    table = outcome.tables.get("rules")
    if table is None or not len(table):
        return []
    out = []
    keys = ["rule", "criterion", "date", "scenario"]
    for key, rows in table[~table["own"].astype(bool)].groupby(keys, sort=False):
        out.append(
            {
                **dict(zip(keys, key, strict=True)),
                "subjects": len(rows),
                "met_bestand": int(rows["met_bestand"].sum()),
                "met": int(rows["met"].sum()),
            }
        )
    return out


def lines(summary: dict[str, Any]) -> list[str]:
    """The summary in words."""
    from twin.far_horizon.words import far_lines

    counted = summary["receivers"]
    out = [
        f"receivers   {counted['ground']:,} pixels of open land, {counted['surfaces']:,} on surfaces, "
        f"{counted['storey_points']:,} along storeys, {counted['openings']:,} windows",
        f"terrain     {summary['terrain']}",
    ]
    out += [f"{'far horizon' if i == 0 else '':<12}{line}" for i, line in enumerate(far_lines(summary["far_horizon"]))]
    if summary["energy"]:
        out += [f"{'trees' if i == 0 else '':<12}{line}" for i, line in enumerate(tree_lines(summary["trees"]))]
    for plan in summary["plans"]:
        out.append(
            f"plan        {plan['name']}: at {plan['easting']:.1f}, {plan['northing']:.1f}, ground "
            f"{plan['ground_m']:.2f} m, top {plan['top_m']:.2f} m ({plan['heights']}; {plan['crs']})"
        )
    out += [f"warning     {line}" for line in summary["warnings"]]
    for day in summary["days"]:
        hours = day["land_hours"]
        shown = "no open land" if hours is None else f"open land {hours:.2f} h of sun"
        if hours is not None and day["scenario"] != BESTAND:
            shown += f" ({day['land_hours_bestand']:.2f} h before), {day['land_changed_m2']:,.0f} m² changed"
        out.append(f"{day['date']}  {day['scenario']}: {day['instants']} instants, {shown}")
    for row in summary["taken"]:
        out.append(
            f"            {row['date']} {row['scenario']}: {row['building_id']} storey {row['storey']}, "
            f"facing {row['azimuth_deg']:.0f}°: "
            f"{row['hours_bestand']:.1f} → {row['hours']:.1f} h ({row['delta_min']:+.0f} min)"
        )
    for rule in summary["rules"]:
        out.append(
            f"{rule['rule']:<11} {rule['criterion']} {rule['date']} {rule['scenario']}: orientation value met by "
            f"{rule['met']:,} of {rule['subjects']:,} ({rule['met_bestand']:,} before)"
        )
    out.append(
        f"time        {summary['seconds']:.0f} s: "
        + ", ".join(f"{k} {v['wall_s']:.1f}" for k, v in summary["timing"].items())
    )
    shown_files = [name for name in summary["files"] if "/" not in name]
    out.append(
        f"files       {summary['out']}: {', '.join(shown_files)} and {len(summary['files']) - len(shown_files)} more"
    )
    if summary["report"]:
        out.append(f"report      {summary['report']}")
    return out
