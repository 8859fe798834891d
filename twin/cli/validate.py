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
            help="Run this proof alone; repeatable: ashrae, spa, planes, forms, overcast, radiosity, skies, "
            "convergence, transport.",
        ),
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="Small, within a minute: for the suite.")] = False,
    docs: Annotated[
        Path | None, typer.Option(help="Also put the tables between the marks of this document.", dir_okay=False)
    ] = None,
    as_json: Json = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
) -> None:
    """Compare with published tables, closed forms, pvlib and Radiance (pip install "heliotwin[validate]")."""
    set_up_logging(verbose, log_file)
    from twin.validate.run import run
    from twin.validate.write import as_json as plain
    from twin.validate.write import into_document

    with progress("run the same command again") as show:
        outcome = run(out, only or [], smoke, show)
    if docs is not None:
        into_document(docs, outcome.tables, outcome.about)
    print_summary(plain(outcome.tables, outcome.about), as_json, lambda _: lines(outcome, out))
    if not outcome.passed:
        raise typer.Exit(1)


def lines(outcome: Outcome, out: Path) -> list[str]:
    """A line for each proof, and one for each figure outside its bound."""
    said = []
    for table in outcome.tables:
        held = sum(row.passed is not None for row in table.rows)
        took = sum(table.seconds.values())
        said.append(f"{table.name:<12}{held - len(table.failed)} of {held} inside  {took:7.1f} s  {table.title}")
        said += [f"{'':<12}outside: {row.name}: {row.found:.6g} {row.unit}" for row in table.failed]
    return [*said, f"files       {out}: validation.md, validation.json"]
