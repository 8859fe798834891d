"""Which device traces a job: checked first, told the kernel, and said in manifest and report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import raytrace
from raytrace import cuda
from twin.config import check_job
from twin.errors import ConfigError, TwinError
from twin.job import Outcome, receivers_of, run_solar
from twin.operators import look, stand


def job_on(device: str, city: Path, out: Path) -> Any:
    options = {"cities": [city], "out": out, "sky": 145, "spacing_m": 4.0, "ground_spacing_m": 8.0, "device": device}
    return check_job(options)


def test_unknown_device_is_a_wrong_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="device"):
        job_on("gpu", tmp_path, tmp_path / "out")


def test_missing_gpu_is_said_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "available", lambda: "no GPU in this test")
    with pytest.raises(TwinError, match="no GPU in this test"):
        run_solar(job_on("cuda", tmp_path / "no such file.gml", tmp_path / "out"), lambda stage, done, of: None)
    assert not (tmp_path / "out").exists()


def test_the_report_says_which_device_traced(outcome: Outcome) -> None:
    """The fixture's job asks for auto."""
    settled = outcome.prepared.job.device
    assert settled == ("cpu" if cuda.SIMULATED or cuda.available() else "cuda")
    assert outcome.report["traced_on"] == outcome.store.manifest["traced_on"] == cuda.device_name(settled)
    assert "traced_on" not in outcome.store.manifest["identity"]


def test_the_device_reaches_the_kernel(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the GPU sees all exposed receivers and all directions; its bits are what is kept."""
    prepared = outcome.prepared
    cell = next(iter(outcome.store.cells()))
    samples = outcome.store.read_cell(cell).receivers
    told: list[tuple[int, int]] = []

    def everything(bvh: raytrace.Bvh, point: np.ndarray, normal: np.ndarray, toward: np.ndarray, bits: Any) -> None:
        told.append((len(point), len(toward)))
        bits[:] = 1

    monkeypatch.setattr(cuda, "available", lambda: None)
    monkeypatch.setattr(cuda, "visible", everything)
    standing = stand(prepared.casters, cell, receivers_of(prepared, cell), prepared.job.halo_m, None)
    directions = prepared.directions
    data = look(standing, directions.direction, directions.n_sun, "cuda")
    exposed = int((~samples.covered).sum())
    assert told == [(exposed, directions.n_sun), (exposed, len(directions.direction) - directions.n_sun)]
    assert (data.operators.sun_bits[~samples.covered] == 1).all()
    assert not data.operators.sun_bits[samples.covered].any()
