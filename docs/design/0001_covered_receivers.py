"""How the façade area found exposed in the demo district depends on the two numbers that decide "covered".

python docs/design/0001_covered_receivers.py
"""

from __future__ import annotations

import numpy as np

import raytrace
from twin import cells, operators
from twin.config import check_job
from twin.job import cells_of, prepare, receivers_of
from twin.package_data import demo_city
from twin.receivers import take
from twin.stopwatch import Stopwatch


def main() -> None:
    """Print exposed wall area by contact distance and by number of agreeing rays."""
    with demo_city() as city:
        prepared = prepare(check_job({"cities": [city], "out": "unused"}), Stopwatch())
    scene = prepared.scene
    wall = np.abs(scene.normal[:, 2]) < 0.17
    found: dict[tuple[float, int], float] = {}
    total = 0.0
    for cell in cells_of(prepared):
        samples = receivers_of(prepared, cell)
        keep = (samples.surface >= 0) & wall[samples.surface]
        samples = take(samples, keep)
        if not keep.any():
            continue
        origin = cells.origin_of(cell, samples)
        bvh = raytrace.build(scene.vertices + (scene.origin - origin), scene.triangles)
        point, normal = (samples.point - origin).astype(np.float32), samples.normal.astype(np.float32)
        total += samples.area_m2.sum()
        hits = [raytrace.closest(bvh, point, ray) for ray in operators.vote_rays(normal)]
        votes, nearest = np.sum([hit.back_face for hit in hits], axis=0), hits[0].distance
        for contact in (0.0, 0.02, 0.05, 0.10, 0.20, 0.50):
            for majority in (1, 2, 3, 4, 5):
                covered = (votes >= majority) | (nearest < contact)
                found[contact, majority] = found.get((contact, majority), 0.0) + samples.area_m2[~covered].sum()
    print(f"wall area {total:,.0f} m²; exposed, in % of it")
    print("contact m  " + "".join(f"{m} of 5".rjust(9) for m in (1, 2, 3, 4, 5)))
    for contact in (0.0, 0.02, 0.05, 0.10, 0.20, 0.50):
        print(f"{contact:9.2f}  " + "".join(f"{100 * found[contact, m] / total:9.2f}" for m in (1, 2, 3, 4, 5)))


if __name__ == "__main__":
    main()
