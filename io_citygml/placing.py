"""Where each file's coordinates lie, and how they come into the one system of the model: easting, northing in metres.

A notation says one order of axes and files do another. So both are tried, and the one in which the file lies in its
system's area of use is taken; where both fit, URNs and URLs mean the authority's order, "EPSG:25832" and AdV names
easting first; where none fits, the coordinates stay as written and that is a defect. A zone number before the easting
(32 445623.7) is taken off in the same way. Degrees, feet and map projections that are not true to scale are transformed
to the model's system: --crs, else that of the first file, else the UTM zone of the first file's middle.

A file is judged when it has been read, so that a wrong one can be left out; coordinates change only when all are read,
so that a building that stands in two files is still found to be the same.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from io_citygml.buffers import SurfaceBuffer
from io_citygml.crs import Crs, Reference, inside_area_of_use, same
from io_citygml.crs_notation import REMEDY
from io_citygml.errors import CityModelError
from io_citygml.heights import GCG2016_HEIGHT, normal_height
from io_citygml.repair import Defect, Placement

_log = logging.getLogger(__name__)
Floats = NDArray[np.float64]
# Between two datums: what a neighbour's shadow bears. Datum changes by seven parameters (DHDN to ETRS89: 3 m) do not.
_ACCURACY_M = 1.0
# Beyond this no system on Earth reaches (repair.SkipReason.TOO_FAR): such points do not say where a file lies.
_FAR = 1e8
_PREFIX_M = 1e6
_OUTSIDE = "outside the area of its CRS"
# The median of so many points says where a file lies.
_SAMPLE = 10_000
# DHHN92 and DHHN2016 differ by -6 to +6 cm (AdV, DHHN2016): one city may mix them.
_CLOSE_HEIGHTS = frozenset({"EPSG:5783", "EPSG:7837"})


class _Layout(NamedTuple):
    """How a file writes its coordinates."""

    northing_first: bool
    prefix_m: float
    """Zone number before the easting [m], 0 where there is none."""
    fits: bool
    """Whether the file then lies in its system's area."""
    why: str


class _File(NamedTuple):
    name: str
    points: slice
    """Of the buffer's points."""
    reference: Reference
    layout: _Layout
    to_normal: bool
    """Whether its heights are above the ellipsoid and the grid turns them to DHHN2016."""


class Placing:
    """Finds the system of a model while its files are read one by one."""

    def __init__(self, given: str | None, grid_file: Path | None) -> None:
        self.given = None if given is None else crs_door.parse_reference(given)
        self.grid_file = grid_file
        self.target: Crs | None = None
        self.files: list[_File] = []
        if self.given is not None and self.given.metric:
            self.target = self.given.crs

    def enter(self, name: str, references: dict[str, int], buffer: SurfaceBuffer, first_value: int) -> None:
        """Judge a file that was read into ``buffer.coords[first_value:]``.

        ``references`` are the notations it holds, with their lines. Raises CityModelError, without effect on what was
        entered before, where it does not say its system or cannot be brought into that of the model.
        """
        reference = self._reference(name, references, buffer)
        points = slice(first_value // 3, len(buffer.coords) // 3)
        place = _middle(_points(buffer)[points])
        layout = _layout(reference, place)
        file = _File(name, points, reference, layout, self._grid_covers(reference, layout, place))
        target = self._target(file, place)
        defects = self._defects(file, target, place)
        axes = ("latitude", "longitude") if reference.geographic else ("northing", "easting")
        order = ", ".join(axes if layout.northing_first else axes[::-1])
        crs, actions = reference.crs, "; ".join(action for _, action in defects)
        buffer.report.placements.append(
            Placement(name, crs.text, crs.horizontal, crs.vertical, order, layout.why, actions)
        )
        for kind, action in defects:
            buffer.report.add(Defect(kind, "", "", name, 0, 0.0, action))
            _log.log(logging.WARNING if kind == _OUTSIDE else logging.INFO, "%s: %s: %s", name, kind, action)
        self.target = target
        self.files.append(file)

    def finish(self, buffer: SurfaceBuffer) -> Crs:
        """Bring every file's coordinates into the model's system, which is returned."""
        if self.target is None:
            name, text = self.files[0].name, self.files[0].reference.crs.text
            problem = f"the file holds no coordinates, so that no projected system follows from {text!r}"
            raise CityModelError(problem, file=name, remedy=REMEDY)
        for file in self.files:
            self._move(_points(buffer)[file.points], file, self.target)
        return self.target

    def _grid_covers(self, reference: Reference, layout: _Layout, place: Floats | None) -> bool:
        """Whether heights above the ellipsoid can be turned to DHHN2016 here."""
        if not reference.ellipsoidal or place is None or self.grid_file is None:
            return False
        try:
            return bool(np.isfinite(normal_height(*_plan(place, layout), place[2], self.grid_file)))
        except CityModelError:
            return False

    def _reference(self, name: str, references: dict[str, int], buffer: SurfaceBuffer) -> Reference:
        """What the file says of its system; --crs where it says nothing, or overrules it."""
        own: Reference | None = None
        said: list[tuple[int, str]] = []
        for text, line in references.items():
            try:
                own = _more_telling(own, crs_door.parse_reference(text))
            except CityModelError as error:
                if self.given is None:
                    raise CityModelError(error.problem, file=name, line=line, remedy=error.remedy) from error
                said.append((line, f"{error.problem}; overruled by {self.given.crs.text}"))
        if self.given is not None:
            if own is not None and own.metric and not self.given.metric:
                said.append((0, f"--crs {self.given.crs.text} is not in metres: {own.crs.text} stands"))
            elif own is None or (own.metric and not same(own.crs, self.given.crs)):
                if own is not None:
                    said.append((0, f"{own.crs.text} overruled by {self.given.crs.text}"))
                own = self.given
        if own is None:
            raise CityModelError("the file does not say its coordinate system", file=name, remedy=REMEDY)
        for line, action in said:
            buffer.report.add(Defect("coordinate system", "", "", name, line, 0.0, action))
        return own

    def _target(self, file: _File, place: Floats | None) -> Crs | None:
        """The model's system once this file is in it; None while no file with coordinates says one."""
        crs = file.reference.crs
        target = self.target or (crs if file.reference.metric else None)
        if place is None:
            return target
        where = _plan(place, file.layout)
        if target is None and not file.layout.fits:
            problem = f"the coordinates about {place[0]:.7g}, {place[1]:.7g} do not lie in {crs.text!r}"
            raise CityModelError(problem, file=file.name, remedy=REMEDY)
        if target is None or (not self.files and file.layout.fits and not _true_to_scale(crs, target, where)):
            longitude, latitude = crs_door.to_base(crs, *where)
            utm = crs_door.utm_of(crs.horizontal, float(longitude), float(latitude))
            target = Crs(crs.text, utm, None if target is None else target.vertical)
        if crs.horizontal != target.horizontal:
            self._check_way(file, target)
        return self._with_heights(file, target)

    def _check_way(self, file: _File, target: Crs) -> None:
        """Raise CityModelError where coordinates cannot be carried over well enough."""
        crs = file.reference.crs
        if not file.layout.fits:
            problem = f"the coordinates do not lie in {crs.text!r}, so that nothing leads to {target.horizontal}"
            raise CityModelError(problem, file=file.name, remedy=REMEDY)
        accuracy = crs_door.accuracy_m(crs.horizontal, target.horizontal)
        if self.files and not 0.0 <= accuracy <= _ACCURACY_M:
            known = f"to {accuracy:.0f} m only" if accuracy > 0 else "by nothing known"
            raise CityModelError(
                f"the files are in two coordinate systems, {target.text!r} and {crs.text!r}, which lie on other datums "
                f"and are joined {known}",
                file=file.name,
                remedy="Transform the files to one system (in Germany with the state's NTv2 grid) first",
            )

    def _with_heights(self, file: _File, target: Crs) -> Crs:
        """The target, with the heights of the file where the target names none."""
        vertical = GCG2016_HEIGHT if file.to_normal else file.reference.crs.vertical
        if file.reference.ellipsoidal and not file.to_normal and target.vertical is not None:
            raise CityModelError(
                f"the heights are above the ellipsoid, and nothing here leads from them to {target.vertical}",
                file=file.name,
                remedy="Transform the heights of the file",
            )
        if vertical is None or vertical == target.vertical or {vertical, target.vertical} <= _CLOSE_HEIGHTS:
            return target
        if target.vertical is None:
            return replace(target, vertical=vertical)
        if self.given is not None and self.given.crs.vertical is not None:
            return target
        raise CityModelError(
            f"the files have heights of two systems, {target.vertical} and {vertical}",
            file=file.name,
            remedy="Transform the heights of the files to one system, or overrule them with --crs",
        )

    def _defects(self, file: _File, target: Crs | None, place: Floats | None) -> list[tuple[str, str]]:
        """(kind, action) of what had to be done, or could not be."""
        if place is None or target is None:
            return []
        crs, layout = file.reference.crs, file.layout
        found: list[tuple[str, str]] = []
        if not layout.fits:
            action = f"kept; {place[0]:.7g}, {place[1]:.7g} lies outside the area of {crs.text}: check --crs"
            found.append((_OUTSIDE, action))
        if layout.northing_first != file.reference.northing_first and layout.fits:
            found.append(("axes in another order than named", layout.why))
        if layout.prefix_m:
            action = f"zone {layout.prefix_m / _PREFIX_M:.0f} taken off the eastings"
            found.append(("zone before the easting", action))
        if crs.horizontal != target.horizontal:
            accuracy = crs_door.accuracy_m(crs.horizontal, target.horizontal)
            known = f"to {accuracy:g} m" if accuracy > 0 else "to an accuracy PROJ does not know"
            known = "in the same datum" if accuracy == 0 else known
            source, aim = (f"{crs_door.name_of(h)} ({h})" for h in (crs.horizontal, target.horizontal))
            found.append(("coordinates transformed", f"from {source} to {aim}, {known}"))
        if words := _heights_in_words(file, target):
            found.append(("heights of another kind", words))
        return found

    def _move(self, coords: Floats, file: _File, target: Crs) -> None:
        """Change a file's points (n, 3) in place."""
        reference, layout = file.reference, file.layout
        moved = reference.crs.horizontal != target.horizontal and layout.fits
        if not (layout.northing_first or layout.prefix_m or moved or reference.height_unit_m != 1.0):
            return
        if layout.northing_first:
            coords[:, :2] = coords[:, 1::-1].copy()
        if layout.prefix_m:
            prefixed = np.floor(coords[:, 0] / _PREFIX_M) == layout.prefix_m / _PREFIX_M
            coords[prefixed, 0] -= layout.prefix_m
        usable = np.flatnonzero((np.abs(coords) < _FAR).all(axis=1))
        part = coords[usable]
        if file.to_normal and self.grid_file is not None:
            part[:, 2] = normal_height(part[:, 0], part[:, 1], part[:, 2], self.grid_file)
        part[:, 2] *= reference.height_unit_m
        if moved:
            x, y = crs_door.transform(reference.crs.horizontal, target.horizontal, part[:, 0], part[:, 1])
            part[:, 0], part[:, 1] = x, y
        coords[usable] = part


def _heights_in_words(file: _File, target: Crs) -> str:
    """What was done to the heights, "" where nothing."""
    reference, own = file.reference, file.reference.crs.vertical
    if reference.height_unit_m != 1.0:
        return f"times {reference.height_unit_m:g}, to metres"
    if reference.ellipsoidal:
        how = "turned to DHHN2016 by the grid GCG2016" if file.to_normal else "kept: no grid here leads to the sea"
        return f"above the ellipsoid, {how}"
    if own is not None and target.vertical is not None and own != target.vertical:
        return f"in {own}, taken as {target.vertical}"
    return ""


def _true_to_scale(crs: Crs, target: Crs, where: tuple[float, float]) -> bool:
    x, y = where
    if crs.horizontal != target.horizontal:
        x, y = (float(value) for value in crs_door.transform(crs.horizontal, target.horizontal, x, y))
    return crs_door.true_to_scale(target, x, y)


def _more_telling(known: Reference | None, new: Reference) -> Reference:
    """Of two systems in one file the one that names its heights; raises CityModelError where they differ."""
    if known is None:
        return new
    if known.metric == new.metric and same(known.crs, new.crs):
        return new if known.crs.vertical is None and new.crs.vertical is not None else known
    raise CityModelError(
        f"the file names two coordinate systems, {known.crs.text!r} and {new.crs.text!r}",
        remedy="Transform the file to one system, or overrule it with --crs",
    )


def _points(buffer: SurfaceBuffer) -> Floats:
    """The buffer's coordinates (n, 3), not a copy."""
    return np.frombuffer(buffer.coords, dtype=np.float64).reshape(-1, 3)


def _middle(points: Floats) -> Floats | None:
    """Median of a sample of the usable points (n, 3): outliers do not move it; None where there is none."""
    sample = points[:: max(1, len(points) // _SAMPLE)]
    usable = sample[(np.abs(sample) < _FAR).all(axis=1)]
    return np.asarray(np.median(usable, axis=0)) if len(usable) else None


def _plan(place: Floats, layout: _Layout) -> tuple[float, float]:
    """Easting and northing (longitude and latitude) of a point as a file writes it."""
    x, y = (float(place[1]), float(place[0])) if layout.northing_first else (float(place[0]), float(place[1]))
    return x - layout.prefix_m, y


def _layout(reference: Reference, place: Floats | None) -> _Layout:
    """The order of axes, and the zone number, with which a file lies in its system's area of use."""
    called = reference.northing_first
    axes = ("longitude", "latitude") if reference.geographic else ("easting", "northing")
    says = axes[called]
    if place is None:
        return _Layout(called, 0.0, True, f"the notation puts {says} first")
    prefix_m = reference.zone * _PREFIX_M
    candidates = [
        _Layout(called, 0.0, True, f"the notation puts {says} first"),
        _Layout(not called, 0.0, True, f"the notation puts {says} first, but only the other order lies in its area"),
    ]
    if prefix_m:
        candidates += [layout._replace(prefix_m=prefix_m) for layout in candidates]
    for candidate in candidates:
        if inside_area_of_use(reference.crs, *_plan(place, candidate)):
            return candidate
    return _Layout(False, 0.0, False, "kept as written: in neither order do the coordinates lie in its area")
