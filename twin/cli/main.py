"""`heliotwin`: the verbs, and the one place where an error becomes a line on the screen.

Exit codes: 0 done, 1 failed, 2 wrong call.
"""

from __future__ import annotations

import io
import logging
import sys

import typer

from twin import __version__
from twin.cli import config, correct, demo, export, inspect, query, report, serve, shadow, sites, solar, validate
from twin.cli.screen import set_up_logging
from twin.errors import ConfigError, TwinError

app = typer.Typer(
    name="heliotwin",
    help="Solar and shadow twin of a city: hourly irradiance on every roof, façade and piece of open land.",
    no_args_is_help=True,
    rich_markup_mode=None,  # help texts write units in brackets
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("inspect")(inspect.inspect)
app.command("solar")(solar.solar)
app.command("query")(query.query)
app.command("shadow")(shadow.shadow)
app.command("sites")(sites.sites)
app.command("report")(report.report)
app.add_typer(correct.app, name="correct")
app.command("export")(export.export)
app.command("serve")(serve.serve)
app.command("validate")(validate.validate)
app.command("config")(config.config)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"heliotwin {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Options before the verb."""


def main() -> None:
    """Run the command line; every expected failure is one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # redirected on Windows it would be a code page without "→" and "²"
            stream.reconfigure(encoding="utf-8", errors="replace")
    set_up_logging()
    try:
        app(prog_name="heliotwin")
    except ConfigError as error:
        _fail(str(error), 2)
    except (TwinError, OSError, MemoryError) as error:
        _fail(str(error) or type(error).__name__, 1)
    except Exception as error:
        # Errors of the packages below are recognised by name, so that starting does not import them.
        if not {"CityModelError", "WeatherError"} & {kind.__name__ for kind in type(error).__mro__}:
            raise
        _fail(str(error), 1)


def _fail(message: str, code: int) -> None:
    logging.getLogger("heliotwin").debug("failed", exc_info=True)
    sys.stderr.write(f"heliotwin: error: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
