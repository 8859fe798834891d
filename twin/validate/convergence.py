"""What resolution buys: error and cost over the spacing of receivers, the patches of the sky and the sun grid.

At the demo district. Receivers: the year's irradiation of each surface beside the same surfaces with a receiver every
0.25 m. Sky: the uniform sky that receivers see in patches beside 16,384 directions (`solar.overcast`). Sun: the year's
direct light by nodes beside every ten-minute position of the sun by itself, ray by ray. Errors are the rms over
surfaces (by area) or receivers, in percent of the mean; cost is the processor's time, all cores together, and the bytes
of a receiver's bits as a job keeps them. Stated; the defaults are argued from it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import raytrace
from solar.irradiance import Sources, sources, sun_weights
from solar.overcast import overcast_sky
from solar.sky import reinhart, sky_weights
from solar.sun_grid import sun_grid
from twin import cells, job
from twin.irradiation import annual_kwh_m2
from twin.operators import look, stand
from twin.receivers import is_land, sample_surfaces, take
from twin.reflection.trace import with_far_ground
from twin.validate import district
from twin.validate.choice import DEFAULTS, Point, argued, together
from twin.validate.district import Place
from twin.validate.engine import Mesh
from twin.validate.table import Asked, Row, Seconds, Sheet, Table, stated

NAME = "convergence"
SPACINGS_M = (0.25, 0.5, 1.0, 2.0, 4.0)
PATCHES = (145, 577, 2305)
NODES = (200, 400, 800, 1600)
# Neighbours are traced together; what rays cost is only seen on as many of them as stand together in a job.
BLOCK = 128


class Clock:
    """Adds up the processor's time, of all cores together: other programs on the machine do not count."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> Clock:
        self._began = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self._began


def convergence(asked: Asked) -> Table:
    """All three at the demo district; a street canyon with fewer receivers and steps where it is to be small."""
    build: Callable[[Path, int, str], Place] = district.canyon_place if asked.smoke else district.demo_place
    seconds = Seconds()
    with tempfile.TemporaryDirectory() as name, seconds.spent("heliotwin"):
        asked.on_progress(NAME, 0, 4)
        place = build(Path(name), DEFAULTS[1], "far")
        standing = standing_in(place, 4 if asked.smoke else 128)
        mesh, _ = district.mesh_of(place)
        asked.on_progress(NAME, 1, 4)
        points = _spacings(place, SPACINGS_M[2:] if asked.smoke else SPACINGS_M)
        asked.on_progress(NAME, 2, 4)
        points += _skies(standing, mesh, PATCHES[:2] if asked.smoke else PATCHES)
        asked.on_progress(NAME, 3, 4)
        points += _suns(place, standing, mesh, NODES[1:3] if asked.smoke else NODES)
    rows: list[Row] = []
    for point in points:
        rows.append(stated(f"{point.part} {point.what}: rms", point.rms, "%", "the finest"))
        rows.append(stated(f"{point.part} {point.what}: bias", point.bias, "%", "the finest"))
        rows.append(stated(f"{point.part} {point.what}: processor", point.ms_each, "ms/receiver", "the clock"))
        rows.append(stated(f"{point.part} {point.what}: size", point.bytes_each, "bytes/receiver", "counted"))
    where = "A street canyon" if asked.smoke else "Demo district"
    notes = (
        f"{where}. Spacing: the year of each surface of one cell, by area, against the finest, along the {DEFAULTS[1]} "
        f"patches and {DEFAULTS[2]} nodes of a job. Sky: view of the uniform sky against 16,384 directions. Sun grid: "
        "the year's direct and circumsolar light against every ten-minute position of the sun, ray by ray.",
        "Seconds are the processor's, all cores together; bytes are the bits of a receiver's directions as a job keeps "
        "them, before compression. Spacing counts sampling and building the tree as well.",
    )
    return Table(
        name=NAME,
        title="Convergence: what resolution buys",
        rows=tuple(rows),
        notes=notes if asked.smoke else notes + argued(points),
        seconds=seconds.of,
        sheets=(_sheet(points),) if asked.smoke else (_sheet(points), together(points)),
    )


class Standing(NamedTuple):
    """Exposed receivers, blocks of neighbours one after the other: where (local to the scene's origin), unit normal."""

    point: NDArray[np.float32]  # (P, 3) m
    normal: NDArray[np.float64]  # (P, 3)


def standing_in(place: Place, blocks: int) -> Standing:
    """So many blocks of neighbours, evenly spread over all receivers of a place, on roofs, façades and land."""
    points, normals = [], []
    for data in place.cells.values():
        row = np.flatnonzero(~data.receivers.covered)
        points.append(data.receivers.point[row].astype(np.float64) + (data.origin - place.prepared.scene.origin))
        normals.append(data.receivers.normal[row].astype(np.float64))
    point, normal = np.concatenate(points), np.concatenate(normals)
    first = np.linspace(0, len(point) - BLOCK, blocks).astype(np.int64)
    rows = (first[:, None] + np.arange(BLOCK)).ravel()
    return Standing(point[rows].astype(np.float32), normal[rows])


def _sheet(points: list[Point]) -> Sheet:
    heading = (
        *("resolution", "of", "receivers", "directions", "rms [%]", "bias [%]", "processor [s]", "ms/receiver"),
        *("bytes/receiver", "MB"),
    )
    lines = tuple(
        (
            *(point.part, f"**{point.what}**" if point.value in DEFAULTS else point.what),
            *(f"{point.receivers:,}", f"{point.directions:,}", f"{point.rms:.2f}", f"{point.bias:+.2f}"),
            *(f"{point.seconds:.2f}", f"{point.ms_each:.2g}"),
            *(f"{point.bytes_each:,}", f"{point.receivers * point.bytes_each / 1e6:.1f}"),
        )
        for point in points
    )
    return Sheet(heading, lines)


def _off(found: NDArray[np.float64], exact: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Rms and bias [%] of the weighted mean."""
    mean = float((exact * weight).sum() / weight.sum())
    off = found - exact
    rms = float(np.sqrt((off**2 * weight).sum() / weight.sum()))
    return 100.0 * rms / mean, 100.0 * float((off * weight).sum() / weight.sum()) / mean


def _spacings(place: Place, spacings_m: tuple[float, ...]) -> list[Point]:
    """Surfaces of the cell that has most receivers, each spacing against the first."""
    prepared = place.prepared
    directions = prepared.directions
    cell = max(place.cells, key=lambda one: len(place.cells[one].receivers.surface))
    here = np.flatnonzero(prepared.scene.receives & cells.touching(prepared.bounds, cell, job.REACH_M))
    means, areas, counts, took = [], [], [], []
    for spacing in spacings_m:
        with Clock() as clock:
            samples = cells.inside(sample_surfaces(prepared.model, prepared.scene, here, spacing), cell)
            samples = take(samples, cells.order(samples, cell))
            standing = stand(prepared.casters, cell, samples, prepared.job.halo_m, None)
            data = with_far_ground(look(standing, directions.direction, directions.n_sun))
        took.append(clock.seconds)
        row = np.flatnonzero(~data.receivers.covered & ~is_land(data.receivers.surface))
        energy = annual_kwh_m2(data, place.bins, row) * data.receivers.area_m2[row]
        surface, area = data.receivers.surface[row], data.receivers.area_m2[row].astype(np.float64)
        total = np.bincount(surface, area, len(prepared.model.kind))
        means.append(np.bincount(surface, energy, len(total)) / np.maximum(total, 1e-9))
        areas.append(total)
        counts.append(len(row))
    both = (areas[0] > 0.0) & np.all([area > 0.0 for area in areas], axis=0)
    weight, many = areas[0][both], len(directions.direction)
    return [
        Point("spacing", spacing, f"{spacing:g} m", count, many, *_off(mean[both], means[0][both], weight), seconds)
        for spacing, mean, count, seconds in zip(spacings_m, means, counts, took, strict=True)
    ]


def _skies(standing: Standing, mesh: Mesh, cuts: tuple[int, ...]) -> list[Point]:
    """Cuts of the sky against a spiral of directions."""
    bvh = raytrace.build(mesh.vertices, mesh.triangles)
    point, normal = standing
    fine, clock = overcast_sky().direction, Clock()
    exact = np.zeros(len(point))
    for first in range(0, len(point), BLOCK):
        part = slice(first, first + BLOCK)
        with clock:
            seen = raytrace.visible(bvh, point[part], normal[part].astype(np.float32), fine)
        cosine = np.maximum(normal[part] @ fine.T, 0.0)
        free = (1.0 + normal[part, 2]) / 2.0
        exact[part] = (raytrace.bits.unpack(seen, len(fine)) * cosine).sum(axis=1) / cosine.sum(axis=1) * free
    out = []
    for patches in cuts:
        sky = reinhart(patches)
        seen, took = _seen(bvh, standing, sky.direction)
        found = (raytrace.bits.unpack(seen, patches) * sky_weights(sky, normal)).sum(axis=1) / np.pi
        off = _off(found, exact, np.ones(len(exact)))
        out.append(Point("sky", patches, f"{patches} patches", len(point), patches, *off, took))
    return [*out, Point("sky", 0.0, "spiral", len(point), len(fine), 0.0, 0.0, clock.seconds)]


def _suns(place: Place, standing: Standing, mesh: Mesh, grids: tuple[int, ...]) -> list[Point]:
    """Sun grids against every position of the sun."""
    prepared = place.prepared
    bvh = raytrace.build(mesh.vertices, mesh.triangles)
    point, normal = standing
    sent = sources(prepared.scene.site, prepared.directions.grid, prepared.weather)
    exact, truth = _ray_by_ray(bvh, point, normal, sent)
    out = []
    for nodes in grids:
        grid = sun_grid(prepared.scene.site, nodes)
        sent = sources(prepared.scene.site, grid, prepared.weather)
        seen, took = _seen(bvh, standing, grid.direction)
        found = np.zeros(len(point))
        year = np.zeros(len(sent.ghi), np.int64)
        for first in range(0, len(point), BLOCK):
            part = slice(first, first + BLOCK)
            weights = sun_weights(sent, normal[part], year, 1)
            lit = raytrace.bits.unpack(seen[part], len(grid.direction))
            found[part] = ((weights.direct + weights.circumsolar)[:, 0] * lit).sum(axis=1)
        off, number = _off(found, exact, np.ones(len(exact))), len(grid.direction)
        out.append(Point("sun grid", nodes, f"{nodes}: {number} nodes", len(point), number, *off, took))
    return [*out, truth]


def _seen(bvh: raytrace.Bvh, standing: Standing, direction: NDArray[np.float64]) -> tuple[NDArray[np.uint64], float]:
    """Bits of all receivers along directions, and the processor's seconds; what is done once for all is not counted."""
    normal = standing.normal.astype(np.float32)
    raytrace.visible(bvh, standing.point[:1], normal[:1], direction)
    with Clock() as taken:
        seen = raytrace.visible(bvh, standing.point, normal, direction)
    return seen, taken.seconds


def _ray_by_ray(
    bvh: raytrace.Bvh, point: NDArray[np.float32], normal: NDArray[np.float64], sent: Sources
) -> tuple[NDArray[np.float64], Point]:
    """The year's direct and circumsolar light (P,) [kWh/m²], a ray to every position of the sun; and what it costs."""
    up = sent.path.node >= 0
    direction = sent.path.direction[up]
    energy = (sent.direct + sent.circumsolar)[up] * sent.path.step_s / 3.6e6
    bright = energy > 0.0
    direction, energy = direction[bright], energy[bright]
    out, clock = np.zeros(len(point)), Clock()
    for first in range(0, len(point), BLOCK):
        part = slice(first, first + BLOCK)
        with clock:
            seen = raytrace.visible(bvh, point[part], normal[part].astype(np.float32), direction)
        cosine = np.maximum(normal[part] @ direction.T, 0.0) * raytrace.bits.unpack(seen, len(direction))
        out[part] = (cosine * energy).sum(axis=1)
    number = len(direction)
    return out, Point("sun grid", 0.0, "every ten minutes", len(point), number, 0.0, 0.0, clock.seconds)
