"""The correction of a job: which model, and how it meets the hours of every plant.

A model never changes shadow or irradiation; its values stand beside the physical ones (docs/correction.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from solar.site import Site
from twin.errors import TwinError
from twin.pv.columns import Applied
from twin.pv.yields import Correct, Hours, Year

if TYPE_CHECKING:
    from solar.correction_model import Model

HOUR = np.timedelta64(1, "h")
DEFAULT = "default"


def model_of(asked: str | None) -> Model | None:
    """The correction that a job asks for: "default", or a file of `heliotwin correct fit`; None for none.

    Raises
    ------
    TwinError
        Where there is no such file, or the model was learnt for one plant alone.
    """
    if asked is None:
        return None
    from solar.correction import default_model, load

    if asked == DEFAULT:
        return default_model()
    path = Path(asked)
    if not path.is_file():
        raise TwinError(f"{asked}: no such model", "give --correct default, or a file of `heliotwin correct fit`")
    model = load(path)
    if model.kind != "transfer":
        raise TwinError(
            f"{asked}: learnt for one plant, with the shading of its roof; it says nothing of other roofs",
            "use it with `heliotwin correct apply` for that plant, or give --correct default",
        )
    return model


def applied_of(model: Model | None) -> Applied | None:
    """What tables say of a model."""
    if model is None:
        return None
    from solar.correction_model import annual_spread

    return Applied(model.id, annual_spread(model))


def corrector(model: Model | None, year: Year, site: Site) -> Correct | None:
    """The correction as the yield code applies it to hours of plants; None for none."""
    if model is None:
        return None
    from solar.correction_features import Conditions
    from solar.correction_model import correct
    from solar.pv.spectrum import clear_sky_index

    light = year.light
    index = clear_sky_index(light, site.latitude_deg, site.longitude_deg, site.altitude_m)
    day = (light.hour.astype("datetime64[D]") - light.hour.astype("datetime64[Y]").astype("datetime64[D]")).astype(
        float
    )
    follows = np.diff(light.hour) == HOUR

    def of_hours(hours: Hours) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        power = hours.power.ac
        before, after = np.zeros_like(power), np.zeros_like(power)
        before[:, 1:] = np.where(follows, power[:, :-1], 0.0)
        after[:, :-1] = np.where(follows, power[:, 1:], 0.0)
        found = correct(
            model,
            Conditions(
                value_phys=power,
                elevation_deg=light.elevation_deg,
                azimuth_deg=light.azimuth_deg,
                cos_incidence=hours.power.cos_incidence,
                clear_sky_index=index,
                temp_air=light.temp_air,
                beam_share=hours.power.beam_share,
                before=before,
                after=after,
                day=day,
            ),
            intervals=False,
        )
        return np.asarray(found.value_ml, np.float64), found.applied

    return of_hours
