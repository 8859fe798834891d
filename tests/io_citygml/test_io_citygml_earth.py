"""Places on Earth against PROJ's own pipeline, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest

from io_citygml.crs import Crs
from io_citygml.earth import east_north_up, geocentric, geographic_3d, into_frame
from io_citygml.errors import CityModelError
from twin.package_data import geoid_grid

UTM = Crs("EPSG:25832+7837", "EPSG:25832", "EPSG:7837")
SITE = (445623.74, 5547802.12, 100.0)


def by_proj(grid: Path, place: np.ndarray) -> np.ndarray:
    """ECEF by one PROJ pipeline: inverse UTM, geoid grid, cartesian."""
    steps = (
        f"+proj=pipeline +step +inv +proj=utm +zone=32 +ellps=GRS80 +step +proj=vgridshift +grids={grid.as_posix()} "
        "+multiplier=1 +step +proj=cart +ellps=GRS80"
    )
    return np.stack(pyproj.Transformer.from_pipeline(steps).transform(*place.T), axis=1)


def test_row_16_of_the_standards_and_projs_pipeline() -> None:
    rng = np.random.default_rng(3)
    place = np.array(SITE) + rng.uniform(-20_000, 20_000, (200, 3)) * [1, 1, 0.01]
    with geoid_grid() as grid:
        assert geographic_3d(UTM, [SITE], grid)[0, 2] == pytest.approx(148.165, abs=0.01)
        found = geocentric(geographic_3d(UTM, place, grid))
        np.testing.assert_allclose(found, by_proj(grid, place), atol=1e-3)


def test_the_frame_is_right_handed_and_its_axes_point_east_north_and_up() -> None:
    for longitude, latitude in ((8.24, 50.08), (-70.0, -33.0), (139.7, 35.7)):
        frame = east_north_up([longitude, latitude, 100.0])
        np.testing.assert_allclose(frame[:3, :3].T @ frame[:3, :3], np.eye(3), atol=1e-12)
        assert np.linalg.det(frame[:3, :3]) == pytest.approx(1.0)
        around = geocentric(
            [[longitude + 1e-6, latitude, 100.0], [longitude, latitude + 1e-6, 100.0], [longitude, latitude, 101.0]]
        )
        local = into_frame(frame, around)
        assert local[0, 0] > 0.05 and abs(local[0, 1:]).max() < 1e-4
        assert local[1, 1] > 0.1 and abs(local[1, [0, 2]]).max() < 1e-4
        np.testing.assert_allclose(local[2], [0, 0, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("crs", "says"),
    [
        (Crs("x", "EPSG:25832", None), "unknown kind"),
        (Crs("x", "EPSG:25832", "EPSG:5783"), "DHHN92"),
        (Crs("x", "EPSG:28992", "EPSG:5709"), "no better than"),
        (Crs("x", "EPSG:31467", "EPSG:7837"), "no better than"),
    ],
)
def test_what_does_not_lead_there_exactly_is_refused(crs: Crs, says: str) -> None:
    with geoid_grid() as grid, pytest.raises(CityModelError, match=says):
        geographic_3d(crs, [SITE], grid)


def test_a_missing_grid_and_a_place_outside_it_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CityModelError, match="quasigeoid grid is missing"):
        geographic_3d(UTM, [SITE], tmp_path / "none.tif")
    with pytest.raises(CityModelError, match="no such file"):
        geographic_3d(UTM, [SITE], tmp_path / "none.tif", own_geoid=True)
    (tmp_path / "letter.tif").write_text("no grid", encoding="utf-8")
    with pytest.raises(CityModelError, match="cannot read"):
        geographic_3d(UTM, [SITE], tmp_path / "letter.tif", own_geoid=True)
    with geoid_grid() as grid, pytest.raises(CityModelError, match="outside"):
        geographic_3d(UTM, [(500_000.0, 4_500_000.0, 0.0)], grid)


def test_a_grid_of_the_users_serves_heights_of_any_name() -> None:
    with geoid_grid() as grid:
        ours = geographic_3d(UTM, [SITE], grid)
        theirs = geographic_3d(Crs("x", "EPSG:25832", None), [SITE], grid, own_geoid=True)
    np.testing.assert_allclose(theirs, ours, atol=1e-9)
