"""Damaged CityJSON, seeded: whatever is changed in a file, it is read, or refused by one CityModelError with a remedy.

Three ways of damage: bytes of the text, values of the document by others of every kind, and structures removed,
repeated or moved. The area balance holds in whatever is read.
"""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from io_citygml.buffers import SurfaceBuffer
from io_citygml.cityjson import read_cityjson
from io_citygml.errors import CityModelError
from io_citygml.read import read_city

EXAMPLES = 300
DATA = Path(__file__).parents[1] / "data"
SEEDS = (
    DATA / "city" / "house_and_yard.city.json",
    DATA / "cityjson" / "cityjson_fake_complete.city.json",
    DATA / "cityjson" / "cube_20_1.jsonl",
)
# A value of every kind JSON knows, and the numbers that break readers.
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7, 10**6, 2**31, 2**63, 2**64, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"),
    "", "0", "CityJSON", "Solid", "MultiSurface", "GeometryInstance", "Building", "\u0000", "\U0001f3e0", "+X", "2.2",
    [], [[]], [[[]]], [0], [[0, 1, 2]], [None], {}, {"type": "Solid"}, {"a": 1},
)  # fmt: skip
TOKENS = tuple(b'{ } [ ] , : " \\ null true NaN -Infinity 1e999 0 -1 99999999999999999999 \\ud800 \xff \n'.split(b" "))
REPEATED = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
)


def check(path: Path, data: bytes) -> bool:
    """Read the bytes: True where they are read, False where they are refused as they should be."""
    path.write_bytes(data)
    try:
        report = read_city([path], crs="EPSG:25832").report
    except CityModelError as error:
        assert error.remedy and "\n" not in str(error)
        str(error).encode("utf-8")
        return False
    total = sum(report.area_m2.values()) + sum(report.skipped_area_m2.values()) - sum(report.area_repaired_m2.values())
    assert report.area_read_m2 == pytest.approx(total, rel=1e-6, abs=1e-6)
    json.dumps(report.to_dict(), ensure_ascii=False).encode("utf-8")
    return True


def lines_of(path: Path) -> list[Any]:
    """The documents of a file: one, or one of each line."""
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else [json.loads(text)]


def places(document: Any) -> list[tuple[Any, Any]]:
    """(container, key) of every value in it."""
    found, stack = [], [document]
    while stack:
        item = stack.pop()
        keys = list(item) if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else []
        found += [(item, key) for key in keys]
        stack += [item[key] for key in keys]
    return found


def damage(documents: list[Any], choose: random.Random) -> None:
    """Change one value anywhere: another value, none, the same twice, or one from another place."""
    everywhere = places(documents)
    container, key = choose.choice(everywhere)
    way = choose.randrange(4)
    if way == 0:
        container[key] = copy.deepcopy(choose.choice(ODD))
    elif way == 1:
        del container[key]
    elif way == 2 and isinstance(container, list):
        container.insert(choose.randrange(len(container) + 1), copy.deepcopy(container[key]))
    else:
        other, name = choose.choice(everywhere)
        container[key] = copy.deepcopy(other[name])


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_documents_with_values_changed(tmp_path_factory: pytest.TempPathFactory, path: Path) -> None:
    documents, target = lines_of(path), tmp_path_factory.mktemp("m") / f"t{path.suffix}"
    outcomes = []

    @seed(20_260_101)
    @REPEATED
    @given(st.integers(0, 2**32), st.integers(1, 4))
    def run(number: int, times: int) -> None:
        changed, choose = copy.deepcopy(documents), random.Random(number)
        for _ in range(times):
            if changed:
                damage(changed, choose)
        if changed:
            outcomes.append(check(target, "\n".join(map(json.dumps, changed)).encode()))

    run()
    # the damage reaches both: neither are all files refused, nor all read
    assert 0.02 * len(outcomes) < sum(outcomes) < len(outcomes) and len(outcomes) > EXAMPLES // 2


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_texts_with_bytes_changed(tmp_path_factory: pytest.TempPathFactory, path: Path) -> None:
    data, target = path.read_bytes(), tmp_path_factory.mktemp("m") / f"t{path.suffix}"
    change = st.tuples(
        st.integers(0, len(data) - 1), st.integers(0, 40), st.sampled_from(TOKENS) | st.binary(max_size=2)
    )

    @seed(20_260_102)
    @REPEATED
    @given(st.lists(change, min_size=1, max_size=4), st.booleans())
    def run(changes: list[tuple[int, int, bytes]], cut: bool) -> None:
        text = data
        for start, length, new in changes:
            text = text[:start] + new + text[start + length :]
        check(target, text[: changes[0][0]] if cut else text)

    run()


def test_every_cut_of_a_sequence(tmp_path: Path) -> None:
    """Cut off behind a whole line it is read, cut off at every seventh byte elsewhere refused."""
    data = (DATA / "cityjson" / "cube_20_1.jsonl").read_bytes()
    whole = {end for end in range(len(data)) if data[:end].endswith(b"}\n") or data[end:].startswith(b"\n")}
    for end in sorted(whole | set(range(0, len(data), 7))):
        assert check(tmp_path / "t.jsonl", data[:end]) == (end in whole), end


def test_refused_input_leaves_the_stream_where_it_may_be_closed(tmp_path: Path) -> None:
    """The reader itself, without the guards of the file layer, raises nothing else either."""
    for number in range(200):
        choose = random.Random(number)
        text = bytes(choose.choice(b'{}[]",:0123 \nTnue') for _ in range(choose.randrange(1, 80)))
        path = tmp_path / "t.json"
        path.write_bytes(text)
        buffer = SurfaceBuffer()
        buffer.files.append("t.json")
        with path.open("rb") as stream, pytest.raises(CityModelError):
            read_cityjson(stream, "t.json", buffer)
