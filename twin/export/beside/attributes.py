"""What a click on a surface shows in a geoportal: names of the tiles' attributes in German and English."""

from __future__ import annotations

from typing import NamedTuple

from twin.export.vectors.columns import Column, column_of
from twin.export.words import MONTHS


class Attribute(NamedTuple):
    """One line of a balloon or a table."""

    name: str
    de: str
    en: str


# In the order of the table; words are those of the tables' columns.
_NAMES = (
    *("id", "building_id", "kind", "solarArea", "irradiation_kwh_m2", "tilt_deg", "azimuth_deg"),
    *("pv_class", "pv_kwp", "value_phys", "value_ml", "ml_applied", "delta_pct", "p10", "p90"),
    *("out_of_domain", "ml_model_id"),
)
# Attributes of tiles that tables call otherwise.
_IN_TABLES = {"id": "surface_id", "solarArea": "exposed_area_m2"}
SHADOW = (
    Attribute("time_legal", "Uhrzeit (gesetzlich)", "Legal time"),
    Attribute("scenario", "Szenario", "Scenario"),
    Attribute("kind", "Schatten", "Shadow"),
    Attribute("area_m2", "Schattenfläche [m²]", "Area in shadow [m²]"),
)
# Whether a model changed the values of a surface: what depends on it is shown with the label, or not at all.
APPLIED = "ml_applied"
OF_THE_MODEL = ("value_ml", "delta_pct")


def attributes_of(part_of_year: bool) -> tuple[Attribute, ...]:
    """Attributes of a surface and its twelve months.

    Parameters
    ----------
    part_of_year
        Whether the weather covers less than a year, so that nothing may be called annual.
    """
    said = [_attribute(name, part_of_year) for name in _NAMES]
    for number, (de, en) in enumerate(MONTHS, start=1):
        name = f"globalRadMonths_{number}"
        said.append(Attribute(name, f"Energie auf der Fläche, {de} [kWh]", f"Energy on the surface, {en} [kWh]"))
    return tuple(said)


def _attribute(name: str, part_of_year: bool) -> Attribute:
    column = column_of(_IN_TABLES.get(name, name), part_of_year) or Column("", name, name)
    unit = f" [{column.unit}]" if column.unit else ""
    return Attribute(name, *(f"{words[:1].upper()}{words[1:]}{unit}" for words in (column.german, column.english)))
