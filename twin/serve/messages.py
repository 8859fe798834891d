"""What the server and its worker processes say to each other over their pipes."""

from __future__ import annotations

import logging
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

log = logging.getLogger(__name__)


class Ready(NamedTuple):
    """Orders may come."""

    seconds: float


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
    broken: bool = False  # no worker will come up


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

    message = getattr(error, "message", None) or getattr(error, "problem", None)
    if message is None:
        log.error("an order failed", exc_info=error)
        if isinstance(error, MemoryError):
            return Failed("too large for this server's memory", "send something simpler", broken)
        return Failed("it cannot be computed", "check the file; the server's log says more", broken)
    remedy = str(getattr(error, "remedy", ""))
    return Failed(in_words_of_the_api(str(message), shown_as), in_words_of_the_api(remedy, shown_as), broken)
