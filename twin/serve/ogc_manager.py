"""pygeoapi's process manager over the server's own queues: nothing is computed where pygeoapi runs.

pygeoapi would run a process in a thread of the server and call back whatever address a request names; here an order is
checked, queued for a worker process, and nobody is called.
"""

from __future__ import annotations

import datetime
import shutil
from typing import Any

from pygeoapi.process.base import BaseProcessor, JobNotFoundError, JobResultNotFoundError, UnknownProcessError
from pygeoapi.process.manager.base import BaseManager
from pygeoapi.util import DATETIME_FORMAT, JobStatus

from twin.serve.answering import Desk
from twin.serve.job import CANCELLED, DONE, FAILED, QUEUED, RUNNING, Job
from twin.serve.jobs import Jobs
from twin.serve.ogc_inputs import plain_inputs, shadow_request, solar_request
from twin.serve.ogc_processes import (
    GEOJSON,
    JSON,
    SHADOW_PARTS,
    SOLAR_FILES,
    shadow_description,
    solar_description,
)
from twin.serve.problem import Refused
from twin.serve.served import bbox_lonlat

STATUS = {
    QUEUED: JobStatus.accepted,
    RUNNING: JobStatus.running,
    DONE: JobStatus.successful,
    FAILED: JobStatus.failed,
    CANCELLED: JobStatus.dismissed,
}
OUTPUTS = {"solar": ("summary", *SOLAR_FILES), "shadow": SHADOW_PARTS}


class SolarProcess(BaseProcessor):  # type: ignore[misc]
    """Describes `solar`; a worker process executes it."""

    def __init__(self, processor_def: dict[str, Any]) -> None:
        super().__init__(processor_def, solar_description())


class ShadowProcess(BaseProcessor):  # type: ignore[misc]
    """Describes `shadow`; a worker process executes it."""

    def __init__(self, processor_def: dict[str, Any]) -> None:
        super().__init__(processor_def, shadow_description())


class QueueManager(BaseManager):  # type: ignore[misc]
    """Jobs of OGC API Processes; those of the viewer are not among them."""

    def __init__(self, manager_def: dict[str, Any]) -> None:
        super().__init__(manager_def)
        self.is_async = True
        self.desk: Desk | None = None  # given once pygeoapi, which copies its configuration, has made this

    def execute_process(
        self,
        process_id: str,
        data_dict: dict[str, Any],
        execution_mode: object = None,
        requested_outputs: object = None,
        subscriber: object = None,
        requested_response: object = None,
    ) -> tuple[str, str, None, JobStatus, dict[str, str]]:
        """Check and queue an order, whatever mode is preferred; the job's id and state.

        Raises
        ------
        Refused
            Where an input is not what it should be, or too many wait.
        """
        if process_id not in OUTPUTS:
            raise UnknownProcessError(process_id)
        outputs = _checked_outputs(process_id, requested_outputs)
        if subscriber is not None:
            raise Refused(422, "subscriber: nobody is called", "ask for the job's state")
        desk, jobs = self._desk(), self._queue(process_id)
        folder = jobs.new_folder()
        try:
            inputs = plain_inputs(data_dict)
            request = (
                solar_request(inputs, folder)
                if process_id == "solar"
                else shadow_request(inputs, bbox_lonlat(desk.served), folder)
            )
            job = jobs.submit(request, folder, process_id, outputs)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        applied = {"Preference-Applied": "respond-async"}
        return job.id, "application/json", None, JobStatus.accepted, applied

    def get_jobs(self, status: object = None, limit: int | None = None, offset: int | None = None) -> dict[str, Any]:
        """Metadata of the jobs, the newest first."""
        found = [job for jobs in self._queues() for job in jobs.listed() if job.process]
        found.sort(key=lambda job: job.created, reverse=True)
        start = offset or 0
        shown = found[start : start + (limit or len(found))]
        return {"jobs": [_metadata(job) for job in shown], "numberMatched": len(found)}

    def get_job(self, job_id: str) -> dict[str, Any]:
        """Metadata of a job; JobNotFoundError where there is none."""
        return _metadata(self.found(job_id)[0])

    def get_job_result(self, job_id: str) -> tuple[str, dict[str, Any]]:
        """Whether there are results; JobResultNotFoundError where there are none."""
        job = self.found(job_id)[0]
        if job.result is None:
            raise JobResultNotFoundError(job_id)
        return "application/json", {}  # written by `results_of`, which knows the server's address

    def delete_job(self, job_id: str) -> bool:
        """Give a job up, or forget its results."""
        job, jobs = self.found(job_id)
        jobs.remove(job.id)
        return True

    def found(self, job_id: str) -> tuple[Job, Jobs]:
        """A job and its queue; JobNotFoundError where there is none."""
        for jobs in self._queues():
            try:
                job, _ = jobs.get(job_id)
            except Refused:
                continue
            if job.process:
                return job, jobs
        raise JobNotFoundError(job_id)

    def _desk(self) -> Desk:
        assert self.desk is not None
        return self.desk

    def _queue(self, process_id: str) -> Jobs:
        desk = self._desk()
        assert desk.solar is not None
        return desk.solar if process_id == "solar" else desk.jobs

    def _queues(self) -> tuple[Jobs, Jobs]:
        return self._queue("solar"), self._queue("shadow")


def results_of(job: Job, base: str) -> dict[str, Any]:
    """The results document of a job that is done; ``base`` is the address of /ogc, which links to files begin with."""
    result, out = job.result or {}, dict[str, Any]()
    if job.process == "solar":
        out["summary"] = {"value": result, "mediaType": JSON}
        for name, (file, media_type) in SOLAR_FILES.items():
            if file in job.files:
                out[name] = {"href": f"{base}/jobs/{job.id}/results/{file}", "type": media_type}
    else:
        shapes = ("shadows", "shape")
        rest = {name: value for name, value in result.items() if name not in shapes}
        if job.png is not None:
            picture = f"{base.removesuffix('/ogc')}/api/jobs/{job.id}/land.png"
            rest["land"] = {**rest["land"], "png": picture}
        out["result"] = {"value": rest, "mediaType": JSON}
        for name in shapes:
            if result.get(name) is not None:
                out[name] = {"value": result[name], "mediaType": GEOJSON}
    return {name: value for name, value in out.items() if not job.outputs or name in job.outputs}


def _checked_outputs(process_id: str, asked: object) -> tuple[str, ...]:
    """Outputs that are asked for, () for all; files only come as links."""
    if asked is None:
        return ()
    if not isinstance(asked, dict) or not set(asked) <= set(OUTPUTS[process_id]):
        raise Refused(422, "outputs: not those of the process", f"take some of {', '.join(OUTPUTS[process_id])}")
    for name, how in asked.items():
        if name in SOLAR_FILES and isinstance(how, dict) and how.get("transmissionMode") == "value":
            raise Refused(422, f"outputs.{name}: a file comes as a link", "take transmissionMode reference")
    return tuple(asked)


def _metadata(job: Job) -> dict[str, Any]:
    """A job as pygeoapi keeps it."""
    progress = 0 if job.progress is None else int(100 * job.progress.done / max(job.progress.of, 1))
    ended = job.state in (DONE, FAILED, CANCELLED)
    message = job.progress.stage if job.progress is not None and not ended else job.state
    if job.error is not None:
        message = ": ".join(filter(None, (job.error.detail, job.error.remedy)))
    return {
        "identifier": job.id,
        "process_id": job.process,
        "status": STATUS[job.state].value,
        "message": message,
        "progress": 100 if job.state == DONE else progress,
        "mimetype": "application/json",
        "created": _written(job.created),
        "started": _written(job.started or job.created),  # pygeoapi sorts by it
        "finished": _written(job.finished),
        "updated": _written(job.finished or job.started or job.created),
    }


def _written(time: datetime.datetime | None) -> str | None:
    return None if time is None else time.strftime(DATETIME_FORMAT)
