"""Every picture of a study's report, drawn from its outcome alone."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from twin.report.landing import landing_picture
from twin.report.picture import Picture
from twin.report.study_facades import facades_picture
from twin.report.study_maps import MapSheet, difference_picture, hours_picture, sheet_pictures
from twin.report.study_picture_words import StudyWords
from twin.report.study_scene import part_that_matters, standing
from twin.report.sun_path import sun_path_picture
from twin.study.outcome import BESTAND, Fisheye, Outcome


def pictures_of(outcome: Outcome, language: str, skies: Sequence[Fisheye] = ()) -> list[Picture]:
    """All pictures in the order of the report; ``skies``: of the points whose sun paths are asked for."""
    study = outcome.study
    landing = landing_picture(study, language)
    pictures = [] if landing is None else [landing]
    for sheet in map_sheets(outcome, language):
        pictures.extend(sheet_pictures(sheet))
        pictures.append(hours_picture(sheet))
        if sheet.scenario != BESTAND:
            pictures.append(difference_picture(sheet))
            facades = facades_picture(sheet)
            pictures.extend([] if facades is None else [facades])
    dates: list[datetime.date] = [day.date for day in outcome.days]
    pictures.extend(sun_path_picture(sky, dates, study.zone, language) for sky in skies)
    return pictures


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
