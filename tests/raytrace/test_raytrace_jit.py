"""The kernels without the JIT, without a cache folder or with a damaged one, and after a change in another file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import raytrace
from raytrace import jit

ROOT = Path(__file__).parents[2]
PACKAGE = Path(raytrace.__file__).parent


def run(arguments: list[str], cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
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
    return done


def write_kernel(path: Path, name: str, value: str, imports: str = "") -> None:
    lines = f"{imports}from raytrace.jit import kernel\n\n@kernel()\ndef {name}():\n    return {value}\n"
    path.write_text(lines, encoding="utf-8")


def test_small_cases_with_the_jit_off() -> None:
    """Plain Python runs the same lines: coverage can see them and numpy warns of overflow."""
    small = str(Path(__file__).with_name("test_raytrace_small.py"))
    output = run(["-m", "pytest", "-q", "-p", "no:cacheprovider", small], NUMBA_DISABLE_JIT="1").stdout
    assert "passed" in output and "skipped" not in output


ORDER = """
from twin.cli.screen import set_up_logging
set_up_logging()
import numpy as np
from raytrace import order
print(len(order.packet_order(*np.zeros((2, 3, 3), "f4"))), sum(order._median_order.stats.cache_hits.values()))
"""
"""A kernel as the command line would run it: prints the number of points and how often the cache served."""


def test_no_writable_cache_folder() -> None:
    """With no locator left, decorating must fall back to compiling in memory."""
    done = run(["-c", ORDER], NUMBA_CACHE_LOCATOR_CLASSES="UserProvidedCacheLocator", NUMBA_CACHE_DIR="")
    assert done.stdout.split() == ["3", "0"]
    assert done.stderr.count(jit.COMPILING_EACH_TIME) == 1


@pytest.fixture
def read_only(tmp_path: Path) -> dict[str, str]:
    """Environment with a copy of the package beside which nothing can be written, not even by root: where the cache
    folder belongs stands a file."""
    if sys.platform == "win32":
        pytest.skip("Windows names the user's cache folder in the registry; a test must not write there")
    copy = tmp_path / "site" / "raytrace"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "__pycache__").write_text("", encoding="utf-8")
    for path in (*copy.iterdir(), copy):
        path.chmod(0o555 if path.is_dir() else 0o444)
    home = tmp_path / "home"
    home.mkdir()
    return {
        "PYTHONPATH": os.pathsep.join([str(copy.parent), str(ROOT)]),
        "NUMBA_CACHE_DIR": "",
        "NUMBA_CACHE_LOCATOR_CLASSES": "",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
    }


def test_read_only_install_keeps_its_kernels_in_the_users_folder(read_only: dict[str, str], tmp_path: Path) -> None:
    first = run(["-P", "-c", ORDER], cwd=tmp_path, **read_only)
    assert first.stdout.split() == ["3", "0"]
    assert first.stderr.count(jit.COMPILING) == 1
    kept = list((tmp_path / "home").rglob("order._median_order*.nbi"))
    assert len(kept) == 1
    second = run(["-P", "-c", ORDER], cwd=tmp_path, **read_only)
    assert second.stdout.split() == ["3", "1"]
    assert second.stderr == ""


def test_read_only_install_without_any_folder_compiles_in_memory(read_only: dict[str, str], tmp_path: Path) -> None:
    """The home folder is a file: nobody can make a folder in it."""
    nowhere = tmp_path / "nowhere"
    nowhere.write_text("", encoding="utf-8")
    homeless = {**read_only, "HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere / "cache")}
    for _ in range(2):
        done = run(["-P", "-c", ORDER], cwd=tmp_path, **homeless)
        assert done.stdout.split() == ["3", "0"]
        assert done.stderr.count(jit.COMPILING_EACH_TIME) == 1


def test_a_damaged_cache_is_renewed(tmp_path: Path) -> None:
    """A disk that filled up or a crash leaves files cut short: they cost time, never the answer."""
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    run(["-c", ORDER], **cache)
    for name in ("*.nbi", "*.nbc"):
        kept = list(tmp_path.rglob(name))
        assert kept
        for path in kept:
            path.write_bytes(path.read_bytes()[:100])
        done = run(["-c", ORDER], **cache)
        assert done.stdout.split() == ["3", "0"]
        assert "cannot be read" in done.stderr
        done = run(["-c", ORDER], **cache)
        assert done.stdout.split() == ["3", "1"]
        assert done.stderr == ""


def test_a_cache_that_cannot_be_kept_is_said_once(tmp_path: Path) -> None:
    """The folder vanishes between decorating and saving, and a file takes its place."""
    vanish = "import shutil, sys, pathlib; from raytrace import order; folder = pathlib.Path(sys.argv[1])\n"
    vanish += "shutil.rmtree(folder); folder.write_text('', encoding='utf-8')\n"
    folder = tmp_path / "cache"
    done = run(["-c", vanish + ORDER, str(folder)], NUMBA_CACHE_DIR=str(folder))
    assert done.stdout.split() == ["3", "0"]
    assert done.stderr.count("cannot be kept") == 1


def test_only_this_package_is_announced() -> None:
    """Another package's functions compile in silence."""
    code = "import raytrace, numba; print(numba.njit(lambda x: x + 1)(1))"
    done = run(["-c", code])
    assert done.stdout.split() == ["2"]
    assert done.stderr == ""


def test_importing_compiles_nothing_and_leaves_cuda_alone() -> None:
    """What makes `import raytrace` quick: no kernel is loaded or compiled, no further library is imported."""
    code = """
import sys, raytrace
from raytrace import jit
print(sum(len(kernel.overloads) for kernel in jit._dispatchers), len(jit._dispatchers) > 20)
print(sorted({"numba.cuda", "cuda", "matplotlib", "pandas"} & set(sys.modules)))
"""
    assert run(["-c", code]).stdout.split() == ["0", "True", "[]"]


def test_change_in_another_file_renews_cached_kernels(tmp_path: Path) -> None:
    """Numba alone would go on using the compiled caller of a changed function."""
    copy = tmp_path / "raytrace"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    write_kernel(copy / "callee.py", "value", "1")
    write_kernel(copy / "caller.py", "ask", "callee.value()", "from raytrace import callee\n")
    code = "from raytrace import caller; print(caller.ask(), sum(caller.ask.stats.cache_hits.values()))"
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
    assert run(["-c", code], cwd=tmp_path, **cache).stdout.split() == ["1", "0"]
    assert run(["-c", code], cwd=tmp_path, **cache).stdout.split() == ["1", "1"]
    write_kernel(copy / "callee.py", "value", "2")
    assert run(["-c", code], cwd=tmp_path, **cache).stdout.split() == ["2", "0"]


def test_stamp_covers_every_file() -> None:
    assert len(jit.package_stamp()) == 64
    assert jit.package_stamp() == jit.package_stamp()


def test_no_fastmath_in_the_package() -> None:
    for path in PACKAGE.glob("*.py"):
        assert "fastmath=" not in path.read_text(encoding="utf-8"), path
