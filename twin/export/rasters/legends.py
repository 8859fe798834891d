"""Which legends stand beside the rasters of a job and of a shadow study.

::

    legend_de.png .svg, legend_en…     year: roofs and open land share the report's scale
    legend_months_…                    all twelve months
    legend_shadow_… legend_hours_… legend_difference_…     of a study
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.export.rasters.legend import class_body, patch_body, scale_body, write_legends
from twin.export.rasters.scale import irradiation_scale, month_scale
from twin.export.rasters.study import StudyRasters, is_compared
from twin.export.rasters.words import said
from twin.export.rasters.year import highest
from twin.export.shadow_cog import GREEN, GREY, RED
from twin.export.source import Source, is_part_of_year
from twin.report.words import LANGUAGES, Words

if TYPE_CHECKING:
    from twin.report.study_colours import Classes

YEAR, BY_MONTH = "legend", "legend_months"
SHADOW, HOURS, DIFFERENCE = "legend_shadow", "legend_hours", "legend_difference"


def write_job_legends(source: Source, folder: Path, highest_month: float | None) -> list[str]:
    """Legends of a job's rasters; those of months where their highest value [kWh/m²] is given."""
    part = is_part_of_year(source)
    words = {language: Words(language, part) for language in LANGUAGES}
    lines = attribution_of(source)
    outermost = {language: words[language]("legend_note") for language in LANGUAGES}
    notes = {language: [outermost[language], said("roofs_note", language)] for language in LANGUAGES}
    unknown = {language: said("no_value", language) for language in LANGUAGES}
    title = {language: words[language]("legend") for language in LANGUAGES}
    files = write_legends(folder, YEAR, scale_body(irradiation_scale(source), title, notes, unknown), 216, lines)
    if highest_month is not None:
        title = {language: said("month_legend", language) for language in LANGUAGES}
        body = scale_body(month_scale(highest_month), title, {language: [] for language in LANGUAGES}, None)
        files += write_legends(folder, BY_MONTH, body, 112, lines)
    return files


def write_study_legends(study: StudyRasters, folder: Path) -> list[str]:
    """Legends of what a study holds."""
    from twin.report.study_colours import change_classes

    files: list[str] = []
    if study.masks:
        title = {language: said("shadow_legend", language) for language in LANGUAGES}
        entries = shadow_entries(study)
        body = patch_body(title, entries)
        files += write_legends(folder, SHADOW, body, 60 + 34 * len(entries), study.attribution)
    if study.sums_of("hours"):
        title = {language: said("hours_legend", language) for language in LANGUAGES}
        files += write_legends(folder, HOURS, class_body(classes_of_hours(study), title, True), 112, study.attribution)
    if study.sums_of("difference"):
        title = {language: said("difference_legend", language) for language in LANGUAGES}
        files += write_legends(folder, DIFFERENCE, class_body(change_classes(), title, False), 112, study.attribution)
    return files


def classes_of_hours(study: StudyRasters) -> Classes:
    """One scale of sun hours for every day and scenario of a study."""
    from twin.report.study_colours import hour_classes

    return hour_classes(highest([study.root / name for name in study.sums_of("hours")]))


def shadow_entries(study: StudyRasters) -> list[tuple[tuple[int, int, int] | None, dict[str, str]]]:
    """Colours of shadow, and what they mean by language; None: not drawn."""
    from twin.report.study_picture_words import StudyWords

    keys = [(GREY, "shadow_kept"), (RED, "shadow_added"), (GREEN, "shadow_removed")]
    shown = keys if is_compared(study) else [(GREY, "shadow_bestand")]
    entries: list[tuple[tuple[int, int, int] | None, dict[str, str]]] = [
        (colour, {language: StudyWords(language)(key) for language in LANGUAGES}) for colour, key in shown
    ]
    return [*entries, (None, {language: said("sunny", language) for language in LANGUAGES})]


def attribution_of(source: Source) -> list[str]:
    """Licence lines of a job."""
    lines: Any = source.origin["attribution"]
    return [str(line) for line in lines]
