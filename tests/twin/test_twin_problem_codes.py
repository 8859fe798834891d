"""Refusals have codes that a page can word: what is really said has them, and each has words in both languages."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from oracles.plans import FLAT, X, Y, of_rectangle, read, rectangle, write

from twin.errors import TwinError
from twin.plan.place import check_heights, check_near, check_size
from twin.serve.jobs import Jobs
from twin.serve.limits import Limits
from twin.serve.messages import failed
from twin.serve.models import PlanAsked, UploadFields
from twin.serve.plan_request import drawn, uploaded
from twin.serve.problem import Refused, checked
from twin.serve.problem_codes import CODES, OTHER, SENTENCES, coded

BOX = [8.2, 50.0, 8.3, 50.1]
PLAN = Path("plan.geojson")
# 0.05° at 50.05° N: 5.57 km by 3.57 km.
AREA_M2: Any = pytest.approx(5.57e3 * 3.57e3, rel=0.01)


def square(west: float, south: float, side: float) -> list[list[list[float]]]:
    return [[[west + side * x, south + side * y] for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]]


def asked(ring: list[list[list[float]]] | None = None, **said: Any) -> PlanAsked:
    footprint = {"type": "Polygon", "coordinates": ring or square(8.25, 50.05, 0.0002)}
    return checked(PlanAsked, {"footprint": footprint, "height_m": 20, "date": "2026-03-21", **said})


def sent(folder: Path, name: str, content: bytes) -> object:
    return uploaded(content, name, UploadFields(date="2026-03-21"), folder)  # type: ignore[arg-type]


def off(folder: Path) -> object:
    return Jobs(None, folder, Limits(), "the files of the city are not where the job read them").new_folder()


# What a person does → the code and the values of what is answered.
REFUSED: dict[str, tuple[Callable[[Path], object], dict[str, str | float]]] = {
    "far": (lambda folder: drawn(asked(square(9.5, 50.0, 0.0002)), BOX, folder), {"km": 2.0}),
    "size": (lambda folder: drawn(asked(square(8.2, 50.0, 0.05)), BOX, folder), {"area_m2": AREA_M2}),
    "field": (lambda _: asked(height_m=-3), {"field": "height_m"}),
    "ending": (lambda folder: sent(folder, "plan.dwg", b"AC10"), {"ending": ".dwg"}),
    "content": (lambda folder: sent(folder, "plan.ifc", b"PK"), {"format": "IFC"}),
    "empty": (lambda folder: sent(folder, "plan.ifc", b""), {}),
    "off": (off, {}),
    "gone": (lambda folder: Jobs(None, folder, Limits()).get("nobody"), {}),
}


def far_file(_: Path) -> object:
    return check_near(PLAN, FLAT.high + 3000.0, FLAT.high + 3010.0, FLAT)


def crossing(folder: Path) -> object:
    corners = [(X, Y), (X + 20, Y + 20), (X + 20, Y), (X, Y + 20)]
    return read(write(folder / "plan.geojson", [shapely.Polygon(corners)], [{"height": 20}]))


def without_crs(folder: Path) -> object:
    path = folder / "plan.wkt"
    path.write_text(rectangle().wkt, encoding="utf-8")
    return read(path, height_m=20.0)


def bare_mesh(folder: Path) -> object:
    path = folder / "plan.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", encoding="utf-8")
    return read(path)


def no_place(_: Path) -> object:
    return check_near(PLAN, [np.inf, 0.0], [np.inf, 0.0], FLAT)


FAILED: dict[str, Callable[[Path], object]] = {
    "far_file": far_file,
    "no_place": no_place,
    "too_wide": lambda _: check_size(PLAN, [0, 0, 0], [9000, 10, 10]),
    "tiny": lambda _: check_size(PLAN, [0, 0, 0], [0.02, 0.01, 0.03]),
    "hovers_far": lambda _: check_heights(PLAN, 190.0, 200.0, 100.0),
    "buried": lambda _: check_heights(PLAN, 50.0, 90.0, 100.0),
    "height_missing": lambda folder: of_rectangle(folder, {}),
    "not_above": lambda folder: of_rectangle(folder, {"height": 0}),
    "crosses": crossing,
    "crs_missing": without_crs,
    "unsaid": bare_mesh,
}
# The rest takes a server or a whole city: what stands in the source, and what becomes of it.
SAID = {
    "no_sun": (
        "twin.study.opened",
        "the sun does not rise",
        "2026-12-21: the sun does not rise above the horizon here",
    ),
    "unknown_building": ("twin.study.scenarios", ": no such object in ", "b1: no such object in a.gml"),
    "no_files": (
        "twin.serve.city_inputs",
        "are not where the job read them",
        "the files of the city are not where the job read them, and were not named (--city)",
    ),
    "many_receivers": (
        "twin.serve.city_inputs",
        "receivers, of which",
        "the job has 4,000,000 receivers, of which 3,000,000 are kept in memory",
    ),
    "too_large": ("twin.serve.limits", "the body is larger than", "the body is larger than 20 MB"),
    "busy": ("twin.serve.limits", "too many questions at a time", "too many questions at a time"),
    "waiting": ("twin.serve.jobs", "too many are waiting", "too many are waiting"),
    "late": ("twin.serve.jobs", "not done within", "not done within 60 s"),
    "ended": ("twin.serve.jobs", "the process that computes ended", "the process that computes ended too often"),
    "memory": ("twin.serve.jobs", "GB of memory", "more than 2 GB of memory"),
    "token": (
        "twin.serve.security",
        "whatever is not reading needs the token",
        "whatever is not reading needs the token that the server was started with",
    ),
    "cannot": ("twin.serve.messages", "it cannot be computed", "it cannot be computed"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_has_a_code_and_values(tmp_path: Path, code: str) -> None:
    does, values = REFUSED[code]
    with pytest.raises(Refused) as refused:
        does(tmp_path)
    said = json.loads(bytes(refused.value.response().body))
    assert (said["code"], said["values"]) == (code, values)
    assert said["detail"] and said["remedy"]


@pytest.mark.parametrize("code", FAILED)
def test_a_plan_that_fails_has_a_code_and_values(tmp_path: Path, code: str) -> None:
    """As the worker tells it: without paths and without options of the command line."""
    with pytest.raises(TwinError) as error:
        FAILED[code](tmp_path)
    told = failed(error.value, {str(tmp_path / "plan.geojson"): "footprint"})
    found = coded(told.detail)
    assert found.code == code, told.detail
    assert all(isinstance(value, float | str) for value in found.values.values())


@pytest.mark.parametrize("code", SAID)
def test_a_sentence_of_the_source_has_its_code(code: str) -> None:
    module, phrase, sentence = SAID[code]
    assert phrase in inspect.getsource(import_module(module)) and phrase in sentence
    assert coded(sentence).code == code


def test_every_code_is_tried() -> None:
    assert {*REFUSED, *FAILED, *SAID, OTHER} == set(CODES)


def test_what_nobody_foresaw_keeps_its_own_words() -> None:
    assert coded("the moon is in the way") == (OTHER, {})


def words(language: str) -> dict[str, str]:
    text = (files("twin.serve") / "viewer" / "i18n" / f"{language}.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


@pytest.mark.parametrize("language", ["de", "en"])
def test_each_code_has_words_that_name_its_values_alone(language: str) -> None:
    known = words(language)
    for code, sentence in SENTENCES.items():
        named = set(re.findall(r"\{(\w+)\}", known[f"problem_{code}"]))
        assert named <= set(re.compile(sentence).groupindex), code
    assert {name.removeprefix("problem_") for name in known if name.startswith("problem_")} == {*CODES, "silent"} - {
        OTHER
    }
