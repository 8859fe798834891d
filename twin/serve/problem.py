"""Refusals as the HTTP API words them: RFC 9457 problem details with the remedy, never a traceback or a path."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError
from starlette.responses import Response

from twin.serve.problem_codes import OTHER, coded
from twin.store import to_json

Model = TypeVar("Model", bound=BaseModel)
MEDIA_TYPE = "application/problem+json"
# What the command line calls --plan-crs is the field crs of an upload.
_PLAN_OPTION = re.compile(r"--plan-([a-z-]+)")
_OPTION = re.compile(r"--(from|to|weather|crs|city|terrain)\b")


class Problem(BaseModel):
    """Why a request is refused (RFC 9457)."""

    type: str = Field("about:blank", description="URI of the kind of problem, where a standard names one")
    title: str = Field(description="the status in words")
    status: int = Field(description="HTTP status")
    detail: str = Field(description="what is wrong")
    remedy: str = Field("", description="what can be done about it")
    code: str = Field(OTHER, description="which of the usual problems it is, for a page that words it itself")
    values: dict[str, str | float] = Field({}, description="what the code's sentence names")


class Refused(Exception):
    """A request that is not answered, with the status and the words of the refusal."""

    def __init__(
        self,
        status: int,
        detail: str,
        remedy: str = "",
        headers: Mapping[str, str] | None = None,
        kind: str = "about:blank",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.remedy = remedy
        self.headers = dict(headers or {})
        self.kind = kind

    def response(self) -> Response:
        """The refusal as an answer."""
        phrase = HTTPStatus(self.status).phrase
        said = {"detail": self.detail, "remedy": self.remedy, **coded(self.detail)._asdict()}
        problem = Problem(type=self.kind, title=phrase, status=self.status, **said)
        headers = {"cache-control": "no-store", **self.headers}
        return Response(to_json(problem.model_dump()), self.status, headers, MEDIA_TYPE)


def in_words_of_the_api(text: str, known_as: Mapping[str, str]) -> str:
    """A message of the command line without its options and without paths; ``known_as`` says what replaces which."""
    for path, name in sorted(known_as.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(path, name)
    text = _PLAN_OPTION.sub(lambda found: found[1].replace("-", "_").replace("height", "height_m", 1), text)
    text = text.replace("height_ms", "heights").replace("height_m_field", "height_field")
    return _OPTION.sub(lambda found: found[1], text)


def checked(model: type[Model], value: Any, remedy: str = "see /api/openapi.json") -> Model:
    """A body as a model, or 422 with the fields that are wrong."""
    try:
        return model.model_validate(value)
    except (ValidationError, RecursionError) as error:
        raise Refused(422, wrong_fields(error), remedy) from error


def wrong_fields(error: Any) -> str:
    """The first few things that a body or a parameter has wrong, in one line: names of fields, no values."""
    if not isinstance(error, ValidationError):
        return "nested too deep"
    found = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [": ".join(filter(None, (_place(item["loc"]), item["msg"]))) for item in found[:5]]
    return "; ".join(lines)


def _place(parts: tuple[Any, ...]) -> str:
    return ".".join(str(part)[:40] for part in parts)


def plain_json(content: bytes) -> Any:
    """A body as JSON.

    Raises
    ------
    Refused
        400, where it is none, or holds NaN, which is none either.
    """
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "the body is no JSON", "send UTF-8 JSON without NaN") from error


def _no_number(name: str) -> float:
    raise ValueError(name)
