"""`heliotwin config`: a job as TOML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.screen import Json, print_json


def config(
    check: Annotated[Path | None, typer.Argument(help="Check this job file.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Print a commented job with every option.")] = False,
    as_json: Json = False,
) -> None:
    """Print an example job, or check one."""
    from twin import config as job_config

    if check is not None:
        job = job_config.check_job(job_config.read_job(check))
        if as_json:
            print_json(job.model_dump(mode="json"))
        else:
            typer.echo(f"{check}: fine")
    elif example:
        typer.echo(job_config.example(), nl=False)
    else:
        raise typer.BadParameter("give --example, or a job file to check")
