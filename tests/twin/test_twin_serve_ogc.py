"""OGC API Processes: standard answers in JSON, jobs whose numbers are those of the command line, nothing unsafe."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from oracles.houses import SOUTH, WEST
from oracles.serving import result_of, square, write_stub

from io_citygml.crs import transform
from twin.config import check_job
from twin.export.objections import Objections
from twin.export.source import open_source
from twin.job import Outcome, run_solar
from twin.serve.limits import Limits
from twin.serve.run import CityFiles, application
from twin.serve.settings import Settings
from twin.study.config import check_shadow_job
from twin.study.masks import mask
from twin.study.outcome import IN_BESTAND, IN_BOTH, IN_PLANUNG
from twin.study.run import run_study

pytest.importorskip("pygeoapi", reason="pip install 'heliotwin[ogc]'")
Draft202012Validator = pytest.importorskip("jsonschema").Draft202012Validator
TestClient = pytest.importorskip("fastapi.testclient", reason="pip install 'heliotwin[serve]'").TestClient
HERE = "http://127.0.0.1:8080"
OGC = f"{HERE}/ogc"
DATE = "2026-03-21"
LIMITS = Limits(plan_s=60.0, solar_s=120.0, solar_queued=2, solar_results=2)
SILENT = "right"
TOKEN = "a token of more than sixteen letters"
COARSE = {"spacing_m": 4.0, "ground_spacing_m": 8.0, "ground_margin_m": 10.0, "pv": False}
LINK = {"href": str, "rel": str, "type": str}


def footprint() -> dict[str, Any]:
    return square(WEST + 25, SOUTH - 12)


@pytest.fixture(scope="module")
def client(outcome: Outcome, town: Path) -> Iterator[TestClient]:
    source = open_source(outcome.store.root, "Dorf", Objections("no.csv", frozenset({SILENT})))
    settings = Settings(ogc=True)
    with (
        application(source, settings, CityFiles([town]), write_stub, LIMITS) as app,
        TestClient(app, base_url=HERE) as found,
    ):
        yield found


def execute(client: TestClient, process: str, inputs: dict[str, Any], **more: Any) -> Any:
    headers = {"prefer": "respond-async"}
    return client.post(f"/ogc/processes/{process}/execution", json={"inputs": inputs, **more}, headers=headers)


def ended(client: TestClient, job: str, within_s: float = 120.0) -> dict[str, Any]:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        answer = client.get(f"/ogc/jobs/{job}").json()
        assert_status(answer)
        if answer["status"] not in ("accepted", "running"):
            return answer
        time.sleep(0.05)
    raise AssertionError(answer)


def assert_status(answer: dict[str, Any]) -> None:
    """statusInfo.yaml of OGC 18-062r2."""
    assert answer["type"] == "process" and answer["processID"] in ("solar", "shadow")
    assert answer["status"] in ("accepted", "running", "successful", "failed", "dismissed")
    assert isinstance(answer["jobID"], str) and isinstance(answer["message"], str)
    assert isinstance(answer["progress"], int) and 0 <= answer["progress"] <= 100
    for name in ("created", "started", "finished", "updated"):
        assert name not in answer or pd.Timestamp(answer[name]).tz is not None
    assert_links(answer["links"])


def assert_links(links: list[dict[str, Any]]) -> None:
    assert links
    for link in links:
        assert link["href"].startswith((OGC, "/ogc")) and link["rel"]
        assert link.get("type", "") not in ("text/html", "application/ld+json")


@pytest.fixture(scope="module")
def solar(client: TestClient, town: Path) -> dict[str, Any]:
    """A job over the little street as inline CityJSON."""
    city = json.loads(town.read_text(encoding="utf-8"))
    sent = execute(client, "solar", {"city": {"value": city, "mediaType": "application/city+json"}, **COARSE})
    assert sent.status_code == 201, sent.text
    assert sent.headers["location"] == f"{OGC}/jobs/{sent.json()['jobID']}"
    assert sent.headers["preference-applied"] == "respond-async"
    state = ended(client, sent.json()["jobID"])
    assert state["status"] == "successful", state
    return state


@pytest.fixture(scope="module")
def shadow(client: TestClient) -> dict[str, Any]:
    inputs = {"date": DATE, "footprint": footprint(), "height_m": 25.0, "times": ["09:00", "12:00"], "name": "Turm"}
    state = ended(client, execute(client, "shadow", inputs).json()["jobID"])
    assert state["status"] == "successful", state
    return client.get(f"/ogc/jobs/{state['jobID']}/results").json()


def test_landing_page_leads_to_all(client: TestClient) -> None:
    for path in ("/ogc", "/ogc/"):
        answer = client.get(path, headers={"accept": "text/html,application/xhtml+xml"})
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert said["title"] and "dl-de" not in said["title"]
    assert_links(said["links"])
    rels = {link["rel"]: link["href"] for link in said["links"]}
    for rel in ("conformance", "service-desc", *(f"http://www.opengis.net/def/rel/ogc/1.0/{n}" for n in NAMED)):
        assert client.get(rels[rel]).status_code == 200, rel


NAMED = ("processes", "job-list")


def test_conformance_says_what_holds(client: TestClient) -> None:
    said = client.get("/ogc/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core" in said
    assert not [name for name in said if name.endswith(("/html", "/callback", "/collections"))]


@pytest.mark.parametrize("language", ["en", "de"])
def test_processes_are_described(client: TestClient, language: str) -> None:
    listed = client.get(f"/ogc/processes?lang={language}").json()
    assert [process["id"] for process in listed["processes"]] == ["solar", "shadow"]
    for short in listed["processes"]:
        assert short["version"] and isinstance(short["title"], str)
        assert short["jobControlOptions"] == ["async-execute", "dismiss"] and "inputs" not in short
        whole = client.get(f"/ogc/processes/{short['id']}?lang={language}").json()
        assert whole["title"] == short["title"] and whole["outputTransmission"] == ["value", "reference"]
        for name, described in {**whole["inputs"], **whole["outputs"]}.items():
            assert isinstance(described["title"], str), name
            Draft202012Validator.check_schema(described["schema"])
            assert "$ref" not in json.dumps(described)
    titles = {"en": "Shadow of a day", "de": "Schatten eines Tages"}
    assert whole["title"] == titles[language]
    assert whole["inputs"]["date"]["minOccurs"] == 1 and whole["inputs"]["times"]["minOccurs"] == 0


def test_an_execute_request_fits_its_description(client: TestClient, town: Path) -> None:
    described = client.get("/ogc/processes/solar").json()["inputs"]
    inputs = {"city": json.loads(town.read_text(encoding="utf-8")), **COARSE, "weather": "try2015-region12"}
    for name, value in inputs.items():
        Draft202012Validator(described[name]["schema"]).validate(value)
    with pytest.raises(Exception, match="nowhere"):
        Draft202012Validator(described["weather"]["schema"]).validate("nowhere")
    described = client.get("/ogc/processes/shadow").json()["inputs"]
    Draft202012Validator(described["footprint"]["schema"]).validate(footprint())
    Draft202012Validator(described["times"]["schema"]).validate(["09:00"])
    assert not Draft202012Validator(described["times"]["schema"]).is_valid(["25:00"])


def test_openapi_names_the_routes(client: TestClient) -> None:
    said = client.get("/ogc/api").json()
    assert said["openapi"] == "3.0.3" and said["servers"] == [{"url": OGC}]
    assert {"/processes/{processID}/execution", "/jobs/{jobID}/results"} <= set(said["paths"])


def test_solar_is_the_command_line_s(client: TestClient, solar: dict[str, Any], town: Path, tmp_path: Path) -> None:
    results = client.get(f"/ogc/jobs/{solar['jobID']}/results").json()
    assert set(results) == {"summary", "surfaces", "surfaces_parquet", "buildings_parquet", "ground"}
    summary = results["summary"]["value"]
    job = {name: value for name, value in COARSE.items() if name != "pv"} | {"no_pv": True}
    ours = run_solar(check_job({"cities": [town], "out": tmp_path / "out", **job}), lambda *_: None)
    assert summary["surfaces"] == len(ours.surfaces) and summary["buildings"] == len(ours.buildings)
    assert summary["attribution"] and "out" not in summary
    fetched = client.get(results["surfaces_parquet"]["href"])
    assert fetched.headers["content-type"] == "application/vnd.apache.parquet"
    theirs = geopandas.read_parquet(io.BytesIO(fetched.content)).set_index("surface_id")
    mine = ours.surfaces.set_index("surface_id")
    assert len(theirs) == len(mine) and theirs["irradiation_kwh_m2"].notna().sum() > 10
    pd.testing.assert_series_equal(
        theirs["irradiation_kwh_m2"], mine["irradiation_kwh_m2"].loc[theirs.index], check_exact=True
    )
    whole = b"".join(client.get(entry["href"]).content for entry in results.values() if "href" in entry)
    assert b"serve-" not in whole and str(Path.home()).encode() not in whole


def test_the_geopackage_opens(client: TestClient, solar: dict[str, Any], tmp_path: Path) -> None:
    results = client.get(f"/ogc/jobs/{solar['jobID']}/results").json()
    path = tmp_path / "surfaces.gpkg"
    path.write_bytes(client.get(results["surfaces"]["href"]).content)
    assert pyogrio.read_info(path)["features"] == results["summary"]["value"]["surfaces"]


def test_shadows_are_the_masks_of_a_study(shadow: dict[str, Any], town: Path, tmp_path: Path) -> None:
    plan = tmp_path / "turm.geojson"
    feature = {"type": "Feature", "properties": {"height": 25.0}, "geometry": footprint()}
    plan.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    options = {"cities": [town], "plans": [{"file": plan}], "dates": [DATE], "out": "unused", "spacing_m": 2.0}
    study = run_study(check_shadow_job({**options, "pixel_m": 4.0, "casters": "none", "energy": False}))
    (day,) = study.days
    features = shadow["shadows"]["value"]["features"]
    for utc, legal in (("08:00", "09:00"), ("11:00", "12:00")):
        instant = int(np.flatnonzero(day.instants.time == np.datetime64(f"{DATE}T{utc}:00"))[0])
        values = mask(study.study, day, "Planung", instant)
        for kind, value in (("removed", IN_BESTAND), ("additional", IN_PLANUNG), ("both", IN_BOTH)):
            found = [f for f in features if f["properties"]["time_legal"][11:16] == legal]
            found = [f for f in found if f["properties"]["kind"] == kind]
            assert sum(f["properties"]["area_m2"] for f in found) == (values == value).sum() * 16.0
            for one in found:
                shape = shapely.geometry.shape(one["geometry"])
                x, y = transform("EPSG:4326", "EPSG:25832", *shapely.get_coordinates(shape).T)
                outline = shapely.set_coordinates(shape, np.stack([x, y], axis=1))
                assert outline.area == pytest.approx(one["properties"]["area_m2"], rel=1e-3)
    assert {f["properties"]["kind"] for f in features} >= {"additional", "both"}


def test_a_plan_s_differences_are_the_viewer_s(client: TestClient, shadow: dict[str, Any]) -> None:
    """The same plan through the viewer's API; there its numbers are compared with a study."""
    asked = {"date": DATE, "footprint": footprint(), "height_m": 25.0, "name": "Turm"}
    sent = client.post("/api/plans", json=asked)
    viewers, ours = result_of(client, sent), shadow["result"]["value"]
    for name in ("buildings", "surfaces", "unchanged", "facts"):
        assert ours[name] == viewers[name]
    assert ours["land"]["png"].startswith(f"{HERE}/api/jobs/")
    assert client.get(ours["land"]["png"]).content == client.get("/" + viewers["land"]["png"]).content
    assert ours["buildings"] and SILENT not in json.dumps(shadow)
    assert client.get(f"/ogc/jobs/{sent.json()['id']}").status_code == 404  # the viewer's are not listed here


def test_the_city_as_it_stands(client: TestClient) -> None:
    sent = execute(client, "shadow", {"date": DATE, "times": ["12:00"]}, outputs={"shadows": {}}).json()
    assert ended(client, sent["jobID"])["status"] == "successful"
    results = client.get(f"/ogc/jobs/{sent['jobID']}/results").json()
    assert set(results) == {"shadows"}
    assert {f["properties"]["kind"] for f in results["shadows"]["value"]["features"]} == {"bestand"}
    assert client.get(f"/api/jobs/{sent['jobID']}").status_code == 404


def test_a_plan_as_base64(client: TestClient) -> None:
    mesh = "v 0 0 0\nv 10 0 0\nv 10 10 0\nv 0 10 0\nv 0 0 25\nv 10 0 25\nv 10 10 25\nv 0 10 25\n"
    mesh += "f 1 4 3 2\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n"
    plan = {"value": base64.b64encode(mesh.encode()).decode(), "encoding": "base64", "mediaType": "model/obj"}
    said = {"format": "obj", "unit": "m", "up": "z", "heights": "ground", "origin": [WEST + 25, SOUTH - 12]}
    sent = execute(client, "shadow", {"date": DATE, "plan": plan, **said})
    assert sent.status_code == 201, sent.text
    assert ended(client, sent.json()["jobID"])["status"] == "successful"
    results = client.get(f"/ogc/jobs/{sent.json()['jobID']}/results").json()
    assert results["result"]["value"]["facts"]["height_m"] == pytest.approx(25.0) and "shadows" not in results


def test_a_day_without_the_asked_time(client: TestClient) -> None:
    sent = execute(client, "shadow", {"date": DATE, "times": ["02:00", "12:05"]}).json()
    state = ended(client, sent["jobID"])
    assert state["status"] == "failed" and "02:00, 12:05" in state["message"] and "10th minute" in state["message"]
    results = client.get(f"/ogc/jobs/{sent['jobID']}/results")
    assert results.status_code == 422 and "02:00" in results.json()["detail"]


BOX = {"city": {"type": "CityJSON"}}


def drawn(**more: Any) -> bytes:
    """A footprint with what no footprint takes."""
    return json.dumps({"inputs": {"date": DATE, "footprint": footprint(), "height_m": 9, **more}}).encode()


def sent_as_file(**more: Any) -> bytes:
    return json.dumps({"inputs": {"date": DATE, "plan": "v 0 0 0", "format": "obj", **more}}).encode()


@pytest.mark.parametrize(
    ("process", "body", "status", "words"),
    [
        ("solar", b"{", 400, "no JSON"),
        ("solar", b'{"inputs": {"albedo": NaN}}', 400, "no JSON"),
        ("solar", b"[" * 100_000, 400, "no JSON"),
        ("solar", b"[]", 400, "execute request"),
        ("solar", b"{}", 422, "city"),
        ("solar", json.dumps({"inputs": []}).encode(), 400, "inputs"),
        ("solar", json.dumps({"inputs": {"city": {"href": "http://127.0.0.1/city.gml"}}}).encode(), 422, "fetched"),
        ("solar", json.dumps({"inputs": {"city": {"value": "%", "encoding": "base64"}}}).encode(), 422, "Base64"),
        ("solar", json.dumps({"inputs": {"city": "PK\3\4"}}).encode(), 415, "CityGML"),
        ("solar", json.dumps({"inputs": {**BOX, "weather": "/etc/passwd"}}).encode(), 422, "weather"),
        ("solar", json.dumps({"inputs": {**BOX, "out": "elsewhere"}}).encode(), 422, "out"),
        ("solar", json.dumps({"inputs": {**BOX, "spacing_m": 0.001}}).encode(), 422, "spacing_m"),
        ("solar", json.dumps({"inputs": BOX, "outputs": {"secret": {}}}).encode(), 422, "outputs"),
        ("solar", json.dumps({"inputs": BOX, "subscriber": {"successUri": HERE}}).encode(), 422, "subscriber"),
        ("shadow", json.dumps({"inputs": {"date": DATE}}).encode(), 422, "nothing is asked"),
        ("shadow", json.dumps({"inputs": {"date": DATE, "plan": "v 0 0 0"}}).encode(), 422, "format"),
        ("shadow", json.dumps({"inputs": {"date": DATE, "plan": "x", "format": "../x"}}).encode(), 422, "format"),
        ("shadow", json.dumps({"inputs": {"date": DATE, "footprint": {"type": "Polygon"}}}).encode(), 422, ""),
        ("shadow", drawn(format="obj"), 422, "with footprint nothing reads format"),
        ("shadow", drawn(rotation_deg=90, unit="mm", heights="sea"), 422, "nothing reads heights, rotation_deg, unit"),
        ("shadow", drawn(origin=[1, 2]), 422, "nothing reads origin"),
        ("shadow", sent_as_file(base_m=100), 422, "with plan nothing reads base_m"),
        ("shadow", json.dumps({"inputs": {"date": DATE, "remove": ["left"], "height_m": 9}}).encode(), 422, "height_m"),
        ("nothing", json.dumps({"inputs": {}}).encode(), 404, "process"),
    ],
)
def test_requests_that_are_none(client: TestClient, process: str, body: bytes, status: int, words: str) -> None:
    answer = client.post(
        f"/ogc/processes/{process}/execution", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == status and words in answer.json()["detail"], answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_json(client: TestClient) -> None:
    for path in ("/ogc", "/ogc/processes", "/ogc/processes/solar", "/ogc/jobs", "/ogc/conformance", "/ogc/api"):
        for wanted in ("html", "jsonld", "xml"):
            answer = client.get(f"{path}?f={wanted}")
            assert answer.status_code == 400 and "JSON alone" in answer.json()["detail"]
        assert b"unpkg" not in client.get(path, headers={"accept": "text/html"}).content
    assert client.post("/ogc/processes/solar/execution", content=b"x").status_code == 415
    assert client.get("/ogc/processes/solar/execution").status_code == 404


def test_unknown_jobs_and_files(client: TestClient, solar: dict[str, Any]) -> None:
    answer = client.get("/ogc/jobs/nothing")
    assert answer.status_code == 404 and answer.json()["type"].endswith("/no-such-job")
    assert client.get("/ogc/processes/nothing").json()["type"].endswith("/no-such-process")
    for name in ("manifest.json", "..%2f..%2fmanifest.json", "report.json", "surfaces.gpkg%00"):
        assert client.get(f"/ogc/jobs/{solar['jobID']}/results/{name}").status_code == 404
    assert client.get("/ogc/jobs?limit=nonsense").status_code == 400


def test_a_city_that_is_none_fails_in_words(client: TestClient) -> None:
    sent = execute(client, "solar", {"city": "<CityModel/>", **COARSE})
    state = ended(client, sent.json()["jobID"])
    assert state["status"] == "failed" and "/" + "tmp" not in state["message"] and "serve-" not in state["message"]
    results = client.get(f"/ogc/jobs/{state['jobID']}/results")
    assert results.status_code == 422 and results.json()["remedy"]


def test_jobs_are_dismissed_and_forgotten(client: TestClient, town: Path) -> None:
    city = town.read_text(encoding="utf-8")
    sent = [execute(client, "solar", {"city": city, **COARSE}) for _ in range(5)]
    taken = [answer.json()["jobID"] for answer in sent if answer.status_code == 201]
    assert 2 <= len(taken) < 5 and {answer.status_code for answer in sent} == {201, 503}
    first = client.get(f"/ogc/jobs/{taken[0]}/results")
    assert first.status_code == 404 and first.json()["type"].endswith("/result-not-ready")
    for job in taken:
        answer = client.delete(f"/ogc/jobs/{job}")
        assert answer.status_code == 200 and answer.json()["status"] == "dismissed"
        assert client.get(f"/ogc/jobs/{job}").status_code == 404
    folder = client.app.state.desk.solar.folder  # type: ignore[attr-defined]
    jobs = {job["jobID"] for job in client.get("/ogc/jobs").json()["jobs"]}
    assert not jobs & set(taken)
    until = time.monotonic() + 30
    while len(list(folder.iterdir())) > LIMITS.solar_results and time.monotonic() < until:
        time.sleep(0.1)
    assert len(list(folder.iterdir())) <= LIMITS.solar_results


def test_limits_of_a_solar_job(outcome: Outcome, town: Path) -> None:
    """Too slow and too many files: ended, said in words, and the next job runs."""
    city = town.read_text(encoding="utf-8")
    source = open_source(outcome.store.root)
    with (
        application(source, Settings(ogc=True), CityFiles(), write_stub, LIMITS._replace(solar_s=0.5)) as app,
        TestClient(app, base_url=HERE) as found,
    ):
        jobs = app.state.desk.solar
        state = ended(found, execute(found, "solar", {"city": city, **COARSE}).json()["jobID"])
        assert state["status"] == "failed" and "0.5 s" in state["message"]
        jobs.limits = LIMITS._replace(plan_s=60.0, solar_bytes=100)
        state = ended(found, execute(found, "solar", {"city": city, **COARSE}).json()["jobID"])
        assert state["status"] == "failed" and "of files" in state["message"]
        jobs.limits = LIMITS
        state = ended(found, execute(found, "solar", {"city": city, **COARSE}).json()["jobID"])
        assert state["status"] == "successful"


def test_a_list_of_jobs_needs_the_token(outcome: Outcome, town: Path) -> None:
    settings = Settings(ogc=True, token=TOKEN, names=("karte.example.de",))
    source = open_source(outcome.store.root)
    with (
        application(source, settings, CityFiles([town]), write_stub, LIMITS) as app,
        TestClient(app, base_url="http://karte.example.de") as found,
    ):
        assert found.get("/ogc/jobs").status_code == 401
        assert execute(found, "shadow", {"date": DATE, "times": ["12:00"]}).status_code == 401
        found.headers["authorization"] = f"Bearer {TOKEN}"
        sent = execute(found, "shadow", {"date": DATE, "times": ["12:00"]})
        assert sent.status_code == 201
        assert sent.headers["location"].startswith("https://karte.example.de/ogc/jobs/")  # TLS is the proxy's
        listed = found.get("/ogc/jobs").json()
        assert [job["jobID"] for job in listed["jobs"]] == [sent.json()["jobID"]]
        for link in listed["links"]:
            assert link["href"].startswith("https://karte.example.de/ogc/")


def test_without_ogc_there_is_nothing(outcome: Outcome) -> None:
    source = open_source(outcome.store.root)
    with application(source, Settings(), CityFiles(), write_stub) as app, TestClient(app, base_url=HERE) as found:
        assert found.get("/ogc").status_code == 404
