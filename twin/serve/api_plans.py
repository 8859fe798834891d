"""A planned building dropped in: sent, watched, read, given up."""

from __future__ import annotations

import shutil
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.responses import Response

from twin.serve.answering import as_json, desk_of, refusals
from twin.serve.job import Job
from twin.serve.messages import Failed
from twin.serve.models import JobAnswer, JobProblem, PlanAsked, PlanResult, Progress, UploadFields
from twin.serve.plan_request import PlanRequest, drawn, upload_schema, uploaded
from twin.serve.problem import Refused, checked, plain_json
from twin.serve.problem_codes import coded
from twin.serve.served import bbox_lonlat

router = APIRouter(prefix="/api")
JobId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
MOST_FIELDS, FIELD_BYTES = 16, 4096
BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/PlanAsked"}},
        "multipart/form-data": {"schema": upload_schema()},
    },
}
DROPPED = {202: {"model": JobAnswer, "description": "queued"}, **refusals(401, 403, 408, 413, 415, 422, 503)}


@router.post(
    "/plans", status_code=202, response_model=JobAnswer, responses=DROPPED, openapi_extra={"requestBody": BODY}
)
async def plans(request: Request) -> Response:
    """Drop a planned building in: a footprint with a height, or a file. The answer names the job to ask for."""
    desk = desk_of(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    folder = desk.jobs.new_folder()
    try:
        if media_type == "application/json":
            asked = checked(PlanAsked, plain_json(await request.body()))
            order = drawn(asked, bbox_lonlat(desk.served), folder)
        elif media_type == "multipart/form-data":
            order = await _upload(request, folder)
        else:
            raise Refused(415, "the body is neither JSON nor a form", "send application/json or multipart/form-data")
        job = desk.jobs.submit(order, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return as_json(request, answer_of(*desk.jobs.get(job.id)), 202)


@router.get("/jobs/{job_id}", response_model=JobAnswer, responses=refusals(404, 422))
def job(request: Request, job_id: JobId) -> Response:
    """A plan's state and, once it is done, its result."""
    return as_json(request, answer_of(*_own(request, job_id)))


@router.delete("/jobs/{job_id}", response_model=JobAnswer, responses=refusals(401, 403, 404, 422))
def cancel(request: Request, job_id: JobId) -> Response:
    """Give a plan up."""
    found, _ = _own(request, job_id)
    return as_json(request, answer_of(desk_of(request).jobs.cancel(found.id), 0))


@router.get(
    "/jobs/{job_id}/land.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "the picture"}, **refusals(404, 422)},
)
def land(request: Request, job_id: JobId) -> Response:
    """Minutes of sun that open land gains or loses on the date; bounds and legend stand in the result."""
    found, _ = desk_of(request).jobs.get(job_id)
    if found.png is None:
        raise Refused(404, "no picture of open land: the plan is not done, or changes nothing there", "ask for the job")
    return Response(found.png, 200, {"cache-control": "no-store"}, "image/png")


def _own(request: Request, job_id: str) -> tuple[Job, int]:
    """A plan and how many are before it; jobs of OGC API Processes are asked for there."""
    found, ahead = desk_of(request).jobs.get(job_id)
    if found.process:
        raise Refused(404, "no plan of this id", "ask for it at /ogc/jobs")
    return found, ahead


def answer_of(found: Job, ahead: int) -> JobAnswer:
    """A job as the API says it."""
    result = None
    if found.result is not None:
        picture = f"api/jobs/{found.id}/land.png" if found.png is not None else None
        result = PlanResult.model_validate({**found.result, "land": {**found.result["land"], "png": picture}})
    error = None if found.error is None else _problem(found.error)
    progress = None if found.progress is None else Progress(**found.progress._asdict())
    return JobAnswer(id=found.id, state=found.state, ahead=ahead, progress=progress, result=result, error=error)


def _problem(failed: Failed) -> JobProblem:
    return JobProblem(detail=failed.detail, remedy=failed.remedy, **coded(failed.detail)._asdict())


async def _upload(request: Request, folder: FilePath) -> PlanRequest:
    """The one file of a form and the fields beside it."""
    try:
        form = await request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=FIELD_BYTES)
    except (MultiPartException, HTTPException, UnicodeDecodeError, KeyError) as error:
        raise Refused(
            400, "the form cannot be read", "send one file and short fields as multipart/form-data"
        ) from error
    try:
        return await _of_form(form, folder)
    finally:
        await form.close()


async def _of_form(form: FormData, folder: FilePath) -> PlanRequest:
    items = form.multi_items()
    names = [name for name, _ in items]
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Refused(422, "file: missing", "send the plan's file in the field `file`")
    if len(set(names)) < len(names):
        raise Refused(422, "a field stands twice", "send each once")
    fields = checked(UploadFields, {name: value for name, value in items if isinstance(value, str) and value != ""})
    return uploaded(await file.read(), file.filename or "", fields, folder)
