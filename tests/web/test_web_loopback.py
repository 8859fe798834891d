"""The web server of these tests: ranges as PMTiles needs them, and nothing outside its folders."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from oracles.loopback import serving


@pytest.mark.parametrize(
    ("path", "byte_range", "status", "body"),
    [
        ("/data/ten.bin", "", 200, b"0123456789"),
        ("/data/ten.bin?a=b", "bytes=2-4", 206, b"234"),
        ("/data/ten.bin", "bytes=8-", 206, b"89"),
        ("/data/ten.bin", "bytes=-3", 206, b"789"),
        ("/data/ten.bin", "bytes=5-99", 206, b"56789"),
        ("/data/ten.bin", "bytes=10-12", 416, b""),
        ("/data/../secret", "", 404, b"not found"),
        ("/data/%2e%2e/secret", "", 404, b"not found"),
        ("/data/", "", 404, b"not found"),
        ("/elsewhere", "", 404, b"not found"),
    ],
)
def test_what_it_answers(tmp_path: Path, path: str, byte_range: str, status: int, body: bytes) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ten.bin").write_bytes(b"0123456789")
    (tmp_path / "secret").write_bytes(b"nobody's")
    with serving({"/data/": tmp_path / "data"}) as server:
        connection = HTTPConnection(str(urlsplit(server.url).netloc), timeout=10)
        connection.request("GET", path, headers={"Range": byte_range} if byte_range else {})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (status, body)
        connection.close()
    until = time.monotonic() + 10.0
    while not server.asked and time.monotonic() < until:  # a request is noted once its answer has gone out
        time.sleep(0.01)
    assert [(one.status, one.byte_range) for one in server.asked] == [(status, byte_range)]
