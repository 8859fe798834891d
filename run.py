#!/usr/bin/env python3
"""Set up heliotwin beside this file and run it; needs nothing but Python 3.11 to 3.13.

    python3 run.py              set up .venv, compute the demo district, say where the pictures lie
    python3 run.py test         set up for development and run the tests
    python3 run.py ARGS…        set up, then `heliotwin ARGS…`, e.g. python3 run.py solar city.gml -o out

Set-up installs exactly what the hashed lock names; it is done again only when the lock or pyproject.toml changes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WEB = ROOT / "tests" / "web"
WEB_STAMP = WEB / "node_modules" / ".heliotwin"
OLDEST, NEWEST = (3, 11), (3, 13)
UTF8 = {"PYTHONUTF8": "1"}
"""Of a run: UTF-8 whatever the console's code page."""
ALL_TESTS = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-q")
"""A file stays in one process; files in the order of tests/conftest.py."""
STRICT = {"LC_ALL": "C", "PYTHONWARNDEFAULTENCODING": "1"}
"""Of a test: the poorest locale, and text read or written in the locale's encoding is an error (pyproject.toml)."""


def main(arguments: list[str]) -> int:
    """Set up what the arguments need and run it; the exit code is that of what ran."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        print(
            f"heliotwin needs Python 3.11 to 3.13; this is {sys.version.split()[0]} ({sys.executable})",
            file=sys.stderr,
        )
        return 2
    testing = arguments[:1] == ["test"]
    modules = begin_web() if testing else None
    failed = set_up("dev" if testing else "run")
    if modules is not None:
        end_web(modules)
    if failed:
        return failed
    if testing:
        pytest = [python(), "-m", "pytest", *(arguments[1:] or ALL_TESTS)]
        return run(pytest, settings=STRICT)
    if arguments:
        return run([python(), "-P", "-m", "twin.cli.main", *arguments], cwd=Path.cwd())
    out = ROOT / "heliotwin-demo"
    code = run([python(), "-P", "-m", "twin.cli.main", "demo", "-o", str(out)])
    if code == 0:
        print(
            "\n            ".join(
                ["pictures    " + str(out / "overview.png"), str(out / "pv.png"), str(out / "summary.html")]
            )
        )
    return code


def python() -> Path:
    """The environment's interpreter, on Windows and elsewhere."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def set_up(which: str) -> int:
    """Make the environment agree with a lock ("run" or "dev"); 0 when it does."""
    lock = ROOT / "requirements" / f"{which}.txt"
    stamp = VENV / f".heliotwin-{which}"
    wanted = hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(VENV).encode()).hexdigest()
    if python().is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"heliotwin: setting up {VENV} (once; a minute or two) …", file=sys.stderr, flush=True)
    if not python().is_file():
        shutil.rmtree(VENV, ignore_errors=True)
        if run([sys.executable, "-m", "venv", str(VENV)]):
            shutil.rmtree(VENV, ignore_errors=True)
            print(
                "heliotwin: could not make .venv; on Debian and Ubuntu: apt install python3-venv",
                file=sys.stderr,
            )
            return 1
    pip = [str(python()), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-q"]
    pip += ["--no-compile"]  # Python compiles what is imported when it is; all of it would take half a minute
    code = run([*pip, "--require-hashes", "-r", str(lock)])
    if code == 0:
        code = run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    if code:
        print(
            "heliotwin: the installation failed (see above); run the same command again to retry",
            file=sys.stderr,
        )
        return code
    stamp.write_text(wanted, encoding="utf-8")
    return 0


def begin_web() -> subprocess.Popen[bytes] | None:
    """Begin to install the node modules of the tests in a browser, where there is npm and they are not there yet."""
    npm = shutil.which("npm")
    if npm is None or (WEB_STAMP.is_file() and WEB_STAMP.read_text(encoding="utf-8") == web_lock()):
        return None
    print(f"heliotwin: setting up {WEB_STAMP.parent} (once) …", file=sys.stderr, flush=True)
    return subprocess.Popen([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=WEB)


def end_web(modules: subprocess.Popen[bytes]) -> None:
    """Wait until they are installed; without them tests in a browser skip."""
    if modules.wait() == 0:
        WEB_STAMP.write_text(web_lock(), encoding="utf-8")
    else:
        print("heliotwin: npm could not install them (see above); tests in a browser skip", file=sys.stderr)


def web_lock() -> str:
    """What the node modules have to agree with."""
    return hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()


def run(command: list[object], cwd: Path = ROOT, settings: dict[str, str] = UTF8) -> int:
    """Run a command to its end in an environment with these settings."""
    environment = {**os.environ, **settings}
    try:
        return subprocess.run([str(part) for part in command], cwd=cwd, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
