"""What a free level plane gets of a job's sun and sky, held against what the weather recorded there.

Two things may fail to fit: the record and the site's sun (weather of elsewhere), and a sky of the user's own and the
record's diffuse irradiation. Each is said in its own words, since each has a remedy of its own. Oracle: skies scaled by
known factors (tests/twin/test_twin_free_level.py).
"""

from __future__ import annotations

import numpy as np

from solar.irradiance import Sources
from solar.sky import reinhart, sky_weights
from solar.weather import Weather
from twin.errors import TwinError

# Share of its global irradiation by which a record may miss on a free level plane at the site, or a sky of one's own
# its diffuse part: beyond the first it is said, beyond the second refused. Ten minutes of sun time or two degrees of
# latitude stay below 3 %.
NOTICED = 0.03
REFUSED = 0.10


def free_level_kwh_m2(sent: Sources) -> float:
    """What a free level plane at the site receives [kWh/m²].

    Weather recorded elsewhere meets the site's own sun: a beam recorded while the site's sun is down is lost, one
    recorded under a higher sun comes in lower.
    """
    up = np.maximum(sent.path.direction[..., 2], 0.0) * (sent.path.node >= 0)
    level = ((sent.direct + sent.circumsolar) * up).sum() + sent.isotropic.sum()
    return float(level * sent.path.step_s / 3.6e6) + (patches_kwh_m2(sent) or 0.0)


def patches_kwh_m2(sent: Sources) -> float | None:
    """What of it comes from the radiances of the sky's patches; None where the sky model gives none."""
    if not sent.radiance.shape[1]:
        return None
    weight = sky_weights(reinhart(sent.radiance.shape[1]), np.array([[0.0, 0.0, 1.0]]))[0]
    return float((sent.radiance.sum(axis=0) * weight).sum() * sent.path.step_s / 3.6e6)


def recorded_kwh_m2(weather: Weather) -> tuple[float, float]:
    """Global and diffuse irradiation [kWh/m²] of a record on the level."""
    hours = weather.step_s / 3.6e6
    return float(weather.ghi.sum()) * hours, float(weather.dhi.sum()) * hours


def sun_warnings(weather: Weather, distance_km: float, sent: Sources) -> list[str]:
    """Whether a record fits the site's sun: the beam there, and the record's own diffuse part whatever the sky is.

    Raises
    ------
    TwinError
        Where beam and diffuse no longer fit together (sky models then give values of no meaning).
    """
    ghi, dhi = recorded_kwh_m2(weather)
    patches = patches_kwh_m2(sent)
    level = free_level_kwh_m2(sent) + (0.0 if patches is None else dhi - patches)
    share = level / ghi if ghi > 0 else 1.0
    said = f"a free level plane here gets {100 * share:.0f} % of its global irradiation"
    if abs(share - 1.0) > REFUSED:
        raise TwinError(
            f"{weather.source}: recorded {distance_km:,.0f} km away under another sun; {said}", "give a nearer year"
        )
    return [f"recorded under another sun: {said}"] if abs(share - 1.0) > NOTICED else []


def sky_warnings(weather: Weather, sent: Sources) -> list[str]:
    """Whether radiances of the user's own send about what the record says is diffuse; models do by themselves.

    Raises
    ------
    TwinError
        Where they differ by more than a tenth of the record's global irradiation: another unit, or another weather.
    """
    patches = patches_kwh_m2(sent)
    ghi, dhi = recorded_kwh_m2(weather)
    if patches is None or abs(patches - dhi) <= NOTICED * ghi:
        return []
    said = (
        f"the sky matrix sends {patches:,.0f} kWh/m² on a free level plane, the weather's diffuse is {dhi:,.0f} kWh/m²"
    )
    if abs(patches - dhi) > REFUSED * ghi:
        raise TwinError(said, "give W/m²/sr, made of this very weather, or scale it to the weather's DHI")
    return [said]
