"""The process that runs solar jobs over cities that are sent in, one after the other; it keeps nothing of them."""

from __future__ import annotations

import json
import logging
import shutil
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from twin.serve.messages import Done, Failed, GivenUp, Ready, Step, Stopped, failed, step
from twin.serve.problem import in_words_of_the_api

log = logging.getLogger(__name__)
OUT = "out"
# What a job leaves that may be fetched; the bits go, and what names places on this machine.
FILES = ("surfaces.gpkg", "surfaces.parquet", "buildings.parquet", "ground.tif")
UNSAID = ("out", "files", "timing", "failed")


@dataclass(frozen=True)
class SolarAsked:
    """What every job has in common."""

    shown_as: dict[str, str]  # paths in messages → what stands there instead


@dataclass(frozen=True)
class SolarRequest:
    """One job."""

    city: Path  # in a folder of its own, where the results will lie too
    options: dict[str, Any]  # of check_job, but for the paths


def work(orders: Connection, asked: SolarAsked) -> None:
    """Body of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which ends this process
    try:
        orders.send(Ready(0.0))
        while True:
            order = orders.recv()
            if isinstance(order, SolarRequest):
                orders.send(_run(orders, asked, order))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        log.info("the server is gone")


def _run(orders: Connection, asked: SolarAsked, order: SolarRequest) -> Done | Failed | Stopped:
    shown_as = {**asked.shown_as, str(order.city): "city", str(order.city.parent): "job"}
    try:
        return _solar(orders, order, shown_as)
    except GivenUp:
        return Stopped()
    except Exception as error:  # noqa: BLE001  a city may be anything; the next one finds the worker at work
        return failed(error, shown_as)


def _solar(orders: Connection, order: SolarRequest, shown_as: dict[str, str]) -> Done:
    from twin.config import check_job
    from twin.deliver import summary_of, write_files
    from twin.job import run_solar
    from twin.provenance import origin_of
    from twin.store import to_json

    def tell(stage: str, done: int, of: int) -> None:
        step(orders, Step(stage, done, of))

    out = order.city.parent / OUT
    outcome = run_solar(check_job({**order.options, "cities": [order.city], "out": out}), tell)
    tell("write", 0, 1)
    written = write_files(outcome)
    summary = {name: value for name, value in summary_of(outcome, written).items() if name not in UNSAID}
    origin = origin_of(outcome.store, outcome.prepared.weather)
    summary["attribution"] = origin["attribution"]
    summary["surfaces"], summary["buildings"] = len(outcome.surfaces), len(outcome.buildings)
    files = tuple(out / name for name in FILES if name in written)
    for path in out.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path not in files:
            path.unlink()
    order.city.unlink()
    plain: dict[str, Any] = json.loads(in_words_of_the_api(to_json(summary).decode(), shown_as))
    return Done(plain, None, files)
