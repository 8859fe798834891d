"""What `heliotwin correct` does: learn from a user's plant, apply a model to one, write a model's card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import TwinError
from twin.store import to_json, write_atomically

if TYPE_CHECKING:
    import pandas as pd

    from solar.correction import Model
    from solar.measured.plant_file import PlantFile
    from solar.measured.plant_hours import PlantHours

DEFAULT = "default"
CARD, CARD_DATA, REGISTER = "card.md", "card.json", "transparenzregister.json"
NEEDS_WEATHER = 'give --weather, or weather = "FILE" in the plant\'s TOML, of the same days as the measurement'


def fit_plant(measured: Path, plant: Path, weather: str | None, shift_min: float | None, to: Path) -> dict[str, Any]:
    """Learn a correction from a measured plant, for this plant alone, and write it with its card beside it.

    Raises
    ------
    TwinError
        Where weather is missing, or `to` cannot be written.
    solar.errors.PlantError
        Where the measurement cannot be used: its clock, unit, size, length.
    """
    if to.suffix != ".skops":
        raise TwinError(f"{to}: a model is kept as .skops", "name it MODEL.skops")
    _folder_of(to)
    hours = plant_hours(measured, plant, weather, shift_min)
    from solar.correction import fit, save

    model = fit([hours], "plant")
    aside = to.with_name(f".{to.name}.part")
    save(model, aside)
    aside.replace(to)
    write_atomically(to.with_suffix(".json"), to_json(model.card))
    return {
        "model": model.id,
        "plant": hours.name,
        "shift_min": round(float(hours.shift_min), 1),
        "findings": _findings(hours),
        "held_out": model.card["held_out"],
        "choices": model.card["choices"],
        "files": [str(to), str(to.with_suffix(".json"))],
    }


def apply_model(
    asked: str, measured: Path, plant: Path, weather: str | None, shift_min: float | None, to: Path
) -> dict[str, Any]:
    """Physics and correction of a plant hour by hour, as CSV or Parquet.

    Raises
    ------
    TwinError
        Where there is no such model, it was learnt at another plant, or the output cannot be written.
    solar.errors.PlantError
        As `fit_plant`.
    """
    _folder_of(to)
    if to.suffix.lower() not in (".csv", ".parquet"):
        raise TwinError(f"{to}: unknown ending", "name it .csv or .parquet")
    model = model_of(asked)
    hours = plant_hours(measured, plant, weather, shift_min)
    if model.kind == "plant" and hours.name not in (known := [row["plant"] for row in model.card["training"]]):
        raise TwinError(
            f"{asked}: learnt at {', '.join(known)}, with the shade of that plant; {plant} is {hours.name}",
            f'use --model default, or name = "{known[0]}" in the TOML where it is the same plant',
        )
    table = hourly_table(model, hours)
    from twin.export.series import write_table

    origin = {"model": model.id, "physics": hours.source, "licences": model.card["licences"]}
    write_table(table, to, f"{hours.name}, KI-korrigiert ({model.id})", origin)
    day = hours.elevation_deg > 0.0
    power = np.nan_to_num(hours.value_phys)
    return {
        "model": model.id,
        "plant": hours.name,
        "shift_min": round(float(hours.shift_min), 1),
        "findings": _findings(hours),
        "hours": len(table),
        "value_phys_kwh_kwp": round(float(power.sum()), 1),
        "value_ml_kwh_kwp": round(float(np.nansum(table["value_ml"])), 1),
        "measured_kwh_kwp": round(float(np.sum(hours.measured[hours.usable])), 1),
        "daylight_hours_corrected": round(float(table["ml_applied"].to_numpy()[day].mean()), 3),
        "daylight_hours_out_of_domain": round(float(table["out_of_domain"].to_numpy()[day].mean()), 3),
        "files": [str(to)],
    }


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


def plant_hours(measured: Path, plant: Path, weather: str | None, shift_min: float | None) -> PlantHours:
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
    from twin.weather_choice import choose_weather

    for path in (measured, plant):
        if not path.is_file():
            raise TwinError(f"{path}: no such file", "give --measured plant.csv and --plant plant.toml")
    read = read_plant(measured, plant)
    name = weather or read.weather
    if name is None:
        raise TwinError(f"{plant}: no weather named", NEEDS_WEATHER)
    if weather is None and (beside := plant.parent / name).is_file():
        name = str(beside)  # a TOML's files lie beside it
    model = _physics(read)
    return check_hours(hours_from_weather(read.record, choose_weather(name), model, shift_min), str(measured))


def _physics(read: PlantFile) -> Any:
    """The package's assumptions for this mounting, with the plant's own temperature coefficient."""
    from solar.measured.plant_power import PlantModel
    from twin.pv.config import read_pv
    from twin.pv.yields import chain_of

    config = read_pv()
    two_faced = read.record.mounting == "vertical bifacial"
    chain = chain_of(config, "free" if two_faced else read.record.mounting)
    if read.gamma_pdc is not None:
        chain = chain._replace(gamma_pdc=read.gamma_pdc)
    bifaciality = config.park.vertical.bifaciality if two_faced else 0.0
    return PlantModel(chain, config.module.refraction_index, bifaciality=bifaciality)


def _findings(hours: PlantHours) -> list[dict[str, Any]]:
    return [
        {
            "kind": found.kind,
            "count": found.count,
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
    if "plant" in summary:
        out.append(f"plant       {summary['plant']}, labels moved by {summary['shift_min']:+.0f} min to fit the sun")
    for found in summary.get("findings", []):
        first = f" from {found['first']}" if found["first"] else ""
        out.append(f"found       {found['kind']}: {found['count']}{first}, {found['done']}")
    for row in summary.get("held_out", []):
        before, after = row["physics"], row["corrected"]
        out.append(
            f"held out    {row['hours']:,} hours: nRMSE {before['nrmse']:.1%} → {after['nrmse']:.1%}, "
            f"bias {before['bias']:+.1%} → {after['bias']:+.1%}, {row['coverage_p10_p90']:.0%} inside P10–P90"
        )
    if "value_phys_kwh_kwp" in summary:
        out.append(
            f"energy      {summary['value_phys_kwh_kwp']:,.0f} kWh/kWp by physics, "
            f"{summary['value_ml_kwh_kwp']:,.0f} KI-korrigiert"
        )
        out.append(
            f"daylight    {summary['daylight_hours_corrected']:.0%} of hours corrected, "
            f"{summary['daylight_hours_out_of_domain']:.0%} outside the training domain (physics stands)"
        )
    out.append(f"files       {', '.join(summary['files'])}")
    return out
