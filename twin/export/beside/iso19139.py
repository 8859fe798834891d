"""Metadata of an export as ISO 19139, by the conventions of the Geodateninfrastruktur Deutschland.

Sources: ISO/TS 19139:2007; "Architektur der GDI-DE – Konventionen zu Metadaten" 2.1.1 (26 April 2022): 2.2 identifiers,
2.4 language, 2.5 and 2.6 contacts, 2.9.1 conditions in one MD_LegalConstraints, 3.1 resource identifier, 3.2.2
keyword ``opendata`` without a thesaurus, 3.6 licence as JSON. Whether a dataset falls under INSPIRE the authority
knows: it is not declared here.
"""

from __future__ import annotations

import uuid

from lxml import etree

from twin.export.beside.exported import Exported
from twin.export.beside.facts import NAMESPACE, Facts
from twin.export.beside.formats import SOURCE_CRS
from twin.export.beside.publisher import TO_FILL_IN
from twin.export.beside.words import (
    ROLES,
    abstract_of,
    access_words,
    attribution_text,
    keywords_of,
    licence_json,
    licence_words,
    lineage_of,
    steps_of,
    themes_of,
    title_of,
)
from twin.export.beside.xml_parts import (
    GMD,
    GML,
    NAMESPACES,
    Element,
    code,
    date,
    gco,
    gmd,
    identifier,
    language,
    party,
    text,
    url,
)

TOPICS = {"solar": ("structure", "economy", "climatologyMeteorologyAtmosphere"), "shadow": ("structure",)}
THESAURUS, THESAURUS_DATE = "GEMET - INSPIRE themes, version 1.0", "2008-06-01"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
MEGABYTE = 1e6


def iso19139(facts: Facts, exported: Exported) -> bytes:
    """The document, UTF-8."""
    root = etree.Element(f"{{{GMD}}}MD_Metadata", nsmap=NAMESPACES)
    text(root, "fileIdentifier", record_id(facts, exported))
    language(root, "ger")
    code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    code(root, "hierarchyLevel", "MD_ScopeCode", "dataset")
    party(root, "contact", _contact(facts), "pointOfContact")
    gco(gmd(root, "dateStamp"), "Date", facts.created.isoformat())
    text(root, "metadataStandardName", "ISO 19115")
    text(root, "metadataStandardVersion", "2003/Cor.1:2006")
    for name in exported.format.crs:
        system = gmd(root, "referenceSystemInfo", "MD_ReferenceSystem", "referenceSystemIdentifier", "RS_Identifier")
        text(system, "code", EPSG + (facts.crs if name == SOURCE_CRS else name).removeprefix("EPSG:"))
    _identification(root, facts, exported)
    _distribution(root, facts, exported)
    _quality(root, facts, exported)
    etree.indent(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def record_id(facts: Facts, exported: Exported) -> str:
    """UUID of the metadata record, the same whenever it is written again."""
    return str(uuid.uuid5(NAMESPACE, f"{facts.identifier}|{exported.name}|{exported.profile}"))


def dataset_id(facts: Facts, exported: Exported) -> str:
    """UUID of the dataset that the record describes: of what was computed, in one format and profile.

    One for each, since a catalogue that harvests two records of one id keeps the later alone.
    """
    return str(uuid.uuid5(NAMESPACE, f"{record_id(facts, exported)}|data"))


def _contact(facts: Facts) -> tuple[str, str, str]:
    who = facts.publisher
    return who.organisation or TO_FILL_IN, who.email, who.url


def _identification(root: Element, facts: Facts, exported: Exported) -> None:
    found = gmd(root, "identificationInfo", "MD_DataIdentification")
    citation = gmd(found, "citation", "CI_Citation")
    text(citation, "title", title_of(facts))
    date(citation, facts.created.isoformat(), "revision")
    if facts.publisher.issued:
        date(citation, facts.publisher.issued.isoformat(), "publication")
    identifier(citation, "identifier", f"urn:uuid:{dataset_id(facts, exported)}")
    text(found, "abstract", abstract_of(facts, exported))
    text(found, "credit", attribution_text(facts))
    code(found, "status", "MD_ProgressCode", "completed")
    party(found, "pointOfContact", _contact(facts), "pointOfContact")
    maintenance = gmd(found, "resourceMaintenance", "MD_MaintenanceInformation")
    code(maintenance, "maintenanceAndUpdateFrequency", "MD_MaintenanceFrequencyCode", "unknown")
    _keywords(found, facts)
    _constraints(found, facts)
    code(found, "spatialRepresentationType", "MD_SpatialRepresentationTypeCode", exported.format.representation)
    gco(gmd(found, "spatialResolution", "MD_Resolution", "distance"), "Distance", f"{facts.resolution_m:g}", "m")
    language(found, "ger")
    code(found, "characterSet", "MD_CharacterSetCode", "utf8")
    for topic in TOPICS[facts.kind]:
        gmd(found, "topicCategory", "MD_TopicCategoryCode").text = topic
    _extent(found, facts)


def _keywords(found: Element, facts: Facts) -> None:
    free = gmd(found, "descriptiveKeywords", "MD_Keywords")
    for word in keywords_of(facts):
        text(free, "keyword", word)
    themes = gmd(found, "descriptiveKeywords", "MD_Keywords")
    for word in themes_of(facts):
        text(themes, "keyword", word)
    thesaurus = gmd(themes, "thesaurusName", "CI_Citation")
    text(thesaurus, "title", THESAURUS)
    date(thesaurus, THESAURUS_DATE, "publication")
    if facts.publisher.chosen().is_open:
        text(gmd(found, "descriptiveKeywords", "MD_Keywords"), "keyword", "opendata")


def _constraints(found: Element, facts: Facts) -> None:
    access = gmd(found, "resourceConstraints", "MD_LegalConstraints")
    code(access, "accessConstraints", "MD_RestrictionCode", "otherRestrictions")
    text(access, "otherConstraints", access_words(facts))
    use = gmd(found, "resourceConstraints", "MD_LegalConstraints")
    code(use, "useConstraints", "MD_RestrictionCode", "otherRestrictions")
    text(use, "otherConstraints", licence_words(facts))
    if licence := licence_json(facts):
        text(use, "otherConstraints", licence)


def _extent(found: Element, facts: Facts) -> None:
    extent = gmd(found, "extent", "EX_Extent")
    box = gmd(extent, "geographicElement", "EX_GeographicBoundingBox")
    west, south, east, north = facts.bbox
    for name, value in (
        ("westBoundLongitude", west),
        ("eastBoundLongitude", east),
        ("southBoundLatitude", south),
        ("northBoundLatitude", north),
    ):
        gco(gmd(box, name), "Decimal", f"{value:.6f}")
    if facts.period is None:
        return
    period = etree.SubElement(gmd(extent, "temporalElement", "EX_TemporalExtent", "extent"), f"{{{GML}}}TimePeriod")
    period.set(f"{{{GML}}}id", "period")
    for name, day in zip(("beginPosition", "endPosition"), facts.period, strict=True):
        etree.SubElement(period, f"{{{GML}}}{name}").text = day.isoformat()


def _distribution(root: Element, facts: Facts, exported: Exported) -> None:
    found = gmd(root, "distributionInfo", "MD_Distribution")
    format_ = gmd(found, "distributionFormat", "MD_Format")
    text(format_, "name", exported.format.title)
    text(format_, "version", exported.version)
    options = gmd(found, "transferOptions", "MD_DigitalTransferOptions")
    size = sum(size for _, size in exported.files)
    gco(gmd(options, "transferSize"), "Real", f"{size / MEGABYTE:.3f}")
    if facts.publisher.base_url and exported.main:
        online = gmd(options, "onLine", "CI_OnlineResource")
        url(online, facts.publisher.address_of(exported.main))
        text(online, "name", exported.format.title)
        code(online, "function", "CI_OnLineFunctionCode", "download")


def _quality(root: Element, facts: Facts, exported: Exported) -> None:
    found = gmd(root, "dataQualityInfo", "DQ_DataQuality")
    code(gmd(found, "scope", "DQ_Scope"), "level", "MD_ScopeCode", "dataset")
    lineage = gmd(found, "lineage", "LI_Lineage")
    text(lineage, "statement", lineage_of(facts))
    for step in steps_of(facts, exported):
        text(gmd(lineage, "processStep", "LI_ProcessStep"), "description", step)
    for entry in facts.inputs:
        role = ROLES.get(entry.role, entry.role)
        source = gmd(lineage, "source", "LI_Source")
        text(source, "description", f"{role}: {entry.name}, SHA-256 {entry.sha256}")
