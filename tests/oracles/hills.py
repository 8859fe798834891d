"""Small terrains of known height, written in every format that is read, where the little street of houses.py stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from oracles.houses import SOUTH, WEST

# First sample of a terrain around the street, and its usual size.
GROUND_WEST, GROUND_SOUTH = WEST - 60.5, SOUTH - 60.5


def heights(columns: int, rows: int, step: float, kind: str = "hill") -> np.ndarray:
    """Heights (rows, columns), rows from the south: a smooth hill, or a plane that rises to the north by 20°."""
    x, y = np.meshgrid(np.arange(columns) * step, np.arange(rows) * step)
    if kind == "plane":
        return 90.0 + np.tan(np.radians(20.0)) * y
    return 95.0 + 8.0 * np.exp(-(((x - 70.0) / 40.0) ** 2) - ((y - 60.0) / 30.0) ** 2) + 0.01 * x


def write_geotiff(
    path: Path,
    z: np.ndarray,
    west: float = GROUND_WEST,
    south: float = GROUND_SOUTH,
    step: float = 1.0,
    crs: str | None = "EPSG:25832",
    point: bool = False,
) -> Path:
    """Samples (rows from the south) whose first stands at west, south, as GeoTIFF of areas or of points."""
    import rasterio
    from rasterio.transform import from_origin

    north = south + (len(z) - 1) * step
    transform = from_origin(west - step / 2, north + step / 2, step, step)
    profile = {"driver": "GTiff", "width": z.shape[1], "height": z.shape[0], "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", **profile, crs=crs, transform=transform, nodata=-9999.0) as raster:
        if point:
            raster.update_tags(AREA_OR_POINT="Point")
        raster.write(np.where(np.isfinite(z), z, -9999.0)[::-1].astype(np.float32), 1)
    return path


def asc_text(z: np.ndarray, west: float, south: float, step: float, center: bool = False) -> str:
    """An ESRI ASCII grid."""
    shift = 0.0 if center else step / 2
    word = "center" if center else "corner"
    head = f"ncols {z.shape[1]}\nnrows {z.shape[0]}\nxll{word} {west - shift}\nyll{word} {south - shift}\n"
    rows = "\n".join(" ".join(f"{v:.3f}" for v in row) for row in np.where(np.isfinite(z), z, -9999.0)[::-1])
    return f"{head}cellsize {step}\nNODATA_value -9999\n{rows}\n"


def xyz_text(z: np.ndarray, west: float, south: float, step: float, separator: str = " ", decimal: str = ".") -> str:
    """Points line by line; missing ones are left out."""
    lines = []
    for row, line in enumerate(z):
        for column, value in enumerate(line):
            if np.isfinite(value):
                numbers = (f"{west + column * step:.2f}", f"{south + row * step:.2f}", f"{value:.3f}")
                lines.append(separator.join(n.replace(".", decimal) for n in numbers))
    return "\n".join(lines) + "\n"


def landxml_text(vertex: np.ndarray, triangle: np.ndarray, unit: str = "meter", epsg: str = "") -> str:
    """A LandXML surface: points are northing, easting, height."""
    system = f'<CoordinateSystem epsgCode="{epsg}"/>' if epsg else ""
    points = "".join(f'<P id="{i + 1}">{y} {x} {z}</P>' for i, (x, y, z) in enumerate(vertex.tolist()))
    faces = "".join(f"<F>{a + 1} {b + 1} {c + 1}</F>" for a, b, c in triangle.tolist())
    return (
        '<?xml version="1.0"?><LandXML xmlns="http://www.landxml.org/schema/LandXML-1.2">'
        f'<Units><Metric linearUnit="{unit}"/></Units>'
        f"{system}<Surfaces><Surface name='s'><Definition surfType='TIN'><Pnts>{points}</Pnts>"
        f"<Faces>{faces}<F i='1'>1 1 1</F></Faces></Definition></Surface></Surfaces></LandXML>"
    )


def relief_text(vertex: np.ndarray, triangle: np.ndarray, crs: str = "EPSG:25832") -> str:
    """A CityGML 2.0 TINRelief."""
    patches = "".join(
        "<gml:Triangle><gml:exterior><gml:LinearRing><gml:posList>"
        + " ".join(f"{v}" for corner in (*t, t[0]) for v in vertex[corner].tolist())
        + "</gml:posList></gml:LinearRing></gml:exterior></gml:Triangle>"
        for t in triangle.tolist()
    )
    return (
        '<CityModel xmlns="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:dem="http://www.opengis.net/citygml/relief/2.0"><cityObjectMember><dem:ReliefFeature gml:id="r">'
        '<dem:lod>1</dem:lod><dem:reliefComponent><dem:TINRelief gml:id="t"><dem:lod>1</dem:lod><dem:tin>'
        f'<gml:TriangulatedSurface srsName="{crs}" srsDimension="3"><gml:trianglePatches>{patches}'
        "</gml:trianglePatches></gml:TriangulatedSurface></dem:tin></dem:TINRelief></dem:reliefComponent></dem:ReliefFeature>"
        "</cityObjectMember></CityModel>"
    )
