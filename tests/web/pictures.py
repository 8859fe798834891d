"""Pictures of the documentation: a job as CesiumJS, VC Map, MapLibre and our own viewer show it.

    PYTHONPATH=tests:. python tests/web/pictures.py heliotwin-demo docs/img

Writes geoportal_cesium.jpg, geoportal_vcmap.jpg, geoportal_maplibre.jpg, viewer.jpg, viewer_sun.jpg and
viewer_phone.jpg, none above 300 kB.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
from oracles.browser import WEB, Watched, a_browser, a_page, bundle, node_modules
from oracles.earth_centred import earth_centred
from oracles.loopback import serving
from oracles.viewer_page import opened, show_tab
from PIL import Image
from shapely import Point

from twin.export.options import ExportOptions
from twin.export.run import run_export
from twin.serve.viewer_export import export_viewer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VIEWER = WEB.parents[1] / "twin" / "serve" / "viewer"
DESKTOP, PHONE = (1280, 800), (390, 844)
LARGEST = 300_000


def exported(out: Path, folder: Path, to: str, profile: str = "cesium") -> Path:
    """An export of the job into a folder of its own."""
    made = folder / f"{to}-{profile}"
    options = ExportOptions(source=out, to=to, out=made, profile=profile if to == "3dtiles" else None)
    run_export(options, lambda stage, done, of: None, export_viewer)
    return made


def save(watched: Watched, path: Path) -> None:
    """The page as a JPEG as good as 300 kB allow."""
    picture = Image.open(BytesIO(watched.page.screenshot())).convert("RGB")
    for quality in range(92, 40, -6):
        picture.save(path, quality=quality, optimize=True, progressive=True)
        if path.stat().st_size <= LARGEST:
            return


def middle(out: Path) -> Point:
    """Where most buildings stand, in the city's CRS."""
    centre = geopandas.read_parquet(out / "buildings.parquet").geometry.centroid
    return Point(centre.x.median(), centre.y.median())


def clients(browser: Browser, out: Path, work: Path, images: Path) -> None:
    """What other people's viewers make of our exports."""
    engine, library = node_modules() / "@vcmap-cesium" / "engine", node_modules() / "maplibre-gl" / "dist"
    pmtiles = exported(out, work, "pmtiles")
    served = {
        "/cesium/": VIEWER / "cesium",
        "/engine/Assets/": engine / "Source" / "Assets",
        "/engine/": engine / "Build",
        "/maplibre/": library,
        "/bundle/": work,
        "/pages/": WEB / "pages",
        "/tiles/": exported(out, work, "3dtiles", "cesium"),
        "/vcs/": exported(out, work, "3dtiles", "vcmap"),
        "/data/": pmtiles,
    }
    at = middle(out)
    crs = geopandas.read_parquet(out / "buildings.parquet").crs
    earth_centred([[at.x, at.y, 60]])[0].tolist()
    lonlat = geopandas.GeoSeries([at], crs=crs).to_crs(4326).iloc[0]
    for page in ("vcmap.mjs", "maplibre.mjs"):
        bundle(page, work)
    queries = {
        "cesium": "cesium.html?tileset=/tiles/tileset.json",
        "vcmap": "vcmap.html?module=/vcs/layers/vcmap.json&base=/vcs/",
        "maplibre": "maplibre.html?style=/data/style.json",
    }
    with serving(served) as server:
        for name, query in queries.items():
            with a_page(browser, *DESKTOP) as watched:
                watched.page.goto(f"{server.url}/pages/{query}")
                watched.page.evaluate("window.ready")
                if name == "maplibre":
                    watched.page.evaluate("place => tried.over(place, 17)", [lonlat.x, lonlat.y])
                else:
                    watched.page.evaluate(
                        "place => tried.overview(place, 330)", earth_centred([[at.x, at.y, 60]])[0].tolist()
                    )
                save(watched, images / f"geoportal_{name}.jpg")


def viewer(browser: Browser, out: Path, work: Path, images: Path) -> None:
    """Our own, on a desk with a roof selected, with the sun, and on a phone."""
    table = geopandas.read_parquet(out / "surfaces.parquet").set_index("surface_id")
    near = table[(table["kind"] == "RoofSurface") & (table.geometry.distance(middle(out)) < 90)]
    best = near["value_phys"].idxmax()
    with ExitStack() as stack:
        server = stack.enter_context(serving({"/": exported(out, work, "viewer")}))
        for name, size in (("viewer", DESKTOP), ("viewer_sun", DESKTOP), ("viewer_phone", PHONE)):
            with a_page(browser, *size, phone=size == PHONE) as watched:
                opened(watched, f"{server.url}/index.html")
                watched.page.evaluate("id => heliotwin.pick(id)", best)
                if name == "viewer_sun":
                    watched.page.keyboard.press("Escape")
                    show_tab(watched, "Sonne")
                    watched.page.evaluate("heliotwin.setTime('2026-03-20T15:00Z')")
                watched.page.wait_for_timeout(4000)
                save(watched, images / f"{name}.jpg")


def main() -> None:
    """Draw all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="a finished job")
    parser.add_argument("images", type=Path, help="folder of the pictures")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, a_browser() as browser:
        clients(browser, arguments.out, Path(made), arguments.images)
        viewer(browser, arguments.out, Path(made), arguments.images)


if __name__ == "__main__":
    main()
