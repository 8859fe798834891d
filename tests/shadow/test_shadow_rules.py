"""Rules as data: what the bundled ones say, what a user's file may say, and how wrong ones are answered."""

from __future__ import annotations

import datetime
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from shadow.rules import Rule, RuleError, read_rule, rule_named, rule_names

NAMES = ("bre209", "din5034", "en17037", "wien", "zuerich")
MINE = """
id = "mine"
source = "a decision of our council"
lowest_elevation_deg = 5
point = "facade_plane"
title = { de = "unsere", en = "ours" }
status = { de = "eigene Vorgabe", en = "own choice" }
figures = []

[[criteria]]
id = "sun"
measure = "sun_hours"
subject = "facade"
dates = ["06-21"]
title = { de = "Sonne", en = "sun" }
levels = [{ name = "met", at = 2, title = { de = "2 h", en = "2 h" }, verified = true }]
"""


def test_the_bundled_rules() -> None:
    assert rule_names() == NAMES
    for name in NAMES:
        rule = rule_named(name)
        assert rule.id == name and rule.source and rule.figures
        assert rule == rule_named(name.upper())


def test_what_stands_in_the_standards_table() -> None:
    """Section 1 of the domain reference, number by number."""
    en, din, zuerich, wien, bre = (rule_named(n) for n in ("en17037", "din5034", "zuerich", "wien", "bre209"))
    assert (en.lowest_elevation_deg, en.point, en.union_of_openings) == (11.0, "room_side", True)
    assert en.window is not None and (en.window.width_m, en.window.depth_m) == (1.2, 0.36)
    assert (en.height_above_floor_m, en.height_above_sill_m) == (1.2, 0.3)
    assert [(level.name, level.at, level.verified) for level in en.criteria[0].levels] == [
        ("low", 1.5, True),
        ("medium", 3.0, False),
        ("high", 4.0, True),
    ]
    assert (din.lowest_elevation_deg, din.point) == (6.0, "facade_plane")
    assert [(c.dates, c.levels[0].at) for c in din.criteria] == [(("01-17",), 1.0), (("03-21",), 4.0)]
    assert (
        zuerich.clock_window == (8.0, 17.0) and zuerich.caster_above_m == 25 and zuerich.exempt_scenario == "Nullfall"
    )
    assert zuerich.criteria[0].days(2026) == (datetime.date(2026, 11, 3), datetime.date(2026, 2, 8))
    assert zuerich.criteria[0].at_most and zuerich.criteria[0].caused and zuerich.criteria[0].levels[0].at == 3.0
    assert wien.criteria[0].levels[0].at == 2.0 and wien.caster_above_m == 35
    assert {c.id: (c.levels[0].at, c.former_share) for c in bre.criteria} == {
        "amenity": (0.5, 0.8),
        "vsc": (0.27, 0.8),
        "apsh": (0.25, 0.8),
        "wpsh": (0.05, 0.8),
    }


@pytest.mark.parametrize("name", NAMES)
def test_words(name: str) -> None:
    """Nothing is called admissible, and what is known from memory alone is marked as such."""
    text = (files("shadow") / "rules" / f"{name}.toml").read_text(encoding="utf-8")
    assert "zulässig" not in text.lower() and "permissible" not in text.lower()
    rule = rule_named(name)
    assert rule.met.de == "Orientierungswert eingehalten" and rule.missed.de == "Orientierungswert unterschritten"
    assert rule.met.said("en") == "orientation value met"
    for figure in rule.figures:
        assert ("Gedächtnis" in figure.source) <= (not figure.verified)
    for level in (level for criterion in rule.criteria for level in criterion.levels):
        assert level.verified or rule.unverified


def test_the_free_day() -> None:
    (sun,) = rule_named("en17037").criteria
    leap = datetime.date(2028, 2, 29)
    assert sun.days(2026) == (datetime.date(2026, 3, 21),)
    assert sun.days(2026, datetime.date(2026, 2, 1)) == (datetime.date(2026, 2, 1),)
    assert sun.days(2028, leap) == (leap,)
    with pytest.raises(RuleError, match=r"22\.03\.2026 is not between 01\.02\. and 21\.03\."):
        sun.days(2026, datetime.date(2026, 3, 22))
    # A chosen day moves no rule whose days are fixed.
    winter, _ = rule_named("din5034").criteria
    assert winter.days(2026, leap) == (datetime.date(2026, 1, 17),)


def test_a_file_of_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINE, encoding="utf-8")
    rule = read_rule(path)
    assert isinstance(rule, Rule) and rule.criteria[0].levels[0].at == 2.0
    assert rule.criteria[0].days(2028) == (datetime.date(2028, 6, 21),)


WRONG = [
    ({"point": "roof"}, "point"),
    ({"lowest_elevation_deg": 95}, "lowest_elevation_deg"),
    ({"colour": "red"}, "colour"),
    ({"window": {"width_m": 1.2, "depth_m": 0.3}}, "window"),
    ({"clock_window": [17, 8]}, "clock_window"),
    ({"criteria": []}, "criteria"),
    ({"title": {"de": "ohne Englisch"}}, "title"),
]
WRONG_CRITERION = [
    ({"dates": ["02-29"]}, "02-29"),
    ({"dates": ["13-01"]}, "13-01"),
    ({"dates": ["21 March"]}, "dates"),
    ({"dates": []}, "dates"),
    ({"free": ["03-21", "02-01"]}, "free"),
    ({"measure": "moon_hours"}, "measure"),
    ({"measure": "area_share"}, "least_h"),
    ({"least_h": 2}, "least_h"),
    ({"levels": []}, "levels"),
    ({"measure": "sky_component", "dates": []}, "between 0 and 1"),
]


@pytest.mark.parametrize(("change", "named"), WRONG)
def test_wrong_entries_are_named(change: dict[str, Any], named: str, tmp_path: Path) -> None:
    assert named in refusal({**tomllib.loads(MINE), **change}, tmp_path)


@pytest.mark.parametrize(("change", "named"), WRONG_CRITERION)
def test_wrong_criteria_are_named(change: dict[str, Any], named: str, tmp_path: Path) -> None:
    content = tomllib.loads(MINE)
    content["criteria"][0].update(change)
    assert named in refusal(content, tmp_path)


def refusal(content: dict[str, Any], folder: Path) -> str:
    path = folder / "wrong.toml"
    path.write_text(as_toml(content), encoding="utf-8")
    with pytest.raises(RuleError) as error:
        read_rule(path)
    assert "wrong.toml" in str(error.value)
    return str(error.value)


def as_toml(content: dict[str, Any]) -> str:
    """Every value inline, which TOML allows at any depth."""

    def inline(value: object) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key} = {inline(item)}" for key, item in value.items()) + " }"
        if isinstance(value, list):
            return "[" + ", ".join(map(inline, value)) + "]"
        if isinstance(value, bool):
            return str(value).lower()
        return f'"{value}"' if isinstance(value, str) else str(value)

    return "\n".join(f"{key} = {inline(value)}" for key, value in content.items())


def test_files_that_are_no_rule(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"nowhere\.toml: cannot be read"):
        read_rule(tmp_path / "nowhere.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe = 1")
    with pytest.raises(RuleError, match="not TOML"):
        read_rule(tmp_path / "bad.toml")
    with pytest.raises(RuleError, match="did you mean en17037"):
        rule_named("en17307")
    with pytest.raises(RuleError, match="there are bre209, din5034"):
        rule_named("../../pyproject")


def test_the_page_on_rules_says_what_the_files_say(tmp_path: Path) -> None:
    """Every figure stands in docs/rules.md with its value, those from memory marked; its example can be read."""
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    for name in NAMES:
        section = page[page.index(f"## `{name}`") :].split("\n## ")[0]
        for figure in rule_named(name).figures:
            (row,) = [
                line for line in section.splitlines() if line.startswith(f"| {figure.what.en} | {figure.value} |")
            ]
            assert ("**from memory**" in row) == ("from memory" in figure.source)
            assert "memory" in row or figure.source.split(" / ")[-1] in row
    example = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "own.toml").write_text(example, encoding="utf-8")
    assert read_rule(tmp_path / "own.toml").criteria[0].levels[0].at == 2.0
