"""What the API's modules share: the served job behind a request, times in it, and JSON as an answer."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from fastapi import Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from twin.serve.jobs import Jobs
from twin.serve.limits import Gate, Limits
from twin.serve.problem import Problem, Refused
from twin.serve.served import Served
from twin.serve.settings import Settings
from twin.serve.shadows import Shadows

PACKED_FROM = 2048
DAY_OR_TIME = r"^(19|20|21)\d\d-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z?)?$"
TIME = r"^(19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z?$"
Time = Annotated[str, Query(pattern=TIME, description="UTC, e.g. 2026-03-21T12:00:00Z", examples=["2026-03-21T12:00Z"])]
Weather = Annotated[str | None, Query(max_length=60, description="a name in /api/info; default: the job's own")]
_CLOCK = re.compile(r"Z$")


@dataclass(frozen=True)
class Desk:
    """Everything that the API's answers are made of."""

    served: Served
    shadows: Shadows
    jobs: Jobs
    gate: Gate
    limits: Limits
    settings: Settings
    solar: Jobs | None = None  # solar jobs, where OGC API Processes is on


def desk_of(request: Request) -> Desk:
    """The desk behind a request."""
    desk: Desk = request.app.state.desk
    return desk


def instant(text: str) -> np.datetime64:
    """A UTC time of a request.

    Raises
    ------
    Refused
        422, for a day or an hour that no calendar has.
    """
    try:
        return np.array([_CLOCK.sub("", text)], "datetime64[s]")[0]
    except ValueError:
        raise Refused(422, f"time: {text} is no time", "write it as 2026-03-21T12:00:00Z") from None


def utc(time: np.datetime64) -> str:
    """A time as the API writes it."""
    return f"{time}Z"


def as_json(request: Request, value: BaseModel | dict[str, Any], status: int = 200) -> Response:
    """An answer, packed where it is long and the client takes that."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    content = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    headers = {"cache-control": "no-store", "vary": "Accept-Encoding"}
    if len(content) >= PACKED_FROM and "gzip" in request.headers.get("accept-encoding", "").lower():
        content = gzip.compress(content, 5, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(content, status, headers, "application/json")


async def answered(request: Request, function: Callable[..., BaseModel], *arguments: object) -> Response:
    """A question's answer as JSON; looked up and written in a thread, when the gate lets it in."""
    return await desk_of(request).gate.run(lambda: as_json(request, function(*arguments)))


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Refusals of a route, for OpenAPI; every route may also be refused at the door or for want of time."""
    words = {
        400: "the request cannot be read",
        401: "the token is missing",
        403: "a page of another origin",
        404: "there is none of this id",
        408: "the body came too slowly",
        413: "more than the server allows",
        415: "a body of another type",
        421: "another name in the Host header",
        422: "a parameter is not what it should be",
        503: "too many at a time",
    }
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": words[status], "content": content} for status in (400, 421, *statuses)}
