"""Modules laid out on a whole tile: time and density; and the rows against the largest packing there is.

    python benchmarks/layout.py                     the demo tile, 14 small shapes, 40 random ones
    python benchmarks/layout.py --quick              few shapes
    python benchmarks/layout.py --picture out.jpg    also draw twelve real roofs (needs ../shared/data)
    python benchmarks/layout.py --json out.json      also write the figures with machine and commit

Every roof and façade gets the sun it needs, so that all of them are laid out. The peer of the packing is integer
programming with free positions on a grid of 20 cm (tests/oracles/module_packing.py), the better of portrait and
landscape on both sides; our positions are not bound to its grid.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import ROOT, machine
from io_citygml.model import CityModel
from io_citygml.read import read_city
from twin.package_data import demo_city
from twin.pv.config import PvConfig, read_pv
from twin.pv.layout import Place, modules_in
from twin.pv.plants import Mounting, Plants, lay_out
from twin.scene import Scene, build_scene

sys.path.insert(0, str(ROOT / "tests"))
from oracles.module_packing import best_packing, random_shapes, small_shapes

SHARED = ROOT.parent / "shared" / "data" / "citygml"
DEMO = ""
LEVERKUSEN = "nw/LoD2_32_357_5654_1_NW.gml.gz"
MUNICH = "by_munich/DEBY_LOD2_4959457.gml"
# Of each real roof: file (none: the demo), surface, title, and whether flat roofs carry rows to the south.
ROOFS = (
    (LEVERKUSEN, "UUID_b929e52c-d9ce-4ab7-aab5-c12e3426d8ce", "L-förmig, flach", False),
    (DEMO, "UUID_af47bde2-049d-4ec9-bbb1-faae42baf9d8", "Walm, lange Seite", False),
    (DEMO, "UUID_d7288cab-a20b-4e66-bda1-559f529cff31", "Walm, kurze Seite", False),
    (DEMO, "UUID_92eeefde-9c75-4cd6-b5e4-be593b872b44", "verwinkelt, geneigt", False),
    (DEMO, "UUID_0af564a7-bf26-4efd-8342-3ed349cdda00", "verwinkelt, flach", False),
    (DEMO, "UUID_0af564a7-bf26-4efd-8342-3ed349cdda00", "dasselbe mit Südreihen", True),
    (MUNICH, "DEBY_LOD2_4959457_f5d787b1-1fee-441a-898d-0d1bab1fc83f", "zwei Innenhöfe, flach", False),
    (DEMO, "UUID_ef2074de-9bba-440d-9308-0fcbea994ed2", "Ring um ein Loch, flach", False),
    ("lod3_ingolstadt/4018209.xml.gz", "4018209a/3", "Dachfenster (LoD3)", False),
    ("lod3_ingolstadt/4018204c.xml.gz", "4018204c/2", "fünf Gauben (LoD3)", False),
    (DEMO, "UUID_9e04d74b-1611-4f24-a5f0-36a4d9ad6d7e", "klein", False),
    (DEMO, "UUID_3398e47c-2af5-44b7-b3ab-d710e72e0fc5", "Trapez", False),
)


def laid(model: CityModel, config: PvConfig) -> tuple[Scene, Plants, float]:
    """Plants on everything large enough, and seconds."""
    scene = build_scene(model, 0.2)
    sunny = np.full(len(model.kind), 1000.0)
    lay_out(model, scene, sunny, scene.area_m2, config)  # compiles
    began = time.perf_counter()
    plants = lay_out(model, scene, sunny, scene.area_m2, config)
    return scene, plants, time.perf_counter() - began


def with_rows(config: PvConfig, rows: str) -> PvConfig:
    """The same with other rows on flat roofs."""
    return config.model_copy(update={"layout": config.layout.model_copy(update={"flat_rows": rows})})


def tile(model: CityModel, config: PvConfig) -> list[dict[str, Any]]:
    """One row for every mounting, with either kind of rows on flat roofs."""
    out = []
    for rows in ("east_west", "south"):
        scene, plants, seconds = laid(model, with_rows(config, rows))
        count = np.diff(plants.module_start)
        area = count * plants.size_m[:, 0] * plants.size_m[:, 1]
        for mounting in Mounting:
            which = plants.mounting == mounting
            if which.any():
                out.append(
                    {
                        "flat_rows": rows,
                        "mounting": mounting.name.lower(),
                        "plants": int(which.sum()),
                        "modules": int(count[which].sum()),
                        "kwp": round(float(count[which].sum() * config.module.power_w / 1000), 1),
                        "of_usable": round(float(area[which].sum() / plants.usable_area_m2[which].sum()), 3),
                        "of_surface": round(float(area[which].sum() / scene.area_m2[plants.surface[which]].sum()), 3),
                        "seconds_all": round(seconds, 3),
                    }
                )
    return out


def packing(quick: bool) -> list[dict[str, Any]]:
    """One row for every shape: the largest packing and ours."""
    shapes = small_shapes() | random_shapes(4 if quick else 40)
    out = []
    for name, shape in list(shapes.items())[:: 6 if quick else 1]:
        best, proven = best_packing(shape)
        ours = max(len(modules_in(shape, Place(w, d, 0.0, d)).low) for w, d in ((1.0, 1.6), (1.6, 1.0)))
        out.append({"shape": name, "best": best, "proven": proven, "ours": ours})
    return out


def picture(path: Path, config: PvConfig) -> None:
    """Draw twelve maps of real roofs."""
    from PIL import Image

    from twin.report.layout_picture import layout_picture, roof_of

    known: dict[tuple[str, bool], tuple[CityModel, Scene, Plants, PvConfig]] = {}
    roofs = []
    for file, surface_id, title, south in ROOFS:
        if (file, south) not in known:
            model = demo() if file == DEMO else read_city([SHARED / file])
            used = with_rows(config, "south" if south else "east_west")
            scene, plants, _ = laid(model, used)
            known[file, south] = model, scene, plants, used
        model, scene, plants, used = known[file, south]
        roofs.append(roof_of(model, scene, plants, used, model.surface_id.index(surface_id), title))
    image = Image.open(io.BytesIO(layout_picture(roofs, "de"))).convert("RGB")
    image.save(path, quality=88, optimize=True)


def demo() -> CityModel:
    """The demo tile."""
    with demo_city() as path:
        return read_city([path])


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few shapes, a smoke run")
    parser.add_argument("--picture", type=Path, help="draw twelve maps of real roofs into this JPEG")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    arguments = parser.parse_args()
    config = read_pv()
    rows = tile(demo(), config)
    print(f"{'flat roofs':<11}{'mounting':<11}{'plants':>7}{'modules':>9}{'kWp':>8}{'of usable':>11}{'of surface':>12}")
    for row in rows:
        print(
            f"{row['flat_rows']:<11}{row['mounting']:<11}{row['plants']:>7,}{row['modules']:>9,}{row['kwp']:>8,.0f}"
            f"{row['of_usable']:>11.2f}{row['of_surface']:>12.2f}"
        )
    print(f"the whole tile in {max(row['seconds_all'] for row in rows):.2f} s\n")
    shapes = packing(arguments.quick)
    for row in shapes:
        ratio = row["ours"] / row["best"] if row["best"] else 1.0
        print(
            f"{row['shape']:<16}{row['ours']:>4} of {row['best']:>3}  {ratio:.3f}{'' if row['proven'] else '  bound'}"
        )
    print(f"all {sum(row['ours'] for row in shapes)} of {sum(row['best'] for row in shapes)}")
    if arguments.picture:
        # The drawing shows where modules may lie, also on roofs too small for a plant.
        every = config.model_copy(update={"layout": config.layout.model_copy(update={"minimum_modules": 1})})
        picture(arguments.picture, every)
    if arguments.json:
        found = {"machine": machine(), "tile": rows, "packing": shapes}
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
