"""Planned buildings of every format over HTTP, a city on terrain, the command itself, and what servers leave behind."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import trimesh
from oracles.hills import heights, write_geotiff
from oracles.houses import SOUTH, WEST, Box, street, write_town
from oracles.serving import client_of, ended, result_of, square

from twin.config import check_job
from twin.deliver import write_files
from twin.export.source import open_source
from twin.job import Outcome, cells_of, run_solar
from twin.progress import silent
from twin.serve.cache import LOCK, PREFIX, YOUNG_S, cache_folder, clear_left_behind, own_folder
from twin.serve.city_inputs import CityFiles
from twin.serve.job import BROKEN
from twin.serve.limits import Limits
from twin.serve.memory import memory_limit, resident_bytes

pytest.importorskip("fastapi.testclient", reason="pip install 'heliotwin[serve]'")
DATE = "2026-03-21"
PLACE = f"{WEST + 25},{SOUTH - 14}"


@pytest.fixture(scope="module")
def client(outcome: Outcome, town: Path) -> Iterator[Any]:
    with client_of(open_source(outcome.store.root), CityFiles([town])) as found:
        yield found


def dropped(client: Any, name: str, content: bytes, **fields: Any) -> dict[str, Any]:
    """The result of an upload."""
    sent = client.post("/api/plans", data={"date": DATE, **fields}, files={"file": (name, content)})
    return result_of(client, sent)


def test_a_triangulated_box_is_the_footprint_s(client: Any) -> None:
    """The same tower as STL and as a footprint takes the same sun, but for what its top's height is rounded to."""
    box = trimesh.creation.box((10.0, 10.0, 25.0))
    box.apply_translation((5.0, 5.0, 12.5))
    stl = dropped(client, "turm.stl", box.export(file_type="stl"), unit="m", up="z", heights="ground", origin=PLACE)
    drawn = {"footprint": square(WEST + 25, SOUTH - 14), "height_m": 25.0, "date": DATE}
    flat = result_of(client, client.post("/api/plans", json=drawn))
    ours = {row["surface_id"]: row for row in stl["surfaces"]}
    theirs = {row["surface_id"]: row for row in flat["surfaces"]}
    assert ours.keys() == theirs.keys() and len(ours) > 10
    for name, row in ours.items():
        assert row["delta_kwh"] == pytest.approx(theirs[name]["delta_kwh"], abs=0.5, rel=1e-3)


def test_a_drawing_and_a_city_file(client: Any, tmp_path: Path) -> None:
    ezdxf = pytest.importorskip("ezdxf")
    drawing = ezdxf.new("R2010")
    drawing.units = 6
    for face in box_faces(0.0, 0.0, 0.0):
        drawing.modelspace().add_3dface(face)
    path = tmp_path / "turm.dxf"
    drawing.saveas(path)
    dxf = dropped(client, "turm.dxf", path.read_bytes(), origin=PLACE, heights="ground")
    city = write_town(tmp_path / "turm.city.json", [Box("turm", WEST + 25, SOUTH - 14, 10, 10, 25)])
    model = dropped(client, "turm.city.json", city.read_bytes())
    assert {row["surface_id"] for row in dxf["surfaces"]} == {row["surface_id"] for row in model["surfaces"]}
    gml = dropped(client, "turm.gml", GML.encode())
    for result in (dxf, model, gml):
        (foot,) = result["shape"]["features"]
        assert foot["properties"]["top_m"] == pytest.approx(125.0) and result["land"]["worst_delta_min"] < -60


def _face(points: list[tuple[float, float, float]]) -> str:
    numbers = " ".join(f"{v}" for point in [*points, points[0]] for v in point)
    return (
        f"<gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{numbers}</gml:posList>"
        "</gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>"
    )


def box_faces(west: float, south: float, base: float) -> list[list[tuple[float, float, float]]]:
    """Faces of a box of 10 by 10 by 25 m, seen from outside."""
    low, high = base, base + 25.0
    a, b, c, d = ((west + x, south + y) for x, y in ((0, 0), (10, 0), (10, 10), (0, 10)))
    faces = [[(*p, low) for p in (a, d, c, b)], [(*p, high) for p in (a, b, c, d)]]
    return faces + [[(*p, low), (*q, low), (*q, high), (*p, high)] for p, q in ((a, b), (b, c), (c, d), (d, a))]


def _box_gml() -> str:
    solid = "".join(_face(face) for face in box_faces(WEST + 25, SOUTH - 14, 100.0))
    return (
        '<CityModel xmlns="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:bldg="http://www.opengis.net/citygml/building/2.0"><cityObjectMember><bldg:Building gml:id="turm">'
        '<bldg:lod2Solid><gml:Solid srsName="EPSG:25832" srsDimension="3"><gml:exterior><gml:CompositeSurface>'
        f"{solid}</gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid></bldg:Building></cityObjectMember>"
        "</CityModel>"
    )


GML = _box_gml()


@pytest.mark.shared
def test_an_architect_s_model(client: Any, shared_data: Path) -> None:
    """A house of 2011 as IFC 2x3, placed beside the street."""
    pytest.importorskip("ifcopenshell", reason="the extra ifc")
    content = gzip.decompress((shared_data / "planned_building" / "Duplex_A_20110907.ifc.gz").read_bytes())
    packed = client.post("/api/plans", data={"date": DATE}, files={"file": ("duplex.ifc.gz", b"\x1f\x8b")})
    assert packed.status_code == 415
    result = dropped(client, "duplex.ifc", content, origin=PLACE, heights="ground")
    assert 5.0 < result["facts"]["height_m"] < 12.0 and result["facts"]["format"].startswith("IFC")
    assert result["surfaces"] and result["buildings"]


@pytest.mark.shared
def test_bad_input_leaves_it_serving(client: Any, shared_data: Path) -> None:
    states = []
    for path in sorted((shared_data / "bad-input").rglob("*.*")):
        sent = client.post("/api/plans", data={"date": DATE}, files={"file": (path.name, path.read_bytes())})
        if sent.status_code != 202:
            assert sent.status_code in (415, 422, 503), (path.name, sent.text)
            states.append("refused")
            continue
        answer = ended(client, sent.json()["id"])
        states.append(answer["state"])
        if answer["state"] == "failed":
            said = json.dumps(answer["error"])
            assert answer["error"]["detail"] and "serve-" not in said and "Traceback" not in said, path.name
    assert len(states) > 5 and "failed" in states
    assert dropped(client, "turm.gml", GML.encode())["surfaces"]


def test_heights_that_are_named_place_a_plan_in_space(client: Any, outcome: Outcome, town: Path) -> None:
    """The street's file names none: without --heights a plan has no faces on the globe."""
    assert dropped(client, "turm.gml", GML.encode())["body"] is None
    named = open_source(outcome.store.root, heights="EPSG:7837")
    with client_of(named, CityFiles([town])) as found:
        result = dropped(found, "turm.gml", GML.encode())
    (foot,) = result["shape"]["features"]
    assert len(result["body"]["features"]) == 6
    assert 36.0 < foot["properties"]["base_ellipsoidal_m"] - foot["properties"]["base_m"] < 50.0


def test_a_city_on_terrain(tmp_path: Path) -> None:
    """Terrain is found where the job read it; a plan stands on the slope. Without it there are no plans."""
    ground = write_geotiff(tmp_path / "hill.tif", heights(220, 180, 1.0))
    town = write_town(tmp_path / "town.city.json", street())
    coarse = {"sky": 145, "spacing_m": 4.0, "ground_spacing_m": 8.0, "ground_margin_m": 20.0, "no_pv": True}
    done = run_solar(check_job({"cities": [town], "terrain": [ground], "out": tmp_path / "out", **coarse}), silent)
    done.store.finish(cells_of(done.prepared), write_files(done))
    with client_of(open_source(tmp_path / "out"), CityFiles()) as client:
        drawn = {"footprint": square(WEST + 25, SOUTH - 14), "height_m": 25.0, "date": DATE}
        result = result_of(client, client.post("/api/plans", json=drawn))
    east, north = np.meshgrid(WEST + 25 + np.array([0.0, 10.0]), SOUTH - 14 + np.array([0.0, 10.0]))
    x, y = east - (WEST - 60.5), north - (SOUTH - 60.5)
    corner = 95.0 + 8.0 * np.exp(-(((x - 70.0) / 40.0) ** 2) - ((y - 60.0) / 30.0) ** 2) + 0.01 * x
    assert result["facts"]["ground_m"] == pytest.approx(corner.min(), abs=0.2)
    assert result["facts"]["top_m"] == pytest.approx(corner.min() + 25.0, abs=0.2)
    ground.rename(tmp_path / "elsewhere.tif")
    with client_of(open_source(tmp_path / "out"), CityFiles()) as client:
        said = client.get("/api/info").json()["plans"]
        assert said["state"] == "off" and "--terrain" in said["reason"]
    with client_of(open_source(tmp_path / "out"), CityFiles([town], [tmp_path / "elsewhere.tif"])) as client:
        assert client.get("/api/info").json()["has_city"]


def test_the_command_serves(tmp_path: Path) -> None:
    """Started as people start it, asked once, ended with SIGTERM; nothing is left in the cache."""
    town = write_town(tmp_path / "town.city.json", street(), crs=None)
    coarse = {"sky": 145, "spacing_m": 4.0, "ground_spacing_m": 8.0, "ground_margin_m": 10.0, "no_pv": True}
    job = check_job({"cities": [town], "out": tmp_path / "out", "crs": "EPSG:25832+7837", **coarse})
    done = run_solar(job, silent)
    done.store.finish(cells_of(done.prepared), write_files(done))
    command = [sys.executable, "-m", "twin.cli.main", "serve", str(done.store.root), "--port", "0"]
    with_ogc = importlib.util.find_spec("pygeoapi") is not None
    command += ["--ogc"] * with_ogc
    cache = tmp_path / "cache"
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "LOCALAPPDATA": str(cache)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        line = child.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, (line, child.stderr.read() if child.poll() is not None else "")
        answer = httpx.get(f"{found[0]}api/info", timeout=30).json()
        assert answer["surfaces"] == len(done.surfaces)
        assert httpx.get(found[0]).status_code == 200
        assert httpx.get(f"{found[0]}data/viewer.json").json()["server"] is True
        if with_ogc:
            listed = httpx.get(f"{found[0]}ogc/processes").json()["processes"]
            assert [one["id"] for one in listed] == ["solar", "shadow"]
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == (1 if os.name == "nt" else 0)
    if os.name != "nt":
        assert not list((cache / "heliotwin").iterdir())


def test_a_worker_that_takes_too_much_memory_is_ended(outcome: Outcome, town: Path) -> None:
    if resident_bytes(os.getpid()) is None:
        pytest.skip("no /proc")
    limits = Limits(worker_bytes=50 << 20)  # Python with its libraries takes more
    with client_of(open_source(outcome.store.root), CityFiles([town]), limits) as client:
        until = time.monotonic() + 30
        while (said := client.get("/api/info").json()["plans"])["state"] != BROKEN and time.monotonic() < until:
            time.sleep(0.1)
        assert said["state"] == BROKEN and "0.049 GB of memory" in said["reason"]
        assert client.post("/api/plans", content=b"{}").status_code == 503


def test_memory_is_looked_up() -> None:
    if resident_bytes(os.getpid()) is not None:
        # In a process of its own: this one has memory to spare from earlier tests.
        told = (
            "import os; from twin.serve.memory import resident_bytes; held = resident_bytes(os.getpid()); "
            "block = b'x' * (64 << 20); print(resident_bytes(os.getpid()) - held)"
        )
        more = subprocess.run([sys.executable, "-c", told], capture_output=True, encoding="utf-8", check=True).stdout
        assert 50 << 20 < int(more) < 90 << 20
    assert resident_bytes(None) is None and memory_limit(1) == 1
    assert memory_limit(1 << 60) < 1 << 60 or os.name == "nt"


def test_what_killed_servers_left_is_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old folders that nobody holds go; young ones, ones in use, and others' files stay."""
    monkeypatch.setattr("twin.serve.cache.cache_folder", lambda: tmp_path)
    for name in ("serve-dead", "serve-young", "other"):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / LOCK).write_bytes(b"")
    old = time.time() - 2 * YOUNG_S
    with own_folder() as mine:
        assert mine.parent == tmp_path and mine.name.startswith(PREFIX)
        for folder in (mine, tmp_path / "serve-dead", tmp_path / "other"):
            os.utime(folder, (old, old))
        assert clear_left_behind(tmp_path) == 1
        assert mine.is_dir() and not (tmp_path / "serve-dead").exists()
        assert (tmp_path / "serve-young").is_dir() and (tmp_path / "other").is_dir()
    assert not mine.exists()


def test_without_a_cache_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows without LOCALAPPDATA: not even a folder where the server was started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr("twin.serve.cache.sys.platform", "win32")
    assert cache_folder() is None and not list(tmp_path.iterdir())


def test_a_killed_server_s_folder_is_cleared_by_the_next(tmp_path: Path) -> None:
    script = "import time; from twin.serve.cache import own_folder\n"
    script += "with own_folder() as folder: print(folder, flush=True); time.sleep(60)"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, encoding="utf-8", env=environment
    ) as child:
        assert child.stdout is not None
        left = Path(child.stdout.readline().strip())
        old = time.time() - 2 * YOUNG_S
        os.utime(left, (old, old))
        assert clear_left_behind(left.parent) == 0 and left.is_dir()
        child.kill()
    os.utime(left, (old, old))
    assert clear_left_behind(left.parent) == 1 and not left.exists()
