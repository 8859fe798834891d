"""Names of reflectors: one whole number says which piece of which surface, which ground cell, or that it is far away.

Names have levels: what lies near a receiver is told apart in smaller pieces than what lies far from it (met.py). All
are cut on multiples of their width in the CRS, so every job shares them. What lies right before a piece of a wall is
named after that piece: ground there as a level of its own, another surface as a corner, which names both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.reflection.met import (
    BAND_M,
    CORNER,
    CORNER_KEYS,
    CORNER_SQUARES,
    CORNER_SURFACES,
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
# A piece of the next level is as wide as four finest ones.
WIDER = 4


def surface_keys(surface: NDArray[np.int32], place: NDArray[np.float64], level: int) -> NDArray[np.int64]:
    """Keys (N,) of places (N, 3) [m in the CRS] on surfaces of the model."""
    band = np.floor(place[:, 2] / BAND_M[level]).astype(np.int64) + LOWEST_BAND
    square = np.floor(place[:, :2] / PIECE_M[level]).astype(np.int64) % SQUARES
    piece = ((level * SQUARES + square[:, 0]) * SQUARES + square[:, 1]) * MOST_BANDS + band
    return np.asarray(surface, np.int64) + piece * MOST_SURFACES


def corner_keys(wall: NDArray[np.int32], place: NDArray[np.float64], surface: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keys (N,) of surfaces (N,) right before places (N, 3) [m in the CRS] on walls (N,)."""
    band = np.floor(place[:, 2] / BAND_M[0]).astype(np.int64) % CORNER_SQUARES
    square = np.floor(place[:, :2] / PIECE_M[0]).astype(np.int64) % CORNER_SQUARES
    piece = (square[:, 0] * CORNER_SQUARES + square[:, 1]) * CORNER_SQUARES + band
    return CORNER_KEYS + (piece * CORNER_SURFACES + np.asarray(wall, np.int64)) * CORNER_SURFACES + surface


def surface_of(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Surfaces (N,) that keys of surfaces send light from; of the ground before a wall the wall."""
    return np.where(is_corner(key), key % CORNER_SURFACES, key % MOST_SURFACES)


def speaking_surface(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Surfaces (N,) whose receivers speak for keys of surfaces."""
    return np.where(is_corner(key), key // CORNER_SURFACES % CORNER_SURFACES, key % MOST_SURFACES)


def wall_piece(corner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which piece of which wall (N,) corners stand before, whatever meets it there."""
    return np.asarray(corner // CORNER_SURFACES)


def widened(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """One name (N,) for all finest pieces of a surface that lie on a piece of the next level."""
    square, rest = np.divmod(key, MOST_BANDS * MOST_SURFACES)
    return _four_as_one(square, SQUARES) * (MOST_BANDS * MOST_SURFACES) + rest


def widened_wall_piece(piece: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same for pieces of walls that corners stand before (`wall_piece`)."""
    square, rest = np.divmod(piece, CORNER_SQUARES * CORNER_SURFACES)
    return _four_as_one(square, CORNER_SQUARES) * (CORNER_SQUARES * CORNER_SURFACES) + rest


def _four_as_one(square: NDArray[np.int64], squares: int) -> NDArray[np.int64]:
    east, north = np.divmod(square, squares)
    return np.asarray(east // WIDER * squares + north // WIDER)


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
    surface = np.minimum(key // MOST_SURFACES // PIECES, CORNER)
    return np.asarray(np.where(key >= 0, surface, (-1 - key) // ACROSS // ACROSS))


def is_corner(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys are surfaces right before a wall; they count as surfaces too."""
    return np.asarray(key) >= CORNER_KEYS


def is_foot(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys are the ground at the foot of a piece of a wall; they count as surfaces too."""
    return is_surface(key) & (level_of(key) == FOOT)


def is_surface(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys are pieces of surfaces of the model."""
    return np.asarray(key) >= 0


def is_ground(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys are ground cells."""
    return (np.asarray(key) < 0) & (np.asarray(key) != FAR)
