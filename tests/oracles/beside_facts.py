"""Facts of a dataset and of its exports as a test needs them, made up."""

from __future__ import annotations

import datetime

from twin.export.beside.exported import Exported, main_of
from twin.export.beside.facts import Ai, Facts, Input
from twin.export.beside.publisher import Publisher, no_publisher

ATTRIBUTION = ("Datengrundlage: Vermessung <X> & Söhne, dl-de/by-2-0, verändert", "Datengrundlage: DWD, verändert")
CITY = Publisher(
    organisation="Landeshauptstadt Wiesbaden",
    email="geo@wiesbaden.example",
    url="https://www.wiesbaden.example",
    licence="dl-de/by-2-0",
    base_url="https://geo.wiesbaden.example/solar/",
    contributor_id="http://dcat-ap.de/def/contributors/beispiel",
    municipality_key="06414000",
    place="Wiesbaden",
    issued=datetime.date(2026, 12, 1),
    availability="stable",
)
FILES = {
    "3dtiles": ("tileset.json", "tiles/0.b3dm", "tiles/00.b3dm"),
    "cog": (
        "epsg25832/land.tif",
        "epsg25832/land_03.tif",
        "epsg3857/land.tif",
        "epsg3857/land_03.tif",
        "legend_de.png",
        "legend_months_de.png",
    ),
    "xyz": (
        "land/14/1/1.png",
        "land_03/14/1/1.png",
        "roofs/15/9/8.png",
        "roofs/17/9/8.png",
        "roofs/tilejson.json",
        "WMTSCapabilities.xml",
        "legend_de.png",
        "legend_months_de.png",
    ),
    "pmtiles": ("surfaces.pmtiles", "style.json"),
    "gpkg": ("solar.gpkg", "surfaces.qml"),
    "geoparquet": ("buildings.parquet", "surfaces.parquet"),
    "csv": ("buildings.csv", "columns.csv", "surfaces.csv"),
    "citygml": ("Straße 1.gml.gz",),
    "cityjson": ("zentrum/stadt.city.json", "write_back.json"),
    "viewer": ("data/tiles/tileset.json", "index.html"),
    "czml": ("shadow_Planung_2026-03-21.czml",),
    "geojson": ("index.json", "steps/Planung_2026-03-21T1200.geojson", "steps/Planung_2026-03-21T1300.geojson"),
}
STUDY_FORMATS = ("czml", "geojson")


def facts(publisher: Publisher | None = None, kind: str = "solar") -> Facts:
    """A solar job's facts, or a shadow study's."""
    solar = kind == "solar"
    return Facts(
        kind="solar" if solar else "shadow",
        title='Köln "Höhe" \\ Nord',
        identifier="9e6935fd-c860-540e-9a5b-fab4380451e1",
        bbox=(8.1, 50.0, 8.4, 50.2),
        crs="EPSG:25832",
        crs_name="ETRS89 / UTM zone 32N",
        vertical="EPSG:7837",
        geoid="GCG2016" if solar else "",
        resolution_m=1.5,
        period=(datetime.date(2024, 1, 1), datetime.date(2024, 12, 31))
        if solar
        else (datetime.date(2026, 3, 21), datetime.date(2026, 3, 21)),
        is_nominal=False,
        is_part_of_year=False,
        time_step_s=900,
        created=datetime.date(2026, 11, 28),
        software="heliotwin 0.0.test",
        weather="DWD & Co.",
        attribution=ATTRIBUTION,
        inputs=(Input("LoD2.gml.gz", "ab" * 32, "city"), Input("dgm1.tif", "cd" * 32, "terrain")),
        method={
            "sky_model": "perez1990",
            "albedo": 0.2,
            "halo_m": 2000.0,
            "terrain": True if solar else "DGM1",
            "directions": {"sun_nodes": 810, "sky_patches": 577},
            "scenarios": [{"name": "Bestand"}, {"name": "Planung"}],
        },
        has_yield=solar,
        ai=Ai(("transfer-test",), 387, 5) if solar else None,
        publisher=publisher or no_publisher(),
    )


def exported(name: str, profile: str = "", coloured: bool = True) -> Exported:
    """An export of one format; every file has as many bytes as its place in the list says."""
    files = tuple(sorted((path, 1000 + number) for number, path in enumerate(FILES[name])))
    return Exported(name, profile, files, main_of([path for path, _ in files], name), (550.0, 1050.0), coloured)
