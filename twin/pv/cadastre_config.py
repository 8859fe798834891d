"""Assumptions of a solar cadastre: classes, façade bands, carbon dioxide, money, and dated feed-in payment."""

from __future__ import annotations

import datetime
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from twin.pv.config_types import NotNegative, Positive, Share, Table


class Classes(Table):
    """What a roof is called by its sun: "sehr gut", "gut" and "bedingt" from three values downward."""

    convention: Literal["irradiation", "share", "geometry"]
    irradiation_kwh_m2: tuple[Positive, Positive, Positive]
    share: tuple[Share, Share, Share]
    best_kwh_m2: NotNegative
    good_tilt_deg: tuple[NotNegative, Positive]
    steepest_deg: Annotated[float, Field(gt=0, le=90)]
    south_within_deg: Annotated[float, Field(ge=0, le=180)]
    east_west_within_deg: Annotated[float, Field(ge=0, le=180)]
    only_planted: bool
    building_share: Annotated[float, Field(gt=0, le=1)]

    @model_validator(mode="after")
    def _downward(self) -> Classes:
        for name in ("irradiation_kwh_m2", "share"):
            value = getattr(self, name)
            if not value[0] > value[1] > value[2]:
                raise ValueError(f"{name} must fall from the best class to the last")
        if not self.good_tilt_deg[0] < self.good_tilt_deg[1] <= self.steepest_deg:
            raise ValueError("good_tilt_deg must rise and end at steepest_deg at the latest")
        if self.south_within_deg > self.east_west_within_deg:
            raise ValueError("south_within_deg must not be wider than east_west_within_deg")
        return self


class Facade(Table):
    """Bands of façades by their sun, from two values upward."""

    bands_kwh_m2: tuple[Positive, Positive]

    @model_validator(mode="after")
    def _upward(self) -> Facade:
        if self.bands_kwh_m2[0] >= self.bands_kwh_m2[1]:
            raise ValueError("bands_kwh_m2 must rise")
        return self


class Co2(Table):
    """What a kilowatt-hour from the grid emits, and what making modules emits."""

    grid_kg_kwh: NotNegative
    year: Annotated[int, Field(ge=1990, le=2100)]
    module_kg_kwp: NotNegative


class Money(Table):
    """Cost of a roof plant and worth of its electricity, without taxes."""

    cost_eur_kwp: Positive
    cost_by_size: tuple[tuple[Positive, Positive], ...]
    opex_share: Share
    self_consumption_share: Share
    grid_price_eur_kwh: NotNegative
    price_rise: Annotated[float, Field(gt=-0.2, lt=0.2)]

    @model_validator(mode="after")
    def _sizes_upward(self) -> Money:
        sizes = [size for size, _ in self.cost_by_size]
        if any(b <= a for a, b in pairwise(sizes)):
            raise ValueError("cost_by_size must rise by kWp")
        return self


class TariffPeriod(Table):
    """Values that the law sets for plants commissioned between two dates, both included; ct/kWh by share of power."""

    first: datetime.date
    last: datetime.date
    upto_kw: tuple[Positive, ...] = Field(min_length=1)
    partial_ct_kwh: tuple[NotNegative, ...]
    full_ct_kwh: tuple[NotNegative, ...]
    source: str
    verified: bool

    @model_validator(mode="after")
    def _complete(self) -> TariffPeriod:
        if not len(self.upto_kw) == len(self.partial_ct_kwh) == len(self.full_ct_kwh):
            raise ValueError("upto_kw, partial_ct_kwh and full_ct_kwh must be equally long")
        if any(b <= a for a, b in pairwise(self.upto_kw)):
            raise ValueError("upto_kw must rise")
        if self.first > self.last:
            raise ValueError("first must not be later than last")
        return self


class FeedIn(Table):
    """What is paid for electricity fed in."""

    commissioning: datetime.date
    mode: Literal["partial", "full"]
    years: Annotated[int, Field(ge=1, le=50)]
    fixed_upto_kw: NotNegative
    deduction_ct_kwh: NotNegative
    marketing_ct_kwh: NotNegative
    tender_above_kw: NotNegative
    market_value_ct_kwh: NotNegative
    market_year: Annotated[int, Field(ge=2000, le=2100)]
    periods: tuple[TariffPeriod, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_period(self) -> FeedIn:
        if any(b.first <= a.last for a, b in pairwise(self.periods)):
            raise ValueError("periods must follow each other and not overlap")
        if not any(period.first <= self.commissioning <= period.last for period in self.periods):
            raise ValueError(f"no period holds the commissioning {self.commissioning}: add one to periods")
        if self.tender_above_kw > self.period.upto_kw[-1]:
            raise ValueError(f"tender_above_kw must not exceed the last of upto_kw, {self.period.upto_kw[-1]:g}")
        return self

    @property
    def period(self) -> TariffPeriod:
        """The period that the commissioning falls in."""
        return next(period for period in self.periods if period.first <= self.commissioning <= period.last)
