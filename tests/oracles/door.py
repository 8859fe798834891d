"""The real command as a user meets it: in a process of its own, or in this one where speed matters."""

from __future__ import annotations

import contextlib
import io
import logging
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from twin.cli.main import main

COMPILING = "Compiling ray kernels"


class Answer(NamedTuple):
    """What a call came to."""

    code: int
    out: str
    err: str


def heliotwin(*arguments: str | Path, cwd: Path) -> Answer:
    """`heliotwin …` in a process of its own."""
    command = [sys.executable, "-m", "twin.cli.main", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    # Where kernels have not been compiled yet the command says so; how often a test meets that is a matter of order.
    said = [line for line in done.stderr.splitlines(keepends=True) if not line.startswith(COMPILING)]
    return Answer(done.returncode, done.stdout, "".join(said))


def called(*arguments: str | Path, cwd: Path) -> Answer:
    """`heliotwin …` in this process: the same `main`, with the same streams, codes and lines."""
    out, err = io.StringIO(), io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["heliotwin", *map(str, arguments)])
        patch.chdir(cwd)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
                code = 0
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    root.handlers[:] = handlers
    root.setLevel(level)
    return Answer(code, out.getvalue(), err.getvalue())


def refused(answer: Answer, code: int, *words: str) -> None:
    """One clear line: it says the words, and nothing else is printed."""
    assert answer.code == code, answer
    assert answer.out == "" and "Traceback" not in answer.err
    if answer.err.startswith("heliotwin: error: "):
        assert len(answer.err.strip().splitlines()) == 1, answer.err
    else:
        assert code == 2, answer.err  # the parser's own words
    said = " ".join(answer.err.replace("│", " ").split())
    for word in words:
        assert word in said, said
