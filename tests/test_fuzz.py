"""A few hundred mutated inputs for each reader, of those that benchmarks/fuzz.py makes by the hundred thousand."""

from __future__ import annotations

import json
import logging
import random
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fuzz
from benchmarks._fuzz_readers import READERS
from benchmarks._mutate import MUTATIONS, mutated

ROOT = Path(__file__).resolve().parents[1]
INPUTS = {"weather": 40}
"""For each weather format; of the others 200."""


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.filterwarnings("ignore")
def test_nothing_but_the_readers_own_errors(reader: str, tmp_path: Path) -> None:
    seeds = READERS[reader].seeds()
    path = tmp_path / f"input{READERS[reader].suffix}"
    logging.disable(logging.CRITICAL)
    try:
        whole = [fuzz._read(reader, path, data) for data in seeds]
        ends = {
            index: fuzz._read(reader, path, fuzz.input_of(reader, 0, index, seeds))
            for index in range(INPUTS.get(reader.split("-")[0], 200))
        }
    finally:
        logging.disable(logging.NOTSET)
    assert all(outcome in ("", "CityModelError") for outcome, _ in whole) and ("", "") in whole
    bad = {index: trace for index, (_, trace) in ends.items() if trace}
    assert not bad, "\n".join(f"input {index}: {trace}" for index, trace in bad.items())
    outcomes = {outcome for outcome, _ in ends.values()}
    assert len(outcomes) > 1, "all inputs end alike: the mutations do not reach the reader"


@pytest.mark.parametrize("change", MUTATIONS[:8] + MUTATIONS[8:14])
def test_mutations_take_anything(change: object) -> None:
    chance = random.Random(3)
    for data in (b"", b"a", b"<a/>", b"1", b"{}", b"\xff\x00", b"<a b='1'>1 2</a>", b"[[1,2],[3]]"):
        for _ in range(50):
            assert isinstance(change(data, [data, b"<b/>"], chance), bytes)  # type: ignore[operator]


def test_an_input_follows_from_its_seed() -> None:
    seeds = READERS["terrain-asc"].seeds()
    first, again = (fuzz.input_of("terrain-asc", 7, 42, seeds) for _ in range(2))
    assert first == again != fuzz.input_of("terrain-asc", 8, 42, seeds)
    assert len({mutated(seeds[0], seeds, random.Random(i)) for i in range(100)}) > 60


def test_workers_are_watched(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "benchmarks/fuzz.py", "--reader", "terrain-asc", "--reader", "packed", "--quick"]
    done = subprocess.run(
        [*command, "--json", str(figures)], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(figures.read_text(encoding="utf-8"))["figures"]
    assert [row["read"] + row["refused"] for row in rows] == [20, 20] and all(row["saved"] == [] for row in rows)


def test_what_ends_a_worker_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies at its third input: that one is saved, and the next worker goes on behind it."""
    starts = []

    def die_once(reader: str, seed: int, first: int, last: int, folder: Path) -> tuple[int, str] | None:
        starts.append(first)
        if first == 0:
            return 2, "the process ended with code -11\n"
        fuzz.work(reader, seed, first, last, folder)
        return None

    monkeypatch.setattr(fuzz, "_supervise", die_once)
    monkeypatch.setattr(fuzz, "_limit_memory", lambda: None)
    try:
        total = fuzz.watch("terrain-asc", 1, 10, tmp_path)
    finally:
        logging.disable(logging.NOTSET)
    assert starts == [0, 3] and total["ended"] == 1 and total["saved"] == ["ended-any-2"]
    saved = (tmp_path / "ended-any-2.input").read_bytes()
    assert saved == fuzz.input_of("terrain-asc", 1, 2, READERS["terrain-asc"].seeds())
