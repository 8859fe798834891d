"""What `heliotwin correct` does: learn from a user's plant, apply a model to one, write a model's card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.store import to_json, write_atomically

if TYPE_CHECKING:
    import pandas as pd

    from solar.correction import Model
    from solar.measured.plant_file import PlantFile
    from solar.measured.plant_hours import PlantHours
    from solar.measured.plant_power import PlantModel
    from twin.pv.config import PvConfig

DEFAULT = "default"
CARD, CARD_DATA, REGISTER = "card.md", "card.json", "transparenzregister.json"
NEEDS_WEATHER = 'give --weather, or weather = "FILE" in the plant\'s TOML, of the same days as the measurement'


class Asked(NamedTuple):
    """A user's plant: CSV, TOML; weather in place of the TOML's; minutes that its labels are moved by, None: found;
    assumptions of photovoltaics over the package's.
    """

    measured: Path
    plant: Path
    weather: str | None = None
    shift_min: float | None = None
    pv: Path | None = None
    weather_place: tuple[float, float] | None = None  # latitude and longitude, where the weather names none


def fit_plants(asked: Sequence[Asked], to: Path) -> dict[str, Any]:
    """Learn a correction and write it with its card beside it: from one plant for this plant alone, from plants of
    several places for other plants (`heliotwin solar --correct`).

    Raises
    ------
    TwinError
        Where weather is missing, several plants stand at one place, or `to` cannot be written.
    solar.errors.PlantError
        Where the measurement cannot be used: its clock, unit, size, length.
    """
    if to.suffix != ".skops":
        raise TwinError(f"{to}: a model is kept as .skops", "name it MODEL.skops")
    _folder_of(to)
    plants = [plant_hours(one) for one in asked]
    from solar.correction import fit, save

    if len(plants) == 1:
        model = fit([plants[0].hours], "plant")
    else:
        model = fit([plant.hours for plant in plants], "transfer", _sites(plants))
    summary = {
        "model": model.id,
        **_said(plants),
        "held_out": model.card["held_out"],
        "choices": model.card["choices"],
        "files": [str(to), str(to.with_suffix(".json"))],
    }
    card, aside = to_json(model.card), to.with_name(f".{to.name}.part")
    try:
        save(model, aside)
        write_atomically(to.with_suffix(".json"), card)
        aside.replace(to)
    finally:
        aside.unlink(missing_ok=True)
    return summary


def apply_model(name: str, asked: Asked, to: Path) -> dict[str, Any]:
    """Physics and correction of a plant hour by hour, as CSV or Parquet.

    Raises
    ------
    TwinError
        Where there is no such model, it was learnt at another plant, or the output cannot be written.
    solar.errors.PlantError
        As `fit_plants`.
    """
    _folder_of(to)
    if to.suffix.lower() not in (".csv", ".parquet"):
        raise TwinError(f"{to}: unknown ending", "name it .csv or .parquet")
    model = model_of(name)
    plant = plant_hours(asked)
    hours = plant.hours
    if model.kind == "plant" and hours.name not in (known := [row["plant"] for row in model.card["training"]]):
        raise TwinError(
            f"{name}: learnt at {', '.join(known)}, with the shade of that plant; {asked.plant} is {hours.name}",
            f'use --model default, or name = "{known[0]}" in the TOML where it is the same plant',
        )
    table = hourly_table(model, hours)
    value_ml = table["value_ml"].to_numpy()
    day, every = hours.elevation_deg > 0.0, np.ones(len(table), bool)
    summary = {
        "model": model.id,
        **_said([plant]),
        "hours": len(table),
        "usable_hours": int(hours.usable.sum()),
        "measured_kwh_kwp": _energy(hours.measured, hours.usable),
        "value_phys_kwh_kwp": _energy(hours.value_phys, hours.usable),
        "value_ml_kwh_kwp": _energy(value_ml, hours.usable),
        "all_hours_value_phys_kwh_kwp": _energy(hours.value_phys, every),
        "all_hours_value_ml_kwh_kwp": _energy(value_ml, every),
        "daylight_hours_corrected": round(float(table["ml_applied"].to_numpy()[day].mean()), 3),
        "daylight_hours_out_of_domain": round(float(table["out_of_domain"].to_numpy()[day].mean()), 3),
        "files": [str(to)],
    }
    from twin.export.series import write_table

    origin = {"model": model.id, "physics": hours.source, "licences": model.card["licences"]}
    write_table(table, to, f"{hours.name}, KI-korrigiert ({model.id})", origin)
    return summary


def _energy(power: NDArray[np.float64], rows: NDArray[np.bool_]) -> float:
    """Energy [kWh/kWp] of hourly power over the hours that count."""
    return round(float(np.nansum(power[rows])), 1)


def hourly_table(model: Model, hours: PlantHours) -> pd.DataFrame:
    """One row an hour [kW/kWp]: time_utc, measured, value_phys, value_ml, delta_pct, p10, p50, p90, ml_model_id,
    ml_applied, out_of_domain. p10 and p90 are empty where physics stands.
    """
    import pandas as pd

    from solar.correction import correct
    from solar.correction_features import conditions_of

    found = correct(model, conditions_of(hours))
    physics = hours.value_phys
    delta = np.divide(found.value_ml - physics, physics, out=np.zeros(len(physics)), where=found.applied) * 100.0
    return pd.DataFrame(
        {
            "time_utc": pd.DatetimeIndex(hours.start.astype("datetime64[ns]")).tz_localize("UTC"),
            "measured": hours.measured,
            "value_phys": physics,
            "value_ml": found.value_ml,
            "delta_pct": delta,
            "p10": found.p10,
            "p50": found.value_ml,
            "p90": found.p90,
            "ml_model_id": model.id,
            "ml_applied": found.applied,
            "out_of_domain": found.out_of_domain,
        }
    )


def write_card(asked: str, folder: Path) -> dict[str, Any]:
    """The card of a model as Markdown, as JSON and as fields of the German KI-Transparenzregister.

    Raises
    ------
    TwinError
        Where there is no such model.
    """
    model = model_of(asked)
    from solar.model_card import markdown, transparency_register

    if folder.exists() and not folder.is_dir():
        raise TwinError(f"{folder}: is a file", "name a folder with -o")
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / CARD, markdown(model.card).encode("utf-8"))
    write_atomically(folder / CARD_DATA, to_json(model.card))
    write_atomically(folder / REGISTER, to_json(transparency_register(model.card)))
    return {"model": model.id, "files": [str(folder / name) for name in (CARD, CARD_DATA, REGISTER)]}


def model_of(asked: str) -> Model:
    """The shipped model, or that of a file.

    Raises
    ------
    solar.errors.CorrectionError
        Where the file is no model, or was changed.
    """
    from solar.correction import default_model, load

    return default_model() if asked == DEFAULT else load(Path(asked))


class Placed(NamedTuple):
    """A user's plant beside our chain, and where it stands."""

    hours: PlantHours
    latitude_deg: float
    longitude_deg: float


def plant_hours(asked: Asked) -> Placed:
    """A user's plant beside our chain under weather of the same days, aligned and checked.

    Raises
    ------
    TwinError
        Where no weather is named.
    solar.errors.PlantError
        Where the measurement cannot be used.
    """
    from solar.measured.against_physics import check_hours
    from solar.measured.plant_file import read_plant
    from solar.measured.plant_hours import hours_from_weather
    from twin.pv.config import read_pv
    from twin.weather_choice import WeatherAsked, choose_weather

    for path in (asked.measured, asked.plant):
        if not path.is_file():
            raise TwinError(f"{path}: no such file", "give --measured plant.csv and --plant plant.toml")
    config = read_pv(asked.pv)
    read = read_plant(asked.measured, asked.plant)
    name = asked.weather or read.weather
    if name is None:
        raise TwinError(f"{asked.plant}: no weather named", NEEDS_WEATHER)
    if asked.weather is None and (beside := asked.plant.parent / name).is_file():
        name = str(beside)  # a TOML's files lie beside it
    model = _physics(read, config)
    weather = choose_weather(WeatherAsked(name, 0.0, asked.weather_place))
    hours = hours_from_weather(read.record, weather, model, asked.shift_min)
    return Placed(check_hours(hours, str(asked.measured)), read.record.latitude_deg, read.record.longitude_deg)


def _sites(plants: Sequence[Placed]) -> list[str]:
    """Where each plant stands, to a tenth of a degree: what plants of one weather share says nothing of another's."""
    out = [f"{plant.latitude_deg:.1f}° N {plant.longitude_deg:.1f}° E" for plant in plants]
    if len(set(out)) < 2:
        raise TwinError(
            f"{', '.join(plant.hours.name for plant in plants)}: all at one place ({out[0]})",
            "a correction for other plants needs plants of two or more; fit them one by one for themselves",
        )
    return out


def _said(plants: Sequence[Placed]) -> dict[str, Any]:
    """What the screen says of plants."""
    if len(plants) == 1:
        hours = plants[0].hours
        shift_min = round(float(hours.shift_min), 1)
        return {"plant": hours.name, "shift_min": shift_min, "findings": _findings(hours)}
    return {"plants": [_said([plant]) for plant in plants]}


def _physics(read: PlantFile, config: PvConfig) -> PlantModel:
    """What is assumed of a city's plants of this mounting, with the plant's own temperature coefficient."""
    from solar.measured.plant_power import PlantModel
    from solar.pv.glass import glass_of
    from twin.pv.yields import chain_of

    two_faced = read.record.mounting == "vertical bifacial"
    chain = chain_of(config, "free" if two_faced else read.record.mounting)
    if read.gamma_pdc is not None:
        chain = chain._replace(gamma_pdc=read.gamma_pdc)
    module = config.module
    return PlantModel(
        chain,
        glass_of(module.refraction_index, module.glass),
        bifaciality=config.park.vertical.bifaciality if two_faced else 0.0,
        technology=module.technology if module.spectral else None,
    )


def _findings(hours: PlantHours) -> list[dict[str, Any]]:
    return [
        {
            "kind": found.kind,
            "count": found.number,
            "first": None if np.isnat(found.first) else str(found.first),
            "done": found.done,
            "line": found.line,
        }
        for found in hours.findings
    ]


def _folder_of(path: Path) -> None:
    if not path.parent.is_dir():
        raise TwinError(f"{path.parent}: no such folder", "make it first")


def lines(summary: dict[str, Any]) -> list[str]:
    """A summary for the screen."""
    out = [f"model       {summary['model']}"]
    for plant in summary.get("plants", [summary] if "plant" in summary else []):
        out.append(f"plant       {plant['plant']}, labels moved by {plant['shift_min'] + 0.0:+.0f} min to fit the sun")
        for found in plant["findings"]:
            first = f" from {found['first']}" if found["first"] else ""
            out.append(f"found       {found['kind']}: {found['count']}{first}, {found['done']}")
    for row in summary.get("held_out", []):
        before, after = row["physics"], row["corrected"]
        out.append(
            f"held out    {row['plant']}, {row['hours']:,} hours: nRMSE {before['nrmse']:.1%} → {after['nrmse']:.1%}, "
            f"bias {before['bias']:+.1%} → {after['bias']:+.1%}, {row['coverage_p10_p90']:.0%} inside P10–P90"
        )
    if "value_phys_kwh_kwp" in summary:
        out.append(
            f"energy      {summary['measured_kwh_kwp']:,.0f} kWh/kWp measured in {summary['usable_hours']:,} usable "
            f"hours, {summary['value_phys_kwh_kwp']:,.0f} by physics, {summary['value_ml_kwh_kwp']:,.0f} KI-korrigiert"
        )
        out.append(
            f"all hours   {summary['all_hours_value_phys_kwh_kwp']:,.0f} kWh/kWp by physics, "
            f"{summary['all_hours_value_ml_kwh_kwp']:,.0f} KI-korrigiert"
        )
        out.append(
            f"daylight    {summary['daylight_hours_corrected']:.0%} of hours corrected, "
            f"{summary['daylight_hours_out_of_domain']:.0%} outside the training domain (physics stands)"
        )
    out.append(f"files       {', '.join(summary['files'])}")
    return out
