"""Several city models as one: the first keeps every index, row and bit, the others follow.

A study traces one joined model, in which a scenario is a choice of objects; so the surfaces of the Bestand are the same
rows in every scenario, and its arrays are not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from io_citygml.crs import same
from io_citygml.model import CityModel, CityObject
from twin.errors import TwinError


def joined(models: Sequence[CityModel], names: Sequence[str] = ()) -> CityModel:
    """One model of several in the same CRS.

    Parameters
    ----------
    models
        The first one's surfaces, objects and files keep their indices; later ones are appended in order. Its CRS and
        its read report are those of the result (a plan's own report stands in its own model).
    names
        (M,) of each model, for ids that are taken: they become "<name>:<id>". Default: "plan1", "plan2" …

    Raises
    ------
    TwinError
        Where a model is in another CRS.
    """
    first = models[0]
    names = names or ["plan" + str(index) for index in range(len(models))]
    for model in models[1:]:
        if not same(first.crs, model.crs):
            raise TwinError(
                f"{', '.join(model.files)}: in {model.crs.text}, the city in {first.crs.text}",
                "transform it to the city's coordinate system",
            )
    objects, surfaces, boundaries = list(first.objects), list(first.surface_id), list(first.boundary_id)
    files = list(first.files)
    object_ids, surface_ids, boundary_ids = {item.id for item in objects}, set(surfaces), set(boundaries)
    first_object = [0]
    for name, model in zip(names[1:], models[1:], strict=True):
        first_object.append(len(objects))
        objects += _renamed(model.objects, name, object_ids, len(objects), len(files))
        surfaces += [_free(each, name, surface_ids) for each in model.surface_id]
        boundaries += _renamed_boundaries(model.boundary_id, name, boundary_ids)
        files += model.files
    return CityModel(
        coords=np.concatenate([model.coords for model in models]),
        ring_start=_offsets([model.ring_start for model in models]),
        surface_ring=_offsets([model.surface_ring for model in models]),
        kind=np.concatenate([model.kind for model in models]),
        object=np.concatenate(
            [model.object + np.int32(begin) for model, begin in zip(models, first_object, strict=True)]
        ).astype(np.int32),
        lod=np.concatenate([model.lod for model in models]),
        surface_id=tuple(surfaces),
        boundary_id=tuple(boundaries),
        flags=np.concatenate([model.flags for model in models]),
        line=np.concatenate([model.line for model in models]),
        objects=tuple(objects),
        files=tuple(files),
        crs=first.crs,
        report=first.report,
    )


def _renamed(
    objects: Sequence[CityObject], name: str, taken: set[str], first_object: int, first_file: int
) -> list[CityObject]:
    return [
        replace(
            item,
            id=_free(item.id, name, taken),
            parent=item.parent + first_object if item.parent >= 0 else -1,
            file=item.file + first_file,
        )
        for item in objects
    ]


def _renamed_boundaries(boundaries: Sequence[str], name: str, taken: set[str]) -> list[str]:
    """The same with ids of other models' boundary surfaces replaced; surfaces of one boundary keep sharing it."""
    new = {each: _free(each, name, taken) for each in dict.fromkeys(boundaries) if each}
    return [new.get(each, "") for each in boundaries]


def _free(wanted: str, name: str, taken: set[str]) -> str:
    """The id, or where it is taken the same behind the model's name, numbered where that is taken too; then taken."""
    free, number = wanted, 1
    while free in taken:
        free = f"{name}:{wanted}" + (f"~{number}" if number > 1 else "")
        number += 1
    taken.add(free)
    return free


def _offsets(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Offsets (ΣN+1,) of arrays laid end to end, from those of each (N+1,)."""
    out = [parts[0]]
    for part in parts[1:]:
        out.append(part[1:] + out[-1][-1])
    return np.concatenate(out)
