"""The folder of a search for sites.

::

    OUT/sites.gpkg       layers sites (ranked, usable land), excluded (every piece cut off and its legal basis),
                         boosts (strips that support), areas (as read), kinds (every way of building; no geometry)
    OUT/sites.parquet    sites as GeoParquet; sites.csv the same without geometry; kinds.csv, excluded.csv
    OUT/sites.json       facts, files with their hashes, assumptions; written last
    OUT/map.png, sites.html

Everything is written into a hidden folder inside OUT and moved into place when all of it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.export.geopackage import Layer, write_layers
from twin.export.geoparquet import write_geoparquet
from twin.export.own_folder import Owner, check_out, folder_aside, settle
from twin.export.study_tables import of_one_type, with_plain_text, write_csv
from twin.store import write_atomically

if TYPE_CHECKING:
    import geopandas

    from twin.sites.tables import Tables

SCHEMA = 1
KIND = "heliotwin sites"
HEAD = "sites.json"
OWNER = Owner(HEAD, KIND, SCHEMA, "a search for sites")
ASIDE = ".sites.part"


def write_sites(tables: Tables, facts: dict[str, Any], more: Mapping[str, bytes], out: Path) -> list[str]:
    """Write a search's folder; names of its files.

    Parameters
    ----------
    more
        Further files by name: map and page.

    Raises
    ------
    TwinError
        As `check_out`, and where a file of the search would replace one that belongs to nobody's search.
    """
    check_out(out, OWNER)
    with folder_aside(out, ASIDE) as aside:
        write_tables(tables, origin_of(facts), aside)
        for name, content in more.items():
            write_atomically(aside / name, content)
        files = sorted(path.name for path in aside.iterdir())
        settle(out, OWNER, aside, files, facts)
    return [*files, HEAD]


def write_tables(tables: Tables, origin: Mapping[str, object], folder: Path) -> None:
    """GeoPackage, GeoParquet and CSV of all tables."""
    layers = []
    for name in ("sites", "excluded", "boosts", "areas"):
        frame, geometry_type = of_one_type(with_plain_text(getattr(tables, name)))
        layers.append(Layer(name, frame, geometry_type))
        if name == "sites":
            write_geoparquet(frame, folder / "sites.parquet", origin)
        if name in ("sites", "excluded"):
            write_csv(bare(frame), folder / f"{name}.csv")
    layers.append(Layer("kinds", tables.kinds, None))
    write_csv(tables.kinds, folder / "kinds.csv")
    write_layers(layers, folder / "sites.gpkg", origin)


def bare(frame: geopandas.GeoDataFrame) -> Any:
    """A table without its geometry."""
    return frame.drop(columns=frame.geometry.name)


def origin_of(facts: dict[str, Any]) -> dict[str, object]:
    """What every file of a search says of its origin."""
    return {
        "software": facts["software"],
        "attribution": facts["attribution"],
        "inputs": [f"{entry['name']} sha256:{entry['sha256']}" for entry in facts["inputs"]],
        "crs": facts["crs"]["horizontal"],
        "weather": facts["weather"]["source"],
        "assumptions": f"pv.toml {facts['pv']['date']}, strips.toml {facts['strips_date']}",
    }
