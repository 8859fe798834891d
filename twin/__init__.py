"""The digital twin: it composes the packages below and alone keeps state on disk."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("heliotwin")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
