"""OGC's own schemas of a CityGML version, all modules as one."""

from __future__ import annotations

import functools
from pathlib import Path

from lxml import etree
from oracles.gml_documents import namespaces

_FILES = {"cityfurniture": "cityFurniture", "landuse": "landUse", "waterbody": "waterBody",
          "cityobjectgroup": "cityObjectGroup"}  # fmt: skip


@functools.cache
def schema_of(folder: Path, version: str) -> etree.XMLSchema:
    """The schema of a version, from the folder that holds 1.0, 2.0 and 3.0."""
    lines = []
    for space in namespaces(version).values():
        module = space.removeprefix("http://www.opengis.net/citygml/").split("/")[0]
        if module == version:
            module = "core" if version == "3.0" else "cityGMLBase"
        path = folder / version / f"{_FILES.get(module, module)}.xsd"
        if path.is_file():
            lines.append(f'<xs:import namespace="{space}" schemaLocation="{path.as_uri()}"/>')
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{"".join(lines)}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text))
