"""The stated uncertainty per surface, against what the year would be with everything fine.

Surfaces are reckoned as a job does, and again with receivers every 0.25 m, with 6,400 suns and with 2,305 patches: each
cause alone, then all together (every 0.5 m). The scales of twin.uncertainty.percent were fitted on the demo, at two
resolutions; they are held there, at a made town and, where sample data are given, at districts that no scale was fitted
on: two stated standard uncertainties must hold 95 % of the surfaces, and of the buildings. Trees and reflectors are
left out on both sides.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from io_citygml.model import root_objects
from solar.irradiance import sources
from solar.sky import reinhart
from solar.sun_grid import sun_grid
from solar.weather import month_index
from twin import cells, job
from twin.config import check_job
from twin.directions import Directions
from twin.irradiation import Bins, bins_of, groups_of, view_of_sky
from twin.operators import Stand, look, stand
from twin.package_data import demo_city
from twin.planes import distinct
from twin.pv.config import read_pv
from twin.receivers import sample_surfaces, take
from twin.stopwatch import Stopwatch
from twin.uncertainty.columns import LEAST_KWH_M2
from twin.uncertainty.evidence import Collector, Evidence, year_of
from twin.uncertainty.percent import Uncertainty, of_buildings, uncertainty_of
from twin.validate.table import Asked, Row, Seconds, Sheet, Table, between, stated
from twin.validate.towns import Block, turned, write_town

NAME = "uncertainty"
FINE_M, FINE_TOGETHER_M, FINE_SUNS, FINE_PATCHES = 0.25, 0.5, 6400, 2305
# What two standard uncertainties are to hold, all causes together and each alone, in percent of the surfaces.
WITHIN_TWO, WITHIN_TWO_ALONE = 95.0, 90.0
# Surfaces of a district that are looked at, at most.
MOST = 1200
CHUNK = 64  # normals whose weights are held at a time
# Districts of the sample data: two that the form of the evidence was found on, and one that nothing was.
SAMPLES = {
    "Delft": Path("cityjson") / "delft.city.json.gz",
    "NRW tile 365/5713": Path("citygml") / "nw" / "LoD2_32_365_5713_1_NW.gml.gz",
    "NRW tile 326/5727": Path("citygml") / "nw" / "LoD2_32_326_5727_1_NW.gml.gz",
}
TOWN, TOWN_STEP_M, TOWN_MIDDLE = 8, 22.0, (364_250.0, 5_650_250.0)
HEADING = ("surfaces of", "cause", "number", "mean error [%]", "mean u [%]", "within u [%]", "within 2 u [%]")


class Case(NamedTuple):
    """A district and how it is reckoned."""

    name: str
    city: Path
    spacing_m: float
    patches: int
    surfaces: int  # how many at most, chosen by chance but the same every time
    fine_m: float = FINE_M


class Errors(NamedTuple):
    """Of surfaces (N,): what is off [kWh] by cause, found less fine, and what is stated."""

    name: str
    error: dict[str, NDArray[np.float64]]
    stated: Uncertainty
    energy_kwh: NDArray[np.float64]
    building: NDArray[np.int64]


def uncertainty(asked: Asked) -> Table:
    """Coverage of what is stated, by cause, for whole surfaces and for buildings."""
    seconds = Seconds()
    rows: list[Row] = []
    lines: list[tuple[str, ...]] = []
    with seconds.spent("heliotwin"), demo_city() as demo, tempfile.TemporaryDirectory() as folder:
        todo = cases(Path(folder), demo, asked)
        for number, case in enumerate(todo):
            asked.on_progress(NAME, number, len(todo))
            found = errors_of(case)
            more, shown = _judged(found, asked.smoke)
            rows += more
            lines += shown
    return Table(
        name=NAME,
        title="Uncertainty per surface: how much of the error it covers",
        rows=tuple(rows),
        notes=(
            "Error: the year by the job's receivers, suns and patches less the same with receivers every "
            f"{FINE_M:g} m, {FINE_SUNS:,} suns or {FINE_PATCHES:,} patches; together with receivers every "
            f"{FINE_TOGETHER_M:g} m. Means of sizes by area, in percent of the mean irradiation. u: as stated, without "
            "the geometry's part, which is judged.",
            "Errors have longer tails than the normal distribution: where two standard uncertainties hold 95 %, one "
            "holds more than the normal 68 %.",
        ),
        seconds=seconds.of,
        sheets=(Sheet(HEADING, tuple(lines)),),
    )


def cases(folder: Path, city: Path, asked: Asked) -> list[Case]:
    """What is judged; districts of the sample data where there are some."""
    town = made_town(folder / "town.city.json")
    if asked.smoke:
        return [Case("made town, 2 m, 145 patches", town, 2.0, 145, 60, FINE_TOGETHER_M)]
    found = [
        Case("demo (fitted on)", city, 1.0, 577, MOST),
        Case("demo (fitted on), 2 m, 145 patches", city, 2.0, 145, MOST),
        Case("made town", town, 1.0, 577, MOST),
        Case("made town, 2 m, 145 patches", town, 2.0, 145, MOST),
    ]
    for name, path in SAMPLES.items():
        if asked.data is not None and (asked.data / path).is_file():
            found.append(Case(name, asked.data / path, 1.0, 577, MOST))
    return found


def made_town(path: Path) -> Path:
    """Houses along streets that lie aslant, of widths, depths and heights by chance, the same every time."""
    dice = np.random.default_rng(8)
    blocks = []
    for number in range(TOWN * TOWN):
        place = (np.array(divmod(number, TOWN)) - TOWN / 2) * TOWN_STEP_M
        low = place + dice.uniform(0.0, 5.0, 2)
        high = low + dice.uniform(8.0, 14.0, 2)
        corner = turned(TOWN_MIDDLE, (low[0], low[1]), (high[0], high[1]), 25.0)
        blocks.append(Block(f"b{number}", corner, float(dice.uniform(5.0, 22.0))))
    return write_town(path, blocks)


def errors_of(case: Case) -> Errors:
    """Reckon a case as a job does, and finely."""
    options = {"cities": [case.city], "out": Path("unused"), "spacing_m": case.spacing_m, "sky": case.patches}
    prepared = job.prepare(check_job({**options, "no_pv": True, "no_trees": True, "device": "cpu"}), Stopwatch())
    model, scene = prepared.model, prepared.scene
    root = root_objects(model.objects)[model.object]
    here = np.flatnonzero(scene.receives & (scene.area_m2 > 0.0))
    dice = np.random.default_rng(8)
    chosen = np.sort(dice.choice(here, min(case.surfaces, len(here)), replace=False))
    usual = prepared.directions
    fine = _directions(prepared, FINE_SUNS, FINE_PATCHES)
    standing = _standing(prepared, chosen, case.spacing_m)
    found, collected = _energy(prepared, standing, usual, whole=True)
    by_light, _ = _energy(prepared, standing, fine)
    spaced, _ = _energy(prepared, _standing(prepared, chosen, case.fine_m), usual)
    together, _ = _energy(prepared, _standing(prepared, chosen, FINE_TOGETHER_M), fine)
    area = found[2]
    each = {
        "spacing": (found - spaced)[:2].sum(axis=0),
        "sun grid": (found - by_light)[0],
        "sky": (found - by_light)[1],
        "together": (found - together)[:2].sum(axis=0),
    }
    energy = found[:2].sum(axis=0) * area
    good = (area > 0.0) & (spaced[2] > 0.0) & (together[2] > 0.0) & (energy > LEAST_KWH_M2 * area)
    parts = uncertainty_of(collected, energy, np.ones(len(energy)), read_pv().spread)
    return Errors(
        name=case.name,
        error={cause: (off * area)[good] for cause, off in each.items()},
        stated=Uncertainty(*(part[good] for part in parts)),
        energy_kwh=energy[good],
        building=np.unique(root[good], return_inverse=True)[1].astype(np.int64),
    )


def _directions(prepared: job.Prepared, suns: int, patches: int) -> Directions:
    grid, sky = sun_grid(prepared.scene.site, suns), reinhart(patches)
    return Directions(grid, sky, np.concatenate([grid.direction, sky.direction]))


def _standing(prepared: job.Prepared, chosen: NDArray[np.intp], spacing_m: float) -> list[Stand]:
    """Receivers of some surfaces, cell by cell, among everything that stands around."""
    samples = sample_surfaces(prepared.model, prepared.scene, chosen, spacing_m)
    out = []
    for cell in job.cells_of(prepared):
        inside = cells.inside(samples, cell)
        if len(inside.surface):
            inside = take(inside, cells.order(inside, cell))
            out.append(stand(prepared.casters, cell, inside, prepared.job.halo_m, None))
    return out


def _energy(
    prepared: job.Prepared, standing: list[Stand], directions: Directions, whole: bool = False
) -> tuple[NDArray[np.float64], Evidence]:
    """Light from suns and from patches [kWh/m²] and the area [m²] of surfaces, (3, S); evidence where ``whole``."""
    bins = _bins(prepared, directions)
    total = np.zeros((3, len(prepared.model.kind)))
    collector = Collector(len(prepared.model.kind))
    for one in standing:
        data = look(one, directions.direction, directions.n_sun)
        view = view_of_sky(data, bins.optics, groups_of(data, None))
        facing, which = distinct(view.normal)
        for first in range(0, len(facing), CHUNK):
            mine = np.flatnonzero((which >= first) & (which < first + CHUNK))
            light = year_of(bins, facing[first : first + CHUNK])
            for part, seen, sent in zip(total, (view.sun, view.sky), light, strict=False):
                part[view.group[mine]] += (seen[mine] * sent[which[mine] - first]).sum(axis=1)
        total[2, view.group] += view.area_m2
        if whole:
            collector.add(data, bins, view)
    total[:2] /= np.where(total[2] > 0.0, total[2], 1.0)
    return total, collector.found


def _bins(prepared: job.Prepared, directions: Directions) -> Bins:
    sent = sources(prepared.scene.site, directions.grid, prepared.weather, prepared.job.sky_model)
    optics = job.optics_of(prepared)._replace(sun=directions.grid.direction, sky=directions.sky)
    return bins_of(sent, month_index(prepared.weather), optics)


def _judged(found: Errors, smoke: bool) -> tuple[list[Row], list[tuple[str, ...]]]:
    """Rows and lines of one case. A small one is held to less: chance alone moves 200 surfaces by 3 %."""
    measured = Uncertainty(*found.stated[:3], np.zeros(len(found.energy_kwh)))
    by_cause = {"spacing": measured.spacing, "sun grid": measured.sun_grid, "sky": measured.sky}
    stated_kwh = {**by_cause, "together": measured.whole}
    rows: list[Row] = []
    lines = []
    spare = 4.0 if smoke else 0.0
    for cause, u in stated_kwh.items():
        lines.append(_line(found.name, cause, found.error[cause], u, found.energy_kwh))
        least = (WITHIN_TWO if cause == "together" else WITHIN_TWO_ALONE) - spare
        two = 100.0 * float(np.mean(np.abs(found.error[cause]) < 2.0 * u))
        source = f"95 % by JCGM 100:2008, held to {least:g} %"
        rows.append(between(f"{found.name}: {cause}, within 2 u", two, least, 100.0, "%", source))
        one = 100.0 * float(np.mean(np.abs(found.error[cause]) < u))
        rows.append(stated(f"{found.name}: {cause}, within u", one, "%", "68 % of a normal distribution"))
    count = int(found.building.max()) + 1
    error = np.bincount(found.building, found.error["together"], count).astype(np.float64)
    energy = np.bincount(found.building, found.energy_kwh, count).astype(np.float64)
    u = of_buildings(measured, found.building, count).whole
    lines.append(_line(found.name, "together, by building", error, u, energy))
    two = 100.0 * float(np.mean(np.abs(error) < 2.0 * u))
    least = WITHIN_TWO - spare
    rows.append(between(f"{found.name}: buildings, within 2 u", two, least, 100.0, "%", "all causes together"))
    return rows, lines


def _line(
    name: str, cause: str, error: NDArray[np.float64], u: NDArray[np.float64], energy: NDArray[np.float64]
) -> tuple[str, ...]:
    mean = float(np.abs(error).sum() / energy.sum())
    within = [100.0 * float(np.mean(np.abs(error) < times * u)) for times in (1.0, 2.0)]
    shown = f"{100.0 * mean:.2f}", f"{100.0 * float(u.sum() / energy.sum()):.2f}", *(f"{one:.1f}" for one in within)
    return name, cause, f"{len(error):,}", *shown
