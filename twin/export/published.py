"""The tables of a job as they may be published: nothing in them says who objected.

That somebody objected is personal data too (docs/dsgvo.md). So a surface whose owner did looks like one on which
nothing was measured, against a neighbour's wall for instance: both keep what they are and where, and no result. Where
nobody objected, such a wall says more of itself (no exposed area, covered).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.export.source import BUILDING_IDENTITY, SURFACE_IDENTITY, Source, without_results
from twin.export.study_tables import without_empty

if TYPE_CHECKING:
    import geopandas

SUPPRESSED = "suppressed"
_SUMS = ("roof_irradiation_kwh", "facade_irradiation_kwh")


class Published(NamedTuple):
    """Tables without the column ``suppressed``; columns that a null may stand in, and no shape where one is empty."""

    surfaces: geopandas.GeoDataFrame
    buildings: geopandas.GeoDataFrame


def published(source: Source) -> Published:
    """The tables of a job for everybody, in the order of the job's own."""
    return Published(
        _shown(source.surfaces, surfaces_without_values(source), SURFACE_IDENTITY),
        _shown(source.buildings, buildings_without_values(source), BUILDING_IDENTITY),
    )


def surfaces_without_values(source: Source) -> NDArray[np.bool_]:
    """(S,) which surfaces are shown without results."""
    hidden = np.asarray(source.surfaces[SUPPRESSED].to_numpy(bool))
    return hidden | source.surfaces["irradiation_kwh_m2"].isna().to_numpy(bool) if hidden.any() else hidden


def buildings_without_values(source: Source) -> NDArray[np.bool_]:
    """(B,) which buildings are shown without results; where some are, those on which no sun shines as well."""
    table = source.buildings
    hidden = np.asarray(table[SUPPRESSED].to_numpy(bool))
    sums = [table[name].to_numpy(np.float64, na_value=np.nan) for name in _SUMS if name in table]
    return hidden | ~np.any([value > 0.0 for value in sums], axis=0) if hidden.any() else hidden


def hidden_ids(source: Source) -> frozenset[str]:
    """Buildings whose owners objected, and their surfaces; for no answer."""
    tables = ((source.surfaces, "surface_id"), (source.buildings, "building_id"))
    return frozenset[str]().union(*(table.loc[table[SUPPRESSED], name] for table, name in tables))


def _shown(
    table: geopandas.GeoDataFrame, silent: NDArray[np.bool_], identity: tuple[str, ...]
) -> geopandas.GeoDataFrame:
    bare = table.drop(columns=SUPPRESSED).reset_index(drop=True)
    return without_empty(without_results(bare, silent, identity))
