"""Sentences of the study report, German and English; {} take values in their order.

The report orders and counts; it does not judge. Values of rules are orientation: they are met or missed ("eingehalten",
"unterschritten"), and nothing is called permitted.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "occasion_general": (
        "Untersucht wird, welche Sonne die Umgebung im Bestand hat und was sich daran in den genannten Szenarien "
        "ändert.",
        "Studied is which sun the surroundings have today (Bestand) and what the named scenarios change about it.",
    ),
    "occasion_bestand": (
        "Untersucht wird, welche Sonne Gebäude und Freiflächen im Bestand haben. Ein Vorhaben wird nicht verglichen.",
        "Studied is which sun buildings and open land have today (Bestand). No plan is compared.",
    ),
    "data_intro": (
        "Gerechnet wurde mit den folgenden Dateien. Die vollen Prüfsummen stehen in den Anlagen; sie belegen, welche "
        "Daten verwendet wurden.",
        "These files were used. Their full checksums stand in the annexes; they prove which data were used.",
    ),
    "attribution": (
        "Herkunft und Lizenz der Daten:",
        "Origin and licence of the data:",
    ),
    "position_value": (
        "{}; {} m; Meridiankonvergenz {}°",
        "{}; {} m; meridian convergence {}°",
    ),
    "legal_general": (
        "Orientierungswerte der Besonnung sind Maßstäbe, keine Grenzwerte. Der Bericht stellt fest, ob ein "
        "Orientierungswert eingehalten oder unterschritten ist. Was daraus folgt, entscheiden die zuständigen "
        "Stellen nach Abwägung aller Belange im Einzelfall; dieser Bericht ersetzt keine rechtliche Prüfung.",
        "Orientation values of sunlight are yardsticks, not limits. The report states whether an orientation value "
        "is met or missed. What follows from it is for the competent authorities to decide, weighing all concerns of "
        "the case; this report replaces no legal assessment.",
    ),
    "legal_germany": (
        "Das deutsche Bauplanungsrecht kennt keine verbindlichen Werte der Besonnung. Sie ist als Teil gesunder "
        "Wohn- und Arbeitsverhältnisse in die Abwägung einzustellen (BauGB § 1 Abs. 6 Nr. 1; siehe auch § 34 und § "
        "136 Abs. 3). Gerichte ziehen Werte aus Normen nur zur Orientierung heran: Dass sie eingehalten oder "
        "unterschritten sind, entscheidet für sich allein nichts (BayVGH, 9.1.2024, 1 CS 23.2032; VG München, "
        "22.5.2023).",
        "German planning law knows no binding values of sunlight. It is weighed as a part of healthy living and "
        "working conditions (BauGB § 1(6) no. 1; see also § 34 and § 136(3)). Courts take values of standards as "
        "orientation only: that they are met or missed decides nothing by itself (BayVGH, 9 January 2024, 1 CS "
        "23.2032; VG München, 22 May 2023).",
    ),
    "rules_none": (
        "In dieser Studie wurde kein Orientierungswert geprüft.",
        "No orientation value was checked in this study.",
    ),
    "method_sun": (
        "Der Sonnenstand ist für jeden Zeitpunkt einzeln berechnet (NREL SPA), als Mitte der Sonnenscheibe und ohne "
        "Strahlenbrechung in der Atmosphäre. Gezählt wird alle {} Minuten; jeder Zeitpunkt steht für den Zeitschritt "
        "um ihn.",
        "The position of the sun is computed for every single instant (NREL SPA), as the middle of its disc and "
        "without refraction by the atmosphere. An instant is taken every {} minutes and stands for the step about it.",
    ),
    "method_rays": (
        "Von jedem Rechenpunkt wird zu jedem Zeitpunkt geprüft, ob ein Strahl zur Sonne auf ein Gebäude, ein "
        "Vorhaben oder das Gelände trifft. Die Ergebnisse sind geometrisch exakt im Rahmen des Modells; geschätzte "
        "oder gelernte Werte kommen darin nicht vor.",
        "From every receiver and at every instant a ray to the sun is checked for meeting a building, a plan or the "
        "terrain. The results are geometrically exact within the model; nothing in them is estimated or learned.",
    ),
    "method_facade": (
        "An Fassaden liegen die Rechenpunkte in jedem Geschoss 1,20 m über dem Fußboden: z = Geschoss · {} m + 1,20 "
        "m über dem Fuß des Gebäudes. Die Stunden eines Geschosses sind Mittel entlang der Fassade; erste und letzte "
        "Sonne und die längste Zeit am Stück gelten, sobald irgendein Punkt des Geschosses Sonne hat.",
        "On façades the receivers lie 1.20 m above the floor of every storey: z = storey · {} m + 1.20 m above the "
        "foot of the building. The hours of a storey are means along the façade; first and last sun and the longest "
        "spell count as soon as any point of the storey has sun.",
    ),
    "method_window": (
        "Wo das Stadtmodell keine Fenster enthält, rechnen Regeln mit Laibung mit einem gleichwertigen Fenster: "
        "lichte Breite {} m, Tiefe der Laibung {} m.",
        "Where the city model has no windows, rules with a reveal use an equivalent window: clear width {} m, depth "
        "of the reveal {} m.",
    ),
    "method_time": (
        "Uhrzeiten sind als gesetzliche Zeit ({}) und als Normalzeit ({}) angegeben. Azimute zählen von geografisch "
        "Nord im Uhrzeigersinn.",
        "Times are given as legal time ({}) and as standard time ({}). Azimuths count clockwise from true north.",
    ),
    "method_not": (
        "In Sonnenstunden nicht enthalten sind Wolken, Bäume und anderer Bewuchs, Markisen und Vorhänge sowie "
        "Bauteile, die im Stadtmodell fehlen (häufig Gauben, Balkone, Dachüberstände). Angegeben ist die bei "
        "wolkenlosem Himmel mögliche Sonne.",
        "Hours of sun do not contain clouds, trees and other plants, awnings and curtains, and parts that the city "
        "model lacks (often dormers, balconies, eaves). Given is the sun that is possible under a cloudless sky.",
    ),
    "scenarios_intro": (
        "Alle Szenarien sind mit demselben Stadtmodell und denselben Rechenpunkten gerechnet; sie unterscheiden sich "
        "nur in den Vorhaben und im Abriss.",
        "All scenarios are computed with the same city model and the same receivers; they differ only in the plans "
        "and in what is removed.",
    ),
    "scenarios_none": (
        "Die Studie betrachtet nur den Bestand; Vorhaben sind nicht angegeben.",
        "The study looks at the present state (Bestand) only; no plans are given.",
    ),
    "landed_intro": (
        "Koordinatensystem, Längeneinheit und Höhenbezug sind der Datei entnommen oder beim Aufruf angegeben, nicht "
        "geschätzt. Die Lage ist vor der Verwendung des Berichts zu prüfen.",
        "Coordinate system, unit of length and height reference are taken from the file or were stated by the user, "
        "not guessed. The place should be checked before the report is used.",
    ),
    "sheets_intro": (
        "Grau: Schatten, der im Bestand schon fällt. Rot: Schatten, der hinzukommt. Grün: Schatten, der wegfällt. "
        "Über jedem Plan stehen die gesetzliche Zeit und {}.",
        "Grey: shadow that falls already today. Red: shadow that is added. Green: shadow that is removed. Above each "
        "plan stand the legal time and {}.",
    ),
    "sheets_intro_bestand": (
        "Grau: Schatten im Bestand. Über jedem Plan stehen die gesetzliche Zeit und {}.",
        "Grey: shadow of today. Above each plan stand the legal time and {}.",
    ),
    "facades_intro": (
        "Aufgeführt sind Geschosse, deren mögliche Sonnenzeit sich um mindestens {} Minuten ändert (halber "
        "Zeitschritt). Minus bedeutet weniger Sonne als im Bestand.",
        "Listed are storeys whose possible time of sun changes by at least {} minutes (half a step). Minus means "
        "less sun than today.",
    ),
    "unchanged": (
        "{}, „{}“: An keinem benachbarten Geschoss ändert sich die Sonnenzeit um {} Minuten oder mehr.",
        "{}, “{}”: no storey of the neighbours changes by {} minutes of sun or more.",
    ),
    "unchanged_openings": (
        "{}, „{}“: An keinem Fenster und keiner Tür der Nachbarn ändert sich die Sonnenzeit um {} Minuten oder mehr.",
        "{}, “{}”: no window or door of the neighbours changes by {} minutes of sun or more.",
    ),
    "cut": (
        "Gezeigt sind die {} Zeilen mit der größten Änderung von {}; alle stehen in study.gpkg.",
        "Shown are the {} rows that change most of {}; all stand in study.gpkg.",
    ),
    "cut_least": (
        "Gezeigt sind die {} Zeilen mit der wenigsten Sonne von {}; alle stehen in study.gpkg.",
        "Shown are the {} rows with the least sun of {}; all stand in study.gpkg.",
    ),
    "classes_note": (
        "Gezählt sind die Geschosse je Fassade benachbarter Gebäude.",
        "Counted are storeys per façade of the neighbouring buildings.",
    ),
    "classes_note_bestand": (
        "Gezählt sind die Geschosse je Fassade.",
        "Counted are storeys per façade.",
    ),
    "casters_first": (
        "„Zuerst im Weg“ ist, worauf der Strahl zur Sonne als Erstes trifft; die Summe über alle Objekte ist der "
        "gesamte Schatten.",
        "“First in the way” is what the ray to the sun meets first; the sum over all objects is the whole shadow.",
    ),
    "casters_sole": (
        "„Allein ursächlich“ ist der Schatten, der ohne dieses Objekt verschwände, weil nichts anderes im Weg steht.",
        "“Sole cause” is the shadow that would vanish without this object, because nothing else is in the way.",
    ),
    "casters_changed": (
        "Aufgeführt ist der Schatten auf Gebäuden, an denen ein Szenario etwas ändern kann, und auf Freiflächen, "
        "soweit es dort etwas ändern kann.",
        "Listed is the shadow on buildings at which a scenario can change something, and on open land as far as it can "
        "change something there.",
    ),
    "casters_others": (
        "Die Tabellen zählen nur Schatten auf andere, nicht den Schatten eines Objekts auf sich selbst. Ein Strich "
        "steht, wo auf Freiflächen nicht nach der alleinigen Ursache gesucht wurde: Das geschieht nur dort, wo ein "
        "Szenario etwas ändert.",
        "The tables count shadow on others only, not an object's shadow on itself. A dash stands where sole causes on "
        "open land were not looked for: that is done only where a scenario changes something.",
    ),
    "rules_same": (
        "Keine Einstufung ändert sich.",
        "No level changes.",
    ),
    "rules_wording": (
        "Ein Orientierungswert ist eingehalten, wenn mindestens die unterste Stufe der Regel erreicht ist oder die "
        "Regel eine Ausnahme vorsieht (etwa weil der frühere Wert weitgehend erhalten bleibt), sonst unterschritten.",
        "An orientation value is met where at least the lowest level of the rule is reached or the rule itself "
        "exempts (for instance because most of the former value remains), otherwise missed.",
    ),
    "energy_intro": (
        "Was die Szenarien Dächern und Fassaden der Nachbarn im Jahr an Einstrahlung und möglichem PV-Ertrag nehmen "
        "(−) oder geben (+). Die Jahreswerte sind überschlägig: Sie stehen für ein Wetterjahr, ein Gitter von "
        "Sonnenorten und eine angenommene Anlage, nicht für eine bestehende.",
        "What the scenarios take (−) from roofs and façades of the neighbours in a year, or give (+), in irradiation "
        "and possible PV yield. Annual values are estimates: they stand for one weather year, a grid of sun "
        "positions and an assumed system, not for an existing one.",
    ),
    "unchanged_energy": (
        "„{}“: Die Einstrahlung der Nachbarn ändert sich nicht.",
        "“{}”: the irradiation of the neighbours does not change.",
    ),
    "fazit_bestand": (
        "Am {} haben {} Geschosse die folgende mögliche Sonne: Median {} h, geringster Wert {} h, höchster Wert {} h.",
        "On {} the {} storeys have this possible sun: median {} h, least {} h, most {} h.",
    ),
    "fazit_unchanged": (
        "Am {} ändert sich in „{}“ an keinem der {} Geschosse benachbarter Gebäude die Sonnenzeit um {} Minuten oder "
        "mehr.",
        "On {}, in “{}”, none of the {} storeys of neighbouring buildings changes by {} minutes of sun or more.",
    ),
    "fazit_loss": (
        "Am {} nimmt in „{}“ an {} von {} Geschossen benachbarter Gebäude die Sonnenzeit um mindestens {} Minuten "
        "ab, an {} zu.",
        "On {0}, in “{1}”, the time of sun falls by at least {4} minutes at {2} of {3} storeys of neighbouring "
        "buildings and rises at {5}.",
    ),
    "fazit_worst": (
        "Die größte Abnahme beträgt {} Minuten (von {} h auf {} h): Gebäude {}, Fassade {}, {}.",
        "The largest loss is {} minutes (from {} h to {} h): building {}, façade {}, {}.",
    ),
    "fazit_best": (
        "Die größte Zunahme beträgt {} Minuten (von {} h auf {} h): Gebäude {}, Fassade {}, {}.",
        "The largest gain is {} minutes (from {} h to {} h): building {}, façade {}, {}.",
    ),
    "fazit_area": (
        "Fläche „{}“, {}, „{}“: Der Anteil mit mindestens zwei Sonnenstunden ändert sich von {} % auf {} %.",
        "Area “{}”, {}, “{}”: the share with at least two hours of sun changes from {} % to {} %.",
    ),
    "fazit_rule_lost": (
        "{}, „{}“: An {} von {} Nachweisorten wird der Orientierungswert im Bestand eingehalten und im Szenario "
        "unterschritten, an {} umgekehrt.",
        "{}, “{}”: at {} of {} places assessed the orientation value is met today and missed in the scenario, at {} "
        "the other way round.",
    ),
    "fazit_rule_same": (
        "{}, „{}“: An keinem der {} Nachweisorte ändert sich, ob der Orientierungswert eingehalten ist.",
        "{}, “{}”: at none of the {} places assessed does it change whether the orientation value is met.",
    ),
    "fazit_rule_own": (
        "{}, „{}“: Am Vorhaben selbst wird der Orientierungswert an {} von {} Nachweisorten eingehalten.",
        "{}, “{}”: at the plan itself the orientation value is met at {} of {} places assessed.",
    ),
    "rules_caveats": (
        "Zur Anwendung der Regeln:",
        "On how the rules are applied:",
    ),
    "rules_unverified": (
        "{}: nicht am Text der Regel geprüft sind: {}.",
        "{}: not checked against the text of the rule: {}.",
    ),
    "fazit_energy": (
        "„{}“: Die Einstrahlung auf Dächer und Fassaden der Nachbarn ändert sich im Jahr überschlägig um {} kWh ({} "
        "%), der mögliche PV-Ertrag um {} kWh.",
        "“{}”: irradiation on roofs and façades of the neighbours changes by an estimated {} kWh in a year ({} %), "
        "the possible PV yield by {} kWh.",
    ),
    "fazit_end": (
        "Diese Feststellungen beschreiben die geometrisch mögliche Besonnung. Ihre Bewertung ist nicht Gegenstand "
        "dieses Berichts.",
        "These statements describe the sun that geometry allows. To judge them is not the purpose of this report.",
    ),
    "limits_intro": (
        "Die Ergebnisse gelten unter den folgenden Annahmen:",
        "The results hold under these assumptions:",
    ),
    "instants_thinned": (
        "Aufgeführt ist einer von je {} Zeitpunkten, bei {} insgesamt.",
        "Listed is one in {} instants, of {} in all.",
    ),
    "instants_none": (
        "Am {} steht die Sonne zu keinem Zeitpunkt über dem Horizont.",
        "On {} the sun stands above the horizon at no instant.",
    ),
}
