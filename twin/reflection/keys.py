"""Names of reflectors: one whole number says which piece of which surface, which ground cell, or that it is far away.

Names have levels: what lies near a receiver is told apart in smaller pieces than what lies far from it (met.py). All
are cut on multiples of their width in the CRS, so every job shares them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.reflection.met import (
    BAND_M,
    FAR,
    FOOT,
    GROUND_M,
    LOWEST_BAND,
    MIDDLE,
    MOST_BANDS,
    MOST_SURFACES,
    PIECE_M,
    SQUARES,
)

ACROSS = 2 * MIDDLE
PIECES = SQUARES * SQUARES * MOST_BANDS


def surface_keys(surface: NDArray[np.int32], place: NDArray[np.float64], level: int) -> NDArray[np.int64]:
    """Keys (N,) of places (N, 3) [m in the CRS] on surfaces of the model."""
    band = np.floor(place[:, 2] / BAND_M[level]).astype(np.int64) + LOWEST_BAND
    square = np.floor(place[:, :2] / PIECE_M[level]).astype(np.int64) % SQUARES
    piece = ((level * SQUARES + square[:, 0]) * SQUARES + square[:, 1]) * MOST_BANDS + band
    return np.asarray(surface, np.int64) + piece * MOST_SURFACES


def surface_of(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Surfaces (N,) of keys that are surfaces."""
    return key % MOST_SURFACES


def ground_keys(place: NDArray[np.float64], level: int) -> NDArray[np.int64]:
    """Keys (N,) of the ground cells at places (N, 2) [m in the CRS]."""
    index = np.floor(place / GROUND_M[level]).astype(np.int64) + MIDDLE
    return -1 - ((level * ACROSS + index[:, 0]) * ACROSS + index[:, 1])


def ground_middles(key: NDArray[np.int64]) -> NDArray[np.float64]:
    """Middles (N, 2) [m in the CRS] of ground cells."""
    index = -1 - key
    column, row = index // ACROSS % ACROSS - MIDDLE, index % ACROSS - MIDDLE
    width = np.array(GROUND_M)[level_of(key)]
    return np.asarray((np.stack([column, row], axis=1) + 0.5) * width[:, None], np.float64)


def level_of(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Level (N,) of keys that are surfaces or ground cells; 0 is the finest."""
    return np.asarray(np.where(key >= 0, key // MOST_SURFACES // PIECES, (-1 - key) // ACROSS // ACROSS))


def is_foot(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys are the ground at the foot of a piece of a wall; they count as surfaces too."""
    return is_surface(key) & (level_of(key) == FOOT)


def is_surface(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys are pieces of surfaces of the model."""
    return np.asarray(key) >= 0


def is_ground(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys are ground cells."""
    return (np.asarray(key) < 0) & (np.asarray(key) != FAR)
