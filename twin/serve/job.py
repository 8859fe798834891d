"""A piece of work that was sent in, from its arrival until its result is forgotten."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.serve.messages import Failed, Step
from twin.serve.models import JobState, PlansState
from twin.serve.plan_request import PlanRequest
from twin.serve.solar_worker import SolarRequest

OFF: PlansState = "off"
WARMING: PlansState = "warming"
READY: PlansState = "ready"
BROKEN: PlansState = "broken"
QUEUED: JobState = "queued"
RUNNING: JobState = "running"
DONE: JobState = "done"
FAILED: JobState = "failed"
CANCELLED: JobState = "cancelled"

Order = PlanRequest | SolarRequest


@dataclass
class Job:
    """An order on its way."""

    id: str
    request: Order
    folder: Path  # holds what was sent; gone once it is read, but for files of the result
    process: str = ""  # of OGC API Processes; "": a plan of the viewer's
    outputs: tuple[str, ...] = ()  # of the process that are asked for; (): all
    state: JobState = QUEUED
    progress: Step | None = None
    result: dict[str, Any] | None = None
    png: bytes | None = None
    files: dict[str, Path] = field(default_factory=dict)
    error: Failed | None = None
    ended: float = 0.0  # monotonic [s]
    created: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    started: datetime.datetime | None = None
    finished: datetime.datetime | None = None
