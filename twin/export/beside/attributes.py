"""What a click on a surface shows in a geoportal: names of the tiles' attributes in German and English."""

from __future__ import annotations

from typing import NamedTuple

AI_LABEL = "KI-korrigiert"


class Attribute(NamedTuple):
    """One line of a balloon or a table."""

    name: str
    de: str
    en: str


ATTRIBUTES = (
    Attribute("id", "Kennung der Fläche", "Surface id"),
    Attribute("building_id", "Kennung des Gebäudes", "Building id"),
    Attribute("kind", "Art der Fläche", "Kind of surface"),
    Attribute("solarArea", "Freie Fläche [m²]", "Exposed area [m²]"),
    Attribute("irradiation_kwh_m2", "Einstrahlung [kWh/m² im Jahr]", "Irradiation [kWh/m² a year]"),
    Attribute("tilt_deg", "Neigung [°]", "Tilt [°]"),
    Attribute("azimuth_deg", "Ausrichtung [° von Nord]", "Azimuth [° from north]"),
    Attribute("pv_class", "Eignung des Daches", "Suitability of the roof"),
    Attribute("pv_kwp", "Mögliche Anlage [kWp]", "Possible plant [kWp]"),
    Attribute("value_phys", "Ertrag, physikalisch [kWh im Jahr]", "Yield, physics [kWh a year]"),
    Attribute("value_ml", f"Ertrag, {AI_LABEL} [kWh im Jahr]", "Yield, corrected by AI [kWh a year]"),
    Attribute("delta_pct", f"Änderung durch die Korrektur ({AI_LABEL}) [%]", "Change by the correction (AI) [%]"),
    Attribute("p10", "Ertrag, den 10 % der Jahre unterschreiten [kWh]", "Yield that 10 % of years fall short of [kWh]"),
    Attribute("p90", "Ertrag, den 90 % der Jahre unterschreiten [kWh]", "Yield that 90 % of years fall short of [kWh]"),
    Attribute("out_of_domain", "Außerhalb dessen, was das Modell kennt", "Outside what the model knows"),
    Attribute("ml_model_id", "Modell der Korrektur", "Model of the correction"),
    Attribute("suppressed", "Keine Angabe (Widerspruch)", "No statement (objection)"),
)
MONTHS_DE = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)
MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MONTHLY = tuple(
    Attribute(f"globalRadMonths_{number}", f"Energie auf der Fläche, {de} [kWh]", f"Energy on the surface, {en} [kWh]")
    for number, (de, en) in enumerate(zip(MONTHS_DE, MONTHS_EN, strict=True), start=1)
)
SHADOW = (
    Attribute("time_legal", "Uhrzeit (gesetzlich)", "Legal time"),
    Attribute("scenario", "Szenario", "Scenario"),
    Attribute("kind", "Schatten", "Shadow"),
    Attribute("area_m2", "Schattenfläche [m²]", "Area in shadow [m²]"),
)
