"""The kernels without the JIT, without a cache folder, and after a change in another file of the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import raytrace
from raytrace import jit

ROOT = Path(__file__).parents[2]
PACKAGE = Path(raytrace.__file__).parent


def run(arguments: list[str], cwd: Path = ROOT, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def write_kernel(path: Path, name: str, value: str, imports: str = "") -> None:
    lines = f"{imports}from raytrace.jit import kernel\n\n@kernel()\ndef {name}():\n    return {value}\n"
    path.write_text(lines, encoding="utf-8")


def test_small_cases_with_the_jit_off() -> None:
    """Plain Python runs the same lines: coverage can see them and numpy warns of overflow."""
    small = str(Path(__file__).with_name("test_raytrace_small.py"))
    output = run(["-m", "pytest", "-q", "-p", "no:cacheprovider", small], NUMBA_DISABLE_JIT="1")
    assert "passed" in output and "skipped" not in output


def test_no_writable_cache_folder() -> None:
    """With no locator left, decorating must fall back to compiling in memory."""
    code = "import numpy as np; from raytrace.order import packet_order as f; print(len(f(*np.zeros((2, 3, 3), 'f4'))))"
    environment = {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "NUMBA_CACHE_DIR": ""}
    assert run(["-c", code], **environment).strip() == "3"


def test_change_in_another_file_renews_cached_kernels(tmp_path: Path) -> None:
    """Numba alone would go on using the compiled caller of a changed function."""
    copy = tmp_path / "raytrace"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    write_kernel(copy / "callee.py", "value", "1")
    write_kernel(copy / "caller.py", "ask", "callee.value()", "from raytrace import callee\n")
    code = "from raytrace import caller; print(caller.ask(), sum(caller.ask.stats.cache_hits.values()))"
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
    assert run(["-c", code], cwd=tmp_path, **cache).split() == ["1", "0"]
    assert run(["-c", code], cwd=tmp_path, **cache).split() == ["1", "1"]
    write_kernel(copy / "callee.py", "value", "2")
    assert run(["-c", code], cwd=tmp_path, **cache).split() == ["2", "0"]


def test_stamp_covers_every_file() -> None:
    assert len(jit.package_stamp()) == 64
    assert jit.package_stamp() == jit.package_stamp()


def test_no_fastmath_in_the_package() -> None:
    for path in PACKAGE.glob("*.py"):
        assert "fastmath=" not in path.read_text(encoding="utf-8"), path
