"""Crowns that grow into each other are parted, so that no leaf shades twice.

The hull of a tree's points reaches a little into its neighbour's. Where the plans of two hulls overlap, a vertical
plane across the line between their middles cuts both, half way between the ends that overlap. What lies beyond it is
taken off each. The cut of a tree depends on that tree and its neighbours as they were before any cut: not on their
order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from twin.vegetation.bodies import convex, volume_m3
from twin.vegetation.crowns import Body, Floats

# Plans that share less than this touch.
TOUCH_M2 = 0.01
# However far a neighbour's crown reaches in, this share of the way to its middle stays a tree's own.
OWN_SHARE = 0.2


class Parted(NamedTuple):
    """Convex bodies that are disjoint, and what that cost."""

    bodies: list[Body | None]  # (N,) None: nothing was left
    pairs: int  # that overlapped
    before_m3: float
    after_m3: float


def parted(bodies: Sequence[Body]) -> Parted:
    """Convex bodies (N,), each cut back to its side of every neighbour."""
    import shapely

    before = sum(volume_m3(body) for body in bodies)
    if len(bodies) < 2:
        return Parted(list(bodies), 0, before, before)
    plan = np.array([shapely.convex_hull(shapely.multipoints(body.vertices[:, :2])) for body in bodies])
    one, other = shapely.STRtree(plan).query(plan, predicate="intersects")
    one, other = one[one < other], other[one < other]
    low, high = (np.array([f(body.vertices[:, 2]) for body in bodies]) for f in (np.min, np.max))
    share = shapely.area(shapely.intersection(plan[one], plan[other])) > TOUCH_M2
    share &= (low[one] < high[other]) & (low[other] < high[one])
    middle = np.array([body.vertices[:, :2].mean(axis=0) for body in bodies])
    result: list[Body | None] = list(bodies)
    order = np.lexsort((other[share], one[share]))
    for i, j in zip(one[share][order], other[share][order], strict=True):
        away = middle[j] - middle[i]
        distance = float(np.hypot(*away))
        if distance < 1e-6:
            continue
        away = away / distance
        end, begin = float((bodies[i].vertices[:, :2] @ away).max()), float((bodies[j].vertices[:, :2] @ away).min())
        near = float(middle[i] @ away)
        place = np.clip((end + begin) / 2, near + OWN_SHARE * distance, near + (1 - OWN_SHARE) * distance)
        result[i] = _cut(result[i], away, float(place))
        result[j] = _cut(result[j], -away, -float(place))
    after = sum(volume_m3(body) for body in result if body is not None)
    return Parted(result, int(share.sum()), before, after)


def _cut(body: Body | None, away: Floats, place: float) -> Body | None:
    """The part of a convex body where away · (x, y) ≤ place."""
    if body is None:
        return None
    beyond = body.vertices[:, :2] @ away - place
    if (beyond <= 0).all():
        return body
    edge = np.concatenate([body.triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    edge = edge[(beyond[edge[:, 0]] < 0) & (beyond[edge[:, 1]] > 0)]  # each edge is there both ways
    part = (beyond[edge[:, 0]] / (beyond[edge[:, 0]] - beyond[edge[:, 1]]))[:, None]
    crossing = body.vertices[edge[:, 0]] * (1 - part) + body.vertices[edge[:, 1]] * part
    return convex(np.concatenate([body.vertices[beyond <= 0], crossing]))
