"""A real server on loopback under a storm, slow clients, oversize bodies and crooked paths: it serves afterwards."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from oracles.serving import GLB, SHORT, process

from twin.job import Outcome

REQUESTS, AT_A_TIME = 800, 50


@pytest.fixture(scope="module")
def url(outcome: Outcome, town: Path) -> Iterator[str]:
    with process(outcome.store.root, town) as found:
        yield found


@pytest.fixture(autouse=True)
def still_serving(url: str) -> Iterator[None]:
    """After each attack everything is as before."""
    yield
    answer = httpx.get(f"{url}api/info", timeout=20)
    assert answer.status_code == 200 and answer.json()["surfaces"] > 0
    assert httpx.get(f"{url}data/tiles/a.glb", headers={"accept-encoding": "identity"}).content == GLB


def connected(url: str) -> socket.socket:
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=15)


def spoken(url: str, raw: bytes) -> bytes:
    """What the server answers to bytes, to the end of the connection."""
    with connected(url) as line:
        line.sendall(raw)
        return _all(line)


def _all(line: socket.socket) -> bytes:
    parts = []
    try:
        while part := line.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def head(url: str, method: str, path: str, more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nConnection: close\r\n{more}\r\n".encode()


def test_a_storm(url: str) -> None:
    """Everything at once; each is answered or politely put off, none hangs and none is a server's error."""
    asked = [
        "api/info",
        "api/sun?time=2026-06-21T12:00Z",
        "api/shadow/surfaces?time=2026-06-21T0{}:00Z",
        "api/shadow/land.png?time=2026-03-21T1{}:00Z",
        "api/surfaces/nowhere/monthly",
        "data/tiles/a.glb",
        "data/viewer.json",
        "../../../etc/passwd",
    ]

    async def one(client: httpx.AsyncClient, number: int, gate: asyncio.Semaphore) -> int:
        async with gate:
            return (await client.get(url + asked[number % len(asked)].format(number % 10))).status_code

    async def storm() -> list[int]:
        gate = asyncio.Semaphore(AT_A_TIME)
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=AT_A_TIME)) as client:
            return await asyncio.gather(*(one(client, number, gate) for number in range(REQUESTS)))

    statuses = asyncio.run(storm())
    assert len(statuses) == REQUESTS and set(statuses) <= {200, 404, 503}
    assert statuses.count(200) > REQUESTS / 2


def test_slow_heads_do_not_hold_the_door(url: str) -> None:
    """200 clients that never finish their first line: others are answered meanwhile, and all of them are sent away."""
    lines = [connected(url) for _ in range(200)]
    try:
        for line in lines:
            line.sendall(b"GET /api/info HTTP/1.1\r\nHost: ")
        began = time.monotonic()
        assert httpx.get(f"{url}api/sun", params={"time": "2026-06-21T12:00Z"}, timeout=10).status_code == 200
        assert time.monotonic() - began < 5
        for line in lines:
            assert _all(line) == b""
        assert time.monotonic() - began < SHORT.head_s + 5
    finally:
        for line in lines:
            line.close()


def test_a_slow_second_head_is_sent_away_too(url: str) -> None:
    """After a whole request the next one begins and never ends."""
    with connected(url) as line:
        line.sendall(head(url, "GET", "/data/viewer.json").replace(b"Connection: close\r\n", b""))
        time.sleep(0.3)
        line.sendall(b"GET /")
        began = time.monotonic()
        assert _all(line).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - began < SHORT.head_s + 3


def test_a_slow_body_is_sent_away(url: str) -> None:
    with connected(url) as line:
        line.sendall(head(url, "POST", "/api/plans", "Content-Type: application/json\r\nContent-Length: 1000\r\n"))
        began = time.monotonic()
        line.sendall(b"{")
        answer = _all(line)
        assert answer.startswith(b"HTTP/1.1 408") and b"problem+json" in answer
        assert time.monotonic() - began < SHORT.body_s + 3


def test_a_client_that_takes_nothing_is_sent_away(url: str) -> None:
    """It asks for more than buffers hold and never reads; the answers stop and the connection ends."""
    with connected(url) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wanted = head(url, "GET", "/api/openapi.json").replace(b"Connection: close\r\n", b"")
        try:
            for _ in range(400):
                line.sendall(wanted)
        except OSError:
            pass  # it has noticed already
        time.sleep(SHORT.write_s + 1)
        with pytest.raises(OSError):
            for _ in range(2000):
                line.sendall(wanted)
                time.sleep(0.002)


def test_oversize_bodies(url: str) -> None:
    declared = spoken(
        url, head(url, "POST", "/api/plans", "Content-Type: application/json\r\nContent-Length: 99999999\r\n")
    )
    assert declared.startswith(b"HTTP/1.1 413")
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    form = "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n"
    start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.obj"\r\n\r\n'
    with connected(url) as line:
        line.sendall(head(url, "POST", "/api/plans", form) + f"{len(start):x}\r\n".encode() + start + b"\r\n")
        try:
            for _ in range(200):
                line.sendall(chunk)
        except OSError:
            pass  # refused before all was sent
        answer = _all(line)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413")
    assert spoken(url, b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n").startswith(b"HTTP/1.1 4")
    long = spoken(url, head(url, "GET", "/api/sun?time=" + "1" * 9000))
    assert long.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/data/../../../../etc/passwd",
        "/data/%2e%2e/%2e%2e/etc/passwd",
        "/data/..%2f..%2f..%2fetc%2fpasswd",
        "/data/%252e%252e/etc/passwd",
        "/data/..\\..\\manifest.json",
        "//etc/passwd",
        "/data//etc/passwd",
        "/data/tiles/a.glb/../../.hidden",
        "/data/.hidden",
        "/data/plans/",
        "/%00",
        "/data/a%00.glb",
        "/data/tiles/",
        "/manifest.json",
        "/data/cells/",
    ],
)
def test_paths_lead_nowhere_else(url: str, path: str) -> None:
    answer = spoken(url, head(url, "GET", path))
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")), answer[:200]
    assert b"root:" not in answer and b"nobody's" not in answer


def test_nonsense_is_no_request(url: str) -> None:
    for raw in (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0" * 100,
        b"POST / HTTP/1.1\r\n\r\n",
    ):
        answer = spoken(url, raw)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:200]
    two = f"GET /api/info HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nHost: evil.example\r\n\r\n".encode()
    assert spoken(url, two).startswith(b"HTTP/1.1 4")
    assert spoken(url, b"GET /api/info HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 421"
    )


def test_a_plan_is_computed_after_all_that(url: str) -> None:
    info = httpx.get(f"{url}api/info").json()
    west, south, east, _ = info["bbox"]
    x, y = (west + east) / 2, south - 0.0001
    ring = [[x, y], [x + 0.0001, y], [x + 0.0001, y + 0.00005], [x, y + 0.00005], [x, y]]
    body = {"footprint": {"type": "Polygon", "coordinates": [ring]}, "height_m": 20, "date": "2026-03-21"}
    job = httpx.post(f"{url}api/plans", json=body).json()["id"]
    until = time.monotonic() + 60
    while (answer := httpx.get(f"{url}api/jobs/{job}").json())["state"] in ("queued", "running"):
        assert time.monotonic() < until, json.dumps(answer)
        time.sleep(0.1)
    assert answer["state"] == "done" and answer["result"]["surfaces"]
