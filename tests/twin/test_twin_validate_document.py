"""A document's tables: each proof replaces its own part and nothing else, and what cannot be is said before a run."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from twin.cli.validate import validate
from twin.errors import ConfigError, TwinError
from twin.progress import silent
from twin.validate import document, run, write
from twin.validate.table import Table, close

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["one", "two", "three"]
ROW = close("x", 1.0, 1.0, 0.1, "m", "s")


def part(name: str, text: str) -> str:
    return f"<!-- heliotwin validate: {name}: begin -->\n\n{text}\n\n<!-- heliotwin validate: {name}: end -->"


def of(path: Path, *parts: str) -> Path:
    middle = "\n\n".join(parts)
    path.write_text(f"before\n\n{document.BEGIN}\n\n{middle}\n\n{document.END}\n\nafter\n", encoding="utf-8")
    return path


def test_a_proof_replaces_its_own_part_alone(tmp_path: Path) -> None:
    path = of(tmp_path / "doc.md", part("one", "## First\n\nkept"), part("three", "## Third\n\nold"))
    about = write.versions(None)
    document.put(path, NAMES, Table("three", "Third", (ROW,)), about, tmp_path)
    document.put(path, NAMES, Table("two", "Second", (ROW,)), {**about, "heliotwin": "9.9"}, tmp_path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("before\n\n") and text.endswith("\n\nafter\n") and "old" not in text
    assert text.index("kept") < text.index("## Second") < text.index("## Third")
    assert list(document.opened(path, NAMES).parts) == NAMES
    assert f"{about['date']}: heliotwin 9.9, python" in document.opened(path, NAMES).parts["two"]
    assert "9.9" not in document.opened(path, NAMES).parts["three"]
    document.put(path, NAMES, Table("two", "Second", (ROW,)), {**about, "heliotwin": "9.9"}, tmp_path)
    assert path.read_text(encoding="utf-8") == text


def test_pictures_become_small_and_linked(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "out").mkdir()
    Image.new("RGBA", (2400, 600), "white").save(tmp_path / "out" / "scene.png")
    path = of(tmp_path / "doc.md")
    for _ in range(2):
        document.put(
            path, NAMES, Table("one", "First", (ROW,), pictures=("scene.png",)), write.versions(None), tmp_path / "out"
        )
    with Image.open(tmp_path / "img" / "scene.jpg") as image:
        assert image.format == "JPEG" and image.size == (1200, 300)
    assert path.read_text(encoding="utf-8").count("![First](img/scene.jpg)") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no marks\n", "needs one line"),
        (f"{document.END}\n{document.BEGIN}\n", "needs one line"),
        (f"{document.BEGIN}\nmine\n{document.END}\n", "'mine' stands between"),
        (f"{document.BEGIN}\n{part('four', 'x')}\n{document.END}\n", "'four' is no proof"),
        (f"{document.BEGIN}\n{part('one', 'x')}\n{part('one', 'y')}\n{document.END}\n", "stands there twice"),
    ],
)
def test_a_document_that_cannot_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "doc.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TwinError, match=said):
        document.put(path, NAMES, Table("one", "First", (ROW,)), write.versions(None), tmp_path)
    assert path.read_text(encoding="utf-8") == text


def test_the_document_is_looked_at_before_anything_is_run(tmp_path: Path) -> None:
    out, absent, path = tmp_path / "out", tmp_path / "absent.md", tmp_path / "doc.md"
    with pytest.raises(TwinError, match="no such document"):
        run.run(out, ["spa"], False, silent, docs=absent)
    path.write_text("no marks\n", encoding="utf-8")
    with pytest.raises(TwinError, match="needs one line"):
        run.run(out, ["spa"], False, silent, docs=path)
    with pytest.raises(ConfigError, match="--smoke"):
        run.run(out, ["spa"], True, silent, docs=of(path))
    assert not out.exists() and not absent.exists()


def test_one_proof_by_command_keeps_all_the_others(tmp_path: Path) -> None:
    """The document of this repository: nothing but the part of the one proof changes."""
    path, app = tmp_path / "validation.md", typer.Typer()
    app.command()(validate)
    before = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    told = document.opened(path, list(run.PROOFS))
    done = CliRunner().invoke(app, ["-o", str(tmp_path / "out"), "--only", "spa", "--docs", str(path)])
    assert done.exit_code == 0, done.output
    found = document.opened(path, list(run.PROOFS))
    assert (found.before, found.after) == (told.before, told.after) and list(found.parts) == list(told.parts)
    assert {name for name in told.parts if told.parts[name] != found.parts[name]} <= {"spa"}
    assert "topocentric zenith" in found.parts["spa"] and "pyradiance" not in found.parts["spa"]


def test_help_names_every_proof() -> None:
    from typing import get_type_hints

    option = get_type_hints(validate, include_extras=True)["only"].__metadata__[0]
    assert option.help.split(": ")[1].rstrip(".").split(", ") == list(run.PROOFS)


def test_pictures_of_this_repository_are_there() -> None:
    text = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    linked = [line.split("](")[1].rstrip(")") for line in text.splitlines() if line.startswith("![")]
    assert linked and all((ROOT / "docs" / name).is_file() for name in linked)
