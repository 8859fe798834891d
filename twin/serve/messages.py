"""What the server and its worker processes say to each other over their pipes."""

from __future__ import annotations

import logging
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from io_citygml.errors import CityModelError
from solar.errors import WeatherError
from twin.errors import TwinError

log = logging.getLogger(__name__)


class Ready(NamedTuple):
    """Orders may come."""

    seconds: float


class Begun(NamedTuple):
    """What an order needs is there; its own time runs from now on."""


class Step(NamedTuple):
    """How far an order is."""

    stage: str
    done: int
    of: int


class Done(NamedTuple):
    """An order's result, a picture that belongs to it, and files in the order's folder."""

    result: dict[str, Any]
    png: bytes | None
    files: tuple[Path, ...] = ()


class Failed(NamedTuple):
    """Why there is no result, or no worker."""

    detail: str
    remedy: str
    broken: bool = False  # the worker is of no more use


class Stopped(NamedTuple):
    """The order was given up, as asked."""


class GivenUp(Exception):
    """The server asked to stop."""


def step(orders: Connection, progress: Step) -> None:
    """Say how far it is, and hear whether it is still wanted.

    Raises
    ------
    GivenUp
        Where it is not.
    """
    while orders.poll():
        if isinstance(orders.recv(), Stopped):
            raise GivenUp
    orders.send(progress)


def failed(error: Exception, shown_as: dict[str, str], broken: bool = False) -> Failed:
    """An error as its sender may read it: ours have words of their own, others say nothing of the machine."""
    from twin.serve.problem import in_words_of_the_api

    if isinstance(error, TwinError | WeatherError):
        said, remedy = error.message, error.remedy
    elif isinstance(error, CityModelError):
        said, remedy = error.problem, error.remedy
    else:
        log.error("an order failed", exc_info=error)
        if isinstance(error, MemoryError):
            return Failed("too large for this server's memory", "send something simpler", broken)
        return Failed("it cannot be computed", "check the file; the server's log says more", broken)
    return Failed(in_words_of_the_api(said, shown_as), in_words_of_the_api(remedy, shown_as), broken)
