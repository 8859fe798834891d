"""What a module's glass takes, by the angle at which light meets it.

Beam: De Soto 2006 (pvlib's ``physical``), tabled by cosine. Sky and ground: Marion 2017
(doi:10.1016/j.solener.2017.03.027), the same formula averaged over what a tilted plane sees of each.

How much of the light goes through the glass model is a choice: "direct" the beam alone, as pvlib's ModelChain has it;
"sun" circumsolar light too, which comes from the same place; "all" sky and ground as well, 1.5–2.5 % of a year less.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solar.pv.chain import beam_iam

GLASS = ("direct", "sun", "all")
# Cosines at which the loss is tabled; the nearest one is within 0.001 of the formula, and above as often as below.
STEPS = 8192


class Glass(NamedTuple):
    """Transmission relative to light from straight ahead."""

    beam: NDArray[np.float32]  # (STEPS + 1,) by cosine of incidence, from 0 to 1
    sky: NDArray[np.float64]  # (181,) by tilt in whole degrees; 1 where the choice leaves it out
    ground: NDArray[np.float64]  # (181,)
    circumsolar: bool  # passes as the beam does


def glass_of(refraction_index: float, glass: str = "direct") -> Glass:
    """Glass of a refraction index; ``glass``: what of the light it acts on.

    Raises ValueError for an unknown choice.
    """
    if glass not in GLASS:
        raise ValueError(f"no glass '{glass}'; there are {', '.join(GLASS)}")
    beam = beam_iam(np.linspace(0.0, 1.0, STEPS + 1), refraction_index).astype(np.float32)
    sky, ground = np.ones(181), np.ones(181)
    if glass == "all":
        sky, ground = _diffuse(refraction_index)
    return Glass(beam, sky, ground, glass != "direct")


def passed_beam(glass: Glass, cosine: NDArray[np.floating]) -> NDArray[np.float32]:
    """Transmission of beams by cosine of incidence, any shape, 0 … 1."""
    return glass.beam[(cosine * np.float32(STEPS) + np.float32(0.5)).astype(np.int32)]


def passed_diffuse(glass: Glass, normal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Transmission (Q,) of light from the sky and from the ground on planes of unit normal (Q, 3)."""
    tilt = np.rint(np.degrees(np.arccos(np.clip(normal[:, 2], -1.0, 1.0)))).astype(np.int64)
    return glass.sky[tilt], glass.ground[tilt]


@cache
def _diffuse(refraction_index: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from functools import partial

    from pvlib.iam import marion_integrate, physical

    loss = partial(physical, n=refraction_index)
    tilt = np.arange(1.0, 180.0)
    out = []
    for part in ("sky", "ground"):
        inner = np.asarray(marion_integrate(loss, tilt, part), np.float64)
        out.append(np.concatenate([inner[:1], inner, inner[-1:]]))
    return out[0], out[1]
