"""Light reflected between faces, beside radiosity solved directly: a canyon, a court, a closed room, an atrium.

Once, twice, three times, and over all reflections that there are. The engine goes the way of a job, city file and all,
with its own reflectors (rooms.py); the other side knows the shapes alone (enclosures.py). Energy is balanced bounce by
bounce: what faces send back they get again, or it leaves by the opening.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from twin.validate import enclosures, rooms
from twin.validate.enclosures import ALBEDO, Enclosure
from twin.validate.rooms import MOST, Lit
from twin.validate.table import Asked, Row, Seconds, Table, near, stated

NAME = "radiosity"
BOUND = 0.01
STRIPS, CELLS = 400, 24
FEW_CELLS = 12  # 0.3 % off
ROOM_SPACING_M = 1.0
IN_ALL = 12  # bounces after which a closed room gets 0.001 % more


# Its walls are lit through a hole, brightest far from any edge: pieces of them are not evenly lit.
STATED = "atrium"


class Place(NamedTuple):
    """What is compared: a name, the engine's side, the exact one, and how many bounces stand for all."""

    name: str
    lit: dict[str, Lit]
    exact: Enclosure
    most: int


def radiosity(asked: Asked) -> Table:
    """All places; without the atrium, over fewer bounces and coarser where it is to be small."""
    spacing, patches, cells = (1.0, 577, FEW_CELLS) if asked.smoke else (0.5, 2305, CELLS)
    bounces = (1, 2) if asked.smoke else (1, 2, 3, MOST)
    seconds = Seconds()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with seconds.spent("heliotwin"):
            street = rooms.measured(
                rooms.CANYON, folder / "canyon", spacing, patches, bounces[:1] if asked.smoke else bounces
            )
            court = rooms.measured(rooms.COURT, folder / "court", spacing, patches, bounces)
            room = rooms.shining(rooms.ROOM, folder / "room", ROOM_SPACING_M, 3 if asked.smoke else IN_ALL)
            atrium = (
                {}
                if asked.smoke
                else rooms.measured(rooms.ATRIUM, folder / "atrium", ROOM_SPACING_M, patches, (1, MOST))
            )
    with seconds.spent("radiosity"):
        places = [
            Place("two walls", street, enclosures.canyon(rooms.WIDTH_M, rooms.HEIGHT_M, STRIPS), MOST),
            Place("court", court, enclosures.room(rooms.COURT_M, rooms.COURT_HEIGHT_M, cells, rooms.COURT_M), MOST),
            Place("box", room, enclosures.shining(rooms.ROOM_M, rooms.ROOM_HEIGHT_M, cells), IN_ALL),
        ]
        if atrium:
            open_above = enclosures.room(rooms.ROOM_M, rooms.ROOM_HEIGHT_M, cells, rooms.HOLE_M)
            places.append(Place("atrium", atrium, open_above, MOST))
        bound = 2.0 * BOUND if asked.smoke else BOUND
        rows = [row for place in places for row in compared(place, bound)]
        for place in places[1:3]:
            rows += balance(place, bound)
    return Table(
        name=NAME,
        title="Reflected light against radiosity solved directly",
        rows=tuple(rows),
        notes=(*notes(spacing, patches), f"Held to {100 * bound:g} %; asked is {100 * BOUND:g} % of whole runs."),
        seconds=seconds.of,
    )


def compared(place: Place, bound: float) -> list[Row]:
    """Light reflected on each part, by number of reflections; what is never lit by the first is left out."""
    rows = []
    for part, lit in place.lit.items():
        for count in (count for count in (1, 2, 3, place.most) if count in lit.reflected):
            is_all = count == place.most
            exact = place.exact.means(place.exact.in_the_end() if is_all else place.exact.after(count))[part]
            said = "all reflections" if is_all else ("once", "twice", "three times")[count - 1]
            found = lit.mean(lit.reflected[count])
            name = f"{place.name}, {part}, {said}"
            if place.name == STATED:
                rows.append(stated(name, found, "1", "radiosity", exact))
            elif exact > 0.0:
                rows.append(near(name, found, exact, bound, "1", "radiosity"))
    return rows


def balance(place: Place, bound: float) -> list[Row]:
    """What comes in beside what the faces get and what leaves, at each bounce and in the end."""
    entering, lit = float((place.exact.sky * place.exact.area_m2).sum()), place.lit
    total = {part: {0: np.zeros(len(one.sky)), **one.reflected} for part, one in lit.items()}
    opening = {part: one.sky if place.name == "court" else np.zeros(len(one.sky)) for part, one in lit.items()}
    got = sum(one.total(one.sky) for one in lit.values())
    rows = [near(f"{place.name}: enters, arrives on the faces", got, entering, bound, "m²", "energy")]
    for count, said in ((1, "first"), (2, "second"), (3, "third")):
        if any(count not in one.reflected for one in lit.values()):
            continue
        sent, again, leaves = 0.0, 0.0, 0.0
        for part, one in lit.items():
            light = one.sky if count == 1 else total[part][count - 1] - total[part][count - 2]
            sent += one.total(ALBEDO[part] * light)
            leaves += one.total(ALBEDO[part] * light * opening[part])
            again += one.total(total[part][count] - total[part][count - 1])
        name = f"{place.name}: sent back the {said} time, arrives again or leaves"
        rows.append(near(name, again + leaves, sent, bound, "m²", "energy"))
    if any(place.most not in one.reflected for one in lit.values()):
        return rows
    kept, left = 0.0, 0.0
    for part, one in lit.items():
        every = one.sky + one.reflected[place.most]
        kept += one.total((1.0 - ALBEDO[part]) * every)
        left += one.total(ALBEDO[part] * every * opening[part])
    name = f"{place.name}: enters, is absorbed or leaves in the end"
    rows.append(near(name, kept + left, entering, bound, "m²", "energy"))
    rows.append(stated(f"{place.name}: of which it leaves", left, "m²", "energy"))
    return rows


def notes(spacing_m: float, patches: int) -> tuple[str, ...]:
    """What a reader must know of the figures."""
    albedos = ", ".join(f"{value:g} of {part}s" for part, value in ALBEDO.items())
    return (
        f"Per unit of a free horizontal under a uniform sky; albedo {albedos}; all lie towards {rooms.AZIMUTH_DEG:g}°; "
        f"receivers of {spacing_m:g} m, {patches} patches.",
        f"The canyon is {rooms.WIDTH_M:g} m wide, {rooms.HEIGHT_M:g} m high and {rooms.LONG_M:g} m long, of which the "
        f"middle 40 m count; the court is {rooms.COURT_M:g} m wide and {rooms.COURT_HEIGHT_M:g} m deep.",
        f"The box is closed, {rooms.ROOM_M:g} m wide and {rooms.ROOM_HEIGHT_M:g} m high: no sky reaches into it, so "
        f"its floor is lit by one unit; receivers of {ROOM_SPACING_M:g} m. The atrium is the same under the sky, "
        f"through a hole of {rooms.HOLE_M:g} m in its lid; it is stated, not held: "
        "what a hole lights is not even over a piece.",
        f"All reflections are {MOST} of a job's, {IN_ALL} in the box; the matrix has no end.",
        "A box of half the size gets 1.4 % too little on its floor: a wall's pieces are 2 m high, its foot is darker.",
    )
