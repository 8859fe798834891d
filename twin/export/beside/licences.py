"""Licences that open data of German authorities carry, as the vocabulary of DCAT-AP.de names them.

Source: https://www.dcat-ap.de/def/licenses/ (GovData). ``NOT_CHOSEN`` stands until a publisher chooses: nobody else may
give rights away.
"""

from __future__ import annotations

from typing import NamedTuple

VOCABULARY = "http://dcat-ap.de/def/licenses/"


class Licence(NamedTuple):
    """One licence."""

    code: str  # of the vocabulary, what GDI-DE writes as "id"
    short: str  # as GovData spells it where people read it
    name: str
    url: str
    is_open: bool

    @property
    def uri(self) -> str:
        """Its name in RDF."""
        return VOCABULARY + self.code


NOT_CHOSEN = Licence("other-closed", "", "noch nicht gewählt: alle Rechte vorbehalten", "", is_open=False)
LICENCES = (
    Licence(
        "dl-zero-de/2.0",
        "dl-de/zero-2-0",
        "Datenlizenz Deutschland – Zero – Version 2.0",
        "https://www.govdata.de/dl-de/zero-2-0",
        True,
    ),
    Licence(
        "dl-by-de/2.0",
        "dl-de/by-2-0",
        "Datenlizenz Deutschland – Namensnennung – Version 2.0",
        "https://www.govdata.de/dl-de/by-2-0",
        True,
    ),
    Licence(
        "cc-by/4.0",
        "CC BY 4.0",
        "Creative Commons Namensnennung 4.0 International",
        "https://creativecommons.org/licenses/by/4.0/",
        True,
    ),
    Licence(
        "cc-zero",
        "CC0 1.0",
        "Creative Commons CC0 1.0 Universal",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        True,
    ),
)
# What people also write.
SPELLINGS = {"cc-by-4.0": "cc-by/4.0", "cc0": "cc-zero", "cc0-1.0": "cc-zero"}


def licence_of(name: str) -> Licence | None:
    """The licence of a short name, a code or a usual spelling; None where the vocabulary has none."""
    said = name.strip().lower()
    code = SPELLINGS.get(said, said)
    return next((licence for licence in LICENCES if code in (licence.code, licence.short.lower())), None)
