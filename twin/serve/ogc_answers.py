"""pygeoapi's answers without what is not here: pages in HTML and JSON-LD, collections, tiles, callbacks, nulls."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from twin import __version__
from twin.serve.problem import Refused

PROCESSES = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
COMMON = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/"
CONFORMANCE = (
    f"{COMMON}core",
    f"{COMMON}landing-page",
    f"{COMMON}json",
    *(f"{PROCESSES}{name}" for name in ("core", "ogc-process-description", "json", "oas30", "job-list", "dismiss")),
)
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
_TYPES = {
    "NoSuchProcess": ("no-such-process", "no such process", "take one of /ogc/processes"),
    "NoSuchJob": ("no-such-job", "no job of this id", "results are kept for an hour; send it again"),
    "ResultNotReady": ("result-not-ready", "the job has not ended", "ask for its state"),
}
_PAGES = ("text/html", "application/ld+json")
_NOT_HERE = ("data", "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes")
CONTROL, TRANSMISSION = ["async-execute", "dismiss"], ["value", "reference"]


def problem_of(status: int, said: dict[str, Any]) -> Refused:
    """pygeoapi's exception as problem details; its type is the standard's where that has one."""
    code = str(said.get("code", ""))
    if status == HTTPStatus.NOT_FOUND and code == "InvalidParameterValue":  # so it calls a job that is not there
        code = "NoSuchJob"
    kind, detail, remedy = _TYPES.get(code, ("", str(said.get("description", "")), ""))
    return Refused(status, detail, remedy, kind=EXCEPTIONS + kind if kind else "about:blank")


def mended(answer: Any, base: str) -> Any:
    """An answer of pygeoapi as it holds here; ``base`` is the address of /ogc."""
    if isinstance(answer, list):
        return [mended(part, base) for part in answer]
    if not isinstance(answer, dict):
        return answer
    out = {name: mended(value, base) for name, value in answer.items()}
    if isinstance(out.get("links"), list):
        out["links"] = [_link(link, base) for link in out["links"] if _is_here(link)]
    if "jobControlOptions" in out:
        out |= {"jobControlOptions": CONTROL, "outputTransmission": TRANSMISSION}
    return _job(out, base) if "jobID" in out else out


def _job(said: dict[str, Any], base: str) -> dict[str, Any]:
    """A job's state: nothing is null, and results are named once they can be had."""
    out = {name: value for name, value in said.items() if value is not None}
    links = out.get("links", [])
    if out["status"] == "accepted":
        out.pop("started", None)
    if out["status"] != "successful":
        links = [link for link in links if not link["rel"].endswith("/results")]
    if out["status"] != "dismissed":
        own = {"href": f"{base}/jobs/{out['jobID']}", "rel": "self", "type": "application/json"}
        links = [own, *links]
    return {**out, "links": links}


def _is_here(link: Any) -> bool:
    return isinstance(link, dict) and link.get("type") not in _PAGES and link.get("rel") not in _NOT_HERE


def _link(link: dict[str, Any], base: str) -> dict[str, Any]:
    href = str(link["href"]).removesuffix("?f=json")
    if link.get("rel") == "service-desc":
        href = f"{base}/api"
    return {**link, "href": href}


def openapi_of(said: dict[str, Any], base: str) -> dict[str, Any]:
    """The routes as OpenAPI 3.0; the processes' descriptions hold the schemas of inputs and outputs."""
    answer = {"description": "as JSON", "content": {"application/json": {"schema": {"type": "object"}}}}
    refused = {"description": "refused", "content": {"application/problem+json": {"schema": {"type": "object"}}}}

    def operation(name: str, words: str, status: str, *parameters: str) -> dict[str, Any]:
        found = [{"name": one, "in": "path", "required": True, "schema": {"type": "string"}} for one in parameters]
        return {
            "operationId": name,
            "summary": words,
            "parameters": found,
            "responses": {status: answer, "default": refused},
        }

    body = {"type": "object", "required": ["inputs"], "properties": {"inputs": {"type": "object"}}}
    execute = operation("execute", "Queue a job", "201", "processID")
    execute["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": said["title"]["en"], "description": said["description"]["en"], "version": __version__},
        "servers": [{"url": base}],
        "paths": {
            "/": {"get": operation("landing", "What there is", "200")},
            "/conformance": {"get": operation("conformance", "Which classes hold", "200")},
            "/processes": {"get": operation("processes", "Processes", "200")},
            "/processes/{processID}": {"get": operation("process", "Inputs and outputs", "200", "processID")},
            "/processes/{processID}/execution": {"post": execute},
            "/jobs": {"get": operation("jobs", "Jobs", "200")},
            "/jobs/{jobID}": {
                "get": operation("job", "State of a job", "200", "jobID"),
                "delete": operation("dismiss", "Give a job up", "200", "jobID"),
            },
            "/jobs/{jobID}/results": {"get": operation("results", "Results document", "200", "jobID")},
        },
    }
