"""What `surroundings_words` says of a far horizon and of a sky of the user's own, in German and English."""

from __future__ import annotations

# key: (German, English); {} take values in their order.
SURROUNDINGS_MESSAGES: dict[str, tuple[str, str]] = {
    "far_above": (
        "Achtung: Das ferne Gelände steht {} m über dem Boden der Stadt (Median, Zellen: {}), und jeder Horizont "
        "mit ihm: {}.",
        "Beware: the far terrain stands {} m above the city's ground (median, cells: {}), and every horizon with "
        "it: {}.",
    ),
    "far_below": (
        "Achtung: Das ferne Gelände steht {} m unter dem Boden der Stadt (Median, Zellen: {}), und jeder Horizont "
        "mit ihm: {}.",
        "Beware: the far terrain stands {} m below the city's ground (median, cells: {}), and every horizon with "
        "it: {}.",
    ),
    "far_or": (" oder ", " or "),
    "far_unlikely": ("Bezug und Einheit der Höhen prüfen", "check the datum and the unit of its heights"),
    "far_likely_far_ellipsoid": (
        "seine Höhen zählen wohl vom Ellipsoid statt vom Meer",
        "its heights seem to count from the ellipsoid, not from the sea",
    ),
    "far_likely_city_ellipsoid": (
        "die Höhen der Stadt zählen wohl vom Ellipsoid statt vom Meer",
        "the city's heights seem to count from the ellipsoid, not from the sea",
    ),
    "far_likely_far_feet": ("seine Höhen sind wohl in Fuß", "its heights seem to be feet"),
    "far_likely_city_feet": ("die Höhen der Stadt sind wohl in Fuß", "the city's heights seem to be feet"),
    "far_likely_city_own_zero": (
        "die Höhen der Stadt zählen wohl von ihrem eigenen Boden",
        "the city's heights seem to count from its own ground",
    ),
    "far_unchecked": (
        "Das ferne Gelände hat in der Mitte keiner Zelle eine Höhe: Es wurde nicht mit dem Boden der Stadt verglichen.",
        "The far terrain has no height in the middle of any cell: it was not held against the city's ground.",
    ),
    "far_gaps": (
        "Fernes Gelände hat Lücken oder endet vor {} km: {}. Wo eine Höhe fehlt, ist der Horizont frei.",
        "Far terrain has gaps or ends before {} km: {}. Where a height is missing the horizon is open.",
    ),
    "far_gap": ("{} ab {} km", "{} from {} km"),
    "compass": ("N NO O SO S SW W NW", "N NE E SE S SW W NW"),
    "far_edge": (
        "Ohne nahes Gelände beginnt der ferne Horizont am Rand jeder Zelle; ein Oberflächenmodell verschattet dann mit "
        "Häusern und Bäumen der Stadt selbst.",
        "Without near terrain the far horizon begins at the edge of each cell; a surface model then shades with houses "
        "and trees of the city itself.",
    ),
    "assume_albedo": (
        "Albedo (zurückgeworfener Anteil): Boden {} %, im Mittel nach Fläche {}; {}.",
        "Albedo (share sent back): ground {} %, mean by area {}; {}.",
    ),
    "albedo_default": (
        "Vorgaben je Flächenart, wo das Stadtmodell selbst keine nennt",
        "defaults by kind where the city model names none itself",
    ),
    "albedo_table": (
        "aus {}, sonst aus dem Stadtmodell oder nach Flächenart vorgegeben",
        "from {}, else from the city model or defaults by kind",
    ),
    "assume_sky_matrix": (
        "Himmel: eigene Strahldichten ({}). Sie geben der freien Ebene {} kWh/m² diffus, das Wetter {}; ferner Boden "
        "wird von der Globalstrahlung des Wetters beschienen.",
        "Sky: radiances of one's own ({}). They give the free level {} kWh/m² diffuse, the weather {}; far ground is "
        "lit by the weather's global irradiation.",
    ),
}
