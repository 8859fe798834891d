"""What resolution buys: error and seconds over the spacing of receivers, the patches of the sky and the sun grid.

At the demo district. Receivers: the year's irradiation of each surface beside the same surfaces with a receiver every
0.25 m. Sky: the uniform sky that receivers see in patches beside 16,384 directions. Sun: the year's direct light by
nodes beside every ten-minute position of the sun by itself, ray by ray. Errors are the rms over surfaces (by area) or
receivers, in percent of the mean. Stated; the defaults follow from it.
"""

from __future__ import annotations

import tempfile
import time
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
from twin.receivers import concatenate, is_land, sample_surface, take
from twin.reflection.trace import with_far_ground
from twin.validate import district
from twin.validate.district import Chosen, Place
from twin.validate.engine import Mesh
from twin.validate.table import Asked, Row, Seconds, Sheet, Table, stated

NAME = "convergence"
SPACINGS_M = (0.25, 0.5, 1.0, 2.0, 4.0)
PATCHES = (145, 577, 2305)
NODES = (200, 400, 800, 1600)
CHUNK = 128


class Point(NamedTuple):
    """One resolution: how many rays or receivers, how far off [%], how much on the mean [%], seconds."""

    what: str
    number: int
    rms: float
    bias: float
    seconds: float


def convergence(asked: Asked) -> Table:
    """All three; fewer receivers and steps where it is to be small."""
    seconds = Seconds()
    with tempfile.TemporaryDirectory() as name, seconds.spent("heliotwin"):
        place = district.demo_place(Path(name), 145)
        chosen = district.choose(place, (60, 90, 50) if asked.smoke else (600, 900, 500))
        mesh, _ = district.mesh_of(place)
        parts = {}
        for number, (what, find) in enumerate((("sky", _skies), ("sun grid", _suns))):
            asked.on_progress(NAME, number, 3)
            parts[what] = find(place, chosen, mesh)
        asked.on_progress(NAME, 2, 3)
        parts["spacing"] = _spacings(place, SPACINGS_M[2:] if asked.smoke else SPACINGS_M)
    points = [(part, point) for part in ("spacing", "sky", "sun grid") for point in parts[part]]
    rows: list[Row] = []
    for part, point in points:
        rows.append(stated(f"{part} {point.what}: rms", point.rms, "%", "the finest"))
        rows.append(stated(f"{part} {point.what}: bias", point.bias, "%", "the finest"))
    lines = tuple(
        (part, point.what, f"{point.number:,}", f"{point.rms:.2f}", f"{point.bias:+.2f}", f"{point.seconds:.2f}")
        for part, point in points
    )
    heading = ("resolution", "of", "receivers or directions", "rms [%]", "bias [%]", "seconds")
    return Table(
        name=NAME,
        title="Convergence: what resolution buys",
        rows=tuple(rows),
        notes=(
            "Demo district. Spacing: the year of each surface of one cell, by area, against the finest. Sky: view "
            "of the uniform sky against 16,384 directions. Sun grid: the year's direct and circumsolar light against "
            "every ten-minute position of the sun, ray by ray.",
        ),
        seconds=seconds.of,
        sheets=(Sheet(heading, lines),),
    )


def _off(found: NDArray[np.float64], exact: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Rms and bias [%] of the weighted mean."""
    mean = float((exact * weight).sum() / weight.sum())
    off = found - exact
    rms = float(np.sqrt((off**2 * weight).sum() / weight.sum()))
    return 100.0 * rms / mean, 100.0 * float((off * weight).sum() / weight.sum()) / mean


def _skies(place: Place, chosen: Chosen, mesh: Mesh) -> list[Point]:
    bvh = raytrace.build(mesh.vertices, mesh.triangles)
    point, normal = chosen.point.astype(np.float32), chosen.normal
    fine = overcast_sky().direction
    exact = np.zeros(len(point))
    for first in range(0, len(point), CHUNK):
        part = slice(first, first + CHUNK)
        seen = raytrace.visible(bvh, point[part], normal[part].astype(np.float32), fine)
        cosine = np.maximum(normal[part] @ fine.T, 0.0)
        free = (1.0 + normal[part, 2]) / 2.0
        exact[part] = (raytrace.bits.unpack(seen, len(fine)) * cosine).sum(axis=1) / cosine.sum(axis=1) * free
    out = []
    for patches in PATCHES:
        sky = reinhart(patches)
        began = time.perf_counter()
        seen = raytrace.visible(bvh, point, normal.astype(np.float32), sky.direction)
        took = time.perf_counter() - began
        found = (raytrace.bits.unpack(seen, patches) * sky_weights(sky, normal)).sum(axis=1) / np.pi
        out.append(Point(f"{patches} patches", patches, *_off(found, exact, np.ones(len(exact))), took))
    return out


def _suns(place: Place, chosen: Chosen, mesh: Mesh) -> list[Point]:
    prepared = place.prepared
    bvh = raytrace.build(mesh.vertices, mesh.triangles)
    point, normal = chosen.point.astype(np.float32), chosen.normal
    whole = sources(prepared.scene.site, prepared.directions.grid, prepared.weather)
    exact = _ray_by_ray(bvh, point, normal, whole)
    out = []
    for nodes in NODES:
        grid = sun_grid(prepared.scene.site, nodes)
        sent = sources(prepared.scene.site, grid, prepared.weather)
        began = time.perf_counter()
        seen = raytrace.visible(bvh, point, normal.astype(np.float32), grid.direction)
        took = time.perf_counter() - began
        found = np.zeros(len(point))
        year = np.zeros(len(sent.ghi), np.int64)
        for first in range(0, len(point), CHUNK):
            part = slice(first, first + CHUNK)
            weights = sun_weights(sent, normal[part], year, 1)
            lit = raytrace.bits.unpack(seen[part], len(grid.direction))
            found[part] = ((weights.direct + weights.circumsolar)[:, 0] * lit).sum(axis=1)
        number = len(grid.direction)
        out.append(Point(f"{number} nodes", number, *_off(found, exact, np.ones(len(exact))), took))
    return out


def _ray_by_ray(
    bvh: raytrace.Bvh, point: NDArray[np.float32], normal: NDArray[np.float64], sent: Sources
) -> NDArray[np.float64]:
    """The year's direct and circumsolar light (P,) [kWh/m²], a ray to every position of the sun."""
    up = sent.path.node >= 0
    direction = sent.path.direction[up]
    energy = (sent.direct + sent.circumsolar)[up] * sent.path.step_s / 3.6e6
    bright = energy > 0.0
    direction, energy = direction[bright], energy[bright]
    out = np.zeros(len(point))
    for first in range(0, len(point), CHUNK):
        part = slice(first, first + CHUNK)
        seen = raytrace.visible(bvh, point[part], normal[part].astype(np.float32), direction)
        cosine = np.maximum(normal[part] @ direction.T, 0.0) * raytrace.bits.unpack(seen, len(direction))
        out[part] = (cosine * energy).sum(axis=1)
    return out


def _spacings(place: Place, spacings_m: tuple[float, ...]) -> list[Point]:
    """Surfaces of the cell that has most receivers, each spacing against the first."""
    prepared = place.prepared
    directions = prepared.directions
    cell = max(place.cells, key=lambda one: len(place.cells[one].receivers.surface))
    here = np.flatnonzero(prepared.scene.receives & cells.touching(prepared.bounds, cell, job.REACH_M))
    means, areas, counts, took = [], [], [], []
    for spacing in spacings_m:
        began = time.perf_counter()
        samples = concatenate([sample_surface(prepared.model, prepared.scene, int(s), spacing) for s in here])
        samples = cells.inside(samples, cell)
        samples = take(samples, cells.order(samples, cell))
        standing = stand(prepared.casters, cell, samples, prepared.job.halo_m, None)
        data = with_far_ground(look(standing, directions.direction, directions.n_sun))
        took.append(time.perf_counter() - began)
        row = np.flatnonzero(~data.receivers.covered & ~is_land(data.receivers.surface))
        energy = annual_kwh_m2(data, place.bins, row) * data.receivers.area_m2[row]
        surface, area = data.receivers.surface[row], data.receivers.area_m2[row].astype(np.float64)
        total = np.bincount(surface, area, len(prepared.model.kind))
        means.append(np.bincount(surface, energy, len(total)) / np.maximum(total, 1e-9))
        areas.append(total)
        counts.append(len(row))
    both = (areas[0] > 0.0) & np.all([area > 0.0 for area in areas], axis=0)
    weight = areas[0][both]
    return [
        Point(f"{spacing:g} m", count, *_off(mean[both], means[0][both], weight), seconds)
        for spacing, mean, count, seconds in zip(spacings_m, means, counts, took, strict=True)
    ]
