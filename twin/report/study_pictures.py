"""Every picture of a study's report, drawn from its outcome alone."""

from __future__ import annotations

import datetime

from twin.report.landing import landing_picture
from twin.report.picture import Picture
from twin.report.study_facades import facades_picture
from twin.report.study_maps import MapSheet, difference_picture, hours_picture, sheet_pictures
from twin.report.study_picture_words import StudyWords
from twin.report.study_scene import part_that_matters, standing
from twin.report.sun_path import sun_path_picture
from twin.study.outcome import BESTAND, Outcome


def pictures_of(outcome: Outcome, language: str) -> list[Picture]:
    """All pictures in the order of the report."""
    pictures = landing_of(outcome, language)
    for sheet in map_sheets(outcome, language):
        pictures.extend(sheet_pictures(sheet))
        pictures.append(hours_picture(sheet))
        if sheet.scenario != BESTAND:
            pictures.append(difference_picture(sheet))
            facades = facades_picture(sheet)
            pictures.extend([] if facades is None else [facades])
    return [*pictures, *sun_paths_of(outcome, language)]


def landing_of(outcome: Outcome, language: str) -> list[Picture]:
    """Where the plans landed; nothing where there is none."""
    landing = landing_picture(outcome.study, language)
    return [] if landing is None else [landing]


def sun_paths_of(outcome: Outcome, language: str) -> list[Picture]:
    """The diagrams of the points that were asked for."""
    dates: list[datetime.date] = [day.date for day in outcome.days]
    return [sun_path_picture(sky, dates, outcome.study.zone, language) for sky in outcome.skies]


def map_sheets(outcome: Outcome, language: str) -> list[MapSheet]:
    """What the maps of each day and scenario share; the Bestand alone where there is nothing else."""
    study, words = outcome.study, StudyWords(language)
    chosen = study.scenarios[1:] or study.scenarios
    extents = [part_that_matters(study, outcome.days, scenario) for scenario in chosen]
    stands = [standing(study, scenario, extent) for scenario, extent in zip(chosen, extents, strict=True)]
    return [
        MapSheet(study, day, scenario.name, feet, extent, words)
        for day in outcome.days
        for scenario, feet, extent in zip(chosen, stands, extents, strict=True)
    ]
