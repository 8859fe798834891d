"""`heliotwin config`: a job as TOML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.screen import Json, print_json

if TYPE_CHECKING:
    from twin.config import SolarJob
    from twin.study.config import ShadowJob


def config(
    check: Annotated[Path | None, typer.Argument(help="Check this job file.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Print a commented job with every option.")] = False,
    verb: Annotated[str, typer.Option("--for", help="The verb that the job is for: solar or shadow.")] = "solar",
    as_json: Json = False,
) -> None:
    """Print an example job, or check one."""
    from twin import config as job_config
    from twin.study import config as study_config

    if verb not in ("solar", "shadow"):
        raise typer.BadParameter("--for is solar or shadow")
    if check is not None:
        job: SolarJob | ShadowJob
        if verb == "solar":
            job = job_config.check_job(job_config.read_job(check))
        else:
            job = study_config.check_shadow_job(study_config.read_shadow_job(check))
        if as_json:
            print_json(job.model_dump(mode="json"))
        else:
            typer.echo(f"{check}: fine")
    elif example:
        typer.echo(job_config.example() if verb == "solar" else study_config.shadow_example(), nl=False)
    else:
        raise typer.BadParameter("give --example, or a job file to check")
