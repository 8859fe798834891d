"""Names that are unique over the model: objects keep their gml:id, surfaces get one from their boundary surface.

A surface is named after its RoofSurface (WallSurface …) where that holds exactly one polygon, else "<gml:id>#1", "#2"
in file order; without a gml:id "<object id>/<n>", n counting the object's polygons in file order. A name that is
taken gets "~2", "~3".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from io_citygml.buffers import SurfaceBuffer
from io_citygml.model import CityObject
from io_citygml.repair import Defect


def unique_objects(buffer: SurfaceBuffer) -> tuple[tuple[CityObject, ...], NDArray[np.int64]]:
    """Objects that stay, under unique ids, and for each buffer object its new index (-1: left out).

    A part whose id is taken enters the report.
    """
    index = np.full(len(buffer.objects), -1, dtype=np.int64)
    objects: list[CityObject] = []
    taken: set[str] = set()
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
    buffer: SurfaceBuffer, objects: tuple[CityObject, ...], kept: NDArray[np.bool_], owner: NDArray[np.int64]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(surface_id, boundary_id) of the kept surfaces; owner (S,) indexes objects. Collisions enter the report."""
    boundary = np.array(buffer.boundary, dtype=np.int64)[kept]
    single = (np.bincount(boundary + 1, minlength=1) == 1).tolist()
    number_in_boundary: Counter[int] = Counter()
    number_in_object = _running_number(owner)
    taken: set[str] = set()
    names: list[str] = []
    ids: list[str] = []
    for place, instance, number in zip(owner.tolist(), boundary.tolist(), number_in_object.tolist(), strict=True):
        gml_id = buffer.boundary_ids[instance] if instance >= 0 else ""
        if not gml_id:
            wanted = f"{objects[place].id}/{number}"
        elif single[instance + 1]:
            wanted = gml_id
        else:
            number_in_boundary[instance] += 1
            wanted = f"{gml_id}#{number_in_boundary[instance]}"
        name = wanted
        if wanted not in taken:
            taken.add(wanted)
        else:
            name = _free(wanted, taken)
            item = objects[place]
            file = buffer.files[item.file]
            action = f"named {name}"
            buffer.report.add(Defect("duplicate surface id", item.id, wanted, file, item.line, 0.0, action))
        names.append(name)
        ids.append(gml_id)
    return tuple(names), tuple(ids)


def _running_number(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """(S,) 1, 2, 3 … within each owner, in order."""
    order = np.argsort(owner, kind="stable")
    ordered = owner[order]
    number = np.empty(len(owner), dtype=np.int64)
    number[order] = np.arange(len(owner)) - np.searchsorted(ordered, ordered) + 1
    return number


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}~{number}"
    taken.add(name)
    return name
