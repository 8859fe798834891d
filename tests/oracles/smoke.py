"""Runs benchmarks one after the other in one process, each as a script: `python smoke.py FOLDER NAME…`.

What all of them import is imported once. A benchmark's figures lie in FOLDER/NAME.json, its words, errors and exit code
in FOLDER/NAME.run.json.
"""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def run(name: str, folder: Path) -> dict[str, Any]:
    """One benchmark with its small input."""
    import numba

    script = ROOT / "benchmarks" / f"{name}.py"
    out, err = io.StringIO(), io.StringIO()
    sys.argv = [str(script), "--quick", "--json", str(folder / f"{name}.json")]
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)  # whatever the one before has set
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as end:
            code = end.code or 0
        except BaseException:  # noqa: BLE001  the next benchmark runs all the same, and the test shows what failed here
            code = "traceback"
            traceback.print_exc()
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    target, names = Path(sys.argv[1]), sys.argv[2:]  # each run gets arguments of its own
    for word in names:
        told = json.dumps(run(word, target), ensure_ascii=False)
        (target / f"{word}.run.json").write_text(told, encoding="utf-8")
