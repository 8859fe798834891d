"""What is served: place, years, licences, limits."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from solar.weather_names import weather_words
from twin.export.words import AI_LABEL
from twin.serve.answering import Desk, answered, desk_of, refusals
from twin.serve.job import OFF, QUEUED
from twin.serve.models import Info, PlanFeature, WeatherYears, Words
from twin.serve.plan_request import FORMATS
from twin.serve.problem_codes import coded
from twin.serve.served import bbox_lonlat

router = APIRouter(prefix="/api")


@router.get("/info", response_model=Info, responses=refusals(503))
async def info(request: Request) -> Response:
    """What is served."""
    return await answered(request, info_of, desk_of(request))


def info_of(desk: Desk) -> Info:
    """The same as data."""
    served, jobs, limits = desk.served, desk.jobs, desk.limits
    head = served.source.store.manifest
    land = desk.shadows.land()
    ids: list[str] = []
    if "ml_model_id" in served.surfaces:
        ids = served.surfaces["ml_model_id"].dropna().unique().tolist()
    return Info(
        title=served.source.title,
        software=str(head["software"]),
        crs=served.source.crs.horizontal,
        bbox=bbox_lonlat(served),
        zone=served.zone,
        weather=_years(str(head["weather"]["source"]), served.weather_names()),
        attribution=served.attribution,
        model_ids=sorted(name for name in ids if name),
        ai_label=AI_LABEL,
        surfaces=len(served.surfaces),
        buildings=len(served.buildings),
        sun_nodes=len(served.known.grid.direction),
        has_city=jobs.state != OFF,
        plans=PlanFeature(
            state=jobs.state,
            reason=jobs.reason,
            **coded(jobs.reason)._asdict(),
            queued=jobs.count(QUEUED),
            formats=sorted(FORMATS),
        ),
        land_bounds=None if land is None else list(land.overlay.bounds),
        limits={
            "json_bytes": limits.json_bytes,
            "upload_bytes": limits.upload_bytes,
            "plans_waiting": limits.queued,
            "plan_s": limits.plan_s,
            "result_s": limits.result_s,
            "receivers": limits.receivers,
        },
    )


def _years(source: str, names: list[str]) -> WeatherYears:
    """The years by name, and what people call them; the first is the job's own, which has no name but its source."""
    found = {name: weather_words(said) for name, said in zip(names, [source, *names[1:]], strict=True)}
    words = {name: Words(**said) for name, said in found.items() if said is not None}
    return WeatherYears(job=source, names=names, words=words)
