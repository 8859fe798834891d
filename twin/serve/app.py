"""The application: routes, refusals, layers; nothing in it listens anywhere yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from twin import __version__
from twin.serve import api_info, api_plans, api_shadow, api_surfaces
from twin.serve.answering import Desk
from twin.serve.files import Files
from twin.serve.limits import BodyLimit
from twin.serve.models import PlanAsked
from twin.serve.problem import Refused
from twin.serve.security import Guard


def build_app(desk: Desk, files: Files) -> FastAPI:
    """The viewer, its data and the API over one job."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for jobs in filter(None, (desk.jobs, desk.solar)):
            jobs.start()
        warm = asyncio.create_task(asyncio.to_thread(_warm, desk))
        yield
        await warm
        for jobs in filter(None, (desk.jobs, desk.solar)):
            await asyncio.to_thread(jobs.stop)

    app = FastAPI(
        title="heliotwin",
        version=__version__,
        summary="A finished job: surfaces, their sun and shadow, and planned buildings dropped in",
        docs_url=None,  # they load scripts from other places
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        # the first of them sees a request first
        middleware=[Middleware(Guard, settings=desk.settings), Middleware(BodyLimit, limits=desk.limits)],
        redirect_slashes=False,
    )
    app.state.desk = desk
    for module in (api_info, api_surfaces, api_shadow, api_plans):
        app.include_router(module.router)
    if desk.settings.ogc:
        from twin.serve.ogc import ogc_routes

        app.router.routes.extend(ogc_routes(desk))
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _wrong)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unforeseen)
    app.router.routes.append(Route("/{name:path}", files.answer, methods=["GET", "HEAD"], include_in_schema=False))
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _warm(desk: Desk) -> None:
    """Follow the sun through the job's year and lay out open land before the first one asks."""
    desk.served.year(None)
    desk.shadows.land()


def _described(app: FastAPI) -> dict[str, Any]:
    """OpenAPI of the routes: refusals are problems throughout, and the body that two media types share is listed."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes, openapi_version="3.1.0"
        )
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        asked = PlanAsked.model_json_schema(ref_template="#/components/schemas/{model}")
        components.update(asked.pop("$defs", {}))
        components["PlanAsked"] = asked
        for name in ("HTTPValidationError", "ValidationError"):
            components.pop(name, None)
        app.openapi_schema = schema
    return app.openapi_schema


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return error.response()


async def _wrong(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [f"{'.'.join(str(part)[:40] for part in e['loc'][1:])}: {e['msg']}" for e in error.errors()[:5]]
    return Refused(422, "; ".join(found), "see /api/openapi.json").response()


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    remedy = "the API is described in /api/openapi.json"
    return Refused(error.status_code, str(error.detail), remedy, error.headers or {}).response()


async def _unforeseen(request: Request, error: Exception) -> Response:
    """Nothing of the error is said; the log has it."""
    return Refused(500, "the server could not answer", "its log says why").response()
