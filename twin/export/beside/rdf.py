"""RDF as a tree of nodes, written as JSON-LD and as Turtle.

A node is a dict: ``@id`` and ``@type`` as in JSON-LD, every other key a prefixed name with one value or a list. A
value is a node, or ``iri``, ``text`` or ``typed``. Sources: W3C RDF 1.1 Turtle; W3C JSON-LD 1.1.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcatde": "http://dcat-ap.de/def/dcatde/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "locn": "http://www.w3.org/ns/locn#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
Node = dict[str, Any]


def iri(value: str) -> Node:
    """A resource by its address, what an address may not hold as %XX."""
    return {"@id": quote(value, safe="%/:=&?~#+!$,;'@()*[]-._")}


def text(value: str, language: str = "de") -> Node:
    """A text in a language, "" where it has none."""
    return {"@value": value, "@language": language} if language else {"@value": value}


def typed(value: str, kind: str) -> Node:
    """A value of a datatype, named by its prefix: xsd:date."""
    return {"@value": value, "@type": kind}


def json_ld(node: Node) -> str:
    """The tree as JSON-LD."""
    return json.dumps({"@context": PREFIXES, **node}, indent=2, ensure_ascii=False) + "\n"


def turtle(node: Node) -> str:
    """The tree as Turtle; nodes without ``@id`` are blank."""
    head = [f"@prefix {name}: <{address}> ." for name, address in PREFIXES.items()]
    return "\n".join([*head, "", f"<{node['@id']}>", _properties(node, 1) + " .", ""])


def _properties(node: Node, depth: int) -> str:
    indent = "    " * depth
    said = [f"{indent}a {', '.join(_listed(node['@type']))}"] if "@type" in node else []
    for name, value in node.items():
        if not name.startswith("@"):
            said.append(f"{indent}{name} {', '.join(_object(one, depth) for one in _listed(value))}")
    return " ;\n".join(said)


def _object(value: Node, depth: int) -> str:
    if "@value" in value:
        return _literal(value)
    if "@id" in value and len(value) == 1:
        return f"<{value['@id']}>"
    return "[\n" + _properties(value, depth + 1) + "\n" + "    " * depth + "]"


def _literal(value: Node) -> str:
    escaped = json.dumps(value["@value"], ensure_ascii=False).replace("\u007f", "\\u007F")
    # JSON and Turtle escape alike but for these.
    escaped = re.sub(r"[\u2028\u2029\u0085]", lambda found: f"\\u{ord(found[0]):04X}", escaped)
    if "@language" in value:
        return f"{escaped}@{value['@language']}"
    return f"{escaped}^^{value['@type']}" if "@type" in value else escaped


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
