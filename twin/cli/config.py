"""`heliotwin config`: a job as TOML, and what is assumed of photovoltaics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.screen import Json, print_json

if TYPE_CHECKING:
    from twin.config import SolarJob
    from twin.sites.config import SitesJob
    from twin.study.config import ShadowJob


def config(
    check: Annotated[Path | None, typer.Argument(help="Check this job file.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Print a commented job with every option.")] = False,
    verb: Annotated[str, typer.Option("--for", help="The verb that the job is for: solar, shadow or sites.")] = "solar",
    pv: Annotated[
        bool, typer.Option("--pv", help="Print what is assumed of photovoltaics, or check such a file.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print an example job, or check one."""
    if pv:
        _pv(check, as_json)
        return
    from twin import config as job_config
    from twin.sites import config as sites_config
    from twin.study import config as study_config

    if verb not in ("solar", "shadow", "sites"):
        raise typer.BadParameter("--for is solar, shadow or sites")
    if check is not None:
        job: SolarJob | ShadowJob | SitesJob
        if verb == "solar":
            job = job_config.check_job(job_config.read_job(check))
        elif verb == "shadow":
            job = study_config.check_shadow_job(study_config.read_shadow_job(check))
        else:
            job = sites_config.check_sites_job(sites_config.read_sites_job(check))
        if as_json:
            print_json(job.model_dump(mode="json"))
        else:
            typer.echo(f"{check}: fine")
    elif example:
        examples = {
            "solar": job_config.example,
            "shadow": study_config.shadow_example,
            "sites": sites_config.sites_example,
        }
        typer.echo(examples[verb](), nl=False)
    else:
        raise typer.BadParameter("give --example, --pv, or a job file to check")


def _pv(check: Path | None, as_json: bool) -> None:
    """Print the package's assumptions with their sources, or check a user's over them."""
    from twin.pv.config import assumptions, read_pv

    if as_json:
        print_json(read_pv(check).model_dump(mode="json"))
    elif check is not None:
        read_pv(check)
        typer.echo(f"{check}: fine")
    else:
        typer.echo(assumptions(), nl=False)
