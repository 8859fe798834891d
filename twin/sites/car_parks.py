"""Car parks under a solar duty: how much power the law asks for and how much has room.

PVStellpV (Hessen): new car parks of more than 50 spaces (of the state: more than 35) carry at least 1.5 kW for each
suitable space; a space is suitable where it lies open and its ground falls by no more than 10°. The rule is a switch:
a bill to repeal it exists.
"""

from __future__ import annotations

from typing import NamedTuple

from twin.pv.config import CarParkRule


class CarPark(NamedTuple):
    """One car park."""

    spaces: int
    estimated: bool  # spaces counted from the area
    suitable: int
    possible_kw: float
    obliged: bool | None  # None: no rule was asked for
    required_kw: float | None
    met: bool | None


def car_park_of(
    spaces: float | None,
    area_m2: float,
    usable_m2: float,
    rule: CarParkRule,
    kwp_m2: float,
    counts: bool,
    new: bool | None,
    state: bool | None,
) -> CarPark:
    """Power over a car park's suitable spaces.

    Parameters
    ----------
    spaces
        Number of spaces, None where the file names none: then the area by ``rule.gross_m2``.
    usable_m2 : [m²]
        What of the car park is neither excluded nor too steep; spaces are spread evenly over its area.
    counts
        Whether the duty is asked for. A car park that does not say whether it is new is taken as new.
    """
    estimated = spaces is None
    number = int(area_m2 / rule.gross_m2) if spaces is None else int(spaces)
    suitable = int(number * min(1.0, usable_m2 / area_m2) + 1e-9) if area_m2 > 0 else 0
    possible = suitable * rule.space_m2 * rule.covered_share * kwp_m2
    if not counts:
        return CarPark(number, estimated, suitable, possible, None, None, None)
    least = rule.state_spaces_over if state else rule.spaces_over
    obliged = new is not False and number > least
    required = suitable * rule.kw_per_space if obliged else 0.0
    return CarPark(number, estimated, suitable, possible, obliged, required, possible >= required)
