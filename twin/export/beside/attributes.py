"""What a click on a surface shows in a geoportal: names of the tiles' attributes in German and English."""

from __future__ import annotations

from typing import NamedTuple

from twin.export.words import AI_LABEL, MONTHS


class Attribute(NamedTuple):
    """One line of a balloon or a table."""

    name: str
    de: str
    en: str


# {}: over which time: a year, or what the weather covers of one.
_ATTRIBUTES = (
    Attribute("id", "Kennung der Fläche", "Surface id"),
    Attribute("building_id", "Kennung des Gebäudes", "Building id"),
    Attribute("kind", "Art der Fläche", "Kind of surface"),
    Attribute("solarArea", "Freie Fläche [m²]", "Exposed area [m²]"),
    Attribute("irradiation_kwh_m2", "Einstrahlung {} [kWh/m²]", "Irradiation {} [kWh/m²]"),
    Attribute("tilt_deg", "Neigung [°]", "Tilt [°]"),
    Attribute("azimuth_deg", "Ausrichtung [° von Nord]", "Azimuth [° from north]"),
    Attribute("pv_class", "Eignung des Daches", "Suitability of the roof"),
    Attribute("pv_kwp", "Mögliche Anlage [kWp]", "Possible plant [kWp]"),
    Attribute("value_phys", "Ertrag, physikalisch, {} [kWh]", "Yield, physics, {} [kWh]"),
    Attribute("value_ml", f"Ertrag, {AI_LABEL}, {{}} [kWh]", "Yield, corrected by AI, {} [kWh]"),
    Attribute("delta_pct", f"Änderung durch die Korrektur ({AI_LABEL}) [%]", "Change by the correction (AI) [%]"),
    Attribute("p10", "Ertrag, der in 9 von 10 Fällen erreicht wird [kWh]", "Yield reached in 9 of 10 cases [kWh]"),
    Attribute("p90", "Ertrag, der in 1 von 10 Fällen erreicht wird [kWh]", "Yield reached in 1 of 10 cases [kWh]"),
    Attribute("out_of_domain", "Außerhalb dessen, was das Modell kennt", "Outside what the model knows"),
    Attribute("ml_model_id", "Modell der Korrektur", "Model of the correction"),
)
_MONTHLY = tuple(
    Attribute(f"globalRadMonths_{number}", f"Energie auf der Fläche, {de} [kWh]", f"Energy on the surface, {en} [kWh]")
    for number, (de, en) in enumerate(MONTHS, start=1)
)
SHADOW = (
    Attribute("time_legal", "Uhrzeit (gesetzlich)", "Legal time"),
    Attribute("scenario", "Szenario", "Scenario"),
    Attribute("kind", "Schatten", "Shadow"),
    Attribute("area_m2", "Schattenfläche [m²]", "Area in shadow [m²]"),
)
# Whether a model changed the values of a surface: what depends on it is shown with the label, or not at all.
APPLIED = "ml_applied"
OF_THE_MODEL = ("value_ml", "delta_pct")
YEAR = ("im Jahr", "in the year")
PART_OF_YEAR = ("im Zeitraum der Wetterdaten", "in the period of the weather data")


def attributes_of(is_part_of_year: bool) -> tuple[Attribute, ...]:
    """Attributes of a surface and its twelve months.

    Parameters
    ----------
    is_part_of_year
        Whether the weather covers less than a year, so that nothing may be called annual.
    """
    de, en = PART_OF_YEAR if is_part_of_year else YEAR
    year = (Attribute(one.name, one.de.format(de), one.en.format(en)) for one in _ATTRIBUTES)
    return (*year, *_MONTHLY)
