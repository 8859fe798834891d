"""Where the server listens, whom it answers, and what it refuses to start with."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from twin.errors import ConfigError
from twin.study.clock import ZONE

SHORTEST_TOKEN = 16
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9A-Fa-f:]+\](:\d{1,5})?")
_NAME = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]")


@dataclass(frozen=True)
class Settings:
    """How a server is reached.

    On loopback nobody else can ask. Anywhere else, or behind a proxy (``names``), whatever is not reading needs the
    token.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    token: str | None = None
    cors: tuple[str, ...] = ()  # origins whose pages may read and, with the token, write
    names: tuple[str, ...] = ()  # further names in the Host header, of a proxy
    zone: str = ZONE  # legal clock of dates
    ogc: bool = False  # OGC API Processes at /ogc

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_settings(settings: Settings) -> Settings:
    """The settings, if a server may start with them.

    Raises
    ------
    ConfigError
        Where it would be open to others without a token, or the token, a name or an origin is none.
    """
    exposed = not settings.loopback or bool(settings.names)
    if exposed and settings.token is None:
        raise ConfigError(
            f"--host {settings.host}"
            + (f" --allow-host {settings.names[0]}" if settings.names else "")
            + ": others could start jobs without a token",
            "give one with --token or in HELIOTWIN_TOKEN, or stay on 127.0.0.1",
        )
    if settings.token is not None and (len(settings.token) < SHORTEST_TOKEN or not settings.token.isascii()):
        raise ConfigError(
            f"--token: shorter than {SHORTEST_TOKEN} ASCII characters",
            "take a random one, for example of `python -c 'import secrets; print(secrets.token_urlsafe())'`",
        )
    for origin in settings.cors:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigError(f"--cors {origin}: no origin", "write it as https://karte.example.de, without a path")
    for name in settings.names:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"--allow-host {name}: no host name", "write the bare name, without scheme and port")
    return settings


def served_names(settings: Settings) -> frozenset[str] | None:
    """Names that the Host header may hold, in small letters; None: any, as nobody knows what others call it."""
    if not settings.loopback and not settings.names:
        return None
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    loopback = LOOPBACK_NAMES if settings.loopback else ()
    return frozenset(name.lower() for name in (*loopback, own, *settings.names))
