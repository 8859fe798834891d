"""A web server on loopback for pages under test: folders by prefix, byte ranges, every request written down.

Plain `http.server`, which knows no ranges; nothing of the product is in it, so that a browser's answer about our files
is not an answer about our server.
"""

from __future__ import annotations

import mimetypes
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

MEDIA_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".czml": "application/json",
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".wasm": "application/wasm",
    ".glb": "model/gltf-binary",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


class Asked(NamedTuple):
    """One request and how it was answered."""

    path: str
    status: int
    byte_range: str  # of the request, "" without
    sent: int  # bytes of the body


class Loopback(NamedTuple):
    """A running server."""

    url: str  # http://127.0.0.1:PORT, no slash at the end
    asked: list[Asked]


def file_of(folders: Mapping[str, Path], path: str) -> Path | None:
    """The file that a request's path names, or nothing: no way out of a folder, no listing."""
    for prefix, folder in folders.items():
        if path.startswith(prefix):
            found = (folder / path[len(prefix) :]).resolve()
            return found if found.is_relative_to(folder.resolve()) and found.is_file() else None
    return None


def part_of(byte_range: str, size: int) -> tuple[int, int] | None:
    """First byte and byte behind the last of a single range; nothing where it cannot be met."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", byte_range)
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    return (start, end) if start < end else None


def _handler(folders: Mapping[str, Path], asked: list[Asked]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            file = file_of(folders, path)
            byte_range = self.headers.get("Range", "")
            body = file.read_bytes() if file else b"not found"
            size, status, part = len(body), 200 if file else 404, None
            if file and byte_range:
                part = part_of(byte_range, size)
                status, body = (206, body[slice(*part)]) if part else (416, b"")
            self.send_response(status)
            suffix = file.suffix.lower() if file else ".txt"
            self.send_header("Content-Type", MEDIA_TYPES.get(suffix) or mimetypes.types_map.get(suffix, "text/plain"))
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Cache-Control", "no-store")
            if status == 206 and part:
                self.send_header("Content-Range", f"bytes {part[0]}-{part[1] - 1}/{size}")
            elif status == 416:
                self.send_header("Content-Range", f"bytes */{size}")
            self.end_headers()
            self.wfile.write(body)
            asked.append(Asked(path, status, byte_range, len(body)))

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on standard error; `asked` has it."""

    return Handler


@contextmanager
def serving(folders: Mapping[str, Path]) -> Iterator[Loopback]:
    """Serve folders on 127.0.0.1; the keys are prefixes such as "/tiles/", looked at in their order."""
    asked: list[Asked] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folders, asked))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Loopback(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
