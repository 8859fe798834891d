"""A series as CSV, Parquet or picture, by the ending of the file's name."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import TwinError
from twin.export.geoparquet import write_parquet

if TYPE_CHECKING:
    import pandas as pd

# Letters of the title's font that fit beside each other in the picture.
TITLE_WIDTH = 110
PARTS = (
    ("direct_w_m2", "direct", "#e69f00"),
    ("diffuse_w_m2", "diffuse", "#56b4e9"),
    ("reflected_w_m2", "reflected", "#7f7f7f"),
)


def write_table(table: pd.DataFrame, path: Path, title: str, origin: Mapping[str, object]) -> None:
    """Write a table; ``.png`` draws its series.

    Raises
    ------
    TwinError
        For an unknown ending, a picture of something that is no series, or a folder that does not exist.
    """
    ending = path.suffix.lower()
    if not path.parent.is_dir():
        raise TwinError(f"{path.parent}: no such folder", "make it first")
    if ending == ".csv":
        aside = path.with_name(f".{path.name}.part")
        shown = table.copy()
        if "time_utc" in shown:
            shown["time_utc"] = shown["time_utc"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        shown.to_csv(aside, index=False, float_format="%.4f", lineterminator="\n")
        aside.replace(path)
    elif ending == ".parquet":
        write_parquet(table, path, origin)
    elif ending == ".png" and "time_utc" in table:
        _draw(table, path, title)
    else:
        known = ".csv, .parquet or .png" if "time_utc" in table else ".csv or .parquet"
        raise TwinError(f"{path}: cannot write {ending or 'a file without ending'}", f"end it in {known}")


def _draw(table: pd.DataFrame, path: Path, title: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    days = (table["time_utc"].iloc[-1] - table["time_utc"].iloc[0]).days
    shown = table.set_index("time_utc")
    unit = "W/m²"
    if days > 31:  # hours of a year are a black block; days are a picture
        step_h = (table["time_utc"].iloc[1] - table["time_utc"].iloc[0]).total_seconds() / 3600
        shown = shown.resample("1D").sum() * step_h / 1000
        unit = "kWh/(m²·d)"
    figure, axes = plt.subplots(figsize=(11, 4.5), layout="constrained")
    axes.stackplot(
        shown.index,
        [shown[name] for name, _, _ in PARTS],
        labels=[p[1] for p in PARTS],
        colors=[p[2] for p in PARTS],
    )
    axes.set_title("\n".join(textwrap.wrap(title, TITLE_WIDTH)), fontsize="medium", loc="left")
    axes.set(ylabel=unit, xlabel="UTC, start of interval")
    axes.margins(x=0)
    axes.legend(loc="upper right")
    axes.grid(alpha=0.3)
    aside = path.with_name(f".{path.stem}.part.png")
    figure.savefig(aside, dpi=120, metadata={"Software": None})
    plt.close(figure)
    aside.replace(path)
