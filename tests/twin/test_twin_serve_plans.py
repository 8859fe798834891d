"""Plans dropped in over HTTP: the numbers of a shadow study, and nothing that an upload holds stops the server."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from hostile.cases import FILES
from oracles.houses import SOUTH, WEST
from oracles.serving import client_of, ended, result_of, square
from PIL import Image

from io_citygml.crs import transform
from twin.export.objections import Objections
from twin.export.source import open_source
from twin.job import Outcome
from twin.serve.job import READY
from twin.serve.limits import Limits
from twin.serve.run import CityFiles
from twin.study.config import check_shadow_job
from twin.study.run import run_study

HERE = "http://127.0.0.1:8080"
DATE = "2026-03-21"
LIMITS = Limits(queued=3, plan_s=30.0, results=30)
CORNERS = [(WEST + 25, SOUTH - 12), (WEST + 35, SOUTH - 12), (WEST + 35, SOUTH - 2), (WEST + 25, SOUTH - 2)]
SILENT = "right"
OBJ = (
    "v 0 0 0\nv 10 0 0\nv 10 10 0\nv 0 10 0\nv 0 0 25\nv 10 0 25\nv 10 10 25\nv 0 10 25\n"
    "f 1 4 3 2\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n"
)


def ring() -> list[list[float]]:
    """A square of 10 m beside the street, in degrees."""
    return square(WEST + 25, SOUTH - 12)["coordinates"][0]


def asked(**more: Any) -> dict[str, Any]:
    return {"footprint": square(WEST + 25, SOUTH - 12), "height_m": 25.0, "date": DATE} | more


@pytest.fixture(scope="module")
def client(outcome: Outcome, town: Path) -> Iterator[TestClient]:
    source = open_source(outcome.store.root, "Dorf", Objections("no.csv", frozenset({SILENT})))
    with client_of(source, CityFiles([town]), LIMITS) as found:
        yield found


@pytest.fixture(scope="module")
def dropped(client: TestClient) -> dict[str, Any]:
    return result_of(client, client.post("/api/plans", json=asked(name="Turm")))


@pytest.fixture(scope="module")
def study(outcome: Outcome, town: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Tables of `heliotwin shadow` with the same plan, from its file."""
    path = tmp_path_factory.mktemp("plan") / "turm.geojson"
    feature = {"type": "Feature", "properties": {"height": 25.0}, "geometry": asked()["footprint"]}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    options = {"cities": [town], "plans": [{"file": path}], "dates": [DATE], "out": "unused", "spacing_m": 2.0}
    return run_study(check_shadow_job({**options, "pixel_m": 4.0, "casters": "none"})).tables


def test_energies_are_those_of_a_study(dropped: dict[str, Any], study: dict[str, pd.DataFrame]) -> None:
    energy = study["energy"]
    energy = energy[~energy["own"]].set_index("surface_id")
    assert len(dropped["surfaces"]) > 20 and dropped["left_out"] == 0
    for row in dropped["surfaces"]:
        theirs = energy.loc[row["surface_id"]]
        assert row["delta_kwh"] == theirs["delta_kwh"] and row["irradiation_kwh"] == theirs["irradiation_kwh"]
    listed = {row["surface_id"] for row in dropped["surfaces"]}
    others = energy[~energy.index.isin(listed) & (energy["building_id"] != SILENT)]
    assert (others["delta_kwh"].abs() < 0.05).all()


def test_hours_of_the_date_are_those_of_a_study(dropped: dict[str, Any], study: dict[str, pd.DataFrame]) -> None:
    receivers = study["receivers"]
    receivers = receivers[~receivers["own"]]
    weighted = receivers.assign(
        before=receivers["area_m2"] * receivers["hours_bestand"], after=receivers["area_m2"] * receivers["hours"]
    )
    sums = weighted.groupby("surface_id")[["area_m2", "before", "after"]].sum()
    for row in dropped["surfaces"]:
        if row["surface_id"] in sums.index:
            theirs = sums.loc[row["surface_id"]]
            assert row["hours_before"] == pytest.approx(theirs["before"] / theirs["area_m2"], abs=1e-9)
            assert row["hours"] == pytest.approx(theirs["after"] / theirs["area_m2"], abs=1e-9)
    buildings = study["buildings"].set_index("building_id")
    lost = [row for row in dropped["buildings"] if (row["delta_min"] or 0) < -1]
    assert lost
    for row in lost:
        assert row["delta_min"] == buildings.loc[row["building_id"], "delta_min"]


def test_an_objection_leaves_no_mark(dropped: dict[str, Any], study: dict[str, pd.DataFrame]) -> None:
    """Whoever objected loses sun and stands nowhere, as a building that nothing changes for; no count says more."""
    buildings = study["buildings"].set_index("building_id")
    assert buildings.loc[SILENT, "worst_delta_min"] < -1
    energy = study["energy"]
    theirs = energy[energy["building_id"] == SILENT]["surface_id"]
    assert SILENT not in json.dumps(dropped)
    assert not set(theirs) & {row["surface_id"] for row in dropped["surfaces"]}
    neighbours = energy[~energy["own"]]["building_id"].nunique()
    assert len(dropped["buildings"]) + dropped["unchanged"] == neighbours
    fields = [set(row) for row in dropped["buildings"] + dropped["surfaces"]]
    assert not any("no_value" in names for names in fields)


def test_the_plan_stands_where_it_was_drawn(dropped: dict[str, Any]) -> None:
    (foot,) = dropped["shape"]["features"]
    place = np.array(foot["geometry"]["coordinates"][0])
    x, y = transform("EPSG:4326", "EPSG:25832", *place.T)
    for east, north in CORNERS:
        assert np.hypot(x - east, y - north).min() < 0.01
    assert foot["properties"]["top_m"] == pytest.approx(125.0) and foot["properties"]["base_m"] == pytest.approx(100.0)
    assert dropped["name"] == "Turm" and dropped["weather"].startswith("DWD TRY")
    assert any("145" in line for line in dropped["warnings"])  # the job's sky
    assert [note["code"] for note in dropped["notes"]] == ["other_sky"]


def test_open_land_loses_sun_beside_the_plan(client: TestClient, dropped: dict[str, Any]) -> None:
    land = dropped["land"]
    assert land["changed_m2"] > 100 and land["worst_delta_min"] < -60
    picture = Image.open(io.BytesIO(client.get("/" + land["png"]).content)).convert("RGBA")
    # What is seen on the map is what the legend shows: full colours, and no other in the legend.
    seen = {(f"#{r:02x}{g:02x}{b:02x}", a) for r, g, b, a in np.array(picture).reshape(-1, 4).tolist() if a}
    assert {colour for colour, _ in seen} == {entry["colour"] for entry in land["legend"]}
    assert {opacity for _, opacity in seen} == {255}


def test_another_day_and_a_building_that_goes(client: TestClient) -> None:
    sent = client.post("/api/plans", json=asked(date="2026-12-21", remove=["left"], base_m=100.0))
    result = result_of(client, sent)
    assert result["date"] == "2026-12-21" and result["facts"]["top_m"] == 125.0
    listed = {row["building_id"] for row in result["buildings"]}
    assert not {"left", SILENT} & listed and listed


def test_a_mesh_is_dropped_at_its_place(client: TestClient) -> None:
    origin = f"{WEST + 25},{SOUTH - 12}"
    fields = {"date": DATE, "unit": "m", "up": "z", "heights": "ground", "origin": origin}
    sent = client.post("/api/plans", data=fields, files={"file": ("../../turm.obj", OBJ.encode())})
    result = result_of(client, sent)
    assert result["facts"]["height_m"] == pytest.approx(25.0)
    assert len(result["shape"]["features"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "no JSON"),
        (b"[" * 20_000, 400, "no JSON"),
        (b'{"height_m": NaN}', 400, "no JSON"),
        (b"[]", 422, ""),
        (json.dumps(asked(height_m=-1)).encode(), 422, "height_m"),
        (json.dumps(asked(height_m=1e9)).encode(), 422, "height_m"),
        (json.dumps(asked(date="2026-02-30")).encode(), 422, "date"),
        (json.dumps(asked(date="1066-10-14")).encode(), 422, "date"),
        (json.dumps(asked(name="<script>")).encode(), 422, "name"),
        (json.dumps(asked(more=1)).encode(), 422, "more"),
        (json.dumps(asked(footprint={"type": "Point", "coordinates": [7, 51]})).encode(), 422, "footprint"),
        (json.dumps(asked(footprint={"type": "Polygon", "coordinates": [[[7, 51]] * 4]})).encode(), 422, "km"),
        (json.dumps(asked(footprint={"type": "Polygon", "coordinates": [ring()[:3]]})).encode(), 422, "footprint"),
        (json.dumps(asked(footprint={"type": "Polygon", "coordinates": [[ring()[0]] * 5]})).encode(), 422, "m²"),
        (json.dumps(asked(footprint={"type": "Polygon", "coordinates": [ring() * 200]})).encode(), 422, "footprint"),
    ],
)
def test_bodies_that_are_no_plan(client: TestClient, body: bytes, status: int, words: str) -> None:
    answer = client.post("/api/plans", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status and words in answer.json()["detail"]


def test_only_plans_are_taken(client: TestClient) -> None:
    for name, content, status in (
        ("plan.exe", b"MZ", 415),
        ("plan.zip", b"PK\x03\x04", 415),
        ("plan.gml", b"PK\x03\x04", 415),
        ("plan.gml", b"\x1f\x8b\x08", 415),
        ("plan.ifc", b"<html>", 415),
        ("plan.glb", b"OBJ", 415),
        ("plan.obj", b"\0\0\0", 415),
        ("plan.stl", b"solid nothing", 415),
        ("plan.gml", b"", 422),
        ("plan", b"{}", 415),
    ):
        answer = client.post("/api/plans", data={"date": DATE}, files={"file": (name, content)})
        assert answer.status_code == status, (name, answer.text)
    assert client.post("/api/plans", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    assert client.post("/api/plans", data={"date": DATE}, files={"plan": ("a.obj", b"v 0 0 0")}).status_code == 422
    assert client.post("/api/plans", files={"file": ("a.obj", b"v 0 0 0")}).status_code == 422
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/api/plans", content=b"--y\r\n", headers=broken).status_code in (400, 422)


def test_a_refusal_says_nothing_of_what_was_sent(client: TestClient) -> None:
    for field in ("origin", "date", "crs", "unit", "rotation_deg", "height_m", "name", "up"):
        said = {"date": DATE, field: "<script>secret"}
        answer = client.post("/api/plans", data=said, files={"file": ("a.obj", OBJ.encode())})
        assert answer.status_code == 422 and field in answer.json()["detail"], answer.text
        assert "secret" not in answer.text, answer.text


def test_hostile_uploads_fail_in_words(client: TestClient) -> None:
    """Every hostile city file that passes the first look: refused by its reader, and the next plan is computed."""
    names = [name for name in FILES if Path(name).suffix in (".gml", ".xml", ".json")]
    seen = {"refused": 0, "failed": 0, "done": 0}
    for name in names:
        sent = client.post("/api/plans", data={"date": DATE}, files={"file": (name, FILES[name]())})
        if sent.status_code != 202:
            assert sent.status_code in (413, 415, 422), (name, sent.text)
            seen["refused"] += 1
            continue
        answer = ended(client, sent.json()["id"])
        seen[answer["state"]] += 1
        if answer["state"] == "failed":
            assert answer["error"]["detail"] and "/" + "tmp" not in json.dumps(answer), (name, answer)
            assert "--plan" not in json.dumps(answer["error"]), (name, answer)
    assert seen["failed"] >= 10 and seen["refused"] >= 5
    assert ended(client, client.post("/api/plans", json=asked()).json()["id"])["state"] == "done"


def test_the_queue_is_bounded_and_plans_can_be_given_up(client: TestClient) -> None:
    sent = [client.post("/api/plans", json=asked()) for _ in range(8)]
    taken = [answer.json()["id"] for answer in sent if answer.status_code == 202]
    ahead = [answer.json()["ahead"] for answer in sent if answer.status_code == 202]
    assert ahead[0] == 0 and max(ahead) > 0
    full = [answer for answer in sent if answer.status_code != 202]
    assert full and all(answer.status_code == 503 and answer.headers["retry-after"] for answer in full)
    states = [client.delete(f"/api/jobs/{job}").json()["state"] for job in taken]
    assert set(states) <= {"cancelled", "done"} and "cancelled" in states
    assert ended(client, client.post("/api/plans", json=asked()).json()["id"])["state"] == "done"


def test_a_plan_that_takes_too_long_is_ended(outcome: Outcome, town: Path) -> None:
    """The process is ended and the next one takes over."""
    limits = LIMITS._replace(plan_s=0.01)
    source = open_source(outcome.store.root)
    with client_of(source, CityFiles([town]), limits) as slow:
        answer = ended(slow, slow.post("/api/plans", json=asked()).json()["id"])
        assert answer["state"] == "failed" and "0.01 s" in answer["error"]["detail"]
        jobs = slow.app.state.desk.jobs
        jobs.limits = LIMITS
        assert ended(slow, slow.post("/api/plans", json=asked()).json()["id"])["state"] == "done"
        assert jobs.state == READY
        until = time.monotonic() + 10
        while any(jobs.folder.iterdir()) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(jobs.folder.iterdir())  # no upload is left behind
