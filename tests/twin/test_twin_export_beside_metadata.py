"""Metadata beside an export: by the schemas of ISO 19139, the test suite of GDI-DE, and the rules of DCAT-AP.de."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import pytest
import rdflib
from lxml import etree
from oracles import beside_facts
from oracles.beside_facts import ATTRIBUTION, CITY, FILES, STUDY_FORMATS, exported
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, XSD

from twin.export.beside.dcat_ap_de import dcat_ap_de
from twin.export.beside.facts import Facts
from twin.export.beside.iso19139 import dataset_id, iso19139, record_id
from twin.export.beside.publisher import Publisher
from twin.export.beside.rdf import json_ld, turtle

NS = {"gmd": "http://www.isotc211.org/2005/gmd", "gco": "http://www.isotc211.org/2005/gco"}
NS["gml"] = "http://www.opengis.net/gml/3.2"
DCATDE = rdflib.Namespace("http://dcat-ap.de/def/dcatde/")
VCARD = rdflib.Namespace("http://www.w3.org/2006/vcard/ns#")
ANYWHERE = "https://host.example/export/metadata/dcat-ap-de.ttl"
ALL = [(name, publisher) for name in FILES for publisher in (None, CITY)]


def facts_of(name: str, publisher: Publisher | None) -> Facts:
    return beside_facts.facts(publisher, "shadow" if name in STUDY_FORMATS else "solar")


def iso(name: str = "3dtiles", publisher: Publisher | None = CITY) -> etree._Element:
    return etree.fromstring(iso19139(facts_of(name, publisher), exported(name)))


def texts(root: etree._Element, path: str) -> list[str]:
    return [str(found) for found in root.xpath(path, namespaces=NS)]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "publisher"), ALL)
def test_iso_is_valid_by_its_schema(shared_data: Path, name: str, publisher: Publisher | None) -> None:
    schema = etree.XMLSchema(file=str(shared_data / "schemas" / "iso" / "19139" / "20070417" / "gmd" / "gmd.xsd"))
    assert schema.validate(iso(name, publisher)), schema.error_log


LEGAL = "//gmd:resourceConstraints/gmd:MD_LegalConstraints"


def test_iso_follows_the_conventions_of_gdi_de() -> None:
    """By the steps of the abstract test suite "gdi-de-metadaten-ats": 2.2 to 2.5, 2.9.1, 3.1, 3.2.2, 3.6."""
    root = iso()
    assert uuid.UUID(texts(root, "gmd:fileIdentifier/*/text()")[0]).version == 5
    assert texts(root, "gmd:language/gmd:LanguageCode/@codeListValue") == ["ger"]
    assert texts(root, "gmd:hierarchyLevel/*/@codeListValue") == ["dataset"]
    assert len(root.findall("gmd:identificationInfo", NS)) == 1
    for place in ("gmd:contact", "//gmd:MD_DataIdentification/gmd:pointOfContact"):
        assert texts(root, f"{place}//gmd:organisationName/*/text()") == [CITY.organisation]
        assert texts(root, f"{place}//gmd:electronicMailAddress/*/text()") == [CITY.email]
        assert texts(root, f"{place}//gmd:role/*/@codeListValue") == ["pointOfContact"]
    assert texts(root, "//gmd:citation//gmd:identifier//gmd:code/*/text()")[0].startswith("urn:uuid:")
    use = root.xpath(f"{LEGAL}[gmd:useConstraints]", namespaces=NS)
    assert len(use) == 1
    assert texts(use[0], "gmd:useConstraints/*/@codeListValue") == ["otherRestrictions"]
    words, licence = texts(use[0], "gmd:otherConstraints/*/text()")
    assert all(line in words for line in ATTRIBUTION)
    said = json.loads(licence)
    assert (said["id"], said["url"]) == ("dl-by-de/2.0", "https://www.govdata.de/dl-de/by-2-0")
    assert said["name"]
    assert said["quelle"] == " · ".join(ATTRIBUTION)
    free = "//gmd:MD_Keywords[not(gmd:thesaurusName)]/gmd:keyword/*/text()"
    assert "opendata" in texts(root, free)
    themes = "//gmd:MD_Keywords[gmd:thesaurusName]"
    assert texts(root, f"{themes}/gmd:keyword/*/text()") == ["Gebäude", "Energiequellen"]
    assert texts(root, f"{themes}//gmd:title/*/text()") == ["GEMET - INSPIRE themes, version 1.0"]
    # ISO topics that INSPIRE's metadata rules pair with these themes.
    assert {"structure", "economy"} <= set(texts(root, "//gmd:MD_TopicCategoryCode/text()"))


def test_iso_says_where_when_how_and_of_what() -> None:
    root = iso()
    box = [texts(root, f"//gmd:{side}/*/text()")[0] for side in ("westBoundLongitude", "northBoundLatitude")]
    assert [float(value) for value in box] == [8.1, 50.2]
    assert texts(root, "//gml:beginPosition/text() | //gml:endPosition/text()") == ["2024-01-01", "2024-12-31"]
    assert texts(root, "//gmd:distance/gco:Distance/text()") == ["1.5"]
    assert texts(root, "//gmd:distance/gco:Distance/@uom") == ["m"]
    assert texts(root, "//gmd:referenceSystemInfo//gmd:code/*/text()") == ["http://www.opengis.net/def/crs/EPSG/0/4978"]
    statement = texts(root, "//gmd:lineage//gmd:statement/*/text()")[0]
    assert all(line in statement for line in ATTRIBUTION)
    steps = texts(root, "//gmd:processStep//gmd:description/*/text()")
    assert any("810 Sonnenstände und 577 Himmelsfelder" in step for step in steps)
    assert any("KI-korrigiert" in step and "transfer-test" in step and "387" in step for step in steps)
    assert not any("DSGVO" in step for step in steps), "that somebody objected is nobody's business"
    assert any("GCG2016" in step for step in steps)
    assert texts(root, "//gmd:linkage/gmd:URL/text()")[-1] == "https://geo.wiesbaden.example/solar/tileset.json"
    sources = texts(root, "//gmd:LI_Source/gmd:description/*/text()")
    assert sources == [
        f"3D-Stadtmodell: LoD2.gml.gz, SHA-256 {'ab' * 32}",
        f"Geländemodell: dgm1.tif, SHA-256 {'cd' * 32}",
    ]


def test_nobody_gives_rights_away() -> None:
    """Without a publisher: no open licence, no keyword opendata, the contact says that it is missing."""
    root = iso(publisher=None)
    assert "opendata" not in texts(root, "//gmd:keyword/*/text()")
    said = texts(root, "//gmd:otherConstraints/*/text()")
    assert not [text for text in said if "{" in text or "keine Zugriffsbeschränkungen" in text]
    assert any("Zugriffsbeschränkungen" in text and "zu ergänzen" in text for text in said)
    assert texts(root, "gmd:contact//gmd:electronicMailAddress/@gco:nilReason") == ["missing"]
    licences = set(graph("3dtiles", None).objects(None, DCTERMS.license))
    assert licences == {rdflib.URIRef("http://dcat-ap.de/def/licenses/other-closed")}


AVAILABILITY = rdflib.URIRef("http://data.europa.eu/r5r/availability")


def test_only_the_publisher_promises() -> None:
    """Access, availability and the day of the first publication are its own words, and no other day is made up."""
    silent, told = graph("3dtiles", None), graph("3dtiles", CITY)
    for promise in (DCTERMS.accessRights, DCTERMS.issued, AVAILABILITY):
        assert not list(silent.objects(None, promise)), promise
    (dataset,) = told.subjects(RDF.type, DCAT.Dataset)
    assert str(only(told, dataset, DCTERMS.issued)) == "2026-12-01"
    assert str(only(told, dataset, DCTERMS.modified)) == "2026-11-28"
    assert str(only(told, dataset, DCTERMS.accessRights)).endswith("access-right/PUBLIC")
    assert {str(one).rsplit("/", 1)[1] for one in told.objects(None, AVAILABILITY)} == {"STABLE"}
    for publisher, wanted in ((None, ["revision"]), (CITY, ["revision", "publication"])):
        kinds = texts(
            iso(publisher=publisher), "//gmd:MD_DataIdentification/gmd:citation//gmd:dateType/*/@codeListValue"
        )
        assert kinds == wanted


def test_formats_of_one_result_are_datasets_of_their_own() -> None:
    """A catalogue that harvests two files of one dataset id keeps the later alone."""
    graphs = [graph(name, CITY) for name in ("3dtiles", "gpkg", "csv")]
    datasets = [next(found.subjects(RDF.type, DCAT.Dataset)) for found in graphs]
    assert len(set(datasets)) == 3
    merged = graphs[0] + graphs[1] + graphs[2]
    for dataset, found in zip(datasets, graphs, strict=True):
        assert len(list(merged.objects(dataset, DCAT.distribution))) == len(
            list(found.objects(dataset, DCAT.distribution))
        )
        assert only(merged, dataset, DCTERMS.identifier)
    together = {only(found, one, DCTERMS.relation) for found, one in zip(graphs, datasets, strict=True)}
    assert together == {rdflib.URIRef(f"urn:uuid:{facts_of('gpkg', CITY).identifier}")}
    of = facts_of("gpkg", CITY)
    assert texts(iso("gpkg"), "//gmd:citation//gmd:identifier//gmd:code/*/text()") == [str(datasets[1])]
    assert str(datasets[1]) == f"urn:uuid:{dataset_id(of, exported('gpkg'))}"
    assert dataset_id(of, exported("gpkg")) not in (of.identifier, record_id(of, exported("gpkg")))


def test_a_typical_year_without_years_has_no_temporal_extent() -> None:
    of = facts_of("gpkg", CITY)._replace(period=None, is_nominal=True)
    assert b"TimePeriod" not in iso19139(of, exported("gpkg"))
    assert "dct:temporal" not in dcat_ap_de(of, exported("gpkg"))


def test_a_record_keeps_its_id_and_formats_have_their_own() -> None:
    one, more = facts_of("gpkg", CITY), facts_of("gpkg", CITY)._replace(title="Anderer Titel")
    assert record_id(one, exported("gpkg")) == record_id(more, exported("gpkg"))
    ids = {record_id(facts_of(name, CITY), exported(name)) for name in FILES}
    assert len(ids) == len(FILES)
    assert record_id(one, exported("3dtiles", "vcmap")) != record_id(one, exported("3dtiles", "cesium"))
    assert iso19139(one, exported("gpkg")) == iso19139(facts_of("gpkg", CITY), exported("gpkg"))


def test_no_shadow_is_called_corrected() -> None:
    root = iso("geojson")
    assert not [text for text in texts(root, "//text()") if "KI-" in text]
    assert texts(root, "//gmd:MD_Keywords[gmd:thesaurusName]/gmd:keyword/*/text()") == ["Gebäude"]
    assert any("NREL SPA" in step for step in texts(root, "//gmd:processStep//gmd:description/*/text()"))


def graph(name: str, publisher: Publisher | None) -> rdflib.Graph:
    node = dcat_ap_de(facts_of(name, publisher), exported(name))
    return rdflib.Graph().parse(data=turtle(node), format="turtle", publicID=ANYWHERE)


@pytest.mark.parametrize(("name", "publisher"), ALL)
def test_turtle_and_json_ld_say_the_same(name: str, publisher: Publisher | None) -> None:
    node = dcat_ap_de(facts_of(name, publisher), exported(name))
    other = rdflib.Graph().parse(data=json_ld(node), format="json-ld", publicID=ANYWHERE)
    assert len(other) > 40
    assert isomorphic(graph(name, publisher), other)


def only(found: rdflib.Graph, subject: rdflib.term.Node, predicate: rdflib.URIRef) -> rdflib.term.Node:
    (value,) = found.objects(subject, predicate)
    return value


@pytest.mark.parametrize(("name", "publisher"), ALL)
def test_dcat_has_what_the_profile_demands(name: str, publisher: Publisher | None) -> None:
    """DCAT-AP.de 3.0: mandatory properties, cardinalities, ranges."""
    found = graph(name, publisher)
    (dataset,) = found.subjects(RDF.type, DCAT.Dataset)
    assert isinstance(only(found, dataset, DCTERMS.title), rdflib.Literal)
    assert isinstance(only(found, dataset, DCTERMS.description), rdflib.Literal)
    agent = only(found, dataset, DCTERMS.publisher)
    assert (agent, RDF.type, FOAF.Agent) in found
    assert str(only(found, agent, FOAF.name))
    assert only(found, dataset, DCTERMS.modified).datatype == XSD.date
    period = only(found, dataset, DCTERMS.temporal)
    assert only(found, period, DCAT.startDate).datatype == XSD.date
    assert only(found, dataset, DCAT.spatialResolutionInMeters).datatype == XSD.decimal
    assert only(found, dataset, DCAT.temporalResolution).datatype == XSD.duration
    themes = set(found.objects(dataset, DCAT.theme))
    assert {str(theme).rsplit("/", 1)[1] for theme in themes} <= {"ENER", "ENVI", "REGI"}
    distributions = list(found.objects(dataset, DCAT.distribution))
    assert distributions
    for one in distributions:
        assert (one, RDF.type, DCAT.Distribution) in found
        assert isinstance(only(found, one, DCAT.accessURL), rdflib.URIRef)
        assert isinstance(only(found, one, DCTERMS.license), rdflib.URIRef)
        assert str(only(found, one, DCATDE.licenseAttributionByText)) == " · ".join(ATTRIBUTION)
        assert only(found, one, DCAT.byteSize).datatype == XSD.nonNegativeInteger
        assert len(list(found.objects(one, DCTERMS["format"]))) <= 1
    for contact in found.objects(dataset, DCAT.contactPoint):
        assert list(found.objects(contact, VCARD.hasEmail)) or list(found.objects(contact, VCARD.hasURL))
    assert bool(list(found.objects(dataset, DCAT.contactPoint))) == (publisher is not None)
    assert all(isinstance(value, rdflib.URIRef) for value in found.objects(dataset, DCATDE.contributorID))


def test_a_box_names_its_system_and_its_axes() -> None:
    """Konventionen 4 and 5: coordinates with their system, in its order of axes: longitude first in CRS84."""
    (box,) = [str(value) for value in graph("gpkg", CITY).objects(None, DCAT.bbox)]
    system, ring = re.fullmatch(r"<(.*)> POLYGON\(\((.*)\)\)", box).groups()
    assert system == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    corners = [tuple(map(float, corner.split())) for corner in ring.split(", ")]
    assert corners[0] == corners[-1] == (8.1, 50.0)
    assert corners[2] == (8.4, 50.2)


def test_addresses_are_absolute_or_hold_from_where_the_file_lies() -> None:
    own = {str(value) for value in graph("geoparquet", CITY).objects(None, DCAT.downloadURL)}
    root = "https://geo.wiesbaden.example/solar"
    assert own == {f"{root}/buildings.parquet", f"{root}/surfaces.parquet"}
    beside = {str(value) for value in graph("citygml", None).objects(None, DCAT.downloadURL)}
    assert beside == {"https://host.example/export/Stra%C3%9Fe%201.gml.gz"}


def test_a_tileset_is_one_thing_and_rasters_are_many() -> None:
    size = [int(value) for value in graph("3dtiles", CITY).objects(None, DCAT.byteSize)]
    assert size == [sum(size for _, size in exported("3dtiles").files)]
    assert len(list(graph("cog", CITY).objects(None, DCAT.distribution))) == 4
