"""Servers for tests: a small job under TestClient, or in a process of its own on loopback.

As a script it serves: `python serving.py OUT CITY` prints the address and stays.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from io_citygml.crs import transform
from twin.export.source import Source, open_source
from twin.serve.limits import Limits
from twin.serve.run import CityFiles, application, serve
from twin.serve.served import Served
from twin.serve.settings import Settings

# Deadlines that a test can wait for.
SHORT = Limits(head_s=1.5, body_s=1.5, write_s=2.0, keep_alive_s=5, upload_bytes=1 << 20, plan_s=20.0)
HERE = "http://127.0.0.1:8080"
GLB = b"glTF" + bytes(range(256)) * 40


def write_stub(served: Served, folder: Path) -> None:
    """A viewer's data that hold nothing."""
    (folder / "viewer.json").write_text(json.dumps({"title": served.source.title, "server": False}), encoding="utf-8")
    (folder / "tiles").mkdir()
    (folder / "tiles" / "a.glb").write_bytes(GLB)
    (folder / "secret.txt").with_name(".hidden").write_text("nobody's", encoding="utf-8")


def square(west: float, south: float, side: float = 10.0) -> dict[str, Any]:
    """A footprint in longitude and latitude, of its south-west corner in EPSG:25832 [m]."""
    x, y = west + side * np.array([0, 1, 1, 0, 0]), south + side * np.array([0, 0, 1, 1, 0])
    ring = np.stack(transform("EPSG:25832", "EPSG:4326", x, y), axis=1)
    return {"type": "Polygon", "coordinates": [ring.tolist()]}


@contextmanager
def client_of(source: Source, files: CityFiles, limits: Limits | None = None) -> Iterator[Any]:
    """A client of a job's application in this process."""
    from fastapi.testclient import TestClient

    with application(source, Settings(), files, write_stub, limits) as app, TestClient(app, base_url=HERE) as client:
        yield client


def ended(client: Any, job: str, within_s: float = 90.0) -> dict[str, Any]:
    """A job's answer once it is neither queued nor running."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        answer: dict[str, Any] = client.get(f"/api/jobs/{job}").json()
        if answer["state"] not in ("queued", "running"):
            return answer
        time.sleep(0.05)
    raise AssertionError(answer)


def result_of(client: Any, sent: Any) -> dict[str, Any]:
    """What came of a plan that was sent."""
    assert sent.status_code == 202, sent.text
    answer = ended(client, sent.json()["id"])
    assert answer["state"] == "done", answer["error"]
    result: dict[str, Any] = answer["result"]
    return result


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
