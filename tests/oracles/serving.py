"""Servers for tests: a small job under TestClient, or in a process of its own on loopback.

As a script it serves: `python serving.py OUT CITY` prints the address and stays.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twin.export.source import Source, open_source
from twin.serve.limits import Limits
from twin.serve.run import CityFiles, application, serve
from twin.serve.settings import Settings

# Deadlines that a test can wait for.
SHORT = Limits(head_s=1.5, body_s=1.5, write_s=2.0, keep_alive_s=5, upload_bytes=1 << 20, plan_s=20.0)
GLB = b"glTF" + bytes(range(256)) * 40


def write_stub(source: Source, folder: Path) -> None:
    """A viewer's data that hold nothing."""
    (folder / "viewer.json").write_text(json.dumps({"title": source.title, "server": False}), encoding="utf-8")
    (folder / "tiles").mkdir()
    (folder / "tiles" / "a.glb").write_bytes(GLB)
    (folder / "secret.txt").with_name(".hidden").write_text("nobody's", encoding="utf-8")


@contextmanager
def process(out: Path, city: Path) -> Iterator[str]:
    """A server in a process of its own; gives its address."""
    here = Path(__file__).resolve()
    child = subprocess.Popen(
        [sys.executable, str(here), str(out), str(city)],
        stdout=subprocess.PIPE,
        cwd=here.parents[2],
        encoding="utf-8",
        env=None,
    )
    try:
        assert child.stdout is not None
        yield child.stdout.readline().strip()
    finally:
        child.terminate()
        child.wait(20)


def main() -> None:
    """Serve until ended."""
    source = open_source(Path(sys.argv[1]))
    settings = Settings(port=0)
    files = CityFiles([Path(sys.argv[2])])
    with application(source, settings, files, write_stub, SHORT) as app:
        serve(app, settings, SHORT, lambda url: (sys.stdout.write(f"{url}\n"), sys.stdout.flush()))


if __name__ == "__main__":
    main()
