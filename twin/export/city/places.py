"""Which object and which boundary surface of a city's own file a row of a job's tables belongs to.

Mostly the gml:id says it. Where a boundary surface has none, as in parts of official models, the files are read once
more with ids of our own in those places, and ``surface_index`` says which row is which.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from io_citygml.citygml_write import Attributes
from io_citygml.citygml_write_scan import NO_OBJECT, Spots
from twin.export.city.attributes import Results

NO_ID = "no boundary surface of its own in the file"
TWICE = "its gml:id stands twice in one object, or in several objects"
NOT_THERE = "not found in the files"


class Attached:
    """What of a job has found its place."""

    def __init__(self) -> None:
        self.surfaces: set[int] = set()
        """Rows of the table of surfaces."""
        self.buildings: set[str] = set()
        self.twice: set[str] = set()
        """Ids of boundary surfaces that stand twice where only once tells which is meant."""
        self.withheld: set[int] = set()
        """Rows whose boundary surface gets nothing: they, or others of it, have no result."""

    def enter(self, rows: list[int], results: Results) -> list[int]:
        """Note that the rows of one boundary surface have a place; the rows."""
        (self.surfaces if results.has_values(rows) else self.withheld).update(rows)
        return rows


class Places:
    """What each spot of one document gets; attributes are made when they are asked for."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self.rows: dict[int, list[int]] = {}
        self.building: dict[int, str] = {}

    def attributes(self, spot: int) -> Attributes | None:
        """Attributes of a spot; None where it gets none."""
        if spot in self.building:
            return self._results.of_building(self.building[spot])
        return self._results.of_surfaces(self.rows[spot]) if spot in self.rows else None


def place_results(scans: Sequence[Spots], results: Results) -> tuple[list[Places], Attached]:
    """Places of each document, by gml:id, and what has found one.

    A boundary surface is known by its gml:id and its object's; where its rows stand under another object (a storey
    that refers to a building's surfaces) by its own alone, if that is unique. What is ambiguous gets nothing.
    """
    names = object_names(
        [[spots.ids[place] for place in spots.is_object.nonzero()[0].tolist()] for spots in scans],
        {*results.object_id, *results.building_row},
    )
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, boundary in enumerate(results.boundary_id):
        if boundary:
            rows_of[boundary].append(row)
    count: Counter[str] = Counter()
    seen: set[tuple[int, int, str]] = set()
    attached = Attached()
    for number, spots in enumerate(scans):
        for boundary, owner in _boundaries(spots, rows_of):
            count[boundary] += 1
            if (number, owner, boundary) in seen:
                attached.twice.add(boundary)
            seen.add((number, owner, boundary))
    placed = [Places(results) for _ in scans]
    for spots, name_of, places in zip(scans, names, placed, strict=True):
        for spot in (spots.offset >= 0).nonzero()[0].tolist():
            gml_id, owner = spots.ids[spot], int(spots.owner[spot])
            name = name_of[owner] if owner != NO_OBJECT else None
            if spots.is_object[spot]:
                if name is not None and name in results.building_row:
                    places.building[spot] = name
                    attached.buildings.add(name)
            elif gml_id in rows_of and gml_id not in attached.twice:
                rows = _rows(rows_of[gml_id], name, count[gml_id] == 1, results)
                if rows:
                    places.rows[spot] = attached.enter(rows, results)
    return placed, attached


def _boundaries(spots: Spots, rows_of: dict[str, list[int]]) -> Iterator[tuple[str, int]]:
    for gml_id, owner, is_object in zip(spots.ids, spots.owner.tolist(), spots.is_object.tolist(), strict=True):
        if not is_object and gml_id in rows_of:
            yield gml_id, owner


def _rows(rows: list[int], name: str | None, alone: bool, results: Results) -> list[int]:
    """Rows of a boundary surface of the object of a name; all of them where neither it nor they can be others."""
    own = [row for row in rows if results.object_id[row] == name]
    return own or (rows if alone and len({results.object_id[row] for row in rows}) == 1 else [])


def object_names(found: Sequence[Sequence[str]], known: set[str]) -> list[list[str | None]]:
    """Names in the job of the objects of each document, by their ids in document order; None where it is not known.

    The readers call objects of one id and different geometry X, X~2, X~3 and leave out repeated ones
    (``io_citygml.naming``). So all objects of an id are X where the job knows no X~2; they are X, X~2 … where their
    number fits; else only the first is known to be X.
    """
    count = Counter(gml_id for ids in found for gml_id in ids if gml_id)
    variants: dict[str, list[str]] = {}
    unsure: set[str] = set()
    for gml_id, number in count.items():
        if number > 1:
            more = [f"{gml_id}~{n}" for n in range(2, number + 1)]
            unsure.update(name for name in more if name in count)  # an id that looks like one of the readers' names
            variants[gml_id] = [gml_id, *(name for name in more if name in known)]
    met: Counter[str] = Counter()
    out: list[list[str | None]] = []
    for ids in found:
        names: list[str | None] = []
        for gml_id in ids:
            several = variants.get(gml_id, [gml_id])
            if gml_id in unsure:
                names.append(None)
            elif len(several) == 1:
                names.append(gml_id or None)
            elif met[gml_id] == 0 or (len(several) == count[gml_id] and unsure.isdisjoint(several)):
                names.append(several[met[gml_id]])
            else:
                names.append(None)
            met[gml_id] += 1
        out.append(names)
    return out


def needs_marks(scans: Sequence[Spots], results: Results) -> bool:
    """Whether rows without a gml:id of their own may belong to boundary surfaces that have none."""
    rows = zip(results.boundary_id, results.silent, strict=True)
    return any(not boundary and not silent for boundary, silent in rows) and any(
        not gml_id and not is_object
        for spots in scans
        for gml_id, is_object in zip(spots.ids, spots.is_object.tolist(), strict=True)
    )


def report_of(results: Results, attached: Attached, others: Sequence[str]) -> dict[str, object]:
    """What was attached and what was not, and why, as write_back.json says it.

    What has no result is neither listed nor counted: how many owners objected is no matter of others.
    """
    missing = []
    with_values = 0
    for row, boundary in enumerate(results.boundary_id):
        if results.silent[row] or row in attached.withheld:
            continue
        with_values += 1
        if row not in attached.surfaces:
            missing.append({"surface_id": results.surface_id[row], "reason": _reason(boundary, attached)})
    shown = results.building_row.keys() - results.silent_buildings
    return {
        "surfaces": with_values,
        "surfaces_attached": with_values - len(missing),
        "buildings": len(shown),
        "buildings_attached": len(attached.buildings & shown),
        "surfaces_not_attached": missing,
        "buildings_not_attached": sorted(shown - attached.buildings),
        "left_out": list(others),
    }


def _reason(boundary: str, attached: Attached) -> str:
    if not boundary:
        return NO_ID
    return TWICE if boundary in attached.twice else NOT_THERE
