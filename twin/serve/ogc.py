"""OGC API Processes at /ogc: pygeoapi's answers over the server's own queues, in JSON alone.

pygeoapi's pages load scripts from other places, so none is given; what it says of them, and of parts of OGC APIs that
are not here, is left out of its answers. Links begin with the address that the request was sent to.

Source: OGC 18-062r2 (OGC API – Processes – Part 1: Core 1.0).
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from pygeoapi.api import API, APIRequest, landing_page
from pygeoapi.api import processes as pygeoapi_processes
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from twin.serve.answering import Desk, as_json
from twin.serve.job import DONE, FAILED
from twin.serve.ogc_answers import CONFORMANCE, mended, openapi_of, problem_of
from twin.serve.ogc_manager import QueueManager, results_of
from twin.serve.problem import Refused, plain_json
from twin.serve.security import has_token

ROOT = "/ogc"
LANGUAGES = ("en", "de")
MOST_LISTED = 100
Ask = Callable[..., tuple[dict[str, str], int, Any]]


def ogc_routes(desk: Desk) -> list[Route]:
    """The routes below /ogc."""
    # What a client gets wrong is no news for the log; what goes wrong here is logged by the server.
    logging.getLogger("pygeoapi").setLevel(logging.CRITICAL)
    there = Processes(desk, API(_configuration(desk), {}))
    get: list[tuple[str, Callable[[Request], Any]]] = [
        ("", there.landing),
        ("/", there.landing),
        ("/conformance", there.conformance),
        ("/api", there.openapi),
        ("/processes", there.processes),
        ("/processes/{process}", there.process),
        ("/jobs", there.jobs),
        ("/jobs/{job}", there.job),
        ("/jobs/{job}/results", there.results),
        ("/jobs/{job}/results/{file}", there.file),
    ]
    routes = [Route(ROOT + path, answer, methods=["GET"], include_in_schema=False) for path, answer in get]
    routes.insert(0, Route(f"{ROOT}/jobs/{{job}}", there.dismiss, methods=["DELETE"], include_in_schema=False))
    path = f"{ROOT}/processes/{{process}}/execution"
    execution = Route(path, there.execute, methods=["POST"], include_in_schema=False)
    return [execution, *routes]


class Processes:
    """Answers of the routes."""

    def __init__(self, desk: Desk, api: API) -> None:
        self.desk = desk
        self.api = api
        manager = api.manager
        assert isinstance(manager, QueueManager)
        manager.desk = desk
        self.manager = manager

    async def landing(self, request: Request) -> Response:
        """What there is."""
        return await self._answered(request, landing_page)

    async def conformance(self, request: Request) -> Response:
        """Which classes of the standard hold."""
        _check_format(request)
        return as_json(request, {"conformsTo": list(CONFORMANCE)})

    async def openapi(self, request: Request) -> Response:
        """The same as OpenAPI."""
        _check_format(request)
        return as_json(request, openapi_of(self.api.config["metadata"]["identification"], self._base(request)))

    async def processes(self, request: Request) -> Response:
        """The processes in short."""
        return await self._answered(request, pygeoapi_processes.describe_processes)

    async def process(self, request: Request) -> Response:
        """A process with its inputs and outputs."""
        return await self._answered(request, pygeoapi_processes.describe_processes, request.path_params["process"])

    async def execute(self, request: Request) -> Response:
        """Queue a job: 201 with its address."""
        process = request.path_params["process"]
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "the body is no JSON", "send an execute request as application/json")
        return await self._answered(request, self._execute, process)

    def _execute(self, api: API, request: APIRequest, process: str) -> tuple[dict[str, str], int, Any]:
        if not isinstance(plain_json(request.data), dict):
            raise Refused(400, "the body is no execute request", "send an object with `inputs`")
        if process not in self.manager.processes:
            return api.get_exception(HTTPStatus.NOT_FOUND, {}, None, "NoSuchProcess", "no such process")  # type: ignore[no-any-return]
        headers, status, _ = pygeoapi_processes.execute_process(api, request, process)
        job = headers["Location"].rpartition("/")[2]
        return headers, status, pygeoapi_processes.get_jobs(api, request, job)[2]

    async def jobs(self, request: Request) -> Response:
        """Jobs that are remembered; where there is a token it is needed, as an id is all that a result needs."""
        token = self.desk.settings.token
        if token is not None and not has_token(request.headers.get("authorization"), token):
            raise Refused(
                401,
                "the list of jobs needs the token that the server was started with",
                "send the header `Authorization: Bearer TOKEN`",
                {"www-authenticate": "Bearer"},
            )
        return await self._answered(request, pygeoapi_processes.get_jobs)

    async def job(self, request: Request) -> Response:
        """State of a job."""
        return await self._answered(request, pygeoapi_processes.get_jobs, request.path_params["job"])

    async def results(self, request: Request) -> Response:
        """The results document, or why there is none."""
        return await self._answered(request, self._results, request.path_params["job"])

    def _results(self, api: API, request: APIRequest, job_id: str) -> tuple[dict[str, str], int, Any]:
        headers, status, content = pygeoapi_processes.get_job_result(api, request, job_id)
        if status == HTTPStatus.BAD_REQUEST:  # it says only that it failed
            failed, _ = self.manager.found(job_id)
            if failed.state == FAILED and failed.error is not None:
                raise Refused(422, failed.error.detail, failed.error.remedy)
        if status == HTTPStatus.OK:
            return headers, status, results_of(self.manager.found(job_id)[0], api.base_url)
        return headers, status, content

    async def file(self, request: Request) -> Response:
        """A file of a result; the name is looked up and never becomes a path."""
        found = await self.desk.gate.run(self._file, request.path_params["job"], request.path_params["file"])
        if found is None:
            raise Refused(404, "no such file", "the results document names them")
        path, media_type = found
        headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{path.name}"'}
        return FileResponse(path, headers=headers, media_type=media_type)

    def _file(self, job_id: str, name: str) -> tuple[Any, str] | None:
        from pygeoapi.process.base import JobNotFoundError

        from twin.serve.ogc_processes import SOLAR_FILES

        try:
            job, _ = self.manager.found(job_id)
        except JobNotFoundError:
            return None
        types = dict(SOLAR_FILES.values())
        path = job.files.get(name) if job.state == DONE else None
        return None if path is None or not path.is_file() else (path, types[name])

    async def dismiss(self, request: Request) -> Response:
        """Give a job up and forget its results."""
        return await self._answered(request, pygeoapi_processes.delete_job, request.path_params["job"])

    async def _answered(self, request: Request, ask: Ask, *arguments: str) -> Response:
        """What pygeoapi answers, in a thread when the gate lets it in, without what is not here."""
        _check_format(request)
        asked = await APIRequest.from_starlette(_as_json_request(request), self.api.locales)
        base = self._base(request)

        def made() -> Response:
            api = copy.copy(self.api)
            api.base_url = base
            headers, status, content = ask(api, asked, *arguments)
            kept = {name: value for name, value in headers.items() if name in _KEPT}
            if status >= HTTPStatus.BAD_REQUEST:
                return problem_of(int(status), plain_json(content)).response()
            # Results are ours throughout, and may be long.
            answer = content if isinstance(content, dict) else mended(plain_json(content), base)
            response = as_json(request, answer, int(status))
            response.headers.update(kept)
            return response

        return await self.desk.gate.run(made)

    def _base(self, request: Request) -> str:
        """Address of /ogc as the client knows it; behind a proxy TLS is the proxy's."""
        behind = request.url.hostname in self.desk.settings.names
        return f"{'https' if behind else request.url.scheme}://{request.headers['host']}{ROOT}"


_KEPT = ("Location", "Content-Language", "Preference-Applied")


def _check_format(request: Request) -> None:
    wanted = request.query_params.get("f", "json")
    if wanted != "json":
        raise Refused(400, f"f={wanted[:20]}: answers are JSON alone", "leave f out, or send f=json")


def _as_json_request(request: Request) -> Request:
    """The request as if it took JSON alone: pygeoapi makes pages for browsers, and of results wherever it may."""
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"accept"]
    return Request({**request.scope, "headers": [*headers, (b"accept", b"application/json")]}, request.receive)


def _configuration(desk: Desk) -> dict[str, Any]:
    """What pygeoapi would read from a file."""
    title = desk.served.source.title
    lines = "; ".join(desk.served.attribution)
    process = {"type": "process"}
    return {
        "server": {
            "url": ROOT,
            "encoding": "utf-8",
            "languages": list(LANGUAGES),
            "limits": {"default_items": MOST_LISTED, "max_items": MOST_LISTED},
            "manager": {"name": "twin.serve.ogc_manager.QueueManager"},
        },
        "logging": {"level": "CRITICAL"},
        "metadata": {
            "identification": {
                "title": {"en": f"{title}: processes", "de": f"{title}: Prozesse"},
                "description": {
                    "en": f"Solar irradiance and shadow as OGC API Processes. {lines}",
                    "de": f"Solare Einstrahlung und Schatten als OGC API Processes. {lines}",
                },
                "keywords": ["solar", "shadow"],
                "url": ROOT,
            },
        },
        "resources": {
            "solar": {**process, "processor": {"name": "twin.serve.ogc_manager.SolarProcess"}},
            "shadow": {**process, "processor": {"name": "twin.serve.ogc_manager.ShadowProcess"}},
        },
    }
