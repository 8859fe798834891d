"""Mutated inputs through every reader: nothing but the readers' own errors may come out, in bounded time and memory.

    python benchmarks/fuzz.py                               1,000 inputs for each reader
    python benchmarks/fuzz.py --reader citygml --count 100000 --seed 7
    python benchmarks/fuzz.py --list                        names of the readers
    python benchmarks/fuzz.py --again FOLDER/….input --reader citygml     read a saved input again, with traceback
    python benchmarks/fuzz.py --quick                       a smoke run
    python benchmarks/fuzz.py --json out.json               also write the figures with machine and commit

Input i of a reader depends on the seed and i alone. A worker process reads one after the other; where one takes longer
than the limit, or takes the process with it, it is saved and the next worker goes on behind it. Saved beside a
traceback is also whatever ends in an exception that is not CityModelError, WeatherError or TwinError. Memory is the
resident set after the first tenth of the inputs and at the end: it grows where something leaks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

from benchmarks._fuzz_readers import READERS
from benchmarks.machine import ROOT, machine

SLOW_S = 5.0
"""An input that takes more of the processor is reported: the clock also counts what else the machine does, and the
first use of a library right after an installation takes a second."""
HANG_S = 30.0
"""An input that takes longer is stopped."""
MEMORY_LIMIT = 8 << 30
"""Address space of a worker, where the system can limit it: what wants more is found as MemoryError."""
EXPECTED = ("CityModelError", "WeatherError", "TwinError")


def input_of(reader: str, seed: int, index: int, seeds: list[bytes]) -> bytes:
    """Input ``index`` of a reader."""
    chance = random.Random(f"{reader}:{seed}:{index}")
    return READERS[reader].mutate(chance.choice(seeds), seeds, chance)


def work(reader: str, seed: int, first: int, last: int, folder: Path) -> None:
    """Read inputs first … last, leaving a trace of the current one; the figures go to ``figures.json``."""
    _limit_memory()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    seeds = READERS[reader].seeds()
    path = folder / f"input{READERS[reader].suffix}"
    for data in seeds:  # as they are: also imports and compiles what the clock should not see
        _read(reader, path, data)
    figures = {"first": first, "read": 0, "refused": 0, "slowest_s": 0.0, "slowest": first}
    figures["memory_begin_mb"] = figures["memory_end_mb"] = resident_mb()
    began = time.perf_counter()
    with (folder / "current").open("wb", buffering=0) as current:
        for index in range(first, last):
            current.seek(0)
            current.write(b"%012d" % index)
            data = input_of(reader, seed, index, seeds)
            start = time.process_time()
            outcome, trace = _read(reader, path, data)
            taken = time.process_time() - start
            figures["read"] += outcome == ""
            figures["refused"] += outcome in EXPECTED
            if taken > figures["slowest_s"]:
                figures |= {"slowest_s": taken, "slowest": index}
            if trace or taken > SLOW_S:
                note = trace or f"took {taken:.1f} s\n"
                save(folder, reader, index, data, outcome if trace else "slow", note)
            if index == first + (last - first) // 10:
                figures["memory_begin_mb"] = resident_mb()
    figures |= {"wall_s": time.perf_counter() - began, "memory_end_mb": resident_mb()}
    (folder / "figures.json").write_text(json.dumps(figures), encoding="utf-8")


def _read(reader: str, path: Path, data: bytes) -> tuple[str, str]:
    """(name of the exception or "", traceback where it is none of the expected)."""
    path.write_bytes(data)
    try:
        READERS[reader].read(path)
        return "", ""
    except Exception as error:  # noqa: BLE001  whatever comes out is what is looked for
        names = [kind.__name__ for kind in type(error).__mro__]
        expected = next((name for name in names if name in EXPECTED), None)
        if expected:
            # a message must be one line that any file can hold
            text = str(error)
            if "\n" not in text and text.encode("utf-8", "replace") == text.encode("utf-8", "backslashreplace"):
                return expected, ""
        return names[0], traceback.format_exc()


def save(folder: Path, reader: str, index: int, data: bytes, kind: str, note: str) -> None:
    """Keep an input with its traceback; of inputs that fail at the same place only the first ten."""
    places = re.findall(r'File "[^"]*[\\/]([^"\\/]+)", line (\d+)', note)
    where = f"{places[-1][0]}-{places[-1][1]}" if places else "any"
    key = f"{kind}-{where}"
    known = len(list(folder.glob(f"{key}-*.input")))
    if known >= 10:
        return
    name = f"{key}-{index}"
    (folder / f"{name}.input").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    text = f"{reader} {index} sha256 {digest}\n{note}"
    (folder / f"{name}.txt").write_text(text, encoding="utf-8", errors="backslashreplace")


def _limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def resident_mb() -> float:
    """Resident set of this process [MB]; the largest so far where only that is known, 0 where nothing is."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    if os.name == "nt":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def watch(reader: str, seed: int, count: int, folder: Path) -> dict[str, Any]:
    """Run workers over ``count`` inputs; the figures of all of them together."""
    folder.mkdir(parents=True, exist_ok=True)
    total: dict[str, Any] = {"reader": reader, "inputs": count, "read": 0, "refused": 0, "wall_s": 0.0}
    total |= {"slowest_s": 0.0, "slowest": 0, "growth_mb": 0.0, "memory_mb": 0.0, "ended": 0}
    first = 0
    while first < count:
        (folder / "figures.json").unlink(missing_ok=True)
        (folder / "current").write_bytes(b"%012d" % first)
        stopped = _supervise(reader, seed, first, count, folder)
        if stopped is None:
            figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
            for name in ("read", "refused", "wall_s"):
                total[name] += figures[name]
            if figures["slowest_s"] > total["slowest_s"]:
                total |= {"slowest_s": figures["slowest_s"], "slowest": figures["slowest"]}
            total["growth_mb"] = figures["memory_end_mb"] - figures["memory_begin_mb"]
            total["memory_mb"] = figures["memory_end_mb"]
            break
        index, why = stopped
        save(folder, reader, index, input_of(reader, seed, index, READERS[reader].seeds()), "ended", why)
        total["ended"] += 1
        first = index + 1
    total["saved"] = sorted(path.stem for path in folder.glob("*.input"))
    return total


def _supervise(reader: str, seed: int, first: int, last: int, folder: Path) -> tuple[int, str] | None:
    """Run one worker; None when it is through, else the input that ended it and why."""
    command = [sys.executable, __file__, "--worker", reader, str(seed), str(first), str(last), str(folder)]
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        current, since = b"", time.monotonic()
        while process.poll() is None:
            time.sleep(0.05)
            now = (folder / "current").read_bytes()
            if now != current:
                current, since = now, time.monotonic()
            elif time.monotonic() - since > HANG_S:
                process.kill()
                process.wait()
                return int(current), f"stopped after {HANG_S:.0f} s\n"
    if (folder / "figures.json").is_file():
        return None
    tail = (folder / "worker.log").read_bytes()[-4000:].decode("utf-8", "replace")
    return int((folder / "current").read_bytes()), f"the process ended with code {process.returncode}\n{tail}"


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The figures as lines."""
    out = [
        f"{'reader':<24}{'inputs':>9}{'read':>9}{'refused':>9}{'ms each':>9}{'slowest s':>11}{'growth MB':>11}"
        f"{'MB':>7}{'ended':>7}{'saved':>7}"
    ]
    for row in rows:
        done = max(1, row["read"] + row["refused"])
        out.append(
            f"{row['reader']:<24}{row['inputs']:>9,}{row['read']:>9,}{row['refused']:>9,}"
            f"{1000 * row['wall_s'] / done:>9.2f}{row['slowest_s']:>11.2f}{row['growth_mb']:>11.1f}"
            f"{row['memory_mb']:>7.0f}{row['ended']:>7}{len(row['saved']):>7}"
        )
    return out


def main() -> None:
    """Run, print, write; exit code 1 where something was saved."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", choices=READERS, action="append", help="only this one; repeatable")
    parser.add_argument("--count", type=int, default=1000, help="inputs for each reader [1000]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="keep saved inputs in this folder")
    parser.add_argument("--again", type=Path, help="read one saved input, with its traceback")
    parser.add_argument("--list", action="store_true", help="names of the readers")
    parser.add_argument("--quick", action="store_true", help="20 inputs for each reader")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    parser.add_argument("--worker", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        reader, seed, first, last, folder = arguments.worker
        work(reader, int(seed), int(first), int(last), Path(folder))
        return
    names = arguments.reader or list(READERS)
    if arguments.list:
        print("\n".join(names))
        return
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.again:
            reader = READERS[names[0]]
            path = Path(scratch) / f"input{reader.suffix}"
            path.write_bytes(arguments.again.read_bytes())
            print(reader.read(path))
            return
        out = arguments.out or Path(scratch)
        rows = [watch(name, arguments.seed, 20 if arguments.quick else arguments.count, out / name) for name in names]
    print("\n".join(table(rows)))
    for row in rows:
        print("".join(f"\n{row['reader']}: {name}" for name in row["saved"]), end="")
    if arguments.json:
        written = {"machine": machine(), "seed": arguments.seed, "figures": rows}
        arguments.json.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if any(row["saved"] for row in rows) else 0)


if __name__ == "__main__":
    main()
