"""How a map finds the tiles: TileJSON 3.0 for each layer, and one WMTS capabilities document for all, both static.

Sources: https://github.com/mapbox/tilejson-spec/tree/master/3.0.0; OGC 07-057r7 (WMTS 1.0.0), Annex E.4 for the set
GoogleMapsCompatible. Both name tiles by URL. Without the address under which the folder will be served they are
relative to it; clients that ask for absolute ones (GDAL, VC Map, Masterportal) need ``base_url``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import numpy as np

from io_citygml import crs as crs_door
from twin.export.rasters.mercator import HALF_M, TILE, WEB_MERCATOR, Box, pixel_of
from twin.export.rasters.pyramid import ImageFormat, Pyramid
from twin.export.words import credit_of
from twin.store import to_json

if TYPE_CHECKING:
    from lxml.etree import _Element

CAPABILITIES = "WMTSCapabilities.xml"
TILEJSON = "tilejson.json"
MATRIX_SET = "GoogleMapsCompatible"
SCALE_SET = f"urn:ogc:def:wkss:OGC:1.0:{MATRIX_SET}"
MERCATOR_URN = "urn:ogc:def:crs:EPSG::3857"
# OGC's pixel, from which a scale is reckoned [m].
PIXEL_M = 0.00028
WMTS = "http://www.opengis.net/wmts/1.0"
OWS = "http://www.opengis.net/ows/1.1"
XLINK = "http://www.w3.org/1999/xlink"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Layer(NamedTuple):
    """A pyramid with what people read of it."""

    pyramid: Pyramid
    title: dict[str, str]  # by language
    legend: str  # its files are called so, then _de.png …


class Service(NamedTuple):
    """What all layers share."""

    title: str
    attribution: Sequence[str]
    image: ImageFormat
    base_url: str  # under which the folder is served; "" for relative URLs

    def url(self, name: str) -> str:
        """URL of a file of the folder, braces of a template kept; relative to it where no address is known."""
        path = quote(name, safe="/{}")
        return f"{self.base_url.rstrip('/')}/{path}" if self.base_url else path


def write_descriptions(folder: Path, service: Service, layers: Sequence[Layer]) -> list[str]:
    """Write a TileJSON into each layer's folder and the capabilities beside them; names relative to ``folder``."""
    files: list[str] = []
    for layer in layers:
        files.append(f"{layer.pyramid.name}/{TILEJSON}")
        (folder / layer.pyramid.name).mkdir(parents=True, exist_ok=True)
        (folder / files[-1]).write_bytes(to_json(tilejson(service, layer)))
    (folder / CAPABILITIES).write_bytes(capabilities(service, layers))
    return [*files, CAPABILITIES]


def degrees_of(box: Box) -> list[float]:
    """West, south, east, north [deg] in WGS 84, to a millimetre."""
    x, y = crs_door.transform(WEB_MERCATOR, "EPSG:4326", [box.west, box.east], [box.south, box.north])
    return [round(float(value), 8) for value in (x[0], y[0], x[1], y[1])]


def tilejson(service: Service, layer: Layer) -> dict[str, Any]:
    """A layer as TileJSON 3.0; ``vector_layers`` is empty, but its schema asks for it."""
    bounds = degrees_of(layer.pyramid.box)
    zooms, name = layer.pyramid.zooms, layer.pyramid.name
    up = "" if service.base_url else "../" * len(Path(name).parts)
    tiles = (
        service.url(f"{name}/{{z}}/{{x}}/{{y}}.{service.image}")
        if service.base_url
        else f"{{z}}/{{x}}/{{y}}.{service.image}"
    )
    return {
        "tilejson": "3.0.0",
        "name": layer.title["de"],
        "description": layer.title["en"],
        "version": "1.0.0",
        "attribution": credit_of(service.attribution),
        "scheme": "xyz",
        "tiles": [tiles],
        "vector_layers": [],
        "format": service.image,
        "tileSize": TILE,
        "minzoom": zooms.first,
        "maxzoom": zooms.last,
        "bounds": bounds,
        "center": [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2, zooms.first],
        "legend_url": {language: up + service.url(f"{layer.legend}_{language}.png") for language in layer.title},
    }


def capabilities(service: Service, layers: Sequence[Layer]) -> bytes:
    """The WMTS capabilities as XML, REST only."""
    from lxml import etree

    root = etree.Element(f"{{{WMTS}}}Capabilities", nsmap={None: WMTS, "ows": OWS, "xlink": XLINK}, version="1.0.0")
    head = etree.SubElement(root, f"{{{OWS}}}ServiceIdentification")
    _text(head, OWS, "Title", service.title)
    _text(head, OWS, "ServiceType", "OGC WMTS")
    _text(head, OWS, "ServiceTypeVersion", "1.0.0")
    for line in service.attribution:
        _text(head, OWS, "AccessConstraints", line)
    contents = etree.SubElement(root, f"{{{WMTS}}}Contents")
    for layer in layers:
        _layer(contents, service, layer)
    _matrix_set(contents, range(max((layer.pyramid.zooms.last for layer in layers), default=0) + 1))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _layer(contents: _Element, service: Service, layer: Layer) -> None:
    from lxml import etree

    box, name, mime = layer.pyramid.box, layer.pyramid.name, f"image/{service.image}"
    west, south, east, north = degrees_of(box)
    node = etree.SubElement(contents, f"{{{WMTS}}}Layer")
    for language, words in layer.title.items():
        _text(node, OWS, "Title", words).set(XML_LANG, language)
    _text(node, OWS, "Abstract", credit_of(service.attribution))
    degrees = etree.SubElement(node, f"{{{OWS}}}WGS84BoundingBox")
    _text(degrees, OWS, "LowerCorner", f"{west} {south}")
    _text(degrees, OWS, "UpperCorner", f"{east} {north}")
    _text(node, OWS, "Identifier", name.replace("/", "_"))
    metres = etree.SubElement(node, f"{{{OWS}}}BoundingBox", crs=MERCATOR_URN)
    _text(metres, OWS, "LowerCorner", f"{box.west:.3f} {box.south:.3f}")
    _text(metres, OWS, "UpperCorner", f"{box.east:.3f} {box.north:.3f}")
    style = etree.SubElement(node, f"{{{WMTS}}}Style", isDefault="true")
    _text(style, OWS, "Identifier", "default")
    for language in layer.title:
        legend = etree.SubElement(style, f"{{{WMTS}}}LegendURL", format="image/png")
        legend.set(f"{{{XLINK}}}href", service.url(f"{layer.legend}_{language}.png"))
    _text(node, WMTS, "Format", mime)
    link = etree.SubElement(node, f"{{{WMTS}}}TileMatrixSetLink")
    _text(link, WMTS, "TileMatrixSet", MATRIX_SET)
    _limits(link, layer.pyramid)
    template = service.url(f"{name}/{{TileMatrix}}/{{TileCol}}/{{TileRow}}.{service.image}")
    etree.SubElement(node, f"{{{WMTS}}}ResourceURL", format=mime, resourceType="tile", template=template)


def _limits(link: _Element, pyramid: Pyramid) -> None:
    """The tiles of each zoom that the box reaches into."""
    from lxml import etree

    limits = etree.SubElement(link, f"{{{WMTS}}}TileMatrixSetLimits")
    for zoom in range(pyramid.zooms.first, pyramid.zooms.last + 1):
        side, box = TILE * pixel_of(zoom), pyramid.box
        node = etree.SubElement(limits, f"{{{WMTS}}}TileMatrixLimits")
        _text(node, WMTS, "TileMatrix", str(zoom))
        for name, edge in (
            ("MinTileRow", HALF_M - box.north),
            ("MaxTileRow", HALF_M - box.south),
            ("MinTileCol", box.west + HALF_M),
            ("MaxTileCol", box.east + HALF_M),
        ):
            _text(node, WMTS, name, str(int(np.floor(edge / side))))


def _matrix_set(contents: _Element, zooms: range) -> None:
    from lxml import etree

    node = etree.SubElement(contents, f"{{{WMTS}}}TileMatrixSet")
    _text(node, OWS, "Identifier", MATRIX_SET)
    _text(node, OWS, "SupportedCRS", MERCATOR_URN)
    _text(node, WMTS, "WellKnownScaleSet", SCALE_SET)
    for zoom in zooms:
        matrix = etree.SubElement(node, f"{{{WMTS}}}TileMatrix")
        _text(matrix, OWS, "Identifier", str(zoom))
        _text(matrix, WMTS, "ScaleDenominator", repr(pixel_of(zoom) / PIXEL_M))
        _text(matrix, WMTS, "TopLeftCorner", f"{-HALF_M} {HALF_M}")
        for name in ("TileWidth", "TileHeight"):
            _text(matrix, WMTS, name, str(TILE))
        for name in ("MatrixWidth", "MatrixHeight"):
            _text(matrix, WMTS, name, str(2**zoom))


def _text(parent: _Element, space: str, name: str, text: str) -> _Element:
    from lxml import etree

    node = etree.SubElement(parent, f"{{{space}}}{name}")
    node.text = text
    return node
