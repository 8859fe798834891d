"""The errors of weather and of measured plants: file, line and remedy, so that a caller can repair the file."""

from __future__ import annotations


class WeatherError(Exception):
    """A weather file that cannot be used as it is.

    Attributes: `file` as given, `line` counted from 1 (None where the whole file is meant), `remedy` what
    to do.
    """

    def __init__(self, message: str, file: str, line: int | None = None, remedy: str = "") -> None:
        self.message = message
        self.file = file
        self.line = line
        self.remedy = remedy
        where = file if line is None else f"{file}, line {line}"
        text = f"{where}: {message}" + (f". {remedy}" if remedy else "")
        # on one line that every file and terminal can hold
        super().__init__("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text))

    def __reduce__(self) -> tuple[type[WeatherError], tuple[str, str, int | None, str]]:
        """Pickle by constructor arguments: the error crosses from worker processes whole."""
        return (WeatherError, (self.message, self.file, self.line, self.remedy))


class PlantError(WeatherError):
    """A measured plant that cannot be used as it is; attributes as of `WeatherError`."""

    def __reduce__(self) -> tuple[type[PlantError], tuple[str, str, int | None, str]]:
        """As of `WeatherError`."""
        return (PlantError, (self.message, self.file, self.line, self.remedy))


class CorrectionError(WeatherError):
    """A model of the correction that cannot be used; attributes as of `WeatherError`."""

    def __reduce__(self) -> tuple[type[CorrectionError], tuple[str, str, int | None, str]]:
        """As of `WeatherError`."""
        return (CorrectionError, (self.message, self.file, self.line, self.remedy))
