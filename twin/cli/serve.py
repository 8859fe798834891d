"""`heliotwin serve`: viewer and HTTP API over a finished job."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.options import Geoid, Heights, SolarOut, Suppress, Zone
from twin.cli.screen import Json, LogFile, Verbose, print_json, progress, set_up_logging


def serve(
    out: SolarOut,
    host: Annotated[str, typer.Option(help="Address to listen at; others than loopback need --token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8080,
    city: Annotated[
        list[Path] | None, typer.Option(help="The job's city files or folders, so that plans can be dropped in.")
    ] = None,
    terrain: Annotated[list[Path] | None, typer.Option(help="The job's terrain files, for the same.")] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="HELIOTWIN_TOKEN", help="What everything but reading needs, beyond loopback."),
    ] = None,
    cors: Annotated[
        list[str] | None, typer.Option(help="Origin whose pages may use the API.", metavar="ORIGIN")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Further name in the Host header, of a proxy; needs --token.")
    ] = None,
    study: Annotated[
        Path | None, typer.Option(metavar="STUDY", help="Folder of `heliotwin shadow`, shown beside the job.")
    ] = None,
    suppress: Suppress = None,
    heights: Heights = None,
    geoid: Geoid = None,
    title: Annotated[str, typer.Option(help="Title [default: the folder's name].")] = "",
    zone: Zone = None,
    ogc: Annotated[
        bool, typer.Option("--ogc", help="Also OGC API Processes at /ogc (pip install 'heliotwin[ogc]').")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Serve the viewer and the HTTP API (pip install 'heliotwin[serve]')."""
    set_up_logging(verbose, log_file)
    try:
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        from twin.errors import TwinError

        raise TwinError(f"serving needs {error.name}", "pip install 'heliotwin[serve]'") from error
    if ogc:
        _require_pygeoapi()
    from twin.export.objections import read_objections
    from twin.export.source import open_source
    from twin.serve import run
    from twin.serve.city_inputs import CityFiles
    from twin.serve.limits import Limits
    from twin.serve.settings import Settings, check_settings
    from twin.serve.viewer_data import write_viewer_data
    from twin.study.clock import ZONE

    settings = check_settings(
        Settings(host, port, token, tuple(cors or ()), tuple(allow_host or ()), zone or ZONE, ogc)
    )

    def on_open(url: str) -> None:
        if as_json:
            print_json({"url": url, "openapi": f"{url}api/openapi.json"})
        else:
            typer.echo(f"{url}  (end with Ctrl-C)")

    limits = Limits()
    source = open_source(out, title, read_objections(suppress) if suppress else None, heights)
    files = CityFiles(tuple(city or ()), tuple(terrain or ()), geoid)
    with ExitStack() as until_the_end:
        with progress("nothing was served") as show:
            write_data = partial(write_viewer_data, geoid=geoid, study=study, on_progress=show)
            prepared = run.application(source, settings, files, write_data, limits)
            app = until_the_end.enter_context(prepared)
        run.serve(app, settings, limits, on_open)


def _require_pygeoapi() -> None:
    try:
        import pygeoapi  # noqa: F401
    except ImportError as error:
        from twin.errors import TwinError

        raise TwinError("OGC API Processes needs pygeoapi", "pip install 'heliotwin[ogc]'") from error
