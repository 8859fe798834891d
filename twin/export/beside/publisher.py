"""Who publishes an export, and under which licence: an optional TOML with a table ``[publisher]``.

Everything may be absent: metadata then say that the authority has to fill it in, and give no rights away.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import field_validator

from twin.config import read_toml, validated
from twin.errors import ConfigError
from twin.export.beside.licences import LICENCES, NOT_CHOSEN, Licence, licence_of
from twin.pv.config_types import Table

TO_FILL_IN = "von der bereitstellenden Stelle zu ergänzen"
GUIDE = "docs/exports/metadata.md"
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")
_URL = re.compile(r"https?://[^\s<>\"{}|\\^`]+")


class Publisher(Table):
    """Words of the authority for metadata and layer entries; "" where it said nothing."""

    organisation: str = ""
    email: str = ""
    url: str = ""
    licence: str = ""
    base_url: str = ""  # where the export will lie on the web
    contributor_id: str = ""  # of GovData: http://dcat-ap.de/def/contributors/…
    municipality_key: str = ""  # Gemeindeschlüssel: 06414000
    place: str = ""  # name of the city for titles
    issued: datetime.date | None = None  # day of the first publication
    # How long it will stand, as the EU's vocabulary "planned-availability" has it.
    availability: Literal["", "temporary", "experimental", "available", "stable"] = ""

    @field_validator("email")
    @classmethod
    def _is_email(cls, value: str) -> str:
        if value and not _EMAIL.fullmatch(value):
            raise ValueError(f"{value!r} is no e-mail address")
        return value

    @field_validator("url", "base_url", "contributor_id")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value and not _URL.fullmatch(value):
            raise ValueError(f"{value!r} is no web address (https://…)")
        return value

    @field_validator("municipality_key")
    @classmethod
    def _is_key(cls, value: str) -> str:
        if value and not re.fullmatch(r"\d{8}", value):
            raise ValueError(f"{value!r} is no Gemeindeschlüssel of eight digits")
        return value

    @field_validator("licence")
    @classmethod
    def _is_licence(cls, value: str) -> str:
        if value and licence_of(value) is None:
            raise ValueError(f"{value!r} is none of {', '.join(licence.short for licence in LICENCES)}")
        return value

    def chosen(self) -> Licence:
        """The licence of the publisher's own work."""
        return licence_of(self.licence) or NOT_CHOSEN

    def address_of(self, path: str) -> str:
        """Where a file of the export will lie; relative as long as nobody named the place."""
        escaped = quote(path)
        return f"{self.base_url.rstrip('/')}/{escaped}" if self.base_url else escaped


def no_publisher() -> Publisher:
    """Nobody said anything."""
    return Publisher()


def read_publisher(path: Path) -> Publisher:
    """The table ``[publisher]`` of a TOML file.

    Raises
    ------
    TwinError
        Where the file is missing, no TOML or has no such table.
    ConfigError
        Naming every entry that is unknown or cannot be.
    """
    table = read_toml(path, GUIDE).get("publisher")
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: no table [publisher]", f"write one as {GUIDE} shows")
    try:
        return validated(Publisher, table, f"{path}: [publisher]", "export --help")
    except ConfigError as error:
        raise ConfigError(error.message, f"see {GUIDE}") from None
