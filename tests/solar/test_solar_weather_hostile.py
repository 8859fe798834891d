"""Hostile weather: one clear error each, within the limits, never a traceback of another kind."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from oracles import weather_files as files

from solar import weather_text
from solar.weather import WeatherError, read_weather, recognises

PLAIN = files.plain(files.clear_year(days=2))
EPW = files.epw(files.clear_year(days=2, offset_h=files.MEZ_H))


def bomb(megabytes: int) -> bytes:
    return gzip.compress(("\n".join(PLAIN) + "\n").encode() + b"\n" * (megabytes << 20))


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            # without the time of day: a test's name must be the same in every process that collects it
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "no known"),
        (b"\n\n  \n", "no known"),
        (b"hello\nworld\n", r"TRY 2015.*EPW.*PVGIS.*plain CSV"),
        (b"<!DOCTYPE html><html>not found</html>", "no known"),
        (b"\x1f\x8b\x08broken", "unpacked"),
        (gzip.compress(("\n".join(EPW)).encode(), mtime=0)[:-500], "unpacked"),
        (gzip.compress(("\n".join(EPW)).encode(), mtime=0)[:-8] + b"12345678", "unpacked"),
        (b"PK\x03\x04" + b"\0" * 40, "damaged zip"),
        (zipped({"a.xml": b"<a/>", "b/c.xml": b""}), "no weather file"),
        (zipped({"a.epw": b"1", "b.epw": b"2"}), "holds 2 files"),
        (zipped({"a.csv": b"time,ghi\n" + b"1" * (1 << 20)}), "1,048,576 characters"),
        (zipped({"a.csv": b"time,ghi\n" * 400})[:-30], "damaged zip"),
        (b"LOCATION,a\n\0\0\0", "line 2: holds binary data"),
        (bytes(range(256)) * 40, "binary"),
        (b"\xff\xfe\x00\xd8a\x00", "UTF-16"),
        (b"time,ghi\n" + b"1" * (1 << 20), "1,048,576 characters"),
        (b"\n" * (weather_text.MAX_LINES + 10), "lines"),
        (b"\r" * (weather_text.MAX_LINES + 10), "lines"),
        (("\n".join(EPW[:8])).encode(), "no data rows"),
        (("\n".join(EPW[:9])).encode(), "single row"),
        (("\n".join(EPW)).encode()[:-60], "expected a number"),
        (b"LOCATION,a,b,c,d,e,x,y,z,1\n", "LOCATION has no latitude"),
        (b"LOCATION,a,b,c,d,e,nan,inf,1,1\n", "LOCATION has no latitude"),
        (b"location,longitude,latitude\nx\n", "line 3 does not name"),
        (b"STATIONS_ID;MESS_DATUM;GS_10\n", "no data rows"),
        (b"# Observation period;TOA;GHI;BNI;DHI\nx;1;2;3;4\n", "at which place"),
        (b"{" * 200_000, "no known"),
        (b'{"inputs": {"location": {"latitude": NaN, "irradiance_time_offset": 1e999}}}', "without the parts"),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_hostile_content(tmp_path: Path, content: bytes, match: str) -> None:
    path = tmp_path / "weather.txt"
    path.write_bytes(content)
    recognises(path)  # never raises
    with pytest.raises(WeatherError, match=match):
        read_weather(path)


def test_a_folder_and_nothing(tmp_path: Path) -> None:
    with pytest.raises(WeatherError, match="folder"):
        read_weather(tmp_path)
    assert recognises(tmp_path) is None
    with pytest.raises(OSError):
        read_weather(tmp_path / "none.epw")


@pytest.mark.parametrize("value", ["1e300", "-1e300", "inf", "-inf", "1_000_0", "٣٤", "0x10", "1,5", "--", "nan nan"])
@pytest.mark.parametrize("field", [0, 1, 2, 3, 6, 13, 14, 15, 21])
def test_hostile_numbers_of_an_epw(tmp_path: Path, value: str, field: int) -> None:
    lines = EPW.copy()
    fields = lines[20].split(",")
    fields[field] = value
    lines[20] = ",".join(fields)
    path = tmp_path / "a.epw"
    path.write_text("\n".join(lines), encoding="utf-8")
    try:
        weather = read_weather(path)
    except WeatherError as error:
        assert error.line in (21, 22, 2 + 20, None) and error.remedy
    else:  # a marker of a missing value, or a number after all
        assert np.isfinite(weather.ghi).all() and weather.ghi.max() < 2000


def test_a_gzip_bomb_costs_the_limit_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weather_text, "MAX_BYTES", 4 << 20)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(bomb(64))
    tracemalloc.start()
    try:
        with pytest.raises(WeatherError, match=r"larger than 4 MB"):
            read_weather(path)
        assert recognises(path) == "plain CSV"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_mutated_files_end_in_weather_or_in_an_error(tmp_path: Path) -> None:
    """Bytes changed, cut, doubled at random (seeded) in every format: a record, or one WeatherError with a remedy."""
    rng = np.random.default_rng(11)
    texts = []
    for form in files.FORMATS:
        year = files.clear_year(form.step_s, 2, form.offset_h, true_solar=form.true_solar)
        texts.append("\n".join(form.write(year)).encode())
    path = tmp_path / "mutant"
    refused = 0
    for i in range(320):
        content = bytearray(texts[i % len(texts)])
        for _ in range(int(rng.integers(1, 6))):
            at = int(rng.integers(len(content)))
            kind = rng.integers(4)
            if kind == 0:
                content[at] = int(rng.integers(256))
            elif kind == 1:
                content[at : at + int(rng.integers(1, 200))] = b""
            elif kind == 2:
                content[at:at] = content[at : at + int(rng.integers(1, 300))]
            else:
                content[at:at] = rng.choice([b"-", b"999999", b"nan", b";", b",", b"\n", b"1e400", b"{", b"\xff"])
        path.write_bytes(bytes(content))
        try:
            weather = read_weather(path, 49.5, 8.5)
        except WeatherError as error:
            refused += 1
            assert str(error).startswith(str(path)) and error.remedy
        else:
            assert np.isfinite(weather.ghi).all() and np.isfinite(weather.dni).all() and (weather.dhi >= 0).all()
    assert 40 < refused < 320
