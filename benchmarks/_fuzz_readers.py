"""The readers under mutation, by name: small seeds that each reads as they are, and how it is called.

Seeds are written here or lie in tests/data; none needs sample data from elsewhere.
"""

from __future__ import annotations

import gzip
import io
import random
import sys
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks._mutate import mutated
from benchmarks.machine import ROOT

DATA = ROOT / "tests" / "data"
BOX = (np.array([[690_000.0, 5_335_000.0]]), np.array([[692_000.0, 5_337_000.0]]))
"""Where the terrain seeds lie (EPSG:25832) [m]."""
Mutate = Callable[[bytes, Sequence[bytes], random.Random], bytes]


class Reader(NamedTuple):
    """How a reader is put to the test."""

    seeds: Callable[[], list[bytes]]
    suffix: str
    """Of the file that the input is written to."""
    read: Callable[[Path], object]
    mutate: Mutate = mutated


def read_city(path: Path) -> object:
    """A city model with everything that a job makes of it before it traces: shapes, defects, triangles.

    Half of the inputs come with --crs and are examined as `heliotwin inspect` does; which, their length decides.
    """
    from io_citygml.polygon import triangulate
    from io_citygml.read import read_city

    even = path.stat().st_size % 2 == 0
    model = read_city([path], crs="EPSG:25832" if even else None, examine=even)
    return triangulate(model, np.arange(model.n_surfaces))


def read_weather(path: Path) -> object:
    from solar.weather import read_weather

    return read_weather(path, 49.5, 8.5)


def read_terrain(path: Path) -> object:
    """Terrain within two kilometres, the heights of a corner of each grid included."""
    from io_citygml.crs import parse_crs
    from twin.terrain.grid import window_of
    from twin.terrain.read import read_terrain
    from twin.terrain.source import expand

    found = read_terrain(expand([path]), parse_crs("EPSG:25832+7837"), *BOX)
    return [window_of(grid, 0, 32, 0, 32) for grid in found.grids], found.tins


def _files(*names: str) -> list[bytes]:
    return [(DATA / name).read_bytes() for name in names]


def citygml() -> list[bytes]:
    """The hand-written model, and a building in degrees in another version."""
    small = _square("2.0", "urn:ogc:def:crs:EPSG::4258", "50.08 8.24 9 50.0801 8.24 9 50.0801 8.2401 9 50.08 8.24 9")
    crossing = _square("1.0", "EPSG:25832", "445600 5547800 9 445610 5547810 9 445600 5547810 9 445610 5547800 9")
    return [*_files("city/house_and_garage.gml"), small, crossing, *_documents()]


def _documents() -> list[bytes]:
    """A roof in CityGML 3.0, and documents of several modules with references and templates in 2.0 and 3.0."""
    sys.path.insert(0, str(ROOT / "tests"))
    from oracles import gml_documents

    tower = gml_documents.polygon("0,0,0 10,0,0 10,8,6 0,8,6")
    member = (
        '<bldg:Building gml:id="B3"><core:boundary><con:RoofSurface gml:id="r3"><core:lod2MultiSurface>'
        f"<gml:MultiSurface><gml:surfaceMember>{tower}</gml:surfaceMember></gml:MultiSurface>"
        "</core:lod2MultiSurface></con:RoofSurface></core:boundary></bldg:Building>"
    )
    roof = gml_documents.document("3.0", member).encode("utf-8")
    return [roof, gml_documents.everything("2.0"), gml_documents.everything("3.0")]


def _square(version: str, srs: str, numbers: str) -> bytes:
    core, bldg = (f"http://www.opengis.net/citygml/{part}{version}" for part in ("", "building/"))
    return (
        f'<?xml version="1.0"?>\n<CityModel xmlns="{core}" xmlns:bldg="{bldg}" xmlns:gml="http://www.opengis.net/gml">\n'
        f'<gml:boundedBy><gml:Envelope srsName="{srs}"/></gml:boundedBy>\n<cityObjectMember><bldg:Building gml:id="b">'
        "<bldg:lod1MultiSurface><gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing>\n"
        f"<gml:posList>{numbers}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>"
        "</gml:MultiSurface></bldg:lod1MultiSurface></bldg:Building></cityObjectMember></CityModel>\n"
    ).encode()


def packed() -> list[bytes]:
    """A city model in gzip and in zip archives."""
    model = _files("city/house_and_garage.gml")[0]
    out = [gzip.compress(model, 1, mtime=0)]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name in ("a/tile.gml", "b.txt"):
                archive.writestr(zipfile.ZipInfo(name), model if name.endswith("gml") else b"x")
        out.append(file.getvalue())
    return out


def mutate_packed(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Half of the time what is inside is mutated and packed again, so that its checksum holds."""
    if chance.random() < 0.5:
        return mutated(data, others, chance)
    model = citygml()[1]
    return gzip.compress(mutated(model, [model], chance), 1, mtime=0)


def weather(name: str) -> list[bytes]:
    """Three clear days in a format."""
    sys.path.insert(0, str(ROOT / "tests"))
    from oracles import weather_files as files

    form = next(form for form in files.FORMATS if form.name == name)
    year = files.clear_year(form.step_s, 3, form.offset_h, true_solar=form.true_solar)
    return ["\n".join(form.write(year)).encode("latin-1")]


def geotiff() -> list[bytes]:
    """An 8 × 8 terrain, plain and compressed."""
    import rasterio
    from rasterio.io import MemoryFile
    from rasterio.transform import from_origin

    heights = np.arange(64, dtype=np.float32).reshape(1, 8, 8)
    out = []
    for options in ({}, {"compress": "lzw", "tiled": True, "blockxsize": 16, "blockysize": 16}):
        with MemoryFile() as memory:
            with memory.open(
                driver="GTiff", width=8, height=8, count=1, dtype="float32", crs=rasterio.CRS.from_epsg(25832),
                transform=from_origin(691_000.0, 5_336_000.0, 1.0, 1.0), nodata=-9999.0, **options,
            ) as file:  # fmt: skip
                file.write(heights)
            out.append(memory.read())
    return out


def asc() -> list[bytes]:
    head = b"ncols 4\nnrows 3\nxllcorner 691000\nyllcorner 5336000\ncellsize 1\nNODATA_value -9999\n"
    return [head + b"1 2 3 4\n5 6 7 8\n9 10 11 -9999\n"]


def xyz() -> list[bytes]:
    grid = [(691_000 + x, 5_336_000 + y, 500 + x / 4) for y in range(4) for x in range(4)]
    return [
        "\n".join(f"{x} {y} {z}" for x, y, z in grid).encode(),
        ("x;y;z\n" + "\n".join(f"{x + y / 7000:.2f};{y};{z}" for x, y, z in grid)).encode(),
    ]


def landxml() -> list[bytes]:
    points = "".join(f'<P id="{i + 1}">{5_336_000 + i // 2} {691_000 + i % 2} {500 + i}</P>' for i in range(4))
    head = '<?xml version="1.0"?>\n<LandXML xmlns="http://www.landxml.org/schema/LandXML-1.2" version="1.2">\n'
    units = '<Units><Metric linearUnit="meter"/></Units>\n<CoordinateSystem epsgCode="25832"/>\n'
    tin = f'<Definition surfType="TIN"><Pnts>{points}</Pnts><Faces><F>1 2 3</F><F>2 4 3</F></Faces></Definition>'
    return [f'{head}{units}<Surfaces><Surface name="DGM">{tin}</Surface></Surfaces></LandXML>'.encode()]


_WEATHER = ("try2015", "try2011", "epw", "epw_15min", "pvgis_tmy_csv", "pvgis_tmy_json", "pvgis_hourly_csv")
_WEATHER += ("pvgis_hourly_json", "station_10min", "cdc_10min", "cdc_hours", "cams", "plain")
_CITYJSON = ("city/house_and_yard.city.json", "cityjson/cityjson_fake_complete.city.json")
_SEQUENCE = ("cityjson/cube_20_1.jsonl", "cityjson/3dbag_b2.city.jsonl")
READERS: dict[str, Reader] = {
    "citygml": Reader(citygml, ".gml", read_city),
    "cityjson": Reader(partial(_files, *_CITYJSON), ".json", read_city),
    "cityjsonseq": Reader(partial(_files, *_SEQUENCE), ".city.jsonl", read_city),
    "packed": Reader(packed, ".zip", read_city, mutate_packed),
    "terrain-geotiff": Reader(geotiff, ".tif", read_terrain),
    "terrain-asc": Reader(asc, ".asc", read_terrain),
    "terrain-xyz": Reader(xyz, ".xyz", read_terrain),
    "terrain-landxml": Reader(landxml, ".xml", read_terrain),
    **{f"weather-{name}": Reader(partial(weather, name), ".dat", read_weather) for name in _WEATHER},
}
