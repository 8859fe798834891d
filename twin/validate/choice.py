"""Why a job's receivers, patches and nodes are as many as they are: the three together, and one step up or down.

What `twin.validate.convergence` measures of each alone is put together here. No oracle: arithmetic on its figures.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.validate.table import Sheet

# A job's defaults: spacing [m], patches, nodes; and one step up or down, each alone and all at once.
DEFAULTS = (1.0, 577, 800)
COARSE, FINE = (2.0, 145, 400), (0.5, 2305, 1600)
CHOICES = {
    "defaults": DEFAULTS,
    "spacing coarser": (COARSE[0], *DEFAULTS[1:]),
    "sky coarser": (DEFAULTS[0], COARSE[1], DEFAULTS[2]),
    "sun grid coarser": (*DEFAULTS[:2], COARSE[2]),
    "all coarser": COARSE,
    "spacing finer": (FINE[0], *DEFAULTS[1:]),
    "sky finer": (DEFAULTS[0], FINE[1], DEFAULTS[2]),
    "sun grid finer": (*DEFAULTS[:2], FINE[2]),
    "all finer": FINE,
}
PARTS = ("spacing", "sky", "sun grid")


class Point(NamedTuple):
    """One resolution: how far off [%], how much on the mean [%], and its cost."""

    part: str
    value: float  # spacing [m], patches or nodes asked for; 0: exactly
    what: str
    receivers: int
    directions: int
    rms: float
    bias: float
    seconds: float  # of the processor, all cores together

    @property
    def bytes_each(self) -> int:
        """Of a receiver: a bit for each direction, in whole words of eight bytes."""
        return -(-self.directions // 64) * 8

    @property
    def ms_each(self) -> float:
        """Processor time of a receiver [ms]."""
        return 1e3 * self.seconds / self.receivers


class Whole(NamedTuple):
    """A choice of all three: error of the year [%], the part of each, receivers, processor [s], bits [MB]."""

    rms: float
    each: tuple[float, float, float]
    receivers: int
    seconds: float
    megabytes: float


def whole(points: list[Point], choice: tuple[float, float, float]) -> Whole:
    """Spacing, sky and sun grid together, as if they erred by themselves and sun and sky sent half of the light each.

    The errors of sky and sun are those of single receivers; over a surface they partly even out, so this is too much
    rather than too little.
    """
    found = {(point.part, point.value): point for point in points}
    spacing, sky, sun = (found[part, value] for part, value in zip(PARTS, choice, strict=True))
    each = spacing.rms, sky.rms / 2.0, sun.rms / 2.0
    return Whole(
        rms=float(np.linalg.norm(each)),
        each=each,
        receivers=spacing.receivers,
        seconds=spacing.receivers * (sky.ms_each + sun.ms_each) / 1e3,
        megabytes=spacing.receivers * (sky.bytes_each + sun.bytes_each) / 1e6,
    )


def together(points: list[Point]) -> Sheet:
    """Each choice: error of the year, and its cost."""
    lines = []
    for name, choice in CHOICES.items():
        done = whole(points, choice)
        of_all = f"{choice[0]:g} m, {choice[1]:g}, {choice[2]:g}"
        parts = " / ".join(f"{one:.2f}" for one in done.each)
        lines.append((name, of_all, f"{done.rms:.2f}", parts, f"{done.seconds:.1f}", f"{done.megabytes:.0f}"))
    heading = (
        "choice",
        "spacing, patches, nodes",
        "rms of the year [%]",
        "of which by each [%]",
        "processor [s]",
        "MB",
    )
    return Sheet(heading, tuple(lines))


def argued(points: list[Point]) -> tuple[str, ...]:
    """Why the defaults are what they are, in this run's own figures."""
    done = {name: whole(points, choice) for name, choice in CHOICES.items()}
    here = done["defaults"]
    most = PARTS[int(np.argmax(here.each))]
    alone = {(point.part, point.value): point.rms for point in points}
    bias = max(abs(point.bias) for point in points if point.value in DEFAULTS)

    def step(name: str) -> str:
        one = done[name]
        return (
            f"{one.rms:.2f} % for {one.seconds / here.seconds:.2g} times the rays' processor time and "
            f"{one.megabytes / here.megabytes:.2g} times the bytes"
        )

    return (
        f"The defaults that follow are those that a job has: receivers every {DEFAULTS[0]:g} m, {DEFAULTS[1]} patches, "
        f"{DEFAULTS[2]} nodes. Together (sun and sky as half of the year's light each, as if independent) they leave "
        f"{here.rms:.2f} % of a surface's year: {' / '.join(f'{one:.2f}' for one in here.each)} % by spacing, sky, sun "
        f"grid, most of it by {most}. Sky models are several percent apart (proof 'skies'). The mean of a district has "
        f"the bias, not the rms: no default moves it by more than {bias:.2f} %. Cost here is that of rays, in "
        "proportion to receivers; sampling and the tree, which the first table's seconds hold too, hardly grow with "
        "them.",
        f"Spacing: 2 m leave {step('spacing coarser')}; 0.5 m {step('spacing finer')}. 1 m is the coarsest that leaves "
        "less than 1 %; who needs single surfaces better takes --spacing 0.5.",
        f"Sky: 145 patches leave {step('sky coarser')}, and {alone['sky', 145]:.2f} % of a single receiver's sky in "
        f"place of {alone['sky', 577]:.2f} %; 2305 {step('sky finer')}: for streets deeper than wide alone (proof "
        "'forms').",
        f"Sun grid: in a surface's year the nodes hardly show: 400 leave {step('sun grid coarser')}, 1600 "
        f"{step('sun grid finer')}. 800 are kept for single receivers, of whose direct light they leave "
        f"{alone['sun grid', 800]:.2f} % in place of {alone['sun grid', 400]:.2f} %.",
        f"All one step coarser: {step('all coarser')}. All one step finer: {step('all finer')}.",
    )
