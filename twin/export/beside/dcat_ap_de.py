"""Metadata of an export as DCAT-AP.de, for GovData and open data portals.

Sources: DCAT-AP.de 3.0 (classes Datensatz, Distribution) and its Konventionenhandbuch: 1 contact with e-mail or web
address, 4 to 6 geometries with their system, 22 status, 30 themes of the EU, 32 a licence a distribution, 35
attribution text, 39 accessURL, 40 date of the ISO record. Where no ``base_url`` is known, addresses are relative to
this file: they hold as soon as the folder lies on the web.
"""

from __future__ import annotations

import datetime

from twin.export.beside.exported import METADATA, Exported
from twin.export.beside.facts import Facts
from twin.export.beside.formats import SOURCE_CRS, kind_of
from twin.export.beside.iso19139 import EPSG, dataset_id, record_id
from twin.export.beside.publisher import TO_FILL_IN
from twin.export.beside.rdf import Node, iri, text, typed
from twin.export.beside.words import (
    abstract_of,
    attribution_text,
    files_words,
    keywords_of,
    lineage_of,
    steps_of,
    title_of,
)

EU = "http://publications.europa.eu/resource/authority/"
THEMES = {"solar": ("ENER", "ENVI", "REGI"), "shadow": ("ENVI", "REGI")}
GEOCODING = "http://dcat-ap.de/def/politicalGeocoding/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def dcat_ap_de(facts: Facts, exported: Exported) -> Node:
    """The dataset with its distributions as a tree of RDF."""
    who = facts.publisher
    own = dataset_id(facts, exported)
    out: Node = {
        "@id": f"urn:uuid:{own}",
        "@type": "dcat:Dataset",
        "dct:title": text(title_of(facts)),
        "dct:description": text(abstract_of(facts, exported)),
        "dct:identifier": text(own, ""),
        # Formats of one result are datasets of their own; this is what they have in common.
        "dct:relation": iri(f"urn:uuid:{facts.identifier}"),
        "adms:identifier": _identifier(record_id(facts, exported)),
        "dct:modified": _date(facts.created),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": text(who.organisation or TO_FILL_IN)},
        "dct:language": iri(EU + "language/DEU"),
        "dcat:keyword": [text(word) for word in keywords_of(facts)],
        "dcat:theme": [iri(f"{EU}data-theme/{theme}") for theme in THEMES[facts.kind]],
        "dct:accrualPeriodicity": iri(EU + "frequency/UNKNOWN"),
        "dct:spatial": _where(facts),
        "dcat:spatialResolutionInMeters": typed(f"{facts.resolution_m:g}", "xsd:decimal"),
        "dcat:temporalResolution": typed(f"PT{facts.time_step_s // 60}M", "xsd:duration"),
        "dct:conformsTo": [_crs(facts.crs if name == SOURCE_CRS else name) for name in exported.format.crs],
        "dct:provenance": {
            "@type": "dct:ProvenanceStatement",
            "rdfs:label": text(" ".join([lineage_of(facts), *steps_of(facts, exported)])),
        },
        "dcat:distribution": _distributions(facts, exported),
    }
    if facts.period is not None:
        first, last = facts.period
        out["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _date(first),
            "dcat:endDate": _date(last),
        }
    return out | _said_by(facts)


def _said_by(facts: Facts) -> Node:
    """What the publisher alone may say: since when, for whom, for how long, who answers, of which municipality."""
    who = facts.publisher
    out: Node = {}
    if who.issued:
        out["dct:issued"] = _date(who.issued)
    if who.chosen().is_open:
        out["dct:accessRights"] = iri(EU + "access-right/PUBLIC")
    if who.availability:
        out["dcatap:availability"] = _availability(who.availability)
    if contact := _contact(facts):
        out["dcat:contactPoint"] = contact
    if who.contributor_id:
        out["dcatde:contributorID"] = iri(who.contributor_id)
    if who.municipality_key:
        key = iri(f"{GEOCODING}municipalityKey/{who.municipality_key}")
        out["dcatde:politicalGeocodingLevelURI"] = iri(GEOCODING + "Level/municipality")
        out["dcatde:politicalGeocodingURI"] = key
        out["dct:spatial"] = [_where(facts), key]
    return out


def _date(day: datetime.date) -> Node:
    return typed(day.isoformat(), "xsd:date")


def _availability(name: str) -> Node:
    return iri(f"{EU}planned-availability/{name.upper()}")


def _identifier(value: str) -> Node:
    return {"@type": "adms:Identifier", "skos:notation": typed(value, "xsd:string")}


def _contact(facts: Facts) -> Node:
    who = facts.publisher
    out: Node = {}
    if who.email:
        out["vcard:hasEmail"] = iri(f"mailto:{who.email}")
    if who.url:
        out["vcard:hasURL"] = iri(who.url)
    return {"@type": "vcard:Organization", "vcard:fn": text(who.organisation or TO_FILL_IN), **out} if out else {}


def _where(facts: Facts) -> Node:
    west, south, east, north = facts.bbox
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    ring = ", ".join(f"{longitude:.6f} {latitude:.6f}" for longitude, latitude in corners)
    return {"@type": "dct:Location", "dcat:bbox": typed(f"<{CRS84}> POLYGON(({ring}))", "geo:wktLiteral")}


def _crs(name: str) -> Node:
    return {"@type": "dct:Standard", "dct:identifier": typed(EPSG + name.removeprefix("EPSG:"), "xsd:anyURI")}


def _distributions(facts: Facts, exported: Exported) -> list[Node]:
    licence = facts.publisher.chosen()
    out: list[Node] = []
    for files in exported.groups():
        first = exported.main if exported.main in dict(files) else files[0][0]
        kind = kind_of(first, exported.name)
        address = iri(_address(facts, first))
        node: Node = {
            "@type": "dcat:Distribution",
            "dct:title": text(f"{exported.format.title}: {first if len(files) == 1 else title_of(facts)}"),
            "dct:description": text(f"{exported.format.title} {exported.version}, {files_words(len(files))}"),
            "dcat:accessURL": address,
            "dct:license": iri(licence.uri),
            "dcatde:licenseAttributionByText": text(attribution_text(facts)),
            "dct:modified": _date(facts.created),
            "adms:status": iri("http://purl.org/adms/status/Completed"),
            "dcat:byteSize": typed(str(sum(size for _, size in files)), "xsd:nonNegativeInteger"),
        }
        if facts.publisher.availability:
            node["dcatap:availability"] = _availability(facts.publisher.availability)
        if len(files) == 1:
            node["dcat:downloadURL"] = address
        if kind.file_type:
            node["dct:format"] = iri(kind.file_type)
        if kind.iana:
            node["dcat:mediaType"] = iri(kind.iana)
        out.append(node)
    return out


def _address(facts: Facts, path: str) -> str:
    """Where a file lies, as this file in the folder of metadata sees it."""
    up = "../" * (METADATA.count("/") + 1)
    address = facts.publisher.address_of(path)
    return address if facts.publisher.base_url else up + address
