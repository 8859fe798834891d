"""What verbs share on the screen: progress on stderr, results on stdout, a log where one is asked for."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from twin.errors import TwinError

if TYPE_CHECKING:
    from twin.progress import OnProgress

Summary = TypeVar("Summary")
STAGES = {
    "read": "reading the city model",
    "trace": "tracing views",
    "shadows": "tracing shadows",
    "rules": "looking at rules",
    "polygons": "drawing outlines",
    "rasters": "writing rasters",
    "report": "writing the report",
    "irradiate": "adding up the year",
    "modules": "laying out modules",
    "pv": "computing yields",
    "yield": "computing yields of parks",
    "tables": "making tables",
    "write": "writing files",
    "pictures": "drawing pictures",
    "place": "finding places on the globe",
    "tiles": "writing tiles",
    "sunlight": "drawing sun and shadow of the days",
    "beside": "writing metadata and layer entries",
}

Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object on stdout.")]
Verbose = Annotated[int, typer.Option("-v", "--verbose", count=True, help="Say more; twice for everything.")]
LogFile = Annotated[Path | None, typer.Option("--log-file", help="Write the log to this file.")]


def set_up_logging(verbose: int = 0, log_file: Path | None = None) -> None:
    """Warnings on stderr, as bare sentences; more with -v, and then who says it; everything into a file where one is
    named."""
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(level)
    screen.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s" if verbose else "%(message)s"))
    root.addHandler(screen)
    root.setLevel(level)
    if log_file is not None:
        to_file = _log_into(log_file)
        to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        to_file.setLevel(logging.DEBUG)
        root.addHandler(to_file)
        for name in ("twin", "solar", "raytrace", "io_citygml", "heliotwin"):
            logging.getLogger(name).setLevel(logging.DEBUG)


def _log_into(path: Path) -> logging.FileHandler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise TwinError(f"{path}: no log can be written there ({error.strerror})", "name another --log-file") from error


def print_json(value: object) -> None:
    """One JSON object on stdout."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_summary(summary: Summary, as_json: bool, lines: Callable[[Summary], list[str]]) -> None:
    """What a verb came to: as one JSON object, or in the words of ``lines``."""
    if as_json:
        print_json(summary)
        return
    for line in lines(summary):
        typer.echo(line)


@contextmanager
def progress(
    when_interrupted: str = "run the same command again to go on at the same cell",
) -> Iterator[OnProgress]:
    """A bar on stderr that shows each stage; silent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(stage: str, done: int, of: int) -> None:
            bar.update(task, description=STAGES.get(stage, stage), completed=done, total=of)

        try:
            yield show
        except KeyboardInterrupt:
            bar.stop()
            sys.stderr.write(f"heliotwin: interrupted; {when_interrupted}\n")
            raise
