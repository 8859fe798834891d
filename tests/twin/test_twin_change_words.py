"""Classes of change as legends say them: minutes below an hour, then hours; the colour is that of the picture."""

from __future__ import annotations

import numpy as np

from twin.report.study_colours import change_classes, classed
from twin.serve.change_words import change_legend, class_of


def test_words_by_hand() -> None:
    classes = change_classes()
    said = [entry["label"] for entry in change_legend(classes, set(range(len(classes.colour))))]
    german = [
        "über 3 Stunden weniger",
        "2 bis 3 Stunden weniger",
        "1 bis 2 Stunden weniger",
        "30 bis 60 Minuten weniger",
        "15 bis 30 Minuten weniger",
        "bis 15 Minuten weniger",
        "unverändert",
    ]
    more = [words.replace("weniger", "mehr") for words in german[-2::-1]]
    assert [words["de"] for words in said] == german + more
    assert [words["en"] for words in said[:2]] == ["over 3 hours less", "2 to 3 hours less"]
    assert [words["en"] for words in said[5:8]] == ["up to 15 minutes less", "unchanged", "up to 15 minutes more"]


def test_only_what_is_seen_is_said_and_in_its_colour() -> None:
    classes = change_classes()
    value = np.array([-200.0, -180.0, -60.0, 0.0, 15.0, 90.0])
    seen = class_of(classes, value)
    legend = change_legend(classes, set(seen.tolist()))
    colours = {f"#{bytes(colour).hex()}" for colour in classed(classes, value)}
    assert {entry["colour"] for entry in legend} == colours
    assert [(entry["from_min"], entry["to_min"]) for entry in legend] == [
        (None, -180.0),
        (-120.0, -60.0),
        (-0.5, 0.5),
        (15.0, 30.0),
        (60.0, 120.0),
    ]
