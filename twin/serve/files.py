"""What lies there to be fetched: the viewer and its data, listed once; nothing outside of the list can be named.

A request's path is looked up in a table of the files that stood there at the start; it never becomes a path of the
file system, so no `..`, no encoding of it and no link leads anywhere else.
"""

from __future__ import annotations

import gzip
import re
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from twin.serve.problem import Refused

# The system's own table of types differs from one machine to the next.
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".czml": "application/json",
    ".wasm": "application/wasm",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".b3dm": "application/octet-stream",
    ".subtree": "application/octet-stream",
    ".pmtiles": "application/vnd.pmtiles",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".ktx2": "image/ktx2",
    ".tif": "image/tiff",
    ".xml": "application/xml",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".ttf": "font/ttf",
    ".csv": "text/csv; charset=utf-8",
}
PACKED = frozenset(
    (".html", ".js", ".mjs", ".css", ".json", ".geojson", ".czml", ".wasm", ".glb", ".gltf", ".b3dm", ".svg")
) | frozenset((".xml", ".txt", ".md", ".csv", ".subtree"))
# Smaller files gain nothing, larger ones are sent as they are.
SMALLEST_PACKED, LARGEST_PACKED = 1024, 16 << 20
PACKED_BYTES = 64 << 20
LEVEL = 6
# One range alone; anything else a client asks for is answered with the whole file, as RFC 9110 allows.
_ONE_RANGE = re.compile(r"bytes=(\d+-\d*|-\d+)")


class Listed(NamedTuple):
    """A file that may be fetched."""

    path: Path
    media_type: str
    etag: str
    size: int


class Files:
    """Files under the paths that they are fetched by, and the last ones that were packed."""

    def __init__(self, folders: Iterable[tuple[str, Path]]) -> None:
        """``folders``: beginning of the path, "" or "data/", and the folder whose files stand below it."""
        self.listed: dict[str, Listed] = {}
        for prefix, folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                    self.listed[prefix + path.relative_to(folder).as_posix()] = _listed(path)
        self._packed: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    async def answer(self, request: Request) -> Response:
        """The file that a request names.

        Raises
        ------
        Refused
            404, where there is none of that name.
        """
        name = request.path_params["name"]
        found = self.listed.get(name) or self.listed.get(f"{name}index.html" if name.endswith("/") or not name else "")
        if name.startswith("api/") and request.method == "HEAD":
            raise Refused(405, "the API answers no HEAD", "send GET", {"allow": "GET"})
        if found is None:
            raise Refused(404, "no such file", "the viewer is at /, the API is described in /api/openapi.json")
        headers = {"etag": found.etag, "cache-control": "no-cache"}
        ranged = request.headers.get("range")
        packable = found.path.suffix in PACKED and SMALLEST_PACKED <= found.size <= LARGEST_PACKED
        if packable:
            headers["vary"] = "Accept-Encoding"
        packs = packable and ranged is None and "gzip" in request.headers.get("accept-encoding", "").lower()
        if packs:
            headers["etag"] = found.etag[:-1] + '-gzip"'
        if headers["etag"] in _etags(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        if packs:
            headers["content-encoding"] = "gzip"
            packed = await run_in_threadpool(self._pack, found)
            headers["content-length"] = str(len(packed))
            return Response(b"" if request.method == "HEAD" else packed, 200, headers, found.media_type)
        if ranged is not None and not _ONE_RANGE.fullmatch(ranged.replace(" ", "")):
            request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
        return FileResponse(found.path, headers=headers, media_type=found.media_type)

    def _pack(self, found: Listed) -> bytes:
        """A file packed, from memory where it was asked for lately."""
        with self._lock:
            if found.etag in self._packed:
                self._packed.move_to_end(found.etag)
                return self._packed[found.etag]
        packed = gzip.compress(found.path.read_bytes(), LEVEL, mtime=0)
        with self._lock:
            if found.etag not in self._packed:
                self._packed[found.etag] = packed
                self._held += len(packed)
            while self._held > PACKED_BYTES:
                self._held -= len(self._packed.popitem(last=False)[1])
        return packed


def _listed(path: Path) -> Listed:
    stat = path.stat()
    # Two files of one size and time are told apart by where they lie.
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}-{zlib.crc32(path.as_posix().encode()):x}"'
    media_type = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    return Listed(path, media_type, etag, stat.st_size)


def _etags(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",")}
