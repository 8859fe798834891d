"""Rows of modules on a slope as strips in space, and rays that meet them: the obvious way, no cross-section."""

from __future__ import annotations

import numpy as np

UP = np.array([0.0, 0.0, 1.0])
ROWS = 12


class Strips:
    """Endless rows of which the middle one is looked at. Azimuths true, x east, y north, z up, pitch 1."""

    def __init__(self, row_azimuth_deg, rotation_deg, gcr, slope_tilt_deg=0.0, slope_azimuth_deg=180.0, height=1.0):
        toward = horizontal(row_azimuth_deg)
        steep, fall = np.radians(slope_tilt_deg), horizontal(slope_azimuth_deg)
        self.ground = np.cos(steep) * UP + np.sin(steep) * fall
        along = horizontal(row_azimuth_deg - 90.0)
        along = along + self.rise(along) * UP
        self.axis = along / np.linalg.norm(along)
        up = np.cross(toward, self.axis) * np.sign(np.cross(toward, self.axis)[2])
        turn = np.radians(rotation_deg)
        self.normal = np.sin(turn) * toward + np.cos(turn) * up
        # Down the slant for a row that faces `toward`.
        self.slant = np.cos(turn) * toward - np.sin(turn) * up
        self.gcr, self.height = gcr, height
        self.middle = {k: k * toward + (self.rise(k * toward) + height) * UP for k in range(-ROWS, ROWS + 1)}

    def rise(self, place):
        """Height of the ground at a place."""
        return -(self.ground[0] * place[0] + self.ground[1] * place[1]) / self.ground[2]

    def points(self, n):
        """n points on the middle row, by place on its slant 0 (lower edge) … 1."""
        place = (np.arange(n) + 0.5) / n
        return place, self.middle[0] + (0.5 - place)[:, None] * self.gcr * self.slant

    def ground_points(self, n):
        """n points on the ground over one pitch about the middle row."""
        step = ((np.arange(n) + 0.5) / n - 0.5)[:, None] * (self.middle[1] - self.middle[0])
        return self.middle[0] - self.height * UP + step

    def hits(self, start, direction, own=False):
        """Distance (P,) to the next row along rays from (P, 3) along (P, 3), infinite where there is none."""
        nearest = np.full(len(start), np.inf)
        for k, middle in self.middle.items():
            if k == 0 and not own:
                continue
            with np.errstate(divide="ignore", invalid="ignore"):
                t = ((middle - start) @ self.normal) / (direction @ self.normal)
                across = (start + t[:, None] * direction - middle) @ self.slant
            nearest = np.where((t > 0.0) & (np.abs(across) < 0.5 * self.gcr) & (t < nearest), t, nearest)
        return nearest

    def free(self, start, direction, own=False):
        """Whether rays meet neither a row nor the ground."""
        return (direction @ self.ground > 0.0) & np.isinf(self.hits(start, direction, own))

    def to_ground(self, start, direction):
        """Whether rays meet the ground before any row."""
        falls = direction @ self.ground
        with np.errstate(divide="ignore", invalid="ignore"):
            t = ((self.middle[0] - self.height * UP - start) @ self.ground) / falls
        return (falls < 0.0) & (t < self.hits(start, direction))


def horizontal(azimuth_deg):
    """Level unit vector."""
    return np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg)), 0.0])


def sun_of(elevation_deg, azimuth_deg):
    """Unit vector to the sun."""
    return np.cos(np.radians(elevation_deg)) * horizontal(azimuth_deg) + np.sin(np.radians(elevation_deg)) * UP


def cosine_directions(normal, n, seed=0):
    """(n, 3) directions around a normal, as frequent as their cosine to it."""
    random = np.random.default_rng(seed)
    turn, radius = 2.0 * np.pi * random.random(n), np.sqrt((np.arange(n) + random.random(n)) / n)
    side = np.cross(normal, [1.0, 0.0, 0.0] if abs(normal[0]) < 0.9 else [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    other = np.cross(normal, side)
    up = np.sqrt(1.0 - radius**2)
    return (radius * np.cos(turn))[:, None] * side + (radius * np.sin(turn))[:, None] * other + up[:, None] * normal
