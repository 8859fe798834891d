"""Runs the real command on many cases in one process, as a process of its own would: `python drive.py FOLDER OUT.json`.

Reads the list of argument lists from standard input as JSON, and writes exit code, standard output and error of each.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any


def run(arguments: list[str]) -> dict[str, Any]:
    """One call of the command."""
    from twin.cli.main import main

    if arguments[0] == "solar":
        from twin.report import write

        write.PICTURE_WIDTH, write.PICTURE_HEIGHT = 160, 100  # nobody looks at them
    out, err = io.StringIO(), io.StringIO()
    began = time.perf_counter()
    sys.argv = ["heliotwin", *arguments]
    code: int | str | None = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001  a traceback is what must not happen
            code = "traceback"
            traceback.print_exc()
    seconds = time.perf_counter() - began
    return {"code": code or 0, "out": out.getvalue(), "err": err.getvalue(), "seconds": seconds}


def drive() -> None:
    """Change to the folder and run what standard input lists; in our own code the locale's encoding is an error."""
    warnings.filterwarnings("error", category=EncodingWarning, module=r"(twin|solar|shadow|raytrace|io_citygml)\b")
    os.chdir(sys.argv[1])
    target = Path(sys.argv[2])
    found = [run(arguments) for arguments in json.loads(sys.stdin.read())]
    target.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    drive()
