"""The viewer's files: nothing from elsewhere, every reference there, both languages whole, licences beside."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from solar.sun import sun_position

ROOT = Path(__file__).resolve().parents[2]
VIEWER = ROOT / "twin" / "serve" / "viewer"
LANGUAGES = ("de", "en")
# XML namespaces are names, not addresses; the others stand in comments as sources.
NO_ADDRESS = re.compile(r"http://www\.w3\.org/2000/svg|https://(bids\.github\.io|colorbrewer2\.org)")


def own_files() -> list[Path]:
    """Everything but CesiumJS."""
    return sorted(p for p in VIEWER.rglob("*") if p.is_file() and "cesium" not in p.relative_to(VIEWER).parts[:-1])


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def scripts() -> dict[str, str]:
    return {path.name: text_of(path) for path in sorted((VIEWER / "js").glob("*.js"))}


def words(language: str) -> dict[str, str]:
    loaded: dict[str, str] = json.loads(text_of(VIEWER / "i18n" / f"{language}.json"))
    return loaded


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cesium_tool", ROOT / "tools" / "cesium.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_address_of_another_machine() -> None:
    for path in own_files():
        text = NO_ADDRESS.sub("", text_of(path))
        assert not re.search(r"(https?:|wss?:)?//[\w-]+\.\w", text), path


def test_nothing_that_a_strict_policy_forbids() -> None:
    """No inline script, style or handler, and no code from text: script-src 'self'."""
    page = text_of(VIEWER / "index.html")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    for name, text in scripts().items():
        assert not re.search(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text), (
            name
        )


def test_every_reference_of_the_page_is_there() -> None:
    page = text_of(VIEWER / "index.html")
    found = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert len(found) >= 6
    for name in found:
        assert (VIEWER / name).is_file() and not name.startswith("/"), name


def test_every_module_is_imported_from_where_it_lies_and_all_are() -> None:
    asked = {"main.js"}
    for name, text in scripts().items():
        for target in re.findall(r'(?:from|import\()\s*"(\.[^"]+)"', text):
            assert (VIEWER / "js" / target).resolve().is_file(), f"{name}: {target}"
            asked.add(Path(target).name)
    assert set(scripts()) <= asked


def test_names_that_a_module_imports_are_exported_there() -> None:
    code = scripts()
    for name, text in code.items():
        for inner, target in re.findall(r'import \{([^}]+)\} from "\./([\w]+\.js)"', text):
            for wanted in (part.strip() for part in inner.split(",")):
                exported = rf"export (async )?(function|const|let|class) {wanted}\b"
                assert re.search(exported, code[target]), f"{name}: {wanted} of {target}"
                assert len(re.findall(rf"\b{wanted}\b", text)) > 1, f"{name}: {wanted} is not used"


def test_both_languages_say_the_same_things() -> None:
    german, english = (words(language) for language in LANGUAGES)
    assert german.keys() == english.keys()
    for key, text in german.items():
        holes = [sorted(re.findall(r"\{(\w+)\}", one)) for one in (text, english[key])]
        assert holes[0] == holes[1] and text.strip() and english[key].strip(), key
    assert {german["ai_corrected"]} == {"KI-korrigiert"} and "KI-korrigiert" in english["ai_corrected"]


def test_every_word_that_is_asked_for_is_there_and_none_is_idle() -> None:
    asked = set(re.findall(r'data-i18n(?:-label)?="([^"]+)"', text_of(VIEWER / "index.html")))
    everything = "\n".join(scripts().values())
    asked |= set(re.findall(r'\bt\("([\w ]+)"', everything))
    known = words("de")
    assert asked <= known.keys(), asked - known.keys()
    # Named by a variable: t(label), t(`kind_${kind}`), t(playing ? "stop" : "play").
    idle = {key for key in known.keys() - asked if f'"{key}"' not in everything}
    stems = set(re.findall(r"\bt\(`(\w+_)\$\{", everything))
    assert not {key for key in idle if not any(key.startswith(stem) for stem in stems)}


def test_cesium_is_as_listed_with_its_licence() -> None:
    assert tool().differing() == []
    listed = json.loads(text_of(VIEWER / "cesium" / "SOURCE.json"))
    assert {"index.js", "LICENSE.md", "ThirdParty.json"} <= listed["sha256"].keys()
    assert "Apache License" in text_of(VIEWER / "cesium" / "LICENSE.md")
    size = sum(path.stat().st_size for path in (VIEWER / "cesium").rglob("*") if path.is_file())
    assert size < 8e6


def test_cesium_imports_without_code_from_text() -> None:
    """What a page's policy against eval would stop while the library loads."""
    library = text_of(VIEWER / "cesium" / "index.js")
    assert not re.search(r"[^\w.]eval\(|\(0,\s*eval\)\(", library.split("\n", 1)[1])
    for worker in (VIEWER / "cesium" / "Workers").glob("*.js"):
        assert "eval(" not in text_of(worker)


def test_the_copying_tool_refuses_another_library(tmp_path: Path) -> None:
    library = tmp_path / "index.js"
    library.write_text("nothing of the kind", encoding="utf-8")
    with pytest.raises(SystemExit, match="stands 0 times"):
        tool().without_eval(library)
    assert library.read_text(encoding="utf-8") == "nothing of the kind"


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.1)."""
    channel = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_words_and_controls() -> None:
    """WCAG 2.1 AA: 4.5 : 1 for text, 3 : 1 for edges of controls."""
    named = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text_of(VIEWER / "css" / "base.css")))
    for ground in ("ground", "soft"):
        for text in ("ink", "quiet", "accent", "alarm", "ai"):
            assert contrast(named[text], named[ground]) >= 4.5, (text, ground)
        assert contrast(named["edge"], named[ground]) >= 3.0
    for filled in ("accent", "alarm", "ai"):
        assert contrast("#ffffff", named[filled]) >= 4.5, filled


@pytest.mark.parametrize("scale", ["VIRIDIS", "PURPLES"])
def test_scales_keep_their_order_without_hue(scale: str) -> None:
    listed = re.search(rf"{scale} = \[([^\]]+)\]", scripts()["colours.js"])
    assert listed is not None
    light = [luminance(colour) for colour in re.findall(r"#[0-9a-f]{6}", listed[1])]
    step = np.diff(light)
    assert (step > 0).all() or (step < 0).all()


NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no node")


def node(code: str) -> object:
    """The JSON that a module prints; modules of the viewer are imported by their names."""
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", code],
        cwd=VIEWER / "js",
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_the_sun_stands_where_nrel_spa_has_it() -> None:
    """The viewer's own sun against the twin's (pvlib, NREL SPA), over a year and over half a century."""
    rng = np.random.default_rng(7)
    start = np.datetime64("2000-01-01T00:00:00")
    times = start + rng.integers(0, 50 * 365 * 86400, 400).astype("timedelta64[s]")
    latitude, longitude = 50.08, 8.24
    stamps = [f"{time}Z" for time in times.astype(str)]
    said = np.array(
        node(
            f'import {{ sunAt }} from "./sun.js"; const times = {json.dumps(stamps)};'
            f"console.log(JSON.stringify(times.map((time) => sunAt(new Date(time), {longitude}, {latitude}))));"
        )
    )
    elevation, azimuth = sun_position(times, latitude, longitude)
    true, shown = (
        np.stack([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)], axis=1)
        for a, e in (np.radians([azimuth, elevation]), np.radians(said.T))
    )
    off = np.degrees(np.arccos(np.clip((true * shown).sum(axis=1), -1, 1)))
    assert off.max() < 0.02, off.max()


@needs_node
def test_clocks_of_a_place_and_back() -> None:
    """Summer and winter time, and the hours at which clocks change."""
    said = node(
        'import { instantOf, offsetMinutes, shownBy } from "./zone.js"; const zone = "Europe/Berlin";'
        "const at = (date, minutes) => instantOf(date, minutes, zone).toISOString().slice(0, 16);"
        'console.log(JSON.stringify([at("2026-03-21", 720), at("2026-06-21", 780), at("2026-03-29", 60),'
        ' at("2026-03-29", 240), at("2026-10-25", 720), offsetMinutes(new Date("2026-07-01T00:00Z"), zone),'
        ' shownBy(new Date("2026-12-31T23:30Z"), zone)]));'
    )
    assert said == [
        "2026-03-21T11:00",
        "2026-06-21T11:00",
        "2026-03-29T00:00",
        "2026-03-29T02:00",
        "2026-10-25T11:00",
        120,
        ["2027-01-01", 30],
    ]


@needs_node
def test_colours_of_a_scale_are_those_of_the_pictures() -> None:
    """The same colour as `twin.report.colours.colour_of` gives, ends and gaps included."""
    from twin.report.colours import NO_VALUE, Scale, colour_of, colour_table

    scale = Scale(100.0, 1100.0, colour_table())
    values = [float("nan"), -5.0, 100.0, 103.9, 103.95, 600.0, 1099.999, 1100.0, 5000.0]
    colours = ["#" + bytes(row).hex() for row in scale.table]
    said = node(
        'import { NO_VALUE, colourOf } from "./colours.js";'
        f"const scale = {{ low: 100, high: 1100, colours: {json.dumps(colours)} }};"
        f"const values = {json.dumps([None if np.isnan(v) else v for v in values])};"
        "console.log(JSON.stringify([NO_VALUE, values.map((value) => colourOf(scale, value))]));"
    )
    want = ["#" + bytes(row).hex() for row in colour_of(scale, values)]
    assert said == ["#" + bytes(NO_VALUE).hex(), want]


@needs_node
def test_the_clock_hour_stays_when_the_month_changes() -> None:
    """Eleven o'clock UTC is noon in winter and one in summer; the slider keeps what clocks show."""
    said = node(
        'import { hourLabel, hourUtc } from "./hours.js"; const zone = "Europe/Berlin";'
        "console.log(JSON.stringify([hourLabel(zone, 1, 11), hourLabel(zone, 6, 11), hourUtc(zone, 1, 13),"
        " hourUtc(zone, 6, 13), hourLabel(zone, 6, 23)]));"
    )
    assert said == ["12–13", "13–14", 12, 11, "01–02"]
