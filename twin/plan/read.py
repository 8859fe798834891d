"""``read_plan``: a file with a planned building, of whatever format, becomes a plan that stands in the city.

The file's name decides where it says enough; .json, .xml, .zip, .gz and files of no known name are looked into.
"""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from twin.errors import TwinError
from twin.plan.plan import Plan, PlanOptions, Surroundings

Kind = Literal["footprint", "city", "mesh", "ifc", "dxf"]

HEAD_BYTES = 1 << 16
BY_SUFFIX: dict[str, Kind] = {
    **dict.fromkeys((".geojson", ".gpkg", ".shp", ".wkt"), "footprint"),
    **dict.fromkeys((".gml", ".citygml", ".jsonl"), "city"),
    **dict.fromkeys((".obj", ".glb", ".gltf", ".ply", ".stl"), "mesh"),
    **dict.fromkeys((".ifc", ".ifczip", ".ifcxml"), "ifc"),
    ".dxf": "dxf",
}
EXPORT = {
    ".dwg": "DXF with 3D faces",
    ".skp": "glTF, OBJ or IFC",
    ".rvt": "IFC",
    ".3dm": "OBJ or glTF",
    ".blend": "glTF",
    ".max": "OBJ or glTF",
    ".pln": "IFC",
    ".fbx": "glTF",
    ".dae": "glTF",
    ".step": "IFC or OBJ",
    ".stp": "IFC or OBJ",
    ".pdf": "one of the formats in docs/plans.md",
    ".kml": "GeoJSON",
    ".kmz": "GeoJSON",
}
READABLE = (
    "give GeoJSON, GeoPackage, Shapefile or WKT with a height, CityGML, CityJSON, OBJ, glTF, PLY, STL, IFC, "
    "or DXF with 3D faces"
)
_GEOMETRY = re.compile(
    r"\s*(?:#[^\n]*\n\s*)*(?:SRID\s*=\s*\d+\s*;\s*)?(?:MULTI)?(?:POLYGON|GEOMETRYCOLL|POINT|LINE)", re.I
)


def read_plan(options: PlanOptions, around: Surroundings) -> Plan:
    """The planned building in a file, in the city's coordinates and on its ground.

    Parameters
    ----------
    options
        The file, and what the user says of it.
    around
        What it is placed into.

    Raises
    ------
    TwinError
        Naming the file and the remedy: what is neither in the file nor said is asked for; nothing is guessed.
    """
    kind = kind_of(options.file)
    return _reader(kind)(options, around)


def _reader(kind: Kind) -> Callable[[PlanOptions, Surroundings], Plan]:
    """The reader of a kind; each brings its own library, which only its own plans need."""
    if kind == "footprint":
        from twin.plan.footprint import read_footprint

        return read_footprint
    if kind == "city":
        from twin.plan.city_file import read_city_file

        return read_city_file
    if kind == "mesh":
        from twin.plan.mesh_file import read_mesh

        return read_mesh
    if kind == "ifc":
        from twin.plan.ifc import read_ifc

        return read_ifc
    from twin.plan.dxf import read_dxf

    return read_dxf


def kind_of(file: Path) -> Kind:
    """What a plan's file is. Raises TwinError where it cannot be opened or is none of the kinds."""
    if not file.exists():
        raise TwinError(f"{file}: no such file", "give the file of the planned building with --plan")
    if not file.is_file():
        raise TwinError(f"{file}: a folder, not a file", "give one file for each plan")
    if file.stat().st_size == 0:
        raise TwinError(f"{file}: the file is empty", READABLE)
    name = file.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if suffix in EXPORT:
        raise TwinError(f"{file}: {suffix} is not read", f"export it as {EXPORT[suffix]}")
    if suffix in BY_SUFFIX and suffix != ".gml":
        return BY_SUFFIX[suffix]
    head = _head(file)
    if head.startswith(b"PK"):
        return _kind_of_archive(file)
    return _kind_of_head(file, head)


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as raw:
            head = raw.read(HEAD_BYTES)
            if head[:2] != b"\x1f\x8b":
                return head
            raw.seek(0)
            return gzip.GzipFile(fileobj=raw).read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise TwinError(f"{file}: cannot be opened ({error})", "check the file") from error


def _kind_of_archive(file: Path) -> Kind:
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        raise TwinError(f"{file}: not a readable archive ({error})", "pack it again") from error
    found: set[Kind] = set()
    for name in names:
        suffix = Path(name.removesuffix(".gz")).suffix
        if suffix == ".shp":
            found.add("footprint")
        elif suffix in (".gml", ".citygml", ".xml", ".json", ".jsonl") and ".shp.xml" not in name:
            found.add("city")
        elif suffix == ".ifc":
            found.add("ifc")
    if "footprint" in found:  # metadata in XML lie beside a Shapefile
        return "footprint"
    if len(found) == 1:
        return found.pop()
    raise TwinError(f"{file}: no Shapefile, city model or IFC in the archive", "unpack it and give one file")


def _kind_of_head(file: Path, head: bytes) -> Kind:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"ISO-10303-21"):
        return "ifc"
    if text.startswith((b"glTF", b"ply\n", b"ply\r")):
        return "mesh"
    if text.startswith(b"SQLite format 3"):
        return "footprint"
    if text.startswith(b"<"):
        if b"XPlanAuszug" in text:
            raise TwinError(
                f"{file}: XPlanGML is not read",
                "export the building areas with their hoehenangabe as GeoJSON or GeoPackage",
            )
        return "ifc" if b"ifcXML" in text else "city"
    if text.startswith((b"{", b"[")):
        return "city" if b"CityJSON" in text else "footprint"
    if _GEOMETRY.match(text[:4096].decode("utf-8", "replace")):
        return "footprint"
    raise TwinError(f"{file}: its content is of no known kind", READABLE)
