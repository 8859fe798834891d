"""Names of reflectors: one whole number says which surface of the model, or which ground cell, or that it is far away.

A ground cell is a square of 5 m on multiples of 5 m in the CRS, so every job shares them and each lies in one cell of
the store.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.reflection.met import (
    BAND_M,
    FAR,
    GROUND_M,
    LOWEST_BAND,
    MIDDLE,
    MOST_BANDS,
    MOST_SURFACES,
    PIECE_M,
    SQUARES,
)


def surface_keys(surface: NDArray[np.int32], place: NDArray[np.float64]) -> NDArray[np.int64]:
    """Keys (N,) of places (N, 3) [m in the CRS] on surfaces of the model."""
    band = np.floor(place[:, 2] / BAND_M).astype(np.int64) + LOWEST_BAND
    square = np.floor(place[:, :2] / PIECE_M).astype(np.int64) % SQUARES
    piece = (square[:, 0] * SQUARES + square[:, 1]) * MOST_BANDS + band
    return np.asarray(surface, np.int64) + piece * MOST_SURFACES


def surface_of(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Surfaces (N,) of keys that are surfaces."""
    return key % MOST_SURFACES


def ground_keys(place: NDArray[np.float64]) -> NDArray[np.int64]:
    """Keys (N,) of the ground cells at places (N, 2) [m in the CRS]."""
    index = np.floor(place / GROUND_M).astype(np.int64) + MIDDLE
    return -1 - (index[:, 0] * (2 * MIDDLE) + index[:, 1])


def ground_middles(key: NDArray[np.int64]) -> NDArray[np.float64]:
    """Middles (N, 2) [m in the CRS] of ground cells."""
    index = -1 - key
    column, row = index // (2 * MIDDLE) - MIDDLE, index % (2 * MIDDLE) - MIDDLE
    return np.asarray((np.stack([column, row], axis=1) + 0.5) * GROUND_M, np.float64)


def is_surface(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys are pieces of surfaces of the model."""
    return np.asarray(key) >= 0


def is_ground(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys are ground cells."""
    return (np.asarray(key) < 0) & (np.asarray(key) != FAR)
