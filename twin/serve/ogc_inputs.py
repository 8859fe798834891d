"""What the processes `solar` and `shadow` take, and how OGC API Processes writes it in an execute request."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from solar.weather import BUNDLED
from twin.config import DEFAULT_WEATHER
from twin.serve.models import Day, Footprint, Id, Name, PlanAsked, UploadFields
from twin.serve.plan_request import FORMATS, PlanRequest, drawn, uploaded
from twin.serve.problem import Refused, checked
from twin.serve.solar_worker import SolarRequest

REMEDY = "see the description of the process"
MOST_TIMES = 24
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
SUFFIXES = tuple(suffix.removeprefix(".") for suffix in FORMATS)
# What each way to say a plan takes; the rest would go unread.
ALWAYS = frozenset({"date", "times", "remove"})
OF_FOOTPRINT = ALWAYS | {"footprint", "height_m", "base_m", "name"}
OF_FILE = ALWAYS | {"plan", "format", *UploadFields.model_fields}


class SolarInputs(BaseModel):
    """A city and how its irradiance is computed."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    city: dict[str, Any] | Annotated[str, Field(min_length=1)] = Field(
        description="CityJSON as an object, or CityGML or CityJSON as text (or in Base64 with encoding base64)"
    )
    weather: str = Field(
        DEFAULT_WEATHER,
        description="bundled weather year",
        json_schema_extra={"enum": list[JsonValue](sorted(BUNDLED))},
    )
    spacing_m: float = Field(1.0, ge=0.25, le=100, description="largest distance of receivers on surfaces [m]")
    ground_spacing_m: float = Field(2.0, ge=0.5, le=100, description="distance of receivers on open land [m]")
    ground_margin_m: float = Field(50.0, ge=0, le=500, description="how far open land reaches from buildings [m]")
    albedo: float = Field(0.2, ge=0, le=1, description="ground albedo")
    sky_model: Literal["perez1990", "isotropic"] = Field("perez1990", description="sky radiance model")
    pv: bool = Field(True, description="photovoltaic yield too")
    crs: str | None = Field(
        None, max_length=60, pattern=r"^[A-Za-z0-9:+_*.-]+$", description="CRS of a city that names none"
    )
    attribution: str | None = Field(
        None, min_length=1, max_length=200, description="source and licence of the city, printed in every output"
    )

    @field_validator("weather")
    @classmethod
    def _bundled(cls, value: str) -> str:
        if value not in BUNDLED:  # a request never names a file
            raise ValueError(f"one of {', '.join(sorted(BUNDLED))}")
        return value


class ShadowInputs(UploadFields):
    """A day, and what is planned in the served city: a footprint with a height, or a file."""

    date: Day = Field(description="day on the legal calendar")
    times: list[Clock] = Field(
        [], max_length=MOST_TIMES, description="legal clock times, every ten minutes, whose shadows come as polygons"
    )
    footprint: Footprint | None = Field(None, description="planned building: polygon in longitude and latitude")
    base_m: float | None = Field(None, ge=-500, le=9000, description="level that height_m counts from [m above sea]")
    plan: dict[str, Any] | Annotated[str, Field(min_length=1)] | None = Field(
        None, description="planned building as a file: JSON as an object, text, or Base64 with encoding base64"
    )
    format: str | None = Field(
        None, description="ending of the plan's format", json_schema_extra={"enum": [*SUFFIXES, None]}
    )
    name: Name | None = Field(None, description="name of the plan")
    height_m: float | None = Field(None, ge=0.5, le=400, description="height of a footprint or of a file's outlines")
    remove: list[Id] = Field([], max_length=20, description="buildings that go, by gml:id")

    @model_validator(mode="after")
    def _one_plan(self) -> ShadowInputs:
        if self.footprint is not None and self.plan is not None:
            raise ValueError("footprint and plan are two ways to say it: give one")
        if self.footprint is not None and self.height_m is None:
            raise ValueError("footprint needs height_m")
        if self.plan is not None and self.format not in SUFFIXES:
            raise ValueError(f"plan needs its format: one of {', '.join(SUFFIXES)}")
        if self.footprint is None and self.plan is None and not self.remove and not self.times:
            raise ValueError("nothing is asked: give footprint, plan, remove or times")
        self._nothing_unread()
        return self

    def _nothing_unread(self) -> None:
        fields = type(self).model_fields
        said = {name for name in self.model_fields_set if getattr(self, name) != fields[name].get_default()}
        way, read = ("without a plan", ALWAYS)
        if self.footprint is not None:
            way, read = "with footprint", OF_FOOTPRINT
        elif self.plan is not None:
            way, read = "with plan", OF_FILE
        if unread := sorted(said - read):
            raise ValueError(f"{way} nothing reads {', '.join(unread)}: leave it out")


def plain_inputs(given: object) -> dict[str, Any]:
    """Inputs of an execute request by name: bare values, or values qualified by media type and encoding.

    Raises
    ------
    Refused
        400 or 422, where they are none, or refer to a place that the server would have to fetch.
    """
    if not isinstance(given, dict):
        raise Refused(400, "inputs: no object", "see the description of the process")
    return {str(name): _plain(str(name), value) for name, value in given.items()}


def _plain(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "href" in value:
        raise Refused(422, f"{name[:40]}: nothing is fetched from other places", "send the content itself")
    if "value" not in value or set(value) - {"value", "mediaType", "encoding", "schema"}:
        return value
    inner = value["value"]
    if value.get("encoding") != "base64":
        return inner
    try:
        return base64.b64decode(inner, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Refused(422, f"{name[:40]}: no Base64", "send it again") from error


def solar_request(given: dict[str, Any], folder: Path) -> SolarRequest:
    """A solar job whose city lies in a folder of its own.

    Raises
    ------
    Refused
        415 or 422, where an input is not what it should be.
    """
    content = _content(given, "city")
    asked = checked(SolarInputs, {**given, "city": given.get("city") if content is None else "content"}, REMEDY)
    if content is None:
        raise Refused(422, "city: missing", "send CityJSON or CityGML")
    bare = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not bare.startswith((b"{", b"<")):
        raise Refused(415, "city: neither CityJSON nor CityGML", "send it unpacked")
    city = folder / ("city.json" if bare.startswith(b"{") else "city.gml")
    city.write_bytes(content)
    options = asked.model_dump(exclude={"city", "pv"}, exclude_none=True)
    return SolarRequest(city, {**options, "no_pv": not asked.pv, "device": "cpu"})


def shadow_request(given: dict[str, Any], box: list[float], folder: Path) -> PlanRequest:
    """A plan, or none, whose file lies in a folder of its own; ``box`` is the city's (west, south, east, north) [°].

    Raises
    ------
    Refused
        415 or 422, where an input is not what it should be.
    """
    content = _content(given, "plan")
    asked = checked(ShadowInputs, given if content is None else {**given, "plan": "content"}, REMEDY)
    times = tuple(asked.times)
    if asked.footprint is not None:
        said = asked.model_dump(
            include={"footprint", "height_m", "base_m", "date", "remove", "name"}, exclude_none=True
        )
        request = drawn(checked(PlanAsked, said, REMEDY), box, folder)
    elif content is not None:
        fields = checked(UploadFields, {name: getattr(asked, name) for name in UploadFields.model_fields}, REMEDY)
        request = uploaded(content, f"plan.{asked.format}", fields, folder)
    else:
        return PlanRequest(None, tuple(asked.remove), asked.date.isoformat(), "", times)
    return PlanRequest(request.options, request.remove, request.date, request.shown_as, times)


def _content(given: dict[str, Any], name: str) -> bytes | None:
    """A file in an execute request: decoded Base64, text, or JSON as an object."""
    value = given.get(name)
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and value:
        return value.encode()
    return json.dumps(value, ensure_ascii=False).encode() if isinstance(value, dict) else None
