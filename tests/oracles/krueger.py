"""UTM by Krüger's series, written from the paper: a second opinion on PROJ.

L. Krüger, Konforme Abbildung des Erdellipsoids in der Ebene, Potsdam 1912 (https://doi.org/10.2312/GFZ.b103-krueger28),
series to the fourth order in the third flattening, good to a millimetre within 30° of the meridian.
"""

from __future__ import annotations

import math

GRS80 = (6378137.0, 1 / 298.257222101)
FALSE_EASTING_M, SCALE = 500_000.0, 0.9996


def utm(latitude_deg: float, longitude_deg: float, zone: int) -> tuple[float, float]:
    """Easting and northing [m] of a place on GRS 80, northern hemisphere."""
    a, f = GRS80
    n = f / (2 - f)
    radius = a / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    alpha = (
        n / 2 - 2 / 3 * n**2 + 5 / 16 * n**3 + 41 / 180 * n**4,
        13 / 48 * n**2 - 3 / 5 * n**3 + 557 / 1440 * n**4,
        61 / 240 * n**3 - 103 / 140 * n**4,
        49561 / 161280 * n**4,
    )
    phi, lam = math.radians(latitude_deg), math.radians(longitude_deg - (6 * zone - 183))
    e = math.sqrt(f * (2 - f))
    t = math.sinh(math.atanh(math.sin(phi)) - e * math.atanh(e * math.sin(phi)))
    xi = math.atan2(t, math.cos(lam))
    eta = math.asinh(math.sin(lam) / math.hypot(t, math.cos(lam)))
    terms = [(j, c) for j, c in enumerate(alpha, 1)]
    north = xi + sum(c * math.sin(2 * j * xi) * math.cosh(2 * j * eta) for j, c in terms)
    east = eta + sum(c * math.cos(2 * j * xi) * math.sinh(2 * j * eta) for j, c in terms)
    return FALSE_EASTING_M + SCALE * radius * east, SCALE * radius * north
