"""The house rules that a machine can check: style, types, who imports whom, licences, names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("twin", "shadow", "solar", "raytrace", "io_citygml")


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_style() -> None:
    run("-m", "ruff", "check", ".")


def test_types() -> None:
    run("-m", "mypy", *PACKAGES)


def test_imports_run_downward() -> None:
    run("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")


def test_third_party_licences_agree_with_the_lock() -> None:
    run("tools/third_party.py", "--check")


def test_locks_name_no_index() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "http" not in text and "--index" not in text and "--extra-index" not in text
        pinned = re.findall(r"^[a-z0-9][^\s=]*==", text, re.MULTILINE | re.IGNORECASE)
        assert len(pinned) > 30 and text.count("--hash=sha256:") >= len(pinned)


def test_visibility_kernels_use_no_fastmath() -> None:
    for path in sources():
        assert "fastmath" not in path.read_text(encoding="utf-8").replace("no fastmath", ""), path


def test_runtime_lock_is_part_of_the_development_lock() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9][^\s\\]*==[^\s\\]+)", text, re.MULTILINE | re.IGNORECASE))

    assert pins("run") <= pins("dev")


# Modules whose functions others call; kernels, readers' inner steps and drawing have names of their own.
INTERFACE = {
    "raytrace": ("build", "visible", "closest", "bits"),
    "io_citygml": ("read", "crs", "polygon", "model"),
}
INNER = ("cli", "report")


def public_parameters() -> Iterator[tuple[str, str]]:
    """(name, where) of every parameter of a public function or method of the interface."""
    for path in sources():
        place = path.relative_to(ROOT)
        wanted = INTERFACE.get(place.parts[0], (place.stem,))
        if place.parts[-2] in INNER or place.stem not in wanted:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                    if argument.arg not in ("self", "cls"):
                        yield argument.arg, f"{place}:{argument.lineno}"


def test_public_parameters_stand_in_the_nomenclature() -> None:
    text = (ROOT / "docs" / "nomenclature.md").read_text(encoding="utf-8")
    known = set(re.findall(r"`([a-z_0-9]+)`", text))
    unknown: dict[str, str] = {}
    for name, where in public_parameters():
        if name not in known:
            unknown.setdefault(name, where)
    assert not unknown, f"not in docs/nomenclature.md: {unknown}"


@pytest.mark.parametrize("package", ["raytrace", "solar", "io_citygml", "twin.cli.main"])
def test_importing_brings_no_heavy_library(package: str) -> None:
    """Starting is quick because heavy libraries are imported by the verb that needs them."""
    heavy = {"raytrace": "{'pandas', 'trimesh', 'pvlib', 'lxml'}"}.get(
        package, "{'numba', 'pandas', 'trimesh', 'pvlib', 'matplotlib', 'rasterio', 'geopandas', 'pyproj'}"
    )
    run(
        "-c",
        f"import sys, {package}; loaded = {heavy} & set(sys.modules); sys.exit(str(loaded) if loaded else 0)",
    )
