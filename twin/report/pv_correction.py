"""What a job says of its correction, in sentences: the same on its page and in the city report."""

from __future__ import annotations

from typing import Any

from twin.report.pv_facts import NOTICEABLE_PCT
from twin.report.words import Words


def correction_said(correction: dict[str, Any] | None, largest_delta_pct: float, words: Words) -> list[str]:
    """Whether a correction was asked for, how often it was applied, what it answers for, and what it leaves.

    Parameters
    ----------
    correction
        As the job reports it; None where none was asked for.
    largest_delta_pct
        How far it moves any plant's year [%], without its sign.
    """
    if correction is None:
        return [words("pv_correction_none")]
    used, outside = correction["plants_corrected"], correction["plants_out_of_domain"]
    out = [
        words(
            "pv_correction",
            correction["model_id"],
            words.number(used),
            words.number(used + outside),
            words.number(correction["delta_pct"], 2),
            words.number(100.0 * correction["answered_share_of_energy"]),
        )
    ]
    if largest_delta_pct < NOTICEABLE_PCT:
        out.append(words("pv_leaves_years", words.number(NOTICEABLE_PCT, 2)))
    return out
