"""Where the sun stood, remembered for a whole test run: many tests ask for the same year at the same place.

The solar position algorithm takes a third of the processor time of a small job, and half of a fit to a plant. What it
answered once is given again as a copy, to whoever asks for the same instants at the same place.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

# Answers kept: a year in steps of ten minutes is 2.5 MB.
KEPT = 24


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """pvlib's ``spa_python`` that computes no question twice."""
    known: OrderedDict[Any, Any] = OrderedDict()

    def answer(time: Any, latitude: float, longitude: float, *more: Any, **named: Any) -> Any:
        if any(not isinstance(value, Hashable) for value in (*more, *named.values())):
            return function(time, latitude, longitude, *more, **named)  # a value for each instant
        key = (time.asi8.tobytes(), str(time.dtype), latitude, longitude, more, tuple(sorted(named.items())))
        if key not in known:
            known[key] = function(time, latitude, longitude, *more, **named)
            if len(known) > KEPT:
                known.popitem(last=False)
        known.move_to_end(key)
        return known[key].copy()

    return answer


@contextmanager
def sun_remembered() -> Iterator[None]:
    """Every question for the sun's place in this process is answered from memory where it can be."""
    from pvlib import solarposition

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solarposition, "spa_python", remembered(solarposition.spa_python))
        yield
