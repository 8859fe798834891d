"""What attributes say of a building's height: plain fields, XPlanung's statements, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from oracles.plans import X, Y, of_rectangle

from twin.errors import TwinError


@pytest.mark.parametrize(
    ("values", "said", "top_m"),
    [
        ({"hoehe": 12}, {}, 72.0),
        ({"measuredHeight": "12.0"}, {}, 72.0),
        ({"hoehe_nhn": 80}, {}, 80.0),
        ({"height": 80}, {"heights": "sea"}, 80.0),
        ({}, {"height_m": 7.5}, 67.5),
        ({"height": None}, {"height_m": 7.5}, 67.5),
        ({"OK_neu": 15, "height": 3}, {"height_field": "OK_neu"}, 75.0),
        ({"h": 14, "hoehenbezug": "2000", "bezugspunkt": "6000"}, {}, 74.0),
        ({"hMin": 8, "hMax": 14, "hoehenbezug": "relativGelaendeoberkante"}, {}, 74.0),
        ({"hZwingend": 95.5, "hoehenbezug": 1200, "bezugspunkt": "GBH"}, {}, 95.5),
        ({"h": 14.0}, {"heights": "ground"}, 74.0),
        ({"h": 94.0}, {"heights": "sea"}, 94.0),
        ({"h": 20, "hoehenbezug": "3000", "bezugshoehe": 61.5}, {}, 81.5),
        ({"hoehenangabe": {"XP_Hoehenangabe": {"h": {"_content_": "9", "uom": "m"}, "hoehenbezug": "2000"}}}, {}, 69.0),
        (
            {
                "hoehenangabe": [
                    {"h": 6, "hoehenbezug": "2000", "bezugspunkt": "1000"},
                    {"h": 11, "hoehenbezug": "2000", "bezugspunkt": "2000"},
                ]
            },
            {},
            71.0,
        ),
        (
            {
                "hoehenangabe": json.dumps(
                    [
                        {"h": 62.0, "hoehenbezug": "1000", "bezugspunkt": "4500"},
                        {"h": 9.0, "hoehenbezug": "4000", "bezugspunkt": "3000"},
                    ]
                )
            },
            {},
            71.0,
        ),
        (
            {
                "hoehenangabe": [
                    {"h": 62.0, "hoehenbezug": "1000", "bezugspunkt": "6600"},
                    {"h": 9.0, "hoehenbezug": "2000", "bezugspunkt": "6000"},
                ]
            },
            {},
            71.0,
        ),
    ],
)
def test_heights_are_found(tmp_path: Path, values: dict[str, object], said: dict[str, object], top_m: float) -> None:
    assert of_rectangle(tmp_path, values, **said).facts["top_m"] == top_m


def test_xplanung_eaves_and_ridge_make_a_gable(tmp_path: Path) -> None:
    statements = [{"hMax": h, "hoehenbezug": "2000", "bezugspunkt": p} for h, p in ((6, "TH"), (10, "FH"))]
    plan = of_rectangle(tmp_path, {"hoehenangabe": statements, "dachform": "3100"})
    assert plan.facts["volume_m3"] == pytest.approx(200.0 * 8.0)
    assert plan.facts["heights"].startswith("XPlanung hmax of FH, relativGelaendeoberkante, above the lowest ground")


def test_what_xplanung_leaves_open_is_said(tmp_path: Path) -> None:
    warnings = of_rectangle(tmp_path, {"h": 8, "hoehenbezug": "3500", "bezugspunkt": "TH"}).facts["warnings"]
    assert any("the street's level is not in the file" in words for words in warnings)
    assert any("a roof above them is missing" in words for words in warnings)


@pytest.mark.parametrize(
    ("values", "said", "words"),
    [
        ({"storeys": 4}, {}, r"footprint 1: no height \(its fields: storeys\) – give it with --plan-height METRES"),
        ({"height": 0}, {}, "the height 0 m .field height. is not above the ground"),
        ({"height": -3}, {}, "is not above the ground"),
        ({"height": "hoch"}, {}, "height 'hoch' is no number – give metres"),
        ({"height": {"value": 40, "uom": "ft"}}, {}, "a height in ft – give it in metres"),
        ({"height": 12000}, {}, "12000 m high: millimetres for metres.*--plan-unit"),
        ({"height": 50}, {"heights": "sea"}, "lies in the ground: its highest point, 50.0 m.*--plan-heights"),
        ({"eaves": 12, "ridge": 10}, {}, r"its eaves \(12 m\) are higher than its top"),
        ({"height": 5}, {"height_field": "hohe"}, r"no field 'hohe' \(its fields: height\)"),
        ({"h": 12}, {}, r"does not say what it counts from \(hoehenbezug\) – say it with --plan-heights"),
        (
            {"h": 12, "hoehenbezug": "2000", "bezugspunkt": "3500"},
            {},
            "those of LH, none is that of the building's top",
        ),
        ({"h": 12, "hoehenbezug": "1234"}, {}, "hoehenbezug '1234' is none of XPlanung's"),
        ({"h": 12, "hoehenbezug": "3000"}, {}, "reference level .*add it as a field bezugshoehe"),
        ({"h": 12, "hoehenbezug": "4000"}, {}, "ground floor .*bezugspunkt 4500"),
        ({"height": 5}, {"unit": "mm"}, "--plan-unit has no meaning here"),
        ({"height": 5}, {"origin": (X, Y)}, "--plan-origin has no meaning here"),
        ({"height": 5}, {"crs": "EPSG:31467"}, "says that it is in EPSG:25832, --plan-crs says EPSG:31467"),
        ({"height": 5}, {"crs": "Gauss"}, "Gauss.*--plan-crs EPSG:25832"),
    ],
)
def test_bad_heights_and_options_are_refused(
    tmp_path: Path, values: dict[str, object], said: dict[str, object], words: str
) -> None:
    with pytest.raises(TwinError, match=words) as caught:
        of_rectangle(tmp_path, values, **said)
    assert str(caught.value).startswith(str(tmp_path))
