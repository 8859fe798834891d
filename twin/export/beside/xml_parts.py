"""Small parts that ISO 19139 documents are made of (ISO/TS 19139:2007, schemas gmd and gco of 2007-04-17)."""

from __future__ import annotations

from typing import Any

from lxml import etree

GMD, GCO = "http://www.isotc211.org/2005/gmd", "http://www.isotc211.org/2005/gco"
# Schemas of 2007-04-17 speak GML 3.2.1 in this namespace.
GML = "http://www.opengis.net/gml/3.2"
XLINK = "http://www.w3.org/1999/xlink"
NAMESPACES = {"gmd": GMD, "gco": GCO, "gml": GML, "xlink": XLINK}
CODELISTS = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
LANGUAGES = "http://www.loc.gov/standards/iso639-2/"

# lxml brings no types.
Element = Any


def gmd(parent: Element, *path: str) -> Element:
    """A chain of new gmd elements below ``parent``; the last of them."""
    for name in path:
        parent = etree.SubElement(parent, f"{{{GMD}}}{name}")
    return parent


def gco(parent: Element, kind: str, value: object, unit: str = "") -> None:
    """A value of a basic type: CharacterString, Date, Real, Decimal, Boolean, Distance."""
    element = etree.SubElement(parent, f"{{{GCO}}}{kind}")
    element.text = str(value)
    if unit:
        element.set("uom", unit)


def text(parent: Element, name: str, value: str) -> None:
    """A gmd element with a text; without one it says that the text is missing."""
    element = gmd(parent, name)
    if value:
        gco(element, "CharacterString", value)
    else:
        element.set(f"{{{GCO}}}nilReason", "missing")


def code(parent: Element, name: str, codelist: str, value: str) -> None:
    """A gmd element with a value of one of ISO's code lists."""
    element = gmd(parent, name, codelist)
    element.set("codeList", f"{CODELISTS}#{codelist}")
    element.set("codeListValue", value)
    element.text = value


def language(parent: Element, value: str) -> None:
    """The language of metadata or data, ISO 639-2/B."""
    element = gmd(parent, "language", "LanguageCode")
    element.set("codeList", LANGUAGES)
    element.set("codeListValue", value)
    element.text = value


def url(parent: Element, value: str) -> None:
    """gmd:linkage of an online resource."""
    gmd(parent, "linkage", "URL").text = value


def date(parent: Element, value: str, kind: str) -> None:
    """gmd:date of a citation: creation, publication or revision."""
    found = gmd(parent, "date", "CI_Date")
    gco(gmd(found, "date"), "Date", value)
    code(found, "dateType", "CI_DateTypeCode", kind)


def party(parent: Element, name: str, words: tuple[str, str, str], role: str) -> None:
    """A responsible party: ``words`` are its organisation, e-mail and web address."""
    organisation, email, address = words
    found = gmd(parent, name, "CI_ResponsibleParty")
    text(found, "organisationName", organisation)
    contact = gmd(found, "contactInfo", "CI_Contact")
    text(gmd(contact, "address", "CI_Address"), "electronicMailAddress", email)
    if address:
        url(gmd(contact, "onlineResource", "CI_OnlineResource"), address)
    code(found, "role", "CI_RoleCode", role)


def identifier(parent: Element, name: str, value: str) -> None:
    """An MD_Identifier below ``parent``."""
    text(gmd(parent, name, "MD_Identifier"), "code", value)
