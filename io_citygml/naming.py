"""Names that are unique over the model: objects keep their gml:id, surfaces get one from their boundary surface.

A surface is named after its RoofSurface (WallSurface …) where that holds exactly one polygon, else "<gml:id>#1", "#2"
in file order; without a gml:id "<object id>/<n>", n counting the object's polygons in file order. A name that is
taken gets "~2", "~3".
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.model import CityObject
from io_citygml.repair import Defect

_MARK = "~"  # before the number of a name that was taken


def unique_objects(buffer: SurfaceBuffer) -> tuple[tuple[CityObject, ...], NDArray[np.int64]]:
    """Objects that stay, under unique ids, and for each buffer object its new index (-1: left out).

    A part whose id is taken enters the report.
    """
    index = np.full(len(buffer.objects), -1, dtype=np.int64)
    objects: list[CityObject] = []
    taken: dict[str, int] = {}
    for old, item in enumerate(buffer.objects):
        if old in buffer.dropped_objects:
            continue
        index[old] = len(objects)
        parent = int(index[item.parent]) if item.parent >= 0 else -1
        name = _free(item.id, taken)
        if name != item.id and parent >= 0:  # of a top-level object the buffer has reported it
            action = f"named {name}"
            buffer.report.add(Defect("duplicate id", item.id, "", buffer.files[item.file], item.line, 0.0, action))
        if name != item.id or parent != item.parent:
            item = replace(item, id=name, parent=parent)
        objects.append(item)
    return tuple(objects), index


def surface_ids(
    buffer: SurfaceBuffer, objects: tuple[CityObject, ...], source: NDArray[np.int64], owner: NDArray[np.int64]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(surface_id, boundary_id) of the model's surfaces (S,), each from the buffer's surface ``source``.

    ``owner`` (S,) indexes objects. Collisions enter the report.
    """
    boundary = np.array(buffer.boundary, dtype=np.int64)[source]
    table = [*buffer.boundary_ids, ""]  # whose last entry stands for no boundary, -1
    ids = [table[instance] for instance in boundary.tolist()]
    named = np.array([bool(gml_id) for gml_id in table])[boundary]
    single = (np.bincount(boundary + 1, minlength=1) == 1)[boundary + 1]
    names = ids.copy()
    several = np.flatnonzero(named & ~single)
    for place, number in zip(several.tolist(), _running_number(boundary[several]).tolist(), strict=True):
        names[place] = f"{ids[place]}#{number}"
    nameless = np.flatnonzero(~named)
    if len(nameless):
        number_in_object = _running_number(owner)
        for place in nameless.tolist():
            names[place] = f"{objects[owner[place]].id}/{number_in_object[place]}"
    if len(set(names)) < len(names):
        _part_names(names, objects, owner, buffer)
    return tuple(names), tuple(ids)


def _part_names(
    names: list[str], objects: tuple[CityObject, ...], owner: NDArray[np.int64], buffer: SurfaceBuffer
) -> None:
    """Give every name that is taken another one, in place and in order."""
    taken: dict[str, int] = {}
    for place, wanted in enumerate(names):
        name = _free(wanted, taken)
        if name != wanted:
            names[place] = name
            item = objects[owner[place]]
            file, action = buffer.files[item.file], f"named {name}"
            buffer.report.add(Defect("duplicate surface id", item.id, wanted, file, item.line, 0.0, action))


def _running_number(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """(S,) 1, 2, 3 … within each owner, in order."""
    order = np.argsort(owner, kind="stable")
    ordered = owner[order]
    number = np.empty(len(owner), dtype=np.int64)
    number[order] = np.arange(len(owner)) - np.searchsorted(ordered, ordered) + 1
    return number


def name_wanted(name: str) -> str:
    """The name that an object or surface would have, were it not taken: "A" of "A~2"; else the name itself."""
    wanted, mark, number = name.rpartition(_MARK)
    return wanted if mark and number.isdecimal() and int(number) > 1 else name


def _free(wanted: str, taken: dict[str, int]) -> str:
    """The name, or the next free one after it; ``taken`` keeps the number each name has come to."""
    name, number = wanted, taken.get(wanted, 1)
    while name in taken:
        number += 1
        name = f"{wanted}{_MARK}{number}"
    taken[wanted] = number
    taken.setdefault(name, 1)
    return name
