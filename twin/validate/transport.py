"""Light from sun and sky to receivers in a city: the engine beside Radiance, part by part.

Same mesh and albedo, same receivers and normals, same sun directions (the nodes of the sun grid, as points), same
patches and the same radiance in them month by month, same weather. Radiance takes it from there with its own rays: it
samples patches where the engine looks at their middles, and every point of surfaces that the engine takes piece by
piece. Light is compared straight from the sun, straight from the sky, and after one reflection.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raytrace import bits
from solar.irradiance import J_PER_KWH, Sources
from solar.sky import sky_weights
from twin.irradiation import reflected_months
from twin.operators import CellData
from twin.optics import Optics
from twin.reflection.response import sent_back, shares_of
from twin.validate.district import KINDS, Chosen, Place
from twin.validate.radiance import Coefficients

MONTHS = 12
CHUNK = 1024  # receivers whose views are held at a time: 1,024 × 1,400 × 8 bytes = 11 MB
PARTS = ("direct", "sky", "reflected", "total")


class Light(NamedTuple):
    """direct, sky, reflected (P, 12) [kWh/m²] by month."""

    direct: NDArray[np.float64]
    sky: NDArray[np.float64]
    reflected: NDArray[np.float64]

    @property
    def total(self) -> NDArray[np.float64]:
        """All of it."""
        return self.direct + self.sky + self.reflected


class Deviation(NamedTuple):
    """The engine less Radiance, of one kind and part: all in percent but the mean [kWh/m²]."""

    kind: str
    part: str
    mean: float  # Radiance's
    bias: float
    rmse: float
    worst_month: float
    noise: float  # left in the mean of Radiance's two runs: half their rms difference


class Sent(NamedTuple):
    """What sun and sky send by month, the same to both tools.

    node (D, 12) [kWh/m²] normal to the sun from each node; patch (K, 12) [kWh/m²/sr]; ghi (12,) [kWh/m²].
    """

    node: NDArray[np.float64]
    patch: NDArray[np.float64]
    ghi: NDArray[np.float64]


def sent_by(sources: Sources, month: NDArray[np.int64], n_sky: int) -> Sent:
    """Sums over the intervals (H,) of each month; ValueError where the sky model is more than radiances of patches."""
    if np.any(sources.circumsolar) or np.any(sources.horizon):
        raise ValueError("a sky model that is not of patches alone cannot be given to Radiance")
    path = sources.path
    to_kwh = path.step_s / J_PER_KWH
    up = path.node >= 0
    node = np.zeros((path.n_nodes, MONTHS))
    np.add.at(node, (path.node[up], np.broadcast_to(month[:, None], up.shape)[up]), sources.direct[up] * to_kwh)
    patch = np.zeros((n_sky, MONTHS))
    for index in range(MONTHS):
        rows = month == index
        patch[:, index] = sources.isotropic[rows].sum() / np.pi
        if sources.radiance.shape[1]:
            patch[:, index] += sources.radiance[rows].sum(axis=0, dtype=np.float64)
    ghi = np.asarray(np.bincount(month, sources.ghi, MONTHS) * to_kwh, np.float64)
    return Sent(node, patch * to_kwh, ghi)


def by_engine(place: Place, chosen: Chosen, sent: Sent) -> Light:
    """What the engine finds, from the bits and weights that a job keeps; what is reflected, by the job's own sums."""
    count, bins = len(chosen.row), place.bins
    light = Light(*(np.zeros((count, MONTHS)) for _ in range(3)))
    for number, data in enumerate(place.cells.values()):
        at = np.flatnonzero(chosen.cell == number)
        if not len(at):
            continue
        row = chosen.row[at]
        light.reflected[at] = shares_of(data, row) @ reflected_months(sent_back(data, bins.optics), bins)
        for first in range(0, len(at), CHUNK):
            part = slice(first, first + CHUNK)
            light.direct[at[part]], light.sky[at[part]] = _straight(data, row[part], place.optics, sent)
    return light


def _straight(
    data: CellData, row: NDArray[np.int64], optics: Optics, sent: Sent
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Monthly light (N, 12) straight from the sun and from the sky on some receivers of a cell."""
    normal = data.receivers.normal[row].astype(np.float64)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    sun = bits.unpack(data.operators.sun_bits[row], optics.n_sun) * np.maximum(normal @ optics.sun.T, 0.0)
    sky = bits.unpack(data.operators.sky_bits[row], optics.n_sky).astype(np.float64)
    return sun @ sent.node, (sky * sky_weights(optics.sky, normal)) @ sent.patch


def by_radiance(found: Coefficients, sent: Sent, albedo: float) -> Light:
    """What Radiance finds, from its coefficients under the same suns and skies; ``albedo`` of the far ground."""
    far = found.far[:, None] * (albedo * sent.ghi / np.pi)
    return Light(
        direct=found.sun @ sent.node,
        sky=found.sky @ sent.patch,
        reflected=found.sun_reflected @ sent.node + found.sky_reflected @ sent.patch + far,
    )


def deviations(ours: Light, theirs: tuple[Light, Light], kind: NDArray[np.int64]) -> list[Deviation]:
    """The engine beside the mean of Radiance's two runs, kind by kind (P,) and part by part."""
    out = []
    for index, name in enumerate(KINDS):
        rows = kind == index
        for part in PARTS:
            mine, one, two = (getattr(light, part)[rows] for light in (ours, *theirs))
            peer = (one + two) / 2.0
            year, mean = peer.sum(axis=1), float(peer.sum(axis=1).mean())
            off = mine.sum(axis=1) - year
            months = mine.mean(axis=0) / np.maximum(peer.mean(axis=0), 1e-9) - 1.0
            noise = float(np.sqrt(np.mean((one - two).sum(axis=1) ** 2))) / 2.0
            out.append(
                Deviation(
                    kind=name,
                    part=part,
                    mean=mean,
                    bias=100.0 * float(off.mean()) / mean,
                    rmse=100.0 * float(np.sqrt(np.mean(off**2))) / mean,
                    worst_month=100.0 * float(np.abs(months).max()),
                    noise=100.0 * noise / mean,
                )
            )
    return out
