"""Our own tilesets, in both forms and all colours: no issue of the independent checker, none of glTF-Validator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from oracles.district import write_part
from oracles.gltf_validator import validate_gltf
from oracles.tiles3d import Check, run_check

from twin.config import check_job
from twin.deliver import write_files
from twin.export.source import Source, open_source
from twin.export.tiles.write import Colour, Profile, write_3dtiles
from twin.job import cells_of, run_solar

# masterportal writes what vcmap writes
WAYS: list[tuple[Profile, Colour]] = [
    *(("cesium", colour) for colour in ("receivers", "surface", "none")),
    ("vcmap", "receivers"),
    ("vcmap", "none"),
]
SMALL_BLOCK = (364125, 5649980, 364250, 5650110)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A finished job over a block of the demo district."""
    folder = tmp_path_factory.mktemp("block")
    options = {
        "cities": [write_part(folder / "block.gml", SMALL_BLOCK)],
        "out": folder / "out",
        "sky": 145,
        "spacing_m": 4.0,
    }
    done = run_solar(check_job({**options, "ground_spacing_m": 25.0, "ground_margin_m": 10.0}), lambda *_: None)
    done.store.finish(cells_of(done.prepared), write_files(done))
    return open_source(done.store.root)


Checked = dict[tuple[str, str], tuple[Path, Check]]


@pytest.fixture(scope="module")
def checked(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Folder and findings of each profile and colour; the tiles are kept small so that there is a tree of them."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("twin.export.tiles.write.BUDGET_BYTES", 40_000)
        for profile, colour in WAYS:
            folder = tmp_path_factory.mktemp(f"{profile}_{colour}")
            names = write_3dtiles(source, profile, colour, folder)
            assert sorted(names) == sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
            found[profile, colour] = folder, run_check(folder / "tileset.json")
    return found


@pytest.mark.parametrize("way", WAYS)
def test_the_checker_has_nothing_to_say(checked: Checked, way: tuple[Profile, Colour]) -> None:
    folder, found = checked[way]
    assert [str(issue) for issue in found.issues] == []
    assert found.contents == len(list(folder.glob("tiles/*"))) > 3


def test_every_surface_is_one_feature_and_no_triangle_is_lost(checked: Checked, source: Source) -> None:
    """Tiles are refined by adding: nothing stands in two."""
    shapes = source.surfaces.geometry[~source.surfaces.geometry.is_empty]
    rings = [ring for shape in shapes for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    parts = int(shapely.get_num_geometries(shapes.to_numpy()).sum())
    # A polygon of n corners with h holes makes n + 2 h − 2 triangles.
    triangles = sum(len(ring.coords) - 1 for ring in rings) + 2 * (len(rings) - parts) - 2 * parts
    assert {(found.features, found.triangles) for _, found in checked.values()} == {(len(shapes), triangles)}


def test_gltf_validator_has_nothing_to_say(checked: Checked) -> None:
    files = sorted(path for folder, _ in checked.values() for path in folder.glob("tiles/*"))
    report: dict[Path, dict[str, Any]] = validate_gltf(files)
    assert set(report) == set(files)
    told = {file: found["messages"] for file, found in report.items() if found["errors"] or found["warnings"]}
    assert told == {}
