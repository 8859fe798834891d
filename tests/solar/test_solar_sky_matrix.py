"""A user's sky matrix in all its forms reads the same, and a file with a fault says where and what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles.gendaymtx import FOLDER, references

from solar.errors import WeatherError
from solar.sky_matrix import read_sky_matrix

PATCHES, HOURS = 145, 6
SKY_COLOUR = (0.96, 1.004, 1.118)
COMMAND = "gendaymtx -m 1 -O1 -s weather.wea"


@pytest.fixture
def sky() -> np.ndarray:
    """Radiance (H, K), three digits as gendaymtx writes them, one night."""
    values = np.random.default_rng(8).uniform(1.0, 99.0, (HOURS, PATCHES)).round(1)
    values[0] = 0.0
    return values


def mtx(
    path: Path,
    sky: np.ndarray,
    form: str = "ascii",
    colour: tuple[float, ...] = (1.0, 1.0, 1.0),
    command: str = COMMAND,
    endian: str = "<",
) -> Path:
    """A file as gendaymtx writes it, with a ground of 7 W/m²/sr."""
    cells = np.vstack([np.full(len(sky), 7.0), sky.T])[:, :, None] * np.array(colour)
    head = f"#?RADIANCE\n{command}\nLATLONG= 50.00000000 8.00000000\nNROWS={len(cells)}\nNCOLS={len(sky)}\n"
    head += f"NCOMP={len(colour)}\n" + (f"BigEndian={int(endian == '>')}\n" if form != "ascii" else "")
    head += f"FORMAT={form}\n\n"
    if form == "ascii":
        blocks = ["\n".join(" ".join(f"{x:.17g}" for x in cell) for cell in row) for row in cells]
        body = "\n\n".join(blocks).encode() + b"\n\n"
    else:
        body = cells.astype(endian + {"float": "f4", "double": "f8"}[form]).tobytes()
    path.write_bytes(head.encode() + body)
    return path


def read(path: Path) -> np.ndarray:
    return read_sky_matrix(path, PATCHES, HOURS)


@pytest.mark.parametrize("turned", [False, True])
def test_numpy_and_csv_in_either_shape(tmp_path: Path, sky: np.ndarray, turned: bool) -> None:
    values = sky.T if turned else sky
    np.save(tmp_path / "sky.npy", values)
    np.savetxt(tmp_path / "sky.csv", values, delimiter=",", header="W/m²/sr", encoding="utf-8")
    german = "\n".join(";".join(str(x).replace(".", ",") for x in row) for row in values)
    (tmp_path / "german.csv").write_text("\ufeff" + german, encoding="utf-8")
    for name in ("sky.npy", "sky.csv", "german.csv"):
        got = read(tmp_path / name)
        assert np.array_equal(got, sky) and got.flags.c_contiguous and got.dtype == np.float64


@pytest.mark.parametrize(("form", "endian"), [("ascii", "<"), ("float", "<"), ("float", ">"), ("double", "<")])
@pytest.mark.parametrize("colour", [(1.0, 1.0, 1.0), SKY_COLOUR, (1.0,)])
def test_gendaymtx_in_every_format(
    tmp_path: Path, sky: np.ndarray, form: str, endian: str, colour: tuple[float, ...]
) -> None:
    got = read(mtx(tmp_path / "sky.mtx", sky, form, colour, endian=endian))
    assert got.shape == (HOURS, PATCHES)
    assert np.allclose(got, sky, rtol=3e-4 if colour == SKY_COLOUR else 1e-6)


def test_gendaymtxs_own_file_with_its_own_sky_colour() -> None:
    # its first three skies are those of the table, which was made with -c 1 1 1; three digits are all it has
    got = read_sky_matrix(FOLDER / "gendaymtx.mtx", PATCHES, 3)
    assert np.allclose(got, references(PATCHES).radiance[:3], rtol=5e-3)
    assert abs(np.mean(got / references(PATCHES).radiance[:3]) - 1.0) < 4e-4


def fault(path: Path, n_patches: int = PATCHES, n_hours: int = HOURS) -> WeatherError:
    with pytest.raises(WeatherError) as raised:
        read_sky_matrix(path, n_patches, n_hours)
    assert raised.value.file == str(path)
    return raised.value


def test_a_size_that_is_not_the_jobs_says_what_to_do(tmp_path: Path, sky: np.ndarray) -> None:
    path = tmp_path / "sky.npy"
    for values, remedy in (
        (sky[:, :10], "every patch"),
        (np.hstack([sky[:, :1], sky]), "ground"),
        (np.zeros((HOURS, 577)), "577 patches"),
        (np.zeros((HOURS, PATCHES, 3)), "every patch"),
    ):
        np.save(path, values)
        assert remedy in fault(path).remedy
    np.save(path, np.zeros((PATCHES, PATCHES)))
    assert "told apart" in str(fault(path, n_hours=PATCHES))


def test_numpy_files_that_are_none(tmp_path: Path, sky: np.ndarray) -> None:
    path = tmp_path / "sky.npy"
    np.save(path, np.array([["a", "b"]]))
    assert "not numbers" in str(fault(path))
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    assert "numpy.save" in fault(path).remedy
    np.save(path, sky)
    path.write_bytes(path.read_bytes()[:-8])
    assert "numpy.save" in fault(path).remedy


@pytest.mark.parametrize(
    ("value", "words"), [("nan", "NaN"), ("inf", "infinite"), ("-1", "negative"), ("dark", "'dark'"), ("", "''")]
)
def test_csv_names_the_line(tmp_path: Path, sky: np.ndarray, value: str, words: str) -> None:
    lines = [",".join(map(str, row)) for row in sky]
    lines[3] = ",".join([*map(str, sky[3][:50]), value, *map(str, sky[3][51:])])
    path = tmp_path / "sky.csv"
    path.write_text("# my sky\n\n" + "\n".join(lines), encoding="utf-8")
    error = fault(path)
    assert error.line == 6 and words in error.message


def test_csv_with_a_short_line_and_files_that_are_no_table(tmp_path: Path, sky: np.ndarray) -> None:
    path = tmp_path / "sky.csv"
    lines = [",".join(map(str, row)) for row in sky]
    lines[4] = "1,2,3"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert fault(path).line == 5
    path.write_text("# nothing\n", encoding="utf-8")
    assert "no numbers" in str(fault(path))
    path.write_bytes(b"\xff\xfe\x00\x01 no text")
    assert "neither" in str(fault(path))


@pytest.mark.parametrize(
    "command",
    [
        "gendaymtx.exe -m 1 -O1 -s weather.wea",
        r"C:\Radiance\bin\gendaymtx.EXE -m 1 -O1 -s weather.wea",
        r'"C:\Program Files\Radiance\gendaymtx.exe" -O0 -O1 -s "my weather.wea"',
        "/usr/local/bin/gendaymtx -s -O1 -r -0.6 weather.wea",
    ],
)
def test_gendaymtx_by_any_path_and_line_end(tmp_path: Path, sky: np.ndarray, command: str) -> None:
    path = mtx(tmp_path / "sky.mtx", sky, command=command)
    assert np.allclose(read(path), sky)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert np.allclose(read(path), sky)
    head, _, body = mtx(path, sky, "float", command=command).read_bytes().partition(b"\n\n")
    path.write_bytes(head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body)
    assert np.allclose(read(path), sky)
    assert "-s" in fault(mtx(path, sky, command=command.replace(" -s", ""))).remedy
    assert "-O1" in fault(mtx(path, sky, command=command + " -O0")).remedy


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("rmtxop -s 2 sky.mtx\ngendaymtx -m 1 -O1 -s a.wea", "rmtxop -s 2"),
        ("gendaymtx -m 1 -O1 -s a.wea\nApplied scalar", "Applied scalar"),
        ("gensdaymtx -m 1 a.wea", "gensdaymtx"),
        ("dctimestep gendaymtx -O1 -s", "dctimestep"),
        ("SOFTWARE= RADIANCE 5.4", "which program"),
    ],
)
def test_what_another_program_wrote_is_refused(tmp_path: Path, sky: np.ndarray, command: str, named: str) -> None:
    error = fault(mtx(tmp_path / "sky.mtx", sky, command=command))
    assert named in error.message and ".npy" in error.remedy


def test_a_negative_colour_is_seen_before_brightness_hides_it(tmp_path: Path, sky: np.ndarray) -> None:
    for form in ("ascii", "float"):
        assert "negative" in str(fault(mtx(tmp_path / "sky.mtx", sky, form, colour=(1.2, 1.0, -0.1))))


def test_values_in_binary_files_are_looked_at_too(tmp_path: Path, sky: np.ndarray) -> None:
    sky[2, 7] = np.nan
    np.save(tmp_path / "sky.npy", sky)
    assert "NaN" in str(fault(tmp_path / "sky.npy"))
    sky[2, 7] = -3.0
    for form in ("ascii", "float"):
        assert "negative" in str(fault(mtx(tmp_path / "sky.mtx", sky, form)))


def test_gendaymtx_files_that_cannot_be_used(tmp_path: Path, sky: np.ndarray) -> None:
    path = tmp_path / "sky.mtx"
    for command in ("gendaymtx -m 1 -O1 weather.wea", "gendaymtx -m 1 -s weather.wea"):
        assert "-s" in fault(mtx(path, sky, command=command)).remedy
    assert "gendaymtx -m 1" in fault(mtx(path, sky[:3])).remedy
    assert "gendaymtx -m 2" in fault(mtx(path, sky), n_patches=577).remedy
    for form in ("ascii", "float"):
        whole = mtx(path, sky, form).read_bytes()
        path.write_bytes(whole[:-40])
        assert "ends early" in str(fault(path)) or fault(path).line
        path.write_bytes(whole + whole[-40:])
        assert "goes on" in str(fault(path)) or fault(path).line
    path.write_bytes(mtx(path, sky).read_bytes().replace(b"NCOLS", b"COLS"))
    assert "-h" in fault(path).remedy
    path.write_bytes(mtx(path, sky).read_bytes().replace(b"=ascii", b"=32-bit_rle_rgbe"))
    assert "format" in str(fault(path))
    path.write_bytes(mtx(path, sky).read_bytes().replace(b"NCOMP=3", b"NCOMP=4"))
    assert "4 numbers" in str(fault(path))
