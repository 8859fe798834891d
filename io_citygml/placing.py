"""How each file's coordinates come into the one system of the model: easting, northing, height in metres.

In which order a file writes its axes follows from where it then lies (``io_citygml.axes``). Degrees, feet and map
projections that are not true to scale are transformed to the model's system: --crs, else that of the first file, else
the UTM zone of the first file's middle. Where its degrees fit in either order, a later file that is sure decides.

A file is judged when it has been read, so that a wrong one can be left out; coordinates change only when all are read,
so that a building that stands in two files is still found to be the same (``io_citygml.moving``).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from io_citygml import crs as crs_door
from io_citygml.axes import ZONE_M, Layout, in_plan, layout_of
from io_citygml.buffers import SurfaceBuffer
from io_citygml.crs import Crs, Reference, same
from io_citygml.crs_notation import REMEDY, is_short
from io_citygml.errors import CityModelError
from io_citygml.heights import CLOSE_HEIGHTS, GCG2016_HEIGHT, normal_height
from io_citygml.moving import FAR, PlacedFile, bring_in, bring_in_spots, places_of
from io_citygml.repair import Defect, Placement

_log = logging.getLogger(__name__)
Floats = NDArray[np.float64]
# Between two datums: what a neighbour's shadow bears. Datum changes by seven parameters (DHDN to ETRS89: 3 m) do not.
_ACCURACY_M = 1.0
_OUTSIDE = "outside the area of its CRS"
# The median of so many points says where a file lies.
_SAMPLE = 10_000


class Placing:
    """Finds the system of a model while its files are read one by one."""

    def __init__(self, given: str | None, grid_file: Path | None) -> None:
        self.given = None if given is None else crs_door.parse_reference(given)
        self.grid_file = grid_file
        self.target: Crs | None = None
        self.files: list[PlacedFile] = []
        if self.given is not None and self.given.metric:
            self.target = self.given.crs

    def enter(self, name: str, references: dict[str, int], buffer: SurfaceBuffer, first_value: int) -> None:
        """Judge a file that was read into ``buffer.coords[first_value:]``.

        ``references`` are the notations it holds, with their lines. Raises CityModelError, without effect on what was
        entered before, where it does not say its system or cannot be brought into that of the model.
        """
        points = slice(first_value // 3, len(buffer.coords) // 3)
        spots = np.array(buffer.spots, dtype=np.float64).reshape(-1, 3)[buffer.spots_of(len(self.files))]
        place = _middle(np.concatenate([places_of(buffer, points)[0], spots]))
        reference = self._reference(name, references, place, buffer)
        file = self._judged(name, points, reference, place, self._near())
        files, known = self.files, self.target
        if self.given is None and not file.layout.either and file.place is not None and not self._sure():
            # what was read so far lies in either order of its axes, so that this file says where the model is
            known = None
        target = self._target(file, known)
        if known is None and target is not None:
            files = [self._judged(*earlier[:4], target) for earlier in files]
            for earlier in files:
                target = self._target(earlier, target)
        self.target = target
        self.files = [*files, file]

    def finish(self, buffer: SurfaceBuffer) -> Crs:
        """Bring every file's coordinates into the model's system, which is returned, and report how."""
        if self.target is None:
            name, text = self.files[0].name, self.files[0].reference.crs.text
            problem = f"the file holds no coordinates, so that no projected system follows from {text!r}"
            raise CityModelError(problem, file=name, remedy=REMEDY)
        unsure = [file for file in self.files if file.layout.either and is_short(file.reference.crs.text)]
        if unsure and self._near() is None:
            x, y = in_plan(unsure[0].place, unsure[0].layout) if unsure[0].place is not None else (0.0, 0.0)
            raise CityModelError(
                f"{unsure[0].reference.crs.text!r} does not say whether latitude or longitude comes first, and both "
                f"fit: {x:.4g}° E, {y:.4g}° N or {y:.4g}° E, {x:.4g}° N",
                file=unsure[0].name,
                remedy="Name a projected system of the place with --crs, for example --crs EPSG:25832",
            )
        for number, file in enumerate(self.files):
            self._report(file, self.target, buffer)
            bring_in(file, self.target, buffer, self.grid_file)
            bring_in_spots(file, buffer.spots_of(number), self.target, buffer, self.grid_file)
        return self.target

    def _report(self, file: PlacedFile, target: Crs, buffer: SurfaceBuffer) -> None:
        crs, layout = file.reference.crs, file.layout
        defects = self._defects(file, target)
        actions = "; ".join(action for _, action in defects)
        buffer.report.placements.append(
            Placement(file.name, crs.text, crs.horizontal, crs.vertical, _order(file), layout.why, actions)
        )
        for kind, action in defects:
            buffer.report.add(Defect(kind, "", "", file.name, 0, 0.0, action))
            _log.log(logging.WARNING if kind == _OUTSIDE else logging.INFO, "%s: %s: %s", file.name, kind, action)

    def _near(self) -> Crs | None:
        """A system in whose area the model lies, None while only the notations of the files decide."""
        if self.given is not None and not self.given.geographic:
            return self.given.crs
        return self.target if self._sure() else None

    def _sure(self) -> bool:
        """Whether a file that lies in one order of its axes only has been entered."""
        return any(file.place is not None and not file.layout.either for file in self.files)

    def _judged(
        self, name: str, points: slice, reference: Reference, place: Floats | None, near: Crs | None
    ) -> PlacedFile:
        layout = layout_of(reference, place, near)
        return PlacedFile(name, points, reference, place, layout, self._grid_covers(reference, layout, place))

    def _grid_covers(self, reference: Reference, layout: Layout, place: Floats | None) -> bool:
        """Whether heights above the ellipsoid can be turned to DHHN2016 here."""
        if not reference.ellipsoidal or place is None or self.grid_file is None:
            return False
        try:
            return bool(np.isfinite(normal_height(*in_plan(place, layout), place[2], self.grid_file)))
        except CityModelError:
            return False

    def _reference(
        self, name: str, references: dict[str, int], place: Floats | None, buffer: SurfaceBuffer
    ) -> Reference:
        """What the file says of its system, where its coordinates (about ``place``) lie in it; else --crs.

        So --crs never moves a file that is right about itself: that one is transformed to the system of --crs.
        """
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
            elif own is None:
                own = self.given
            elif own.metric and own.crs.horizontal != self.given.crs.horizontal:
                layout = layout_of(own, place, None)
                if layout.fits:
                    self._check_given(name, own.crs, place, layout)
                else:
                    action = f"{own.crs.text} overruled by {self.given.crs.text}"
                    _log.warning("%s: %s, for its coordinates do not lie there", name, action)
                    said.append((0, action))
                    own = self.given
            elif own.metric and not same(own.crs, self.given.crs):
                said.append((0, f"{own.crs.text} overruled by {self.given.crs.text}"))
                own = self.given
            elif own.height_from_plan and not self.given.height_from_plan and same(own.crs, self.given.crs):
                own = self.given
        if own is None:
            raise CityModelError("the file does not say its coordinate system", file=name, remedy=REMEDY)
        for line, action in said:
            buffer.report.add(Defect("coordinate system", "", "", name, line, 0.0, action))
        return own

    def _check_given(self, name: str, own: Crs, place: Floats | None, layout: Layout) -> None:
        """Raise CityModelError where a file lies in the system it names and far outside that of --crs."""
        if place is None or self.given is None:
            return
        latitude, longitude = (float(value) for value in crs_door.to_geographic(own, *in_plan(place, layout)))
        if not crs_door.covers(self.given.crs, latitude, longitude):
            raise CityModelError(
                f"the file lies in {own.text!r}, at latitude {latitude:.2f} and longitude {longitude:.2f}, outside the "
                f"area of --crs {self.given.crs.text}",
                file=name,
                remedy="Leave out --crs, or name a system of that place",
            )

    def _target(self, file: PlacedFile, known: Crs | None) -> Crs | None:
        """The model's system, as far as it is known, once this file is in it; None while no coordinates say one."""
        crs, place = file.reference.crs, file.place
        target = known or (crs if file.reference.metric else None)
        if place is None:
            return target
        where = in_plan(place, file.layout)
        if target is None and not file.layout.fits:
            problem = f"the coordinates about {place[0]:.7g}, {place[1]:.7g} do not lie in {crs.text!r}"
            raise CityModelError(problem, file=file.name, remedy=REMEDY)
        if target is None or (self._first(known) and file.layout.fits and not _true_to_scale(crs, target, where)):
            longitude, latitude = crs_door.to_base(crs, *where)
            utm = crs_door.utm_of(crs.horizontal, float(longitude), float(latitude))
            target = Crs(crs.text, utm, None if target is None else target.vertical)
        if crs.horizontal != target.horizontal:
            self._check_way(file, target, self._first(known))
        return self._with_heights(file, target)

    def _first(self, known: Crs | None) -> bool:
        """Whether no file with coordinates stands in the known system yet."""
        return known is None or all(file.place is None for file in self.files)

    def _check_way(self, file: PlacedFile, target: Crs, first: bool) -> None:
        """Raise CityModelError where coordinates cannot be carried over well enough."""
        crs = file.reference.crs
        if not file.layout.fits:
            problem = f"the coordinates do not lie in {crs.text!r}, so that nothing leads to {target.horizontal}"
            raise CityModelError(problem, file=file.name, remedy=REMEDY)
        accuracy = crs_door.accuracy_m(crs.horizontal, target.horizontal)
        if not first and not 0.0 <= accuracy <= _ACCURACY_M:
            known = f"to {accuracy:.0f} m only" if accuracy > 0 else "by nothing known"
            raise CityModelError(
                f"the files are in two coordinate systems, {target.text!r} and {crs.text!r}, which lie on other datums "
                f"and are joined {known}",
                file=file.name,
                remedy="Transform the files to one system (in Germany with the state's NTv2 grid) first",
            )

    def _with_heights(self, file: PlacedFile, target: Crs) -> Crs:
        """The target, with the heights of the file where the target names none."""
        vertical = GCG2016_HEIGHT if file.to_normal else file.reference.crs.vertical
        if file.reference.ellipsoidal and not file.to_normal and target.vertical is not None:
            raise CityModelError(
                f"the heights are above the ellipsoid, and nothing here leads from them to {target.vertical}",
                file=file.name,
                remedy="Transform the heights of the file",
            )
        if vertical is None or vertical == target.vertical or {vertical, target.vertical} <= CLOSE_HEIGHTS:
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

    def _defects(self, file: PlacedFile, target: Crs) -> list[tuple[str, str]]:
        """(kind, action) of what had to be done, or could not be."""
        crs, layout, place = file.reference.crs, file.layout, file.place
        if place is None:
            return []
        found: list[tuple[str, str]] = []
        if not layout.fits:
            action = f"kept; {place[0]:.7g}, {place[1]:.7g} lies outside the area of {crs.text}: check --crs"
            found.append((_OUTSIDE, action))
        if layout.northing_first != file.reference.northing_first and layout.fits:
            found.append(("axes in another order than named", layout.why))
        if layout.either:
            action = f"{_order(file)} taken, as {layout.why}; name a projected system with --crs if that is wrong"
            found.append(("either order of axes fits", action))
        if layout.prefix_m:
            action = f"zone {layout.prefix_m / ZONE_M:.0f} taken off the eastings"
            found.append(("zone before the easting", action))
        if crs.horizontal != target.horizontal:
            accuracy = crs_door.accuracy_m(crs.horizontal, target.horizontal)
            known = f"to {accuracy:g} m" if accuracy > 0 else "to an accuracy PROJ does not know"
            known = "in the same datum" if accuracy == 0 else known
            source, aim = (f"{crs_door.name_of(h)} ({h})" for h in (crs.horizontal, target.horizontal))
            found.append(("coordinates transformed", f"from {source} to {aim}, {known}"))
        if words := _heights_in_words(file, target):
            found.append(("heights of another kind", words))
        if self._heights_assumed(file, target):
            found.append(("heights not named", f"taken as {target.vertical}, which another file names"))
        return found

    def _heights_assumed(self, file: PlacedFile, target: Crs) -> bool:
        """Whether other files, rather than this one or the user, say what its heights are."""
        reference = file.reference
        if self.given is not None and self.given.crs.vertical is not None:
            return False
        named = reference.crs.vertical is not None or reference.ellipsoidal
        named |= reference.height_unit_m != 1.0 and not reference.height_from_plan
        return target.vertical is not None and not named


def _heights_in_words(file: PlacedFile, target: Crs) -> str:
    """What was done to the heights, "" where nothing."""
    reference, own = file.reference, file.reference.crs.vertical
    if reference.height_from_plan:
        return (
            f"times {reference.height_unit_m:g}, to metres: no height system is named, so they count as feet like the "
            f"plan; if they are metres, name their system with --crs {reference.crs.horizontal}+…"
        )
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
        better = known.crs.vertical is None and new.crs.vertical is not None
        return new if better or (known.height_from_plan and not new.height_from_plan) else known
    raise CityModelError(
        f"the file names two coordinate systems, {known.crs.text!r} and {new.crs.text!r}",
        remedy="Transform the file to one system, or overrule it with --crs",
    )


def _middle(points: Floats) -> Floats | None:
    """Median of a sample of the usable points (n, 3): outliers do not move it; None where there is none."""
    sample = points[:: max(1, len(points) // _SAMPLE)]
    usable = sample[(np.abs(sample) < FAR).all(axis=1)]
    return np.asarray(np.median(usable, axis=0)) if len(usable) else None


def _order(file: PlacedFile) -> str:
    """The axes as the file writes them."""
    axes = ("latitude", "longitude") if file.reference.geographic else ("northing", "easting")
    return ", ".join(axes if file.layout.northing_first else axes[::-1])
