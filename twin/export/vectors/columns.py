"""What every column of the tables means, in German and English, with its unit: for people who open a file alone."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import NamedTuple

from twin.export.words import AI_LABEL


class Column(NamedTuple):
    """One column: its unit, "" where it has none, and what it says."""

    unit: str
    german: str
    english: str


# Of a month: the name before its two digits.
_MONTHLY = {
    "irradiation_kwh_m2": Column("kWh/m²", "Einstrahlung auf den freien Teil", "irradiation of the exposed part"),
    "pv_kwh": Column("kWh", "Stromertrag (physikalisch)", "PV yield (physical)"),
    "pv_kwh_ml": Column("kWh", f"Stromertrag, {AI_LABEL}", "PV yield, corrected by machine learning"),
}
# Of weather that covers less than a year nothing is annual.
_PERIOD = (
    (" im ersten Jahr", " im Zeitraum der Wetterdaten"),
    (" im Jahr", " im Zeitraum der Wetterdaten"),
    ("of the first year", "in the period of the weather data"),
    ("of the year", "in the period of the weather data"),
)
_MONTH = re.compile(r"(.+)_(0[1-9]|1[0-2])")

_COLUMNS = {
    "surface_id": Column("", "Kennung der Fläche (gml:id)", "id of the surface (gml:id)"),
    "object_id": Column("", "gml:id des Gebäudeteils", "gml:id of the building or part"),
    "building_id": Column("", "Kennung des Gebäudes (gml:id)", "id of the building (gml:id)"),
    "boundary_id": Column("", "gml:id der Begrenzungsfläche", "gml:id of the boundary surface"),
    "surface_index": Column("", "Nummer der Fläche im Auftrag", "number of the surface in the job"),
    "kind": Column("", "Art der Fläche nach CityGML", "CityGML class of the surface"),
    "area_m2": Column("m²", "Fläche", "area"),
    "exposed_area_m2": Column("m²", "freie Fläche (nicht verdeckt)", "exposed area (not covered)"),
    "tilt_deg": Column("°", "Neigung, 0 waagrecht, 90 senkrecht", "tilt, 0 level, 90 upright"),
    "azimuth_deg": Column("°", "Ausrichtung im Uhrzeigersinn von Nord", "azimuth clockwise from true north"),
    "sky_view": Column("", "Himmelsanteil, 1 freies Flachdach", "share of the sky, 1 a free flat roof"),
    "irradiation_kwh_m2": Column("kWh/m²", "Einstrahlung im Jahr", "irradiation of the year"),
    "direct_kwh_m2": Column("kWh/m²", "davon direkt", "of that direct"),
    "diffuse_kwh_m2": Column("kWh/m²", "davon diffus", "of that diffuse"),
    "reflected_kwh_m2": Column("kWh/m²", "davon vom Boden reflektiert", "of that reflected by the ground"),
    "irradiation_u_pct": Column("%", "Standardunsicherheit der Einstrahlung", "standard uncertainty of irradiation"),
    "u_spacing_pct": Column("%", "davon durch Abstand der Messpunkte", "of that by spacing of points"),
    "u_sun_grid_pct": Column("%", "davon durch Sonnenorte", "of that by places of the sun"),
    "u_sky_pct": Column("%", "davon durch Himmelsfelder", "of that by patches of the sky"),
    "u_geometry_pct": Column("%", "davon durch Geometrie (geschätzt)", "of that by geometry (judged)"),
    "flags": Column("", "Auffälligkeiten der Geometrie", "what is odd about the geometry"),
    "confidence": Column("", "Vertrauen in die Geometrie, 0 bis 1", "confidence in the geometry, 0 to 1"),
    "receivers": Column("", "Messpunkte", "points measured"),
    "pv_modules": Column("", "Module", "modules"),
    "pv_mounting": Column("", "Aufständerung", "mounting"),
    "pv_area_m2": Column("m²", "Modulfläche", "area of the modules"),
    "pv_kwp": Column("kWp", "Leistung der möglichen Anlage", "power of the possible plant"),
    "pv_kwh_kwp": Column("kWh/kWp", "Ertrag je Leistung (physikalisch)", "yield by power (physical)"),
    "pv_shade_pct": Column("%", "Verlust durch Verschattung", "loss by shade"),
    "pv_mismatch_pct": Column("%", "davon durch ungleiche Verschattung", "of that by uneven shade"),
    "pv_reason": Column("", "warum keine Anlage", "why there is no plant"),
    "pv_class": Column("", "Eignung des Dachs", "suitability of the roof"),
    "facade_band": Column("kWh/m²", "Band der Fassade", "band of the façade"),
    "value_phys": Column("kWh/a", "Stromertrag im ersten Jahr (physikalisch)", "PV yield of the first year (physical)"),
    "value_ml": Column("kWh/a", f"Stromertrag, {AI_LABEL}", "PV yield, corrected by machine learning"),
    "delta_pct": Column("%", f"Abweichung des Werts „{AI_LABEL}“ vom physikalischen", "corrected against physical"),
    "p10": Column("kWh/a", "Ertrag, in 9 von 10 Fällen erreicht", "yield reached in nine of ten cases"),
    "p50": Column("kWh/a", "Ertrag, in der Hälfte der Fälle erreicht", "yield reached in half of the cases"),
    "p90": Column("kWh/a", "Ertrag, in 1 von 10 Fällen erreicht", "yield reached in one of ten cases"),
    "ml_model_id": Column("", "Modell der Korrektur", "model of the correction"),
    "ml_applied": Column("", "ob korrigiert wurde", "whether the value was corrected"),
    "out_of_domain": Column("", "außerhalb dessen, was das Modell kennt", "beyond what the model knows"),
    "ml_answered_pct": Column("%", "Anteil, den das Modell beantwortet", "share that the model answers"),
    "co2_kg": Column("kg/a", "vermiedenes CO₂", "CO₂ avoided"),
    "co2_year": Column("", "Jahr des Emissionsfaktors", "year of the emission factor"),
    "type": Column("", "Art des Bauwerks", "type of the building"),
    "function": Column("", "Gebäudefunktion (ALKIS)", "function (ALKIS)"),
    "roof_type": Column("", "Dachform (AdV)", "form of the roof (AdV)"),
    "measured_height_m": Column("m", "Gebäudehöhe", "height of the building"),
    "volume_m3": Column("m³", "Rauminhalt", "volume"),
    "closed": Column("", "ob der Körper geschlossen ist", "whether the body is closed"),
    "roof_area_m2": Column("m²", "Dachfläche", "roof area"),
    "roof_exposed_area_m2": Column("m²", "freie Dachfläche", "exposed roof area"),
    "roof_irradiation_kwh": Column("kWh/a", "Einstrahlung auf alle Dächer", "irradiation of all roofs"),
    "roof_irradiation_u_pct": Column("%", "deren Standardunsicherheit", "its standard uncertainty"),
    "facade_area_m2": Column("m²", "Fassadenfläche", "façade area"),
    "facade_exposed_area_m2": Column("m²", "freie Fassadenfläche", "exposed façade area"),
    "facade_irradiation_kwh": Column("kWh/a", "Einstrahlung auf alle Fassaden", "irradiation of all façades"),
    "facade_irradiation_u_pct": Column("%", "deren Standardunsicherheit", "its standard uncertainty"),
    "roof_pv_kwp": Column("kWp", "Leistung auf Dächern", "power on roofs"),
    "roof_pv_kwh": Column("kWh/a", "Stromertrag der Dächer (physikalisch)", "yield of roofs (physical)"),
    "facade_pv_kwp": Column("kWp", "Leistung an Fassaden", "power on façades"),
    "facade_pv_kwh": Column("kWh/a", "Stromertrag der Fassaden (physikalisch)", "yield of façades (physical)"),
    "cost_eur": Column("€", "Kosten der Dachanlage", "cost of the roof plant"),
    "self_consumption_kwh": Column("kWh/a", "Eigenverbrauch", "own consumption"),
    "feed_in_kwh": Column("kWh/a", "Einspeisung", "fed into the grid"),
    "feed_in_ct_kwh": Column("ct/kWh", "Vergütung", "feed-in payment"),
    "tariff": Column("", "Tarif der Vergütung", "tariff of the payment"),
    "revenue_eur": Column("€/a", "Ertrag", "revenue"),
    "payback_years": Column("a", "Amortisation", "payback"),
    "co2_payback_years": Column("a", "CO₂-Amortisation", "CO₂ payback"),
    "longitude_deg": Column("°", "Länge des Schwerpunkts (WGS 84)", "longitude of the centroid (WGS 84)"),
    "latitude_deg": Column("°", "Breite des Schwerpunkts (WGS 84)", "latitude of the centroid (WGS 84)"),
    "id": Column("", "gml:id", "gml:id"),
    "scenario": Column("", "Szenario", "scenario"),
    "date": Column("", "Tag", "day"),
    "time_utc": Column("", "Zeitpunkt, UTC", "instant, UTC"),
    "time_legal": Column("", "Zeitpunkt nach der Uhr", "instant by the legal clock"),
    "sun_elevation_deg": Column("°", "Höhe der Sonne", "elevation of the sun"),
    "sun_azimuth_deg": Column("°", "Azimut der Sonne", "azimuth of the sun"),
    "value": Column("", "Wert der Maske", "value of the mask"),
}


def column_of(name: str, part_of_year: bool = False) -> Column | None:
    """What a column says, of a year or of part of one; None for one that is not known here."""
    found = _COLUMNS.get(name)
    if found is None and (month := _MONTH.fullmatch(name)) and month[1] in _MONTHLY:
        of_year, number = _MONTHLY[month[1]], int(month[2])
        found = Column(of_year.unit, f"{of_year.german}, Monat {number}", f"{of_year.english}, month {number}")
    if found is None or not part_of_year:
        return found
    german, english = found.german, found.english
    for annual, period in _PERIOD:
        german, english = german.replace(annual, period), english.replace(annual, period)
    return Column(found.unit.removesuffix("/a"), german, english)


def described(name: str, part_of_year: bool = False) -> str:
    """One line of a column, German and English, with its unit: for fields of map tiles and forms."""
    column = column_of(name, part_of_year)
    if column is None:
        return name
    unit = f" [{column.unit}]" if column.unit else ""
    return f"{column.german}{unit} / {column.english}"


def columns_csv(tables: Iterable[tuple[str, Iterable[str]]], part_of_year: bool = False) -> str:
    """A CSV of all columns of tables: table, column, unit, meaning in German and in English."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("table", "column", "unit", "de", "en"))
    for table, names in tables:
        rows.writerows((table, name, *(column_of(name, part_of_year) or Column("", "", ""))) for name in names)
    return out.getvalue()
