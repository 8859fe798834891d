"""HTTP/1.1 as uvicorn speaks it, with deadlines for slow clients.

uvicorn ends idle connections between requests; a head that comes byte by byte, and a client that does not take its
answer, it would wait for without end (https://en.wikipedia.org/wiki/Slowloris_(cyber_attack)).
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from twin.serve.limits import Limits


class _Deadlines(H11Protocol):
    """Aborts a connection whose head or whose reader is too slow."""

    limits = Limits()
    head_timer: asyncio.TimerHandle | None = None
    write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The head of the first request is due."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._stop_head_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A part of a head, or of a body."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The next head is due once it begins; until then uvicorn's own deadline for idle connections runs."""
        super().on_response_complete()
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        """Idle for long: closed, and aborted where even the last answer is not taken."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(self.limits.write_s, self.transport.abort)

    def pause_writing(self) -> None:
        """The client takes less than we send."""
        super().pause_writing()
        if self.write_timer is None:
            self.write_timer = self.loop.call_later(self.limits.write_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It took some."""
        super().resume_writing()
        self._stop_write_timer()

    def _watch(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering or self.timeout_keep_alive_task is not None or self.transport.is_closing():
            self._stop_head_timer()
        elif self.head_timer is None:
            self.head_timer = self.loop.call_later(self.limits.head_s, self.transport.abort)

    def _stop_head_timer(self) -> None:
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

    def _stop_write_timer(self) -> None:
        if self.write_timer is not None:
            self.write_timer.cancel()
            self.write_timer = None


def protocol_with(limits: Limits) -> type[H11Protocol]:
    """The protocol for uvicorn's ``http``."""
    return type("Deadlines", (_Deadlines,), {"limits": limits})
