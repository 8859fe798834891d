"""The house rules that a machine can check: style, types, who imports whom, licences, names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from oracles.long_files import FIRST

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("twin", "shadow", "solar", "raytrace", "io_citygml")


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
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
        assert "://" not in text and "--index" not in text and "--extra-index" not in text
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


def python_files() -> list[Path]:
    """Every Python file of the project, tests and tools included."""
    folders = (*PACKAGES, "benchmarks", "tests", "tools")
    return [*(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))), ROOT / "run.py"]


# What Windows lacks, or what numba's threads do not survive.
_BANNED = re.compile(
    r"os\.fork\b|forkpty|get_context\([\"']fork|set_start_method\([\"']fork|os\.symlink|symlink_to|hardlink_to|os\.link\b"
)


def test_no_fork_and_no_links() -> None:
    """Windows has no fork, and links need rights there; `spawn` is the one way of starting a process."""
    for path in python_files():
        if path != Path(__file__):
            assert not (found := _BANNED.search(path.read_text(encoding="utf-8"))), f"{path}: {found}"


def text_without_encoding(path: Path) -> Iterator[str]:
    """Calls that open, read or write text, or talk to a process in text, in the locale's encoding."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or any(word.arg in ("encoding", None) for word in node.keywords):
            continue
        is_method = isinstance(node.func, ast.Attribute)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        words = {word.arg: word.value for word in node.keywords}
        arguments = node.args if is_method else node.args[1:]
        mode = words.get("mode", arguments[0] if arguments else ast.Constant("r"))
        is_mode = isinstance(mode, ast.Constant) and re.fullmatch("[rwaxt+]+", str(mode.value)) is not None
        if (
            (name == "open" and is_mode and len(node.args) <= 1 + (not is_method))
            or (name == "read_text" and not node.args)
            or (name == "write_text" and len(node.args) < 2)
            or (name in ("run", "Popen", "check_output") and {"text", "universal_newlines"} & words.keys())
        ):
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {name}"


def test_text_names_its_encoding() -> None:
    """The locale's encoding is another one on every Windows."""
    assert not (found := [line for path in python_files() for line in text_without_encoding(path)]), found


def test_the_check_of_encodings_sees_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / "a.py"
    bad = [
        "open(p)",
        "open(p, 'w')",
        "p.open()",
        "p.open('a')",
        "p.read_text()",
        "p.write_text(x)",
        "run(c, text=True)",
    ]
    good = [
        "open(p, 'rb')",
        "p.open('wb')",
        "p.read_text('utf-8')",
        "z.open(member)",
        "rasterio.open(p, 'w')",
        "run(c)",
    ]
    path.write_text("\n".join(bad + good), encoding="utf-8")
    assert len(list(text_without_encoding(path))) == len(bad)


def test_files_that_begin_first_are_there() -> None:
    assert [name for name in FIRST if not (ROOT / "tests" / name).is_file()] == []


def test_no_colon_in_a_file_name() -> None:
    """Windows refuses : and other characters in names; files of the project have none."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    ).stdout.split("\0")
    assert not [name for name in names if re.search(r'[:*?"<>|\\]|[. ]$', name)]
