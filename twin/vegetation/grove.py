"""The trees of a job: their crowns, which class each belongs to, and how much light a class takes in each season."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.crs import Crs
from io_citygml.model import CityModel
from solar.canopy import Seasons, seasons_of, species_of, species_table
from twin.cells import Cell
from twin.errors import TwinError
from twin.open_land import OpenLand
from twin.vegetation.crowns import Crowns, crown_trees, together
from twin.vegetation.from_city import crowns_of_city
from twin.vegetation.trace import REACH_M

if TYPE_CHECKING:
    from raytrace import Bvh

REMEDY = 'write a table a genus, as in [Tilia] k_leaf_on = 0.4, k_leaf_off = 0.1, leaf_on = "04-20", leaf_off = "10-25"'


class Asked(NamedTuple):
    """What a job says of trees."""

    scans: list[Path]  # LAS or LAZ files or folders
    scan_crs: str | None  # of scans that name none
    leaves: Path | None  # the user's dates and extinctions over the package's


class Grove(NamedTuple):
    """N trees in C classes."""

    crowns: Crowns
    kind: NDArray[np.int64]  # (N,) class of each
    species: NDArray[np.int64]  # (C,) rows of solar.canopy's table
    seasons: Seasons

    def near(self, cell: Cell, origin: NDArray[np.float64]) -> list[tuple[int, Bvh]]:
        """Classes and hierarchies of the crowns around a cell, about an origin (3,) [m]."""
        west, south, east, north = cell.box
        low, high = np.array([west - REACH_M, south - REACH_M]), np.array([east + REACH_M, north + REACH_M])
        return crown_trees(self.crowns, self.kind, low, high, origin)

    def facts(self) -> dict[str, Any]:
        """What the manifest and the report say."""
        table = species_table()
        count = np.bincount(self.kind, minlength=len(self.species))
        return {
            "crowns": len(self.crowns),
            "by_source": dict(sorted(Counter(self.crowns.source).items())),
            "height_m": [round(float(v), 1) for v in np.quantile(self.crowns.height_m, [0.0, 0.5, 1.0])],
            "seasons": [f"{month:02d}-{day:02d}" for month, day in self.seasons.start],
            "classes": [
                {
                    "genus": table[row].genus,
                    "crowns": int(n),
                    "k_1_m": self.seasons.k[:, c].tolist(),
                }
                for c, (row, n) in enumerate(zip(self.species, count, strict=True))
            ],
            "found": self.crowns.report,
        }


def seasons_kept(facts: dict[str, Any] | None) -> Seasons | None:
    """The seasons of a store from what its manifest says (`Grove.facts`)."""
    if facts is None:
        return None
    start = tuple((int(text[:2]), int(text[3:])) for text in facts["seasons"])
    return Seasons(start, np.array([entry["k_1_m"] for entry in facts["classes"]], float).T.reshape(len(start), -1))


def grove_of(
    asked: Asked, model: CityModel, crs: Crs, land: OpenLand, box: NDArray[np.float64], latitude_deg: float
) -> Grove | None:
    """Trees of a city model and of laser scans around a box (2, 2) [m]; None where there is none.

    Raises
    ------
    TwinError
        For a scan or a table that cannot be used.
    """
    crowns = crowns_of_city(model)
    if asked.scans:
        from twin.vegetation.from_points import crowns_of_points

        scanned = crowns_of_points(
            asked.scans,
            crs,
            asked.scan_crs,
            land.feet.polygon,
            None if land.ground is None else land.ground.height,
            box[0] - REACH_M,
            box[1] + REACH_M,
        )
        if not len(scanned):
            names = ", ".join(path.name for path in asked.scans[:3])
            raise TwinError(
                f"{names}: no crown of a tree within {REACH_M:g} m of the city",
                "check where the scan lies and its coordinate system (--trees-crs), or leave it out",
            )
        crowns = together(crowns, scanned)
    species, kind = np.unique(np.asarray(species_of(crowns.name), np.int64), return_inverse=True)
    try:
        # also of no tree: what the user wrote is wrong whether it is asked or not
        seasons = seasons_of(species, latitude_deg, read_leaves(asked.leaves))
    except ValueError as error:
        raise TwinError(f"{asked.leaves}: {error}", REMEDY) from error
    if not len(crowns):
        return None
    return Grove(crowns, kind.reshape(-1), species, seasons)


def read_leaves(path: Path | None) -> dict[str, dict[str, float | str]]:
    """The user's dates and extinctions by genus.

    Raises
    ------
    TwinError
        Where the file is missing or no TOML of tables.
    """
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TwinError(f"{path}: no such file", "check the path of --leaves") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TwinError(f"{path}: not readable as TOML ({error})", REMEDY) from error
    if not all(isinstance(table, dict) for table in found.values()):
        raise TwinError(f"{path}: values outside of any genus", REMEDY)
    return found
