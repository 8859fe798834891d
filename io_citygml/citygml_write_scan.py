"""Where in the bytes of a CityGML document results may stand, and where results of an earlier export stand.

Expat tells the byte at which each tag begins, in every encoding that ``source`` lets through. The schemas of all
versions order the children of a city object: properties of GML and of the core come first, generic attributes after
them, everything thematic last (1.0 and 2.0: cityGMLBase.xsd, AbstractCityObjectType; 3.0: core.xsd). So the place is
before the first child that is none of the former, and an insertion always stands directly before a tag.
"""

from __future__ import annotations

from array import array
from typing import Any, BinaryIO, NamedTuple
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from io_citygml.errors import CityModelError
from io_citygml.gml_profiles import PROFILES
from io_citygml.gml_tags import CORE_PREFIX, GML, GML_32

PREFIX = "heliotwin_"
"""Every attribute that this program writes into a city's own file begins with it."""
NO_OBJECT = -1
_CHUNK = 1 << 18
_SEPARATOR = "}"
_IDS = (f"{GML}}}id", f"{GML_32}}}id")
_FIRST_NAMES = (
    *("metaDataProperty", "description", "descriptionReference", "identifier", "name", "boundedBy", "location"),
    *("adeOfAbstractFeature", "adeOfAbstractFeatureWithLifespan"),
    *("creationDate", "terminationDate", "validFrom", "validTo", "externalReference", "generalizesTo"),
    *("relativeToTerrain", "relativeToWater", "relatedTo", "appearance"),
)
_GENERIC_NAMES = (
    *("stringAttribute", "intAttribute", "doubleAttribute", "dateAttribute", "uriAttribute", "measureAttribute"),
    "genericAttributeSet",
)
_OBJECT, _SURFACE, _FIRST, _GENERIC, _PROPERTY, _NAME = range(6)
_BEFORE = (_FIRST, _GENERIC, _PROPERTY)
"""Children that generic attributes follow."""
# In place of an offset that is not known yet: no child so far; none so far that must follow.
_CHILDLESS, _UNDECIDED = -1, -2
# Windows' C long has 32 bits, so that expat's position there begins again every 4 GB.
_WRAP = 1 << 32


class Style(NamedTuple):
    """How a generic attribute is written at some place of a document."""

    version: str
    """Of CityGML: 1.0, 2.0 or 3.0."""
    gen: str | None
    """Prefix of the generics module in scope, "" for the default namespace, None where none is declared."""
    core: str | None
    """The same of the core module."""


class Spots(NamedTuple):
    """City objects and boundary surfaces of one document, in document order.

    A spot of an object has ``owner`` equal to its own number among the objects.
    """

    ids: list[str]
    """(N,) gml:id; "" where there is none."""
    start: NDArray[np.int64]
    """(N,) byte at which its start tag begins."""
    offset: NDArray[np.int64]
    """(N,) byte before which its attributes go, -1 where it holds no element."""
    owner: NDArray[np.int64]
    """(N,) number of the city object it is, or belongs to; NO_OBJECT for none."""
    is_object: NDArray[np.bool_]
    """(N,) a city object rather than a boundary surface or opening."""
    style: NDArray[np.int64]
    """(N,) index into styles."""
    styles: list[Style]
    earlier: NDArray[np.int64]
    """(E, 2) bytes from and to of attributes of an earlier export, the white space behind each included."""


def scan(stream: BinaryIO, name: str) -> Spots:
    """Every spot of a document; ``stream`` is decompressed and stands at its start.

    Raises CityModelError with file and line for what is not well-formed CityGML 1.0 to 3.0, and for a DOCTYPE.
    """
    return _Scanner(name).read(stream)


def _table(root: str, name: str, line: int) -> dict[str, int]:
    """What the elements of a document are, by its root element; what is not in it may stand last in an object."""
    profile = PROFILES.get("{" + root)
    if profile is None:
        problem = f"the root element is {root.rpartition(_SEPARATOR)[2]}, not CityModel of CityGML 1.0 to 3.0"
        raise CityModelError(problem, file=name, line=line, remedy="Give the file that the job has read")
    table: dict[str, int] = {}
    for version in ("3.0",) if profile.version == "3.0" else ("1.0", "2.0"):
        gml, core = (GML_32 if version == "3.0" else GML), CORE_PREFIX + version
        table |= {f"{space}}}{local}": _FIRST for local in _FIRST_NAMES for space in (gml, core)}
        table[f"{CORE_PREFIX}appearance/{version}}}appearance"] = _FIRST
        table |= {f"{CORE_PREFIX}generics/{version}}}{local}": _GENERIC for local in _GENERIC_NAMES}
        if version == "3.0":
            table[f"{core}}}genericAttribute"] = _PROPERTY
            table[f"{CORE_PREFIX}generics/{version}}}name"] = _NAME
    table |= {tag[1:]: _SURFACE for tag in profile.surfaces}
    return table | {tag[1:]: _OBJECT for tag in profile.objects}


class _Open(NamedTuple):
    """A spot whose end tag is still to come."""

    spot: int
    depth: int
    owner: int


class _Scanner:
    """Expat's handlers over one document."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._fed = 0
        self._depth = 0
        self._open: list[_Open] = []
        self._waiting = -1
        """Depth of the children that decide the innermost spot's place; -1 where it is decided."""
        self._scope: dict[str, list[str]] = {}
        self._styles: dict[Style, int] = {}
        self._known: dict[str, int] = {}
        """Style of elements by version, as long as no declaration changes."""
        self._ids: list[str] = []
        self._start_at, self._offset = array("q"), array("q")
        self._owner, self._style = array("q"), array("q")
        self._is_object = bytearray()
        self._objects = 0
        self._earlier = array("q")
        self._ours = (-1, -1)
        """Start and depth of a property of 3.0 that may hold an attribute of an earlier export."""
        self._label: list[str] | None = None
        self._ending = -1
        """Start of an attribute of an earlier export that has ended; it reaches to the next tag."""
        self._table: dict[str, int] = {}
        self._parser = self._make_parser()

    def _make_parser(self) -> Any:
        parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.ordered_attributes = True
        parser.StartElementHandler = self._root
        parser.EndElementHandler = self._end
        parser.StartNamespaceDeclHandler = self._declare
        parser.EndNamespaceDeclHandler = self._undeclare
        parser.StartDoctypeDeclHandler = self._doctype
        parser.CommentHandler = parser.StartCdataSectionHandler = self._other
        parser.ProcessingInstructionHandler = self._other
        return parser

    def read(self, stream: BinaryIO) -> Spots:
        """Parse to the end."""
        try:
            while chunk := stream.read(_CHUNK):
                self._fed += len(chunk)
                self._parser.Parse(chunk, False)
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            problem = f"the XML is not well-formed ({expat.ErrorString(error.code)})"
            remedy = "Correct it or download it again"
            raise CityModelError(problem, file=self._name, line=error.lineno, remedy=remedy) from error
        finally:
            # handlers and parser hold each other
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
        return Spots(
            self._ids,
            np.array(self._start_at, np.int64),
            np.array(self._offset, np.int64),
            np.array(self._owner, np.int64),
            np.frombuffer(bytes(self._is_object), np.bool_),
            np.array(self._style, np.int64),
            list(self._styles),
            np.array(self._earlier, np.int64).reshape(-1, 2),
        )

    def _here(self) -> int:
        """Byte at which the current tag begins."""
        return int(self._fed - (self._fed - self._parser.CurrentByteIndex) % _WRAP)

    def _doctype(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        problem = "the file has a DOCTYPE, which is refused"
        raise CityModelError(problem, file=self._name, line=line, remedy="Remove the declaration")

    def _declare(self, prefix: str | None, space: str | None) -> None:
        self._scope.setdefault(prefix or "", []).append(space or "")
        self._known.clear()

    def _undeclare(self, prefix: str | None) -> None:
        self._scope[prefix or ""].pop()
        self._known.clear()

    def _root(self, tag: str, _: list[str]) -> None:
        self._table = _table(tag, self._name, self._parser.CurrentLineNumber)
        self._parser.StartElementHandler = self._start
        self._depth = 1

    def _start(self, tag: str, attributes: list[str]) -> None:
        self._depth += 1
        if self._ending >= 0:
            self._close_earlier()
        what = self._table.get(tag)
        if self._depth == self._waiting:
            self._offset[self._open[-1].spot] = _UNDECIDED if what in _BEFORE else self._here()
            if what not in _BEFORE:
                self._waiting = -1
        if what is None or what == _FIRST:
            return
        if what in (_OBJECT, _SURFACE):
            self._enter(tag, attributes, what == _OBJECT)
        elif what == _NAME:
            if self._label is not None:
                self._parser.CharacterDataHandler = self._label.append
        elif self._ours[0] < 0 and (what == _PROPERTY or _name_of(attributes).startswith(PREFIX)):
            self._ours = (self._here(), self._depth)
            self._label = [] if what == _PROPERTY else None

    def _end(self, _: str) -> None:
        if self._ending >= 0:
            self._close_earlier()
        if self._label is not None:
            self._parser.CharacterDataHandler = None
        if self._depth == self._ours[1]:
            if self._label is None or "".join(self._label).lstrip().startswith(PREFIX):
                self._ending = self._ours[0]
                self._parser.CharacterDataHandler = self._text
            self._ours, self._label = (-1, -1), None
        if self._open and self._open[-1].depth == self._depth:
            self._leave()
        self._depth -= 1

    def _other(self, *_: object) -> None:
        if self._ending >= 0:
            self._close_earlier()

    def _text(self, text: str) -> None:
        if not text.isspace():
            self._close_earlier()

    def _close_earlier(self) -> None:
        end = self._here()
        if self._earlier and self._earlier[-1] == self._ending:  # fifty in a row are one
            self._earlier[-1] = end
        else:
            self._earlier.extend((self._ending, end))
        self._ending = -1
        self._parser.CharacterDataHandler = None

    def _enter(self, tag: str, attributes: list[str], is_object: bool) -> None:
        """A city object or boundary surface begins."""
        pairs = dict(zip(attributes[::2], attributes[1::2], strict=True)) if attributes else {}
        gml_id = pairs.get(_IDS[0]) or pairs.get(_IDS[1]) or ""
        owner = self._open[-1].owner if self._open else NO_OBJECT
        if is_object:
            owner = self._objects
            self._objects += 1
        version = tag.partition(_SEPARATOR)[0].rpartition("/")[2]
        self._open.append(_Open(len(self._ids), self._depth, owner))
        self._waiting = self._depth + 1
        self._ids.append(gml_id)
        self._start_at.append(self._here())
        self._offset.append(_CHILDLESS)
        self._owner.append(owner)
        self._is_object.append(is_object)
        self._style.append(self._known[version] if version in self._known else self._style_of(version))

    def _style_of(self, version: str) -> int:
        style = Style(
            version,
            self._prefix_of(f"{CORE_PREFIX}generics/{version}"),
            self._prefix_of(CORE_PREFIX + version),
        )
        return self._known.setdefault(version, self._styles.setdefault(style, len(self._styles)))

    def _prefix_of(self, space: str) -> str | None:
        """A prefix by which a namespace is in scope, the first declared of several."""
        return next((prefix for prefix, spaces in self._scope.items() if spaces and spaces[-1] == space), None)

    def _leave(self) -> None:
        """The end tag of the innermost spot: attributes go before it where no child came that must follow them."""
        spot = self._open.pop().spot
        if self._offset[spot] == _UNDECIDED:
            self._offset[spot] = self._here()
        outer = self._open[-1] if self._open else None
        self._waiting = outer.depth + 1 if outer is not None and self._offset[outer.spot] < 0 else -1


def _name_of(attributes: list[str]) -> str:
    """The attribute "name" of an element, "" where there is none."""
    return dict(zip(attributes[::2], attributes[1::2], strict=True)).get("name", "")
