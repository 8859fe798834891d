"""A document's tables, proof by proof: each stands between marks of its own and is replaced alone.

Between the two outer marks stand such parts and nothing else; what stands around them is the author's. A part says when
and by what software it was made, so that a document put together from several runs is as honest as one of a single run.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from twin.errors import TwinError
from twin.store import write_atomically
from twin.validate import write
from twin.validate.table import Table

BEGIN, END = "<!-- made by heliotwin validate: begin -->", "<!-- made by heliotwin validate: end -->"
PART = re.compile(r"<!-- heliotwin validate: (\w+): begin -->\n(.*?)\n<!-- heliotwin validate: \1: end -->", re.DOTALL)
# Pictures of a document, in a folder beside it: wide enough to read, small enough to keep with the source.
PICTURES = "img"
WIDTH, QUALITY = 1200, 80


class Document(NamedTuple):
    """What stands before the outer mark, the parts by the name of their proof, what stands behind."""

    before: str
    parts: dict[str, str]
    after: str


def opened(path: Path, names: list[str]) -> Document:
    """A document taken apart; ``names`` are the proofs that there are.

    Raises
    ------
    TwinError
        Where there is no such file, where it lacks the two outer marks, and where something else stands between them
        than parts: nothing of it would survive.
    """
    if not path.is_file():
        raise TwinError(f"{path}: no such document", "name one that holds the two marks with --docs")
    text = path.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise TwinError(
            f"{path}: needs one line '{BEGIN}' and one line '{END}' behind it",
            "put the two marks where the tables shall stand",
        )
    first, last = text.index(BEGIN) + len(BEGIN), text.index(END)
    found = PART.findall(text[first:last])
    loose = PART.sub("", text[first:last]).strip()
    if loose:
        raise TwinError(
            f"{path}: '{loose.splitlines()[0]}' stands between the marks and belongs to no proof",
            "move what is yours out of the two outer marks, and delete what an older version made",
        )
    given = [name for name, _ in found]
    wrong = [name for name in given if name not in names or given.count(name) > 1]
    if wrong:
        raise TwinError(f"{path}: '{wrong[0]}' is no proof, or stands there twice", "delete that part")
    return Document(text[:first], {name: part.strip() for name, part in found}, text[last:])


def put(path: Path, names: list[str], table: Table, about: dict[str, Any], folder: Path) -> None:
    """Replace the part of one proof, or add it in the order of ``names``; its pictures go beside the document.

    ``folder`` is where the proof has written them.

    Raises
    ------
    TwinError
        See `opened`.
    """
    known = opened(path, names)
    linked = tuple(_picture(folder / name, path.parent / PICTURES) for name in table.pictures)
    text = "\n".join(write.section(table._replace(pictures=linked), write.software(about))).strip()
    parts = {**known.parts, table.name: text}
    made = [
        f"<!-- heliotwin validate: {name}: begin -->\n\n{parts[name]}\n\n<!-- heliotwin validate: {name}: end -->"
        for name in names
        if name in parts
    ]
    whole = "\n\n".join([known.before, *made, known.after])
    write_atomically(path, whole.encode("utf-8"))


def _picture(found: Path, folder: Path) -> str:
    """A picture made small, as JPEG; its path from the document."""
    from PIL import Image

    folder.mkdir(exist_ok=True)
    out = BytesIO()
    with Image.open(found) as image:
        small = image.convert("RGB")
    small.thumbnail((WIDTH, 10 * WIDTH))
    small.save(out, format="JPEG", quality=QUALITY, optimize=True)
    name = f"{found.stem}.jpg"
    write_atomically(folder / name, out.getvalue())
    return f"{folder.name}/{name}"
