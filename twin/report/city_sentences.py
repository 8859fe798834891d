"""Sentences of the city report in German and English; {} take values in their order."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "what": (
        "Dieser Bericht zeigt, wie viel Strom plausible Photovoltaikanlagen auf den Dächern und Fassaden der Stadt im "
        "Jahr liefern würden und wie viel Sonne auf ihre Freiflächen fällt, Bezirk für Bezirk. Grundlage ist ein "
        "3D-Stadtmodell, in dem jede Fläche einzeln und mit ihrer Verschattung gerechnet ist.",
        "This report shows how much electricity plausible photovoltaic plants on the city's roofs and façades would "
        "yield in a year and how much sun its open land receives, district by district. It rests on a 3D city model "
        "in which every surface is computed by itself and with its shade.",
    ),
    "potential": (
        "Gezeigt ist ein technisches Potenzial: was auf die Flächen passt. Statik, Denkmalschutz, Eigentum, "
        "Netzanschluss und Wirtschaftlichkeit des Einzelfalls sind nicht geprüft.",
        "Shown is a technical potential: what fits on the surfaces. Structure, monument protection, ownership, grid "
        "connection and the economics of the single case are not examined.",
    ),
    "physical": (
        "Alle Erträge sind physikalisch gerechnete Werte des ersten Betriebsjahres in kWh Wechselstrom. Eine "
        "KI-Korrektur wurde nicht angewandt.",
        "All yields are physical values of the first year of operation in kWh of alternating current. No AI "
        "correction was applied.",
    ),
    "corrected": (
        "Maßgeblich ist der physikalisch gerechnete Wert des ersten Betriebsjahres in kWh Wechselstrom. Der "
        "KI-korrigierte Wert steht daneben und ist so bezeichnet.",
        "The physical value of the first year of operation in kWh of alternating current is what counts. The "
        "AI-corrected value stands beside it and is called so.",
    ),
    "quantiles": (
        "p10, p50 und p90 sind statistische Quantile: In 10 % der Fälle liegt der Ertrag unter p10, in 10 % über p90. "
        "Was Banken „P90“ nennen (mit 90 % Wahrscheinlichkeit übertroffen), heißt hier p10. Das Band einer Summe "
        "nimmt an, dass alle Abweichungen gemeinsam eintreten; es ist deshalb eher zu breit als zu schmal.",
        "p10, p50 and p90 are statistical quantiles: in 10 % of outcomes the yield lies below p10, in 10 % above p90. "
        "What bankers call “P90” (exceeded with 90 % probability) is called p10 here. The band of a sum assumes that "
        "all deviations occur together; it is rather too wide than too narrow.",
    ),
    "quantiles_corrected": (
        " Wo die KI-Korrektur angewandt ist, gehört das Band zum KI-korrigierten Wert.",
        " Where the AI correction is applied, the band is that of the corrected value.",
    ),
    "rounding": (
        "Summen sind aus ungerundeten Werten gebildet; gerundete Zeilen können davon um die letzte Stelle abweichen.",
        "Sums are made of values that are not rounded; rounded rows may differ from them by their last digit.",
    ),
    "warn_layers": (
        "{}: Gelesen ist die Ebene „{}“, nicht {}. Eine andere nennt man als DATEI:EBENE.",
        "{}: read is the layer “{}”, not {}. Name another as FILE:LAYER.",
    ),
    "warn_no_names": (
        "{}: In keiner Spalte sind Namen der Bezirke erkannt, sie sind nummeriert. Die Spalte nennt man mit --name; "
        "es gibt {}.",
        "{}: no column is known to name the districts, they are numbered. Name it with --name; there are {}.",
    ),
    "warn_no_columns": ("keine", "none"),
    "warn_unnamed": (
        "{}: Flächen ohne Namen sind nach ihrem Platz in der Datei nummeriert ({}: {}).",
        "{}: areas without a name are numbered by their place in the file ({}: {}).",
    ),
    "warn_outside": (
        "{} von {} Gebäuden liegen in keinem Bezirk. Gehören die Bezirke zu dieser Stadt?",
        "{} of {} buildings lie in no district. Are these the districts of this city?",
    ),
    "outside_note": (
        "„außerhalb“ sind {} Gebäude, die zum größten Teil in keinem Bezirk liegen.",
        "“outside” are {} buildings that mostly lie in no district.",
    ),
    "best_district": (
        "Den größten Ertrag hat {} mit {} MWh im Jahr, das sind {} % der Stadt.",
        "{} has the largest yield with {} MWh a year, which is {} % of the city's.",
    ),
    "suitable": (
        "{} % der freien Dachfläche sind sehr gut oder gut geeignet, weitere {} % bedingt.",
        "{} % of the exposed roof area are very good or good, further {} % limited.",
    ),
    "classes_note": (
        "Die Eignung ist eine Ordnung nach Schwellen (siehe „Methode“); sie ersetzt den Ertrag in kWh nicht. Anlagen "
        "sind auch auf Flächen der Klasse „nicht geeignet“ gerechnet, wo Module Platz finden.",
        "Suitability is an order by thresholds (see “Method”); it does not replace the yield in kWh. Plants are "
        "computed on surfaces of the class “unsuitable”, too, where modules find room.",
    ),
    "buildings_note": (
        "Leistung, Ertrag und Kosten gelten für alle Dachflächen eines Gebäudes; seine Eignung ist die beste, die mit "
        "besseren zusammen mindestens {} % der Dachfläche hat. Strich bei der Amortisation: nicht in der Lebensdauer.",
        "Power, yield and cost are those of all roofs of a building; its suitability is the best that, with better "
        "ones, has at least {} % of its roof area. A dash for the payback: not within the lifetime.",
    ),
    "facades_note": (
        "Fassaden ab {1} kWh/(m²·a) gelten als klassisch geeignet, ab {0} kommen neuere bauwerkintegrierte Systeme in "
        "Frage. Fenster sind abgezogen, wo das Stadtmodell sie kennt, sonst pauschal mit dem Fensteranteil unter "
        "„Annahmen“.",
        "Façades from {1} kWh/(m²·a) count as classically suited, from {0} newer building-integrated systems come "
        "into question. Windows are taken off where the city model knows them, elsewhere by the window share under "
        "“Assumptions”.",
    ),
    "land_note": (
        "Gezeigt ist die Einstrahlung auf offenes Land, kein Stromertrag: Straßen, Gärten, Plätze und Wasser sind "
        "darin enthalten.",
        "Shown is the irradiation of open land, no electricity: streets, gardens, squares and water are part of it.",
    ),
    "land_slope": (
        " Die Einstrahlung ist die auf dem geneigten Gelände, dessen Fläche größer ist als auf der Karte; das Mittel "
        "bezieht sie auf die Fläche der Karte.",
        " Irradiation is that of the ground as it slopes, whose area is larger than on the map; the mean refers it to "
        "the area on the map.",
    ),
    "land_level": (
        " Ohne Geländemodell gilt alles Land als eben.",
        " Without a terrain model all land counts as level.",
    ),
    "land_none": (
        "Das Ergebnis enthält keine Freiflächen.",
        "The result holds no open land.",
    ),
    "sites_none": (
        "Standorte für Solarparks wurden nicht angegeben (heliotwin sites, dann --sites).",
        "No sites for solar parks were given (heliotwin sites, then --sites).",
    ),
    "sites_note": (
        "Aus {}: {} Gebiete, davon {} mit nutzbarer Fläche. Leistung und Ertrag gelten für die günstigste Bauart je "
        "Gebiet.",
        "From {}: {} areas, {} of them with usable land. Power and yield are those of each area's cheapest kind.",
    ),
    "co2_note": (
        "Gerechnet aus dem physikalischen Ertrag mit dem Emissionsfaktor des deutschen Strommix von {}; mit einem "
        "saubereren Netz vermeidet derselbe Strom weniger.",
        "Computed from the physical yield with the emission factor of the German electricity mix of {}; with a "
        "cleaner grid the same electricity avoids less.",
    ),
    "co2_years_unknown": (
        "nicht angegebenem Jahr",
        "a year not stated",
    ),
    "reasons_note": (
        "Gezählt sind alle Flächen, die Sonne empfangen könnten und keine Anlage haben. Verdeckte Flächen (Brandwände, "
        "Wände im Boden) haben keine oder kaum freie Fläche.",
        "Counted are all surfaces that could receive sun and have no plant. Covered surfaces (party walls, walls in "
        "the ground) have no or hardly any exposed area.",
    ),
    "reasons_all": (
        "Jede Fläche hat eine Anlage.",
        "Every surface has a plant.",
    ),
    "doubtful_note": (
        "Unsicher heißt: Das Stadtmodell hat an dieser Fläche einen Mangel, ihre Verlässlichkeit (confidence) liegt "
        "unter {}. Diese Flächen sind in den Summen enthalten.",
        "Doubtful means: the city model has a defect at this surface, its confidence lies below {}. These surfaces "
        "are part of the sums.",
    ),
    "defects_none": (
        "Im Stadtmodell wurden keine Mängel gefunden.",
        "No defects were found in the city model.",
    ),
    "method_geometry": (
        "Für Punkte auf jeder Dach-, Fassaden- und Freifläche ist durch Strahlverfolgung bestimmt, von wo Sonne und "
        "Himmel zu sehen sind. Verschattung durch Gebäude{} ist damit in jedem Ertrag enthalten.",
        "For points on every roof, façade and piece of open land, ray tracing has found from where sun and sky are "
        "seen. Shade by buildings{} is therefore part of every yield.",
    ),
    "method_terrain": (
        " und Gelände",
        " and terrain",
    ),
    "method_weather": (
        "Wetter: {}. Die Strahlung auf geneigte Flächen folgt dem Himmelsmodell {}.",
        "Weather: {}. Irradiance on tilted planes follows the sky model {}.",
    ),
    "method_layout": (
        "Module sind als Rechtecke in die Flächen gelegt, mit Abstand zu Rändern, Gauben, Dachfenstern und "
        "Nachbarteilen. Geneigte Dächer ab {} m², flache ab {} m², Fassaden ab {} kWh/(m²·a).",
        "Modules are laid into the surfaces as rectangles, clear of edges, dormers, rooflights and neighbouring "
        "parts. Pitched roofs from {} m², flat ones from {} m², façades from {} kWh/(m²·a).",
    ),
    "method_chain": (
        "Vom Licht zum Wechselstrom: Reflexion am Glas, Zelltemperatur nach Einbauart, Systemverluste von {} %, "
        "Wechselrichter, und was ein Teilschatten auf einem Strang kostet.",
        "From light to alternating current: reflection at the glass, cell temperature by mounting, system losses of "
        "{} %, the inverter, and what partial shade on a string costs.",
    ),
    "method_classes_irradiation": (
        "Dächer sind nach ihrer Einstrahlung mit aller Verschattung eingestuft: sehr gut ab {}, gut ab {}, bedingt ab "
        "{} kWh/(m²·a).",
        "Roofs are classed by their irradiation with all shade: very good from {}, good from {}, limited from {} "
        "kWh/(m²·a).",
    ),
    "method_classes_share": (
        "Dächer sind nach ihrem Anteil an der besten Ebene eingestuft: sehr gut ab {} %, gut ab {} %, bedingt ab {} %.",
        "Roofs are classed by their share of the best plane: very good from {} %, good from {} %, limited from {} %.",
    ),
    "method_classes_geometry": (
        "Dächer sind nach Neigung und Richtung eingestuft: sehr gut bei {} bis {}° nach Süden, gut nach Osten und "
        "Westen, bedingt, wo sie flacher oder steiler sind.",
        "Roofs are classed by tilt and direction: very good at {} to {}° towards south, good towards east and west, "
        "limited where they are flatter or steeper.",
    ),
    "method_only_planted": (
        " Wo keine Anlage Platz findet, heißt die Fläche „nicht geeignet“.",
        " Where no plant fits, the surface is called “unsuitable”.",
    ),
    "method_districts": (
        "Ein Gebäude zählt mit allen seinen Flächen zu dem Bezirk, in dem der größte Teil seines Grundrisses liegt. "
        "Freiflächen zählen Rasterzelle für Rasterzelle, Solarparks nach ihrem größten Teil.",
        "A building with all its surfaces counts to the district that holds the largest part of its footprint. Open "
        "land counts cell by cell, solar parks by their largest part.",
    ),
    "method_spread": (
        "Das Band von p10 bis p90 verbindet die Schwankung der Wetterjahre, die Spanne von Himmelsmodellen und "
        "Parametern und die Verlässlichkeit der Geometrie.",
        "The band from p10 to p90 joins the variation of weather years, the spread of sky models and parameters, and "
        "the confidence of the geometry.",
    ),
    "assumptions_note": (
        "Die Namen sind die der Konfiguration ({}); Einheiten und Quellen stehen dort. Jeder Wert lässt sich ersetzen.",
        "Names are those of the configuration ({}); units and sources stand there. Every value can be replaced.",
    ),
    "limit_decision": (
        "Dieser Bericht dient der Orientierung. Er entscheidet über keinen Antrag und ersetzt keine Planung vor Ort.",
        "This report is for orientation. It decides on no application and does not replace planning on site.",
    ),
    "limit_spread": (
        "Summen über viele Flächen gleichen Fehler der einzelnen Fläche aus, gemeinsame Fehler (Wetter, Verluste, "
        "Modulwirkungsgrad) nicht.",
        "Sums over many surfaces even out the errors of single ones, but not those they share (weather, losses, "
        "module efficiency).",
    ),
    "limit_weather_year": (
        "Wetter: {}.",
        "Weather: {}.",
    ),
    "alt_map_energy": (
        "Karte mit {} Bezirken, Norden oben, gefärbt nach Ertrag: am hellsten {} mit {} MWh, am dunkelsten {} mit {} "
        "MWh.",
        "Map of {} districts, north up, coloured by yield: palest {} with {} MWh, darkest {} with {} MWh.",
    ),
    "caption_map_energy": (
        "Ertrag von Dächern und Fassaden je Bezirk (physikalischer Wert). Die Nummern stehen in der Tabelle.",
        "Yield of roofs and façades by district (physical value). The numbers are those of the table.",
    ),
    "alt_map_classes": (
        "Karte der Dachflächen, Norden oben, gefärbt nach Eignung: {}.",
        "Map of the roofs, north up, coloured by suitability: {}.",
    ),
    "caption_map_classes": (
        "Dachflächen nach Eignung; Linien: Bezirksgrenzen.",
        "Roofs by suitability; lines: district borders.",
    ),
    "alt_energy": (
        "Balken je Bezirk: Ertrag der Dächer und der Fassaden; die Werte stehen in der Tabelle.",
        "Bars by district: yield of roofs and of façades; the values stand in the table.",
    ),
    "caption_energy": (
        "Ertrag im Jahr nach Bezirken (physikalischer Wert); Strich: p10 bis p90 der Summe.",
        "Annual yield by district (physical value); line: p10 to p90 of the sum.",
    ),
    "alt_classes": (
        "Balken je Bezirk: Dachfläche nach Eignung; die Werte stehen in der Tabelle.",
        "Bars by district: roof area by suitability; the values stand in the table.",
    ),
    "caption_classes": (
        "Freie Dachfläche nach Eignung, je Bezirk.",
        "Exposed roof area by suitability, by district.",
    ),
    "shown_of": (
        "Gezeigt sind die {} größten von {} Bezirken.",
        "Shown are the {} largest of {} districts.",
    ),
}
