"""What is assumed of photovoltaics: one dated TOML in the package, and the user's own values over it."""

from __future__ import annotations

import datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from twin.config import read_toml, validated
from twin.pv.cadastre_config import Classes, Co2, Facade, FeedIn, Money
from twin.pv.config_types import NotNegative, Percent, Positive, Share, Table


class Module(Table):
    """One PV module."""

    power_w: Positive
    length_m: Positive
    width_m: Positive
    gamma_pdc: Annotated[float, Field(gt=-0.02, le=0)]
    technology: Literal["monosi", "multisi", "cigs", "asi", "fs4-1", "fs4-2"]
    refraction_index: Annotated[float, Field(ge=1, le=2)]
    glass: Literal["direct", "sun", "all"]
    spectral: bool

    @property
    def kwp_m2(self) -> float:
        """Power per module area [kWp/m²]."""
        return self.power_w / 1000 / (self.length_m * self.width_m)


class Layout(Table):
    """Where modules may lie."""

    gap_m: NotNegative
    edge_m: NotNegative
    flat_edge_m: NotNegative
    facade_edge_m: NotNegative
    obstacle_m: NotNegative
    minimum_pitched_m2: NotNegative
    minimum_flat_m2: NotNegative
    minimum_facade_m2: NotNegative
    flat_below_deg: Annotated[float, Field(ge=0, lt=45)]
    flat_rows: Literal["east_west", "south"]
    east_west_tilt_deg: Annotated[float, Field(ge=0, lt=60)]
    east_west_gap_m: NotNegative
    south_tilt_deg: Annotated[float, Field(ge=0, lt=60)]
    window_share: Share
    facade_from_kwh_m2: NotNegative
    minimum_modules: Annotated[int, Field(ge=1)]
    string_modules: Annotated[int, Field(ge=1)]
    optimisers: bool


class Losses(Table):
    """System losses [%] by name, pvlib's PVWatts model."""

    soiling: Percent
    shading: Percent
    snow: Percent
    mismatch: Percent
    wiring: Percent
    connections: Percent
    lid: Percent
    nameplate_rating: Percent
    age: Percent
    availability: Percent


class Inverter(Table):
    """The PVWatts inverter and how large it is."""

    eta_nom: Annotated[float, Field(gt=0, le=1)]
    eta_ref: Annotated[float, Field(gt=0, le=1)]
    dc_ac_ratio: Annotated[float, Field(ge=0.5, le=3)]


class Temperature(Table):
    """How a module loses its heat: Faiman, or PVsyst with u_c and u_v as u0 and u1 [W/(m² K), W/(m² K)/(m/s)]."""

    model: Literal["faiman", "pvsyst"]
    u0: Positive
    u1: NotNegative


class Temperatures(Table):
    """Heat loss by mounting."""

    free: Temperature
    roof: Temperature
    facade: Temperature


class Degradation(Table):
    """Loss of power with age."""

    per_year: Annotated[float, Field(ge=0, lt=0.05)]
    years: Annotated[int, Field(ge=1, le=50)]


class Spread(Table):
    """Relative standard deviations of annual yield, by cause."""

    weather: Share
    sky_model: Share
    parameters: Share
    geometry_sure: Share
    geometry_doubtful: Share


class ParkKind(Table):
    """One way of building a solar park, and what it costs."""

    rows: Literal["fixed", "tracker", "vertical"]
    tilt_deg: Annotated[float, Field(ge=0, le=90)]
    azimuth_deg: Annotated[float, Field(ge=0, lt=360)]
    gcr: Annotated[float, Field(gt=0, lt=1)]
    height_m: Positive
    slant_m: Positive
    max_angle_deg: Annotated[float, Field(gt=0, le=90)]
    backtrack: bool
    bifaciality: Share
    blocks: Annotated[int, Field(ge=0, le=50)]
    capex_eur_kwp: tuple[Positive, Positive]
    opex_eur_kw: NotNegative
    wacc: tuple[Share, Share]
    source: str
    verified: bool


class CarParkRule(Table):
    """Duty to build photovoltaics over parking spaces."""

    spaces_over: Annotated[int, Field(ge=0)]
    state_spaces_over: Annotated[int, Field(ge=0)]
    kw_per_space: Positive
    steepest_deg: Annotated[float, Field(gt=0, lt=90)]
    space_m2: Positive
    gross_m2: Positive
    covered_share: Share
    legal_basis: str
    source: str
    verified: bool


class Park(Table):
    """Open land: what is usable, how it is built on, what it costs."""

    edge_m: NotNegative
    building_m: NotNegative
    steepest_deg: Annotated[float, Field(gt=0, lt=90)]
    steepest_north_deg: Annotated[float, Field(gt=0, lt=90)]
    minimum_m2: NotNegative
    narrowest_m: NotNegative
    cell_m: Annotated[float, Field(ge=2, le=100)]
    receiver_height_m: Positive
    row_share: Annotated[float, Field(gt=0, le=1)]
    boost_share: Annotated[float, Field(gt=0, le=1)]
    rank_by: Literal["lcoe", "mwh", "kwh_kwp", "shade"]
    years: Annotated[int, Field(ge=1, le=60)]
    fixed: ParkKind
    tracker: ParkKind
    vertical: ParkKind
    canopy: ParkKind
    car_park: CarParkRule


class PvConfig(Table):
    """Everything assumed of photovoltaics at one date."""

    date: datetime.date
    module: Module
    layout: Layout
    losses: Losses
    inverter: Inverter
    temperature: Temperatures
    degradation: Degradation
    spread: Spread
    park: Park
    classes: Classes
    facade: Facade
    co2: Co2
    money: Money
    feed_in: FeedIn


def assumptions() -> str:
    """The package's assumptions as they stand in its TOML, units and sources included."""
    return (files("twin") / "data" / "pv" / "pv.toml").read_text("utf-8")


def read_pv(path: Path | None = None) -> PvConfig:
    """The package's assumptions, with those of a user's TOML over them.

    Raises
    ------
    TwinError
        Where the file is missing or no TOML.
    ConfigError
        Naming every value that is unknown or out of range.
    """
    example = "heliotwin config --pv"
    with_defaults = read_toml(Path(str(files("twin") / "data" / "pv" / "pv.toml")), example)
    if path is None:
        return validated(PvConfig, with_defaults, "twin/data/pv/pv.toml", "config --pv")
    return validated(PvConfig, merged(with_defaults, read_toml(path, example)), str(path), "config --pv")


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two nested tables; where both name a value, the one above stands."""
    out = dict(below)
    for key, value in above.items():
        old = out.get(key)
        out[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return out
