"""`heliotwin serve`: open the job, write the viewer's data aside, listen until somebody ends it."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from twin.errors import TwinError
from twin.export.source import Source
from twin.serve.answering import Desk
from twin.serve.app import build_app
from twin.serve.cache import own_folder
from twin.serve.city_inputs import CityFiles, city_for_plans
from twin.serve.deadlines import protocol_with
from twin.serve.files import Files
from twin.serve.jobs import Jobs
from twin.serve.limits import Gate, Limits
from twin.serve.served import Served, open_served
from twin.serve.settings import Settings, check_settings
from twin.serve.shadows import Shadows
from twin.serve.solar_worker import SolarAsked
from twin.serve.viewer_static import viewer_pages
from twin.store import to_json, write_atomically
from twin.study.clock import zone_named

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

log = logging.getLogger(__name__)
WriteData = Callable[[Served, Path], object]
BACKLOG = 1024
ENDING_S = 5


@contextmanager
def application(
    source: Source,
    settings: Settings,
    files: CityFiles,
    write_data: WriteData,
    limits: Limits | None = None,
) -> Iterator[FastAPI]:
    """The application over a job, ready to be served; its data lie in a folder that goes with it.

    Raises
    ------
    TwinError
        Where the settings are unsafe, or a city file is not the job's.
    """
    limits = limits or Limits()
    check_settings(settings)
    zone_named(settings.zone)
    with _ended_in_order(), own_folder() as folder:
        data = folder / "data"
        data.mkdir()
        served = open_served(source, settings.zone)
        write_data(served, data)
        _name_the_api(data / "viewer.json")
        asked, why_off = city_for_plans(source, settings.zone, files, limits.plan_receivers, folder)
        jobs = Jobs(asked, folder / "plans", limits, why_off)
        solar = None
        if settings.ogc:
            less = limits._replace(queued=limits.solar_queued, plan_s=limits.solar_s, results=limits.solar_results)
            solar = Jobs(SolarAsked({str(folder): "job"}), folder / "solar", less)
        desk = Desk(served, Shadows(served, limits), jobs, Gate(limits), limits, settings, solar)
        with viewer_pages() as pages:
            yield build_app(desk, Files([("", pages), ("data/", data)]))


def serve(app: FastAPI, settings: Settings, limits: Limits, on_open: Callable[[str], None]) -> None:
    """Listen until SIGINT or SIGTERM; ``on_open`` is told the address.

    Raises
    ------
    TwinError
        Where the address is taken or not this machine's.
    """
    import uvicorn

    listener = _listener(settings)
    with listener:
        port = listener.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        server = uvicorn.Server(_config(app, limits))
        on_open(f"http://{host}:{port}/")
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            log.info("interrupted")


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """SIGTERM ends as Ctrl-C does: with nothing left behind. Only a process's main thread hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _config(app: FastAPI, limits: Limits) -> uvicorn.Config:
    import uvicorn

    return uvicorn.Config(
        app,
        http=protocol_with(limits),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=ENDING_S,
        h11_max_incomplete_event_size=16 * 1024,
        backlog=BACKLOG,
    )


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # there it would let two servers share an address
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        # From now on who is told the address gets through, and nobody else gets the port.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        where = f"{settings.host}:{settings.port}"
        raise TwinError(f"{where}: cannot be listened at ({error.strerror or error})", "give another --port") from error
    return listener


def _name_the_api(path: Path) -> None:
    """Tell the viewer that there is somebody to ask."""
    if path.is_file():
        head = json.loads(path.read_text(encoding="utf-8"))
        write_atomically(path, to_json({**head, "server": True, "api": "api/"}))
