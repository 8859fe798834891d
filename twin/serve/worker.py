"""The process that keeps a city in memory and drops plans into it, one after the other.

It is started with `spawn`, hears its orders over a pipe and answers there; when the server is gone it ends. The server
ends it where a plan takes too long or too much memory, and starts another.
"""

from __future__ import annotations

import datetime
import logging
import signal
import time
from collections import OrderedDict
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.serve.messages import Begun, Done, Failed, GivenUp, Ready, Step, Stopped, failed, step
from twin.serve.plan_request import PlanRequest

if TYPE_CHECKING:
    from io_citygml.crs import Crs
    from solar.weather import Weather
    from twin.plan.notes import Note
    from twin.study.drop import Kept

log = logging.getLogger(__name__)
# Days that the Bestand is kept traced for.
MOST_DAYS = 4
STAGES = ("read", "day", "year", "tables")


@dataclass(frozen=True)
class CityAsked:
    """Which city the worker keeps."""

    options: dict[str, Any]  # of check_shadow_job
    hidden: frozenset[str]  # ids that nothing is told of
    weather: Weather  # the job's
    notes: tuple[Note, ...]  # where results cannot equal the job's
    shown_as: dict[str, str]  # paths in messages → what stands there instead
    crs: Crs  # the job's, with its heights as they were named
    geoid: Path | None = None  # for heights that the bundled grid is not for


def work(orders: Connection, asked: CityAsked) -> None:
    """Body of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which ends this process
    days = _Days(asked)
    try:
        orders.send(_kept(days))
        while True:
            order = orders.recv()
            if isinstance(order, PlanRequest):
                orders.send(_planned(orders, days, order))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        log.info("the server is gone")


class _Days:
    """The city kept for the days that were asked for lately."""

    def __init__(self, asked: CityAsked) -> None:
        self.asked = asked
        self._kept: OrderedDict[datetime.date, Kept] = OrderedDict()

    def keep(self) -> None:
        """Read and trace the city."""
        from twin.study.config import check_shadow_job
        from twin.study.drop import keep

        kept = keep(check_shadow_job(self.asked.options), self.asked.weather)
        self._kept[kept.job.dates[0]] = kept

    def of(self, date: datetime.date) -> Kept:
        """The city with the sun of a day; TwinError where it does not rise."""
        from twin.study.drop import with_day

        if date not in self._kept:
            self._kept[date] = with_day(next(iter(self._kept.values())), date)
            if len(self._kept) > MOST_DAYS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(date)
        return self._kept[date]


def _kept(days: _Days) -> Ready | Failed:
    began = time.perf_counter()
    try:
        days.keep()
    except Exception as error:  # noqa: BLE001  whatever it is, the server must hear of it
        return failed(error, days.asked.shown_as, broken=True)
    return Ready(time.perf_counter() - began)


def _planned(orders: Connection, days: _Days, order: PlanRequest) -> Done | Failed | Stopped:
    try:
        return _drop(orders, days, order)
    except GivenUp:
        return Stopped()
    except Exception as error:  # noqa: BLE001  a plan may be anything; the next one finds the worker at work
        file = {} if order.options is None else {str(order.options.file): order.shown_as}
        return failed(error, {**days.asked.shown_as, **file})


def _drop(orders: Connection, days: _Days, order: PlanRequest) -> Done:
    from twin.serve.plan_notes import noted, without_options
    from twin.serve.plan_result import result_of
    from twin.serve.shadow_shapes import shadow_shapes
    from twin.study.config import Removal
    from twin.study.drop import drop
    from twin.study.facts import notes_of

    def at(number: int) -> None:
        step(orders, Step(STAGES[number], number, len(STAGES) - 1))

    began = time.perf_counter()
    at(0)
    kept = days.of(datetime.date.fromisoformat(order.date))
    orders.send(Begun())  # the first plan of a day waits for its sun, and is not to blame for that
    plans = [] if order.options is None else [order.options]
    dropped = drop(kept, plans, [Removal.model_validate({"id": name}) for name in order.remove])
    at(1)
    day = dropped.day(0)
    at(2)
    asked, result, png = days.asked, dict[str, Any](date=order.date), None
    if plans or order.remove:
        result, picture = result_of(dropped, day, order.date, asked)
        png = picture.png
    said = [*notes_of(dropped.city), *asked.notes]
    result |= {"warnings": [without_options(note.words) for note in said], "notes": noted(said)}
    if order.times:
        result["shadows"] = shadow_shapes(dropped, day, order.times)
    result["seconds"] = round(time.perf_counter() - began, 3)
    return Done(result, png)
