"""Write the tiny store that every later release must still read or refuse by name.

    PYTHONPATH=tests:. python -m oracles.tiny_store tests/data/store/schema_3

Run once for a schema, when it is new; a schema's folder is never written again.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from oracles.houses import street, write_town

from twin import answers
from twin.config import check_job
from twin.deliver import write_files
from twin.job import cells_of, run_solar
from twin.provenance import without_path
from twin.store import to_json, write_atomically

DAY = """# latitude: 50.99
# longitude: 7.07
# utc_offset: +01:00
# label: end
# source: one clear day in June, made up
time,ghi,dhi,temp_air,wind_speed
"""


def day() -> str:
    """Twenty-four hours of plausible weather as a plain CSV."""
    ghi = [0] * 4 + [20, 110, 240, 390, 540, 680, 790, 860, 880, 860, 790, 680, 540, 390, 240, 110, 20] + [0] * 3
    rows = []
    for hour, value in enumerate(ghi, start=1):
        label = f"2026-06-21T{hour:02d}:00" if hour < 24 else "2026-06-22T00:00"
        rows.append(f"{label},{value},{round(value * 0.3)},20,2")
    return DAY + "\n".join(rows) + "\n"


def write_tiny_store(folder: Path) -> None:
    """Three houses under one day of weather, and what a question to them must answer."""
    with TemporaryDirectory() as scratch:
        city = write_town(Path(scratch) / "town.city.json", street()[:3])
        weather = Path(scratch) / "day.csv"
        weather.write_text(day(), encoding="utf-8")
        options = {"cities": [city], "out": folder, "weather": str(weather), "sky": 145}
        outcome = run_solar(
            check_job({**options, "spacing_m": 4.0, "ground_spacing_m": 25.0, "ground_margin_m": 20.0}),
            lambda stage, done, of: None,
        )
        write_files(outcome)
    for name in ("surfaces.gpkg", "ground.tif", "buildings.parquet", "report.json"):
        (folder / name).unlink()
    outcome.store.finish(cells_of(outcome.prepared), [])
    head = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    head["inputs"] = without_path(head["inputs"])  # where the town lay is this machine's business
    write_atomically(folder / "manifest.json", to_json(head))
    expected = {}
    for surface_id in outcome.surfaces.dropna(subset=["irradiation_kwh_m2"])["surface_id"]:
        answer = answers.answer_series(folder, surface_id, None, None, (None, None), None)
        expected[surface_id] = {part: answer[f"{part}_kwh_m2"] for part in ("direct", "diffuse", "reflected")}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    write_tiny_store(target)
