"""The HTTP API over a small job: its numbers are those of `query`, its files those of the folder, its door is shut."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from oracles.serving import GLB, write_stub
from PIL import Image

from io_citygml.crs import Crs, to_geographic
from twin import answers
from twin.errors import ConfigError, TwinError
from twin.export.objections import Objections
from twin.export.source import open_source
from twin.job import Outcome
from twin.serve.answering import Desk
from twin.serve.limits import Limits
from twin.serve.run import CityFiles, application
from twin.serve.settings import Settings, check_settings
from twin.serve.shadows import LIT, SHADED

testclient = pytest.importorskip("fastapi.testclient", reason="pip install 'heliotwin[serve]'")
HERE = "http://127.0.0.1:8080"
NOON, EVENING, NIGHT = "2026-06-21T11:30:00Z", "2026-03-21T16:00:00Z", "2026-06-21T23:00:00Z"
Client = testclient.TestClient


@pytest.fixture(scope="module", autouse=True)
def _no_city() -> Iterator[None]:
    """The city's files are found nowhere, so no worker is begun."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("twin.export.city.inputs._noted", lambda wanted: iter(()))
        yield


@pytest.fixture(scope="module")
def objector(outcome: Outcome) -> str:
    """A surface whose owner wants no results."""
    rows = outcome.surfaces
    return str(rows.loc[rows["building_id"] == "row3", "surface_id"].iloc[1])


@pytest.fixture(scope="module")
def client(outcome: Outcome, objector: str) -> Iterator[Client]:
    source = open_source(outcome.store.root, "Dorf", Objections("no.csv", frozenset({objector})))
    with application(source, Settings(), CityFiles(), write_stub) as app, Client(app, base_url=HERE) as found:
        yield found


@pytest.fixture(scope="module")
def roof(outcome: Outcome) -> pd.Series:
    rows = outcome.surfaces
    return rows[(rows["building_id"] == "across") & (rows["kind"] == "RoofSurface")].iloc[0]


def test_info_says_what_is_served(client: Client, outcome: Outcome) -> None:
    info = client.get("/api/info").json()
    assert info["title"] == "Dorf" and info["surfaces"] == len(outcome.surfaces)
    west, south, east, north = info["bbox"]
    assert west < 7.0690 < east and south < 50.9866 < north and east - west < 0.01
    assert info["attribution"][0].startswith("Datengrundlage: ")
    assert info["plans"]["state"] == "off" and "--city" in info["plans"]["reason"] and info["has_city"] is False
    assert info["weather"]["names"] == ["job", "duesseldorf-2024", "try2015-region12"]
    words = info["weather"]["words"]
    assert words["job"] == words["try2015-region12"] and words["duesseldorf-2024"]["de"].startswith("Düsseldorf 2024")


def test_rows_are_the_tables_rows(client: Client, outcome: Outcome, roof: pd.Series, objector: str) -> None:
    row = client.get(f"/api/surfaces/{roof['surface_id']}").json()["row"]
    assert row["irradiation_kwh_m2"] == roof["irradiation_kwh_m2"] and row["kind"] == "RoofSurface"
    building = client.get("/api/buildings/across").json()
    assert sorted(building["surfaces"]) == sorted(
        outcome.surfaces.loc[outcome.surfaces["building_id"] == "across", "surface_id"]
    )
    silent = client.get(f"/api/surfaces/{objector}").json()["row"]
    assert "suppressed" not in silent and silent["area_m2"] > 0
    assert silent["irradiation_kwh_m2"] is None and silent["exposed_area_m2"] is None


@pytest.mark.parametrize("weather", [None, "duesseldorf-2024"])
def test_hours_are_those_of_query(
    client: Client, outcome: Outcome, roof: pd.Series, tmp_path: Path, weather: str | None
) -> None:
    year = "2024" if weather else "2015"
    to = tmp_path / "series.parquet"
    answers.answer_series(outcome.store.root, roof["surface_id"], None, weather, (f"{year}-06-21", f"{year}-06-22"), to)
    table = pd.read_parquet(to)
    asked = {"from": f"{year}-06-21", "to": f"{year}-06-22"} | ({"weather": weather} if weather else {})
    got = client.get(f"/api/surfaces/{roof['surface_id']}/hourly", params=asked).json()
    assert got["time_utc"] == table["time_utc"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").tolist() and len(table) == 48
    for part, column in (
        ("direct", "direct"),
        ("diffuse", "diffuse"),
        ("reflected", "reflected"),
        ("irradiation", "total"),
    ):
        assert got[part] == table[f"{column}_w_m2"].tolist()
    assert max(got["irradiation"]) > 500


def test_months_are_the_tables_months(client: Client, roof: pd.Series) -> None:
    got = client.get(f"/api/surfaces/{roof['surface_id']}/monthly").json()
    columns = [roof[f"irradiation_kwh_m2_{month:02d}"] for month in range(1, 13)]
    np.testing.assert_allclose(got["irradiation"], columns, rtol=1e-6)
    for part in ("direct", "diffuse", "reflected"):
        assert sum(got[part]) == pytest.approx(roof[f"{part}_kwh_m2"], rel=1e-6)


def test_an_objection_leaves_no_series(client: Client, objector: str) -> None:
    months = client.get(f"/api/surfaces/{objector}/monthly").json()
    assert months["no_value"] is True and months["irradiation"] == [None] * 12
    hours = client.get(f"/api/surfaces/{objector}/hourly").json()
    assert hours["no_value"] is True and hours["time_utc"] == [] and hours["sky_view"] is None
    assert objector not in client.get("/api/shadow/surfaces", params={"time": NOON}).json()["ids"]


def test_the_sun_stands_where_it_does(client: Client) -> None:
    """NREL's published example (SPA, table A5.1) is elsewhere; here the solstice's noon: 90° − latitude + 23.43°."""
    got = client.get("/api/sun", params={"time": NOON}).json()
    assert got["elevation_deg"] == pytest.approx(90 - 50.987 + 23.436, abs=0.05)
    assert abs(got["azimuth_deg"] - 180) < 2


@pytest.mark.parametrize("time", [NOON, EVENING])
def test_lit_shares_are_counted_bits(client: Client, outcome: Outcome, time: str) -> None:
    """Bits unpacked one by one, at the node with the largest dot product."""
    got = client.get("/api/shadow/surfaces", params={"time": time}).json()
    sun = client.get("/api/sun", params={"time": time}).json()
    assert got["approximate"] is True and got["elevation_deg"] == sun["elevation_deg"] and 0 <= got["off_deg"] < 5
    lit, area = brute_force_shares(outcome, sun["azimuth_deg"], sun["elevation_deg"])
    index = outcome.surfaces.set_index("surface_id")["surface_index"]
    assert len(got["ids"]) > 50
    for name, share in zip(got["ids"], got["lit"], strict=True):
        assert share == pytest.approx(lit[index[name]] / area[index[name]], abs=1e-4)
    assert 0.2 < np.mean(got["lit"]) < 0.9


def brute_force_shares(outcome: Outcome, azimuth_deg: float, elevation_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Lit and whole exposed area by surface index."""
    store = outcome.store
    count = int(store.manifest["directions"]["sun_nodes"])
    turned = np.radians(azimuth_deg - store.manifest["site"]["convergence_deg"])
    height = np.radians(elevation_deg)
    to_sun = [np.sin(turned) * np.cos(height), np.cos(turned) * np.cos(height), np.sin(height)]
    node = int(np.argmax(store.direction()[:count] @ np.array(to_sun)))
    lit, area = np.zeros(500), np.zeros(500)
    for folder in (store.root / "cells").iterdir():
        load = {name: np.load(folder / f"{name}.npy") for name in ("surface", "covered", "area_m2", "sun_bits")}
        seen = np.unpackbits(load["sun_bits"].view(np.uint8), axis=1, bitorder="little")[:, node]
        for surface, covered, size, sees in zip(load["surface"], load["covered"], load["area_m2"], seen, strict=True):
            if surface >= 0 and not covered:
                area[surface] += size
                lit[surface] += size * sees
    return lit, area


def test_a_box_asks_for_a_part(client: Client) -> None:
    whole = client.get("/api/shadow/surfaces", params={"time": EVENING}).json()
    bbox = client.get("/api/info").json()["bbox"]
    half = f"{bbox[0]},{bbox[1]},{(bbox[0] + bbox[2]) / 2},{bbox[3]}"
    part = client.get("/api/shadow/surfaces", params={"time": EVENING, "bbox": half}).json()
    assert 0 < len(part["ids"]) < len(whole["ids"])
    known = dict(zip(whole["ids"], whole["lit"], strict=True))
    assert all(known[name] == lit for name, lit in zip(part["ids"], part["lit"], strict=True))


def test_by_night_all_is_dark(client: Client) -> None:
    got = client.get("/api/shadow/surfaces", params={"time": NIGHT}).json()
    assert got["elevation_deg"] < 0 and got["off_deg"] is None and set(got["lit"]) == {0.0}


def test_land_is_drawn_where_it_is_lit(client: Client, outcome: Outcome) -> None:
    """Each receiver of open land, looked up by its own longitude and latitude; at edges a pixel may be the next one."""
    answer = client.get("/api/shadow/land.png", params={"time": EVENING})
    assert answer.headers["content-type"] == "image/png"
    picture = np.array(Image.open(io.BytesIO(answer.content)))
    west, south, east, north = client.get("/api/info").json()["land_bounds"]
    sun = client.get("/api/sun", params={"time": EVENING}).json()
    place, seen = land_bits(outcome, sun["azimuth_deg"], sun["elevation_deg"])
    latitude, longitude = to_geographic(Crs("EPSG:25832", "EPSG:25832", None), place[:, 0], place[:, 1])
    row = np.floor((north - latitude) / (north - south) * picture.shape[0]).astype(int)
    column = np.floor((longitude - west) / (east - west) * picture.shape[1]).astype(int)
    drawn = picture[row, column]
    assert (drawn == np.where(seen, LIT, SHADED)).mean() > 0.99 and 0.05 < (drawn == SHADED).mean() < 0.9
    again = client.get(
        "/api/shadow/land.png", params={"time": EVENING}, headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304


def land_bits(outcome: Outcome, azimuth_deg: float, elevation_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Places (N, 2) of open land and whether each sees the node nearest to the sun."""
    store = outcome.store
    count = int(store.manifest["directions"]["sun_nodes"])
    turned, height = np.radians(azimuth_deg - store.manifest["site"]["convergence_deg"]), np.radians(elevation_deg)
    to_sun = [np.sin(turned) * np.cos(height), np.cos(turned) * np.cos(height), np.sin(height)]
    node = int(np.argmax(store.direction()[:count] @ np.array(to_sun)))
    places, seen = [], []
    for folder in (store.root / "cells").iterdir():
        land = np.load(folder / "surface.npy") == -1
        places.append((np.load(folder / "point.npy") + np.load(folder / "origin.npy"))[land, :2])
        bits = np.unpackbits(np.load(folder / "sun_bits.npy").view(np.uint8), axis=1, bitorder="little")
        seen.append(bits[land, node] == 1)
    return np.concatenate(places), np.concatenate(seen)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/surfaces/acros-2", 404, "nearest"),
        ("/api/buildings/nowhere/monthly", 404, "no building"),
        ("/api/sun?time=2026-02-30T12:00Z", 422, "no time"),
        ("/api/sun?time=yesterday", 422, "time"),
        ("/api/sun", 422, "time"),
        ("/api/shadow/surfaces?time=2026-06-21T12:00Z&bbox=1,2,3", 422, "no box"),
        ("/api/shadow/surfaces?time=2026-06-21T12:00Z&bbox=nan,nan,nan,nan", 422, "no box"),
        ("/api/jobs/unknown", 404, "no job"),
        ("/api/nothing", 404, "no such file"),
        ("/data/.hidden", 404, "no such file"),
    ],
)
def test_refusals_are_problems(client: Client, path: str, status: int, words: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
    assert words in json.dumps(answer.json(), ensure_ascii=False) and answer.json()["remedy"]
    assert "Traceback" not in answer.text and "/tmp" not in answer.text


def test_no_request_names_a_weather_file(client: Client, roof: pd.Series) -> None:
    for name in ("/etc/passwd", "../../pyproject.toml", "weather.parquet"):
        answer = client.get(f"/api/surfaces/{roof['surface_id']}/monthly", params={"weather": name})
        assert answer.status_code == 422 and "duesseldorf-2024" in answer.json()["remedy"]


def test_files_are_fetched_whole_in_parts_and_packed(client: Client) -> None:
    plain = client.get("/data/tiles/a.glb", headers={"accept-encoding": "identity"})
    assert plain.content == GLB and plain.headers["content-type"] == "model/gltf-binary"
    assert plain.headers["vary"] == "Accept-Encoding" and "content-encoding" not in plain.headers
    part = client.get("/data/tiles/a.glb", headers={"range": "bytes=4-11"})
    assert part.status_code == 206 and part.content == GLB[4:12]
    assert part.headers["content-range"] == f"bytes 4-11/{len(GLB)}"
    assert client.get("/data/tiles/a.glb", headers={"range": f"bytes={len(GLB)}-"}).status_code == 416
    several = client.get("/data/tiles/a.glb", headers={"range": "bytes=0-1,3-4", "accept-encoding": "identity"})
    assert several.status_code == 200 and several.content == GLB
    with client.stream("GET", "/data/tiles/a.glb", headers={"accept-encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(packed.iter_raw())) == GLB
    etag = plain.headers["etag"]
    assert client.get("/data/tiles/a.glb", headers={"if-none-match": etag, "accept-encoding": ""}).status_code == 304
    assert packed.headers["etag"] != etag
    head = client.head("/data/tiles/a.glb", headers={"accept-encoding": "identity"})
    assert head.content == b"" and int(head.headers["content-length"]) == len(GLB)
    viewer = client.get("/data/viewer.json").json()
    assert viewer["server"] is True and viewer["api"] == "api/"


def test_every_answer_is_sealed(client: Client) -> None:
    for path in ("/api/info", "/data/viewer.json", "/nowhere", "/api/sun"):
        headers = client.get(path).headers
        assert (
            "default-src 'self'" in headers["content-security-policy"] and "*" not in headers["content-security-policy"]
        )
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


def test_other_names_in_host_are_refused(client: Client) -> None:
    for name in ("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "localhost@evil.example"):
        assert client.get("/api/info", headers={"host": name}).status_code == 421
    for name in ("localhost:8080", "[::1]:8080", "127.0.0.1"):
        assert client.get("/api/info", headers={"host": name}).status_code == 200


def test_pages_of_other_origins_do_not_write(client: Client) -> None:
    foreign = {"origin": "https://evil.example"}
    assert client.delete("/api/jobs/abc", headers=foreign).status_code == 403
    assert client.post("/api/plans", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.delete("/api/jobs/abc", headers={"origin": HERE}).status_code == 404
    assert client.get("/api/info", headers=foreign).status_code == 200


def test_openapi_stands_alone(client: Client) -> None:
    """No page of documentation, as those load scripts from elsewhere."""
    schema = client.get("/api/openapi.json").json()
    assert len(schema["paths"]) == 11 and "PlanAsked" in schema["components"]["schemas"]
    for path in ("/docs", "/redoc", "/api/docs"):
        assert client.get(path).status_code == 404


def open_to(outcome: Outcome, settings: Settings) -> Iterator[Client]:
    source = open_source(outcome.store.root)
    with application(source, settings, CityFiles(), write_stub) as app, Client(app, base_url="http://karte") as found:
        yield found


TOKEN = "0123456789abcdef-a-token"


def test_beyond_loopback_only_the_token_writes(outcome: Outcome) -> None:
    settings = Settings(host="0.0.0.0", token=TOKEN, cors=("https://karte.example",))
    for there in open_to(outcome, settings):
        assert there.get("/api/info").status_code == 200
        refused = there.delete("/api/jobs/abc")
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
        for wrong in (TOKEN + "x", "", "Bearer", TOKEN[:-1]):
            assert there.delete("/api/jobs/abc", headers={"authorization": f"Bearer {wrong}"}).status_code == 401
        good = {"authorization": f"Bearer {TOKEN}"}
        assert there.delete("/api/jobs/abc", headers=good).status_code == 404
        page = {"origin": "https://karte.example"}
        answer = there.get("/api/info", headers=page)
        assert answer.headers["access-control-allow-origin"] == "https://karte.example"
        asked = {**page, "access-control-request-method": "POST"}
        assert there.options("/api/plans", headers=asked).status_code == 204
        assert there.delete("/api/jobs/abc", headers={**good, **page}).status_code == 404
        assert there.delete("/api/jobs/abc", headers={**good, "origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(host="0.0.0.0"), "token"),
        (Settings(host="192.168.1.5"), "token"),
        (Settings(names=("karte.example",)), "token"),
        (Settings(token="short"), "shorter"),
        (Settings(cors=("*",)), "no origin"),
        (Settings(cors=("https://karte.example/",)), "no origin"),
        (Settings(names=("https://karte.example",), token=TOKEN), "no host name"),
    ],
)
def test_unsafe_settings_do_not_start(settings: Settings, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check_settings(settings)


def test_more_than_the_server_allows_is_refused(outcome: Outcome) -> None:
    source = open_source(outcome.store.root)
    limits = Limits(receivers=10, json_bytes=100)
    with application(source, Settings(), CityFiles(), write_stub, limits) as app, Client(app, base_url=HERE) as small:
        refused = small.get("/api/shadow/surfaces", params={"time": NOON})
        assert refused.status_code == 413 and "bbox" in refused.json()["remedy"]
        assert small.get("/api/info").json()["land_bounds"] is None
        assert small.get("/api/shadow/land.png", params={"time": NOON}).status_code == 404
        assert small.post("/api/plans", content=b"x" * 101).status_code == 413
        desk: Desk = app.state.desk
        desk.gate.waiting = limits.waiting
        assert small.get("/api/sun", params={"time": NOON}).status_code == 503


def test_a_city_of_another_job_is_refused(outcome: Outcome, tmp_path: Path) -> None:
    other = tmp_path / "other.city.json"
    other.write_text("{}", encoding="utf-8")
    source = open_source(outcome.store.root)
    for path, words in ((other, "not read by the job"), (tmp_path / "none.gml", "no such file")):
        with pytest.raises(TwinError, match=words), application(source, Settings(), CityFiles([path]), write_stub):
            pass
