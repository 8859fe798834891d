"""Refusals as the HTTP API words them: RFC 9457 problem details with the remedy, never a traceback or a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from pydantic import BaseModel, Field
from starlette.responses import Response

from twin.store import to_json

MEDIA_TYPE = "application/problem+json"
# What the command line calls --plan-crs is the field crs of an upload.
_PLAN_OPTION = re.compile(r"--plan-([a-z-]+)")
_OPTION = re.compile(r"--(from|to|weather|crs|city|terrain)\b")


class Problem(BaseModel):
    """Why a request is refused (RFC 9457)."""

    title: str = Field(description="the status in words")
    status: int = Field(description="HTTP status")
    detail: str = Field(description="what is wrong")
    remedy: str = Field("", description="what can be done about it")


class Refused(Exception):
    """A request that is not answered, with the status and the words of the refusal."""

    def __init__(self, status: int, detail: str, remedy: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.remedy = remedy
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The refusal as an answer."""
        problem = Problem(
            title=HTTPStatus(self.status).phrase, status=self.status, detail=self.detail, remedy=self.remedy
        )
        headers = {"cache-control": "no-store", **self.headers}
        return Response(to_json(problem.model_dump()), self.status, headers, MEDIA_TYPE)


def in_words_of_the_api(text: str, known_as: Mapping[str, str]) -> str:
    """A message of the command line without its options and without paths; ``known_as`` says what replaces which."""
    for path, name in sorted(known_as.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(path, name)
    text = _PLAN_OPTION.sub(lambda found: found[1].replace("-", "_").replace("height", "height_m", 1), text)
    text = text.replace("height_ms", "heights").replace("height_m_field", "height_field")
    return _OPTION.sub(lambda found: found[1], text)
