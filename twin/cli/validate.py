"""`heliotwin validate`: the proof, rerun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.screen import Json, LogFile, Verbose, print_summary, progress, set_up_logging

if TYPE_CHECKING:
    from twin.validate.run import Outcome


def validate(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for tables, plots and versions.")],
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Run this proof alone; repeatable: ashrae, spa, planes, forms, overcast, radiosity, trees, "
            "skies, uncertainty, convergence, transport.",
        ),
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="Small, within a minute of processor: for the suite.")] = False,
    docs: Annotated[Path | None, typer.Option(help="Also put each proof into its part of this document.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the sample data: trees then looks at all of Delft, not at the piece in the package.",
        ),
    ] = None,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Compare with published tables, closed forms, pvlib and Radiance (pip install "heliotwin[validate]")."""
    set_up_logging(verbose, log_file)
    from twin.validate.run import run
    from twin.validate.write import as_json as plain

    with progress("what is done stands in the folder; the rest runs with --only and a folder of its own") as show:
        outcome = run(out, only or [], smoke, show, data, docs)
    print_summary(plain(outcome.tables, outcome.about), as_json, lambda _: lines(outcome, out))
    if outcome.passed is False:
        raise typer.Exit(1)


def lines(outcome: Outcome, out: Path) -> list[str]:
    """A line for each proof, and one for each figure outside its bound."""
    said = []
    for table in outcome.tables:
        held = len(table.held)
        took = sum(table.seconds.values())
        inside = f"{held - len(table.failed)} of {held} inside" if held else "stated only"
        said.append(f"{table.name:<12}{inside}  {took:7.1f} s  {table.title}")
        said += [f"{'':<12}outside: {row.name}: {row.found:.6g} {row.unit}" for row in table.failed]
    return [*said, f"files       {out}: validation.md, validation.json"]
