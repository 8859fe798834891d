"""How much anyone may ask for: bytes and seconds of a request's body, questions at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twin.serve.problem import Refused

Answer = TypeVar("Answer")
MEGABYTE = 1 << 20


class Limits(NamedTuple):
    """What a server allows; tests make them smaller."""

    json_bytes: int = 64 * 1024  # of a JSON body
    upload_bytes: int = 20 * MEGABYTE  # of an upload with its fields
    body_s: float = 30.0  # until a body has come whole
    head_s: float = 10.0  # until a request's head has come whole
    write_s: float = 30.0  # until a client has taken what fills the buffers
    keep_alive_s: int = 5
    connections: int = 512
    running: int = 2  # questions that read bits, at a time
    waiting: int = 100  # behind them
    queued: int = 8  # plans waiting
    plan_s: float = 60.0  # a plan, once it is begun
    keep_s: float = 900.0  # reading and tracing the city for plans
    results: int = 64  # plans whose result is kept
    result_s: float = 3600.0  # and for how long
    receivers: int = 5_000_000  # a shadow looks at, at a time
    plan_receivers: int = 3_000_000  # of a city that is kept in memory for plans
    worker_bytes: int = 8 << 30  # of memory of a worker process; never more than ¾ of the machine's
    solar_queued: int = 4  # solar jobs waiting
    solar_s: float = 300.0  # a solar job, once it is begun
    solar_results: int = 8  # solar jobs whose files are kept
    solar_bytes: int = 2 << 30  # of files that a solar job writes


class BodyLimit:
    """Counts the bytes and the seconds of every request's body (ASGI); a body never stands in memory beyond them."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on with a body that ends in a refusal where it grows too long."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # A processing client sends its city inside of JSON.
        inline = scope["method"] == "POST" and scope["path"].startswith("/ogc/processes/")
        upload = inline or headers.get("content-type", "").lower().startswith("multipart/")
        most = self.limits.upload_bytes if upload else self.limits.json_bytes
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared[:18]) > most:
            await _too_large(most).response()(scope, receive, send)
            return
        await self.app(scope, _Counted(receive, most, self.limits.body_s), send)


class _Counted:
    """A request's messages, counted."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self.receive = receive
        self.most = most
        self.seconds = seconds
        self.until = asyncio.get_running_loop().time() + seconds
        self.bytes = 0
        self.whole = False

    async def __call__(self) -> Message:
        if self.whole:  # what still comes is that the client has gone
            return await self.receive()
        try:
            message = await asyncio.wait_for(self.receive(), self.until - asyncio.get_running_loop().time())
        except TimeoutError:
            raise Refused(408, f"the body did not come within {self.seconds:g} s", "send it again", _CLOSE) from None
        self.bytes += len(message.get("body", b""))
        if self.bytes > self.most:
            raise _too_large(self.most)
        self.whole = not message.get("more_body", False)
        return message


# The rest of a refused body is not waited for.
_CLOSE = {"connection": "close"}


def _too_large(most: int) -> Refused:
    size = f"{most / MEGABYTE:g} MB" if most >= MEGABYTE else f"{most / 1024:g} kB"
    return Refused(413, f"the body is larger than {size}", "send less", _CLOSE)


class Gate:
    """A few questions at a time in threads, a bounded number waiting; the event loop stays free."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.waiting = 0
        self._free = asyncio.Semaphore(limits.running)

    async def run(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        """The function's answer.

        Raises
        ------
        Refused
            503, where too many wait already.
        """
        if self.waiting >= self.limits.waiting:
            raise Refused(503, "too many questions at a time", "ask again in a moment", {"retry-after": "2"})
        self.waiting += 1
        try:
            await self._free.acquire()
            call = asyncio.get_running_loop().run_in_executor(None, partial(function, *arguments))
            # Where a client goes away its thread computes on, and only then lets another in.
            call.add_done_callback(lambda _: self._free.release())
            return await asyncio.shield(call)
        finally:
            self.waiting -= 1
