"""Words of photovoltaics in the picture and the page of a job, in German and English."""

from __future__ import annotations

# key: (German, English); {} take values in their order.
PV_MESSAGES: dict[str, tuple[str, str]] = {
    "pv": ("Photovoltaik", "Photovoltaics"),
    "pv_tile_note": ("{} kWp auf Dächern und Fassaden", "{} kWp on roofs and façades"),
    "pv_map_title": (
        "Dächer: Ertrag je kWp, physikalisch gerechnet",
        "Roofs: yield per kWp, physical value",
    ),
    "pv_map_densest": ("{} (dichtester Teil)", "{} (densest part)"),
    "pv_legend": ("Ertrag im Jahr [kWh/kWp]", "Annual yield [kWh/kWp]"),
    "pv_no_plant": ("keine Anlage", "no plant"),
    "pv_whole": ("Ganzes Stadtmodell, gleiche Farben", "Whole city model, same colours"),
    "pv_ml_title": ("KI-korrigiert (Modell {})", "KI-korrigiert (model {})"),
    "pv_ml_legend": ("Abweichung vom physikalischen Wert [%]", "Deviation from the physical value [%]"),
    "pv_abstained": (
        "außerhalb des Modellbereichs: physikalischer Wert gilt",
        "outside the model's domain: physical value stands",
    ),
    "pv_leaves_years": (
        "Dieses Modell verschiebt nur Stunden: Kein Jahreswert ändert sich um {} % oder mehr.",
        "This model moves hours only: no annual value changes by {} % or more.",
    ),
    "pv_leaves_years_short": ("kein Jahreswert ändert sich", "no annual value changes"),
    "pv_classes_title": ("Dächer nach Eignung: freie Fläche", "Roofs by suitability: exposed area"),
    "pv_class_bar": ("{} m² · {} kWp · {} MWh/a", "{} m² · {} kWp · {} MWh/a"),
    "pv_months_title": ("Ertrag je Monat [MWh], physikalisch", "Yield by month [MWh], physical"),
    "class_very_good": ("sehr gut", "very good"),
    "class_good": ("gut", "good"),
    "class_limited": ("bedingt", "limited"),
    "class_unsuitable": ("nicht geeignet", "unsuitable"),
    "limit_irradiation": ("ab {} kWh/(m²·a)", "from {} kWh/(m²·a)"),
    "limit_share": ("ab {} % der besten Ebene", "from {} % of the best plane"),
    "limit_geometry_south": ("{} bis {}° nach Süden (± {}°)", "{} to {}° towards south (± {}°)"),
    "limit_geometry_side": ("{} bis {}° nach Osten oder Westen", "{} to {}° towards east or west"),
    "limit_geometry_other": ("flacher, oder bis {}° und nicht nach Norden", "flatter, or up to {}° and not north"),
    "limit_below": ("darunter", "below"),
    "limit_below_or_none": ("darunter, oder keine Anlage", "below, or no plant"),
    "limit_pv": (
        "Erträge gelten für plausible Anlagen, nicht für geplante; sie ersetzen weder Ertragsgutachten noch "
        "Statikprüfung.",
        "Yields are those of plausible plants, not of planned ones; they replace neither a yield assessment nor a "
        "structural check.",
    ),
    "pv_alt": (
        "Karte der Dächer, Norden oben, gefärbt nach Ertrag je kWp, {} bis {} kWh/kWp; {} Anlagen auf Dächern. "
        "Darunter Balken: Dachfläche nach Eignung, Ertrag je Monat; die Werte stehen in den Tabellen.",
        "Map of the roofs, north up, coloured by yield per kWp, {} to {} kWh/kWp; {} plants on roofs. "
        "Below it bars: roof area by suitability, yield by month; the values stand in the tables.",
    ),
    "pv_alt_none": (
        "Karte der Dächer, Norden oben: Keines trägt eine Anlage.",
        "Map of the roofs, north up: none carries a plant.",
    ),
    "pv_alt_ml": (
        " Daneben eine kleinere Karte: Abweichung des KI-korrigierten Werts vom physikalischen in Prozent, schraffiert "
        "bei {} Dächern, für die das Modell nicht antwortet.",
        " Beside it a smaller map: deviation of the AI-corrected value from the physical one in per cent, hatched on "
        "{} roofs for which the model does not answer.",
    ),
    "pv_map_note": (
        "Maßgeblich ist die Karte des physikalischen Werts. Ertrag je kWp: wie gut ein Modul hier arbeitet, "
        "Verschattung eingerechnet; wie viele Module Platz finden, sagt kWp.",
        "The map of the physical value is the one that counts. Yield per kWp: how well a module works at this place, "
        "shade included; how many modules fit is said by kWp.",
    ),
    "pv_map_note_ml": (
        " Die kleinere Karte zeigt nur, wie weit der KI-korrigierte Wert davon abweicht.",
        " The smaller map only shows how far the AI-corrected value deviates from it.",
    ),
    "pv_caption": (
        "Plausible Anlagen und ihr Ertrag im ersten Jahr, Wechselstrom",
        "Plausible plants and their yield in the first year, alternating current",
    ),
    "pv_part": ("Teil", "Part"),
    "pv_plants": ("Anlagen", "Plants"),
    "pv_kwp": ("kWp", "kWp"),
    "pv_mwh": ("MWh/a physikalisch", "MWh/a physical"),
    "pv_mwh_ml": ("KI-korrigiert, {} [MWh/a]", "KI-korrigiert (AI), {} [MWh/a]"),
    "pv_answered": ("Modell antwortet für [%]", "Model answers for [%]"),
    "pv_outside": ("Anlagen außerhalb des Modellbereichs", "Plants outside the model's domain"),
    "pv_band": ("p10–p90 [MWh/a]", "p10–p90 [MWh/a]"),
    "pv_kwh_kwp": ("kWh/kWp", "kWh/kWp"),
    "pv_shade": ("Verlust durch Schatten [%]", "Lost to shade [%]"),
    "pv_correction_none": (
        "Eine KI-Korrektur wurde nicht verlangt: Alle Werte sind physikalisch gerechnet.",
        "No AI correction was asked for: all values are physical.",
    ),
    "pv_correction": (
        "KI-korrigiert durch Modell {}: angewandt auf {} von {} Anlagen, im Ganzen {} %. Es antwortet für {} % des "
        "Ertrags; wo es sich enthält, steht der physikalische Wert.",
        "AI-corrected by model {}: applied to {} of {} plants, {} % on the whole. It answers for {} % of the yield; "
        "where it abstains, the physical value stands.",
    ),
    "pv_quantiles": (
        "p10, p50 und p90 sind statistische Quantile: In 10 % der Fälle liegt der Ertrag unter p10; was Banken „P90“ "
        "nennen, heißt hier p10. Das Band einer Summe nimmt an, dass alle Abweichungen gemeinsam eintreten.",
        "p10, p50 and p90 are statistical quantiles: in 10 % of outcomes the yield lies below p10; what bankers call "
        "“P90” is p10 here. The band of a sum assumes that all deviations occur together.",
    ),
    "pv_quantiles_ml": (
        " Wo die KI-Korrektur angewandt ist, gehört das Band zum KI-korrigierten Wert.",
        " Where the AI correction is applied, the band is that of the AI-corrected value.",
    ),
    "pv_human": (
        "Kein Modell verändert Verschattung oder Einstrahlung, und es entscheidet ein Mensch: Die Werte sind eine "
        "Grundlage dafür.",
        "No model ever changes shadow or irradiation, and a human decides: the values are a basis for that.",
    ),
    "pv_classes_caption": ("Dachflächen nach Eignung", "Roofs by suitability"),
    "pv_class": ("Eignung", "Suitability"),
    "pv_threshold": ("Schwelle", "Threshold"),
    "pv_best_caption": ("Die zehn Anlagen mit dem größten Ertrag", "The ten plants that yield most"),
    "pv_best_ml": ("KI-korrigiert [MWh/a]", "KI-korrigiert (AI) [MWh/a]"),
    "pv_mounting": ("Bauart", "Mounting"),
    "pv_roof": ("Dach", "Roof"),
    "pv_facade": ("Fassade", "Façade"),
    "pv_out_of_domain": ("{} (Modell enthält sich)", "{} (model abstains)"),
    "pv_mounting_roof-parallel": ("dachparallel", "roof-parallel"),
    "pv_mounting_east-west rows": ("Reihen Ost-West", "east-west rows"),
    "pv_mounting_south rows": ("Reihen nach Süden", "rows to the south"),
    "pv_mounting_façade": ("an der Fassade", "on the façade"),
    "pv_months_caption": ("Ertrag je Monat, neben der Einstrahlung", "Yield by month, beside irradiation"),
    "pv_month_sun": ("{}: Einstrahlung [kWh/m²]", "{}: irradiation [kWh/m²]"),
    "pv_month_energy": ("{}: PV [MWh]", "{}: PV [MWh]"),
    "pv_not_built": ("Flächen ohne Anlage, und warum", "Surfaces without a plant, and why"),
    "pv_reason": ("Grund", "Reason"),
    "pv_reason_no roof or façade": ("kein Dach und keine Fassade", "no roof or façade"),
    "pv_reason_no part of a building": ("gehört zu keinem Gebäude", "no part of a building"),
    "pv_reason_looks downwards": ("blickt nach unten", "looks downwards"),
    "pv_reason_covered": ("verdeckt: von Nachbarn oder im Boden", "covered: by neighbours or in the ground"),
    "pv_reason_exposed area below the minimum": ("freie Fläche zu klein", "exposed area below the minimum"),
    "pv_reason_too little sun": ("zu wenig Sonne", "too little sun"),
    "pv_reason_fewer modules fit than the minimum": (
        "weniger Module als die Mindestzahl finden Platz",
        "fewer modules fit than the minimum",
    ),
    "pv_reason_no module fits": ("kein Modul findet Platz", "no module fits"),
    "pv_assumed": ("Was dabei angenommen ist", "What is assumed of it"),
    "pv_assume_date": (
        "Annahmen vom {}{}; jeder Wert steht in report.json und lässt sich ersetzen (--pv).",
        "Assumptions of {}{}; every value stands in report.json and can be replaced (--pv).",
    ),
    "pv_assume_own": (", darüber eigene aus {}", ", with own ones from {} over them"),
    "pv_assume_module": (
        "Modul: {} W, {} × {} m, {} %/K.",
        "Module: {} W, {} × {} m, {} %/K.",
    ),
    "pv_assume_losses": (
        "Systemverluste zusammen {} % ({}); Verschattung ist gerechnet und darin nicht enthalten.",
        "System losses {} % together ({}); shade is computed and no part of them.",
    ),
    "pv_assume_inverter": (
        "Wechselrichter: {} % Wirkungsgrad, Modulleistung je Wechselrichterleistung {}.",
        "Inverter: {} % efficiency, module power by inverter power {}.",
    ),
    "pv_glass_direct": (
        "Reflexion am Glas: auf der direkten Strahlung allein.",
        "Reflection at the glass: of direct light alone.",
    ),
    "pv_glass_sun": (
        "Reflexion am Glas: auf direkter und sonnennaher Strahlung.",
        "Reflection at the glass: of direct and circumsolar light.",
    ),
    "pv_glass_all": (
        "Reflexion am Glas: auf Sonne, Himmel und Boden.",
        "Reflection at the glass: of sun, sky and ground.",
    ),
    "pv_assume_spectral": ("Das Spektrum des Lichts ist eingerechnet.", "The spectrum of light is part of it."),
    "pv_assume_layout": (
        "Module liegen einzeln in der Fläche: Randabstand {} m (flach {} m, Fassade {} m). Anlagen gibt es auf "
        "geneigten Dächern ab {} m², flachen ab {} m², Fassaden ab {} m² und {} kWh/(m²·a).",
        "Modules lie one by one in the surface: edge distance {} m (flat {} m, façade {} m). There are plants on "
        "pitched roofs from {} m², flat ones from {} m², façades from {} m² and {} kWh/(m²·a).",
    ),
    "pv_assume_windows": (
        "Fassaden ohne Fenster im Stadtmodell: {} % Fensteranteil abgezogen.",
        "Façades without windows in the city model: {} % taken off for windows.",
    ),
    "pv_assume_strings": (
        "Höchstens {} Module je Strang; was ungleicher Schatten auf ihm kostet, ist eingerechnet.",
        "At most {} modules a string; what uneven shade costs on it is part of the yield.",
    ),
    "pv_assume_optimisers": (
        "Jedes Modul hat einen eigenen Optimierer: kein Verlust durch ungleichen Schatten.",
        "Every module has its own optimiser: nothing is lost to uneven shade.",
    ),
    "pv_assume_spread": (
        "Band p10–p90 aus den relativen Streuungen von Wetterjahren {} %, Himmelsmodell {} %, Parametern {} % und "
        "Geometrie {} bis {} %.",
        "Band p10–p90 from the relative spreads of weather years {} %, sky model {} %, parameters {} % and geometry {} "
        "to {} %.",
    ),
    "pv_assume_weather": ("Im Wetter fehlt, daher angenommen: {}.", "Assumed because the weather does not say: {}."),
    "pv_loss_soiling": ("Schmutz", "soiling"),
    "pv_loss_shading": ("Verschattung", "shading"),
    "pv_loss_snow": ("Schnee", "snow"),
    "pv_loss_mismatch": ("Ungleichheit der Module", "mismatch of modules"),
    "pv_loss_wiring": ("Leitungen", "wiring"),
    "pv_loss_connections": ("Stecker", "connections"),
    "pv_loss_lid": ("Anfangsverlust (LID)", "initial loss (LID)"),
    "pv_loss_nameplate_rating": ("Nennleistung", "nameplate rating"),
    "pv_loss_age": ("Alter", "age"),
    "pv_loss_availability": ("Ausfallzeit", "availability"),
}
# What the weather lacks, as solar.pv.light says it, in German, piece by piece.
NOTES = (
    ("air temperature", "Lufttemperatur"),
    ("wind ", "Wind "),
    (" where the weather has none", ""),
)


def note_in(language: str, note: str) -> str:
    """What was assumed for want of weather; a foreign note as far as its pieces are known."""
    for english, german in NOTES if language == "de" else NOTES[-1:]:
        note = note.replace(english, german)
    return note
