"""The queue and its worker: what ends a worker, what that means for the next, and that nobody waits for ever."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from io_citygml.crs import Crs
from solar.errors import WeatherError
from solar.weather import Weather
from twin.errors import ConfigError
from twin.serve import jobs as jobs_module
from twin.serve.job import BROKEN, DONE, FAILED, QUEUED, READY, RUNNING, Job
from twin.serve.jobs import Jobs
from twin.serve.limits import Limits
from twin.serve.messages import Begun, Done, Ready, failed
from twin.serve.plan_request import PlanRequest
from twin.serve.problem import Refused
from twin.serve.solar_worker import SolarAsked
from twin.serve.worker import CityAsked

MOST = 3


class Thread:
    """Stands in for a worker process; what it does with an order is in the order's name."""

    pid = None

    def __init__(self, pipe: Connection) -> None:
        # the server closes its end of the worker's pipe, which another process has a copy of
        self.pipe = Connection(os.dup(pipe.fileno()))
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def run(self) -> None:
        try:
            self.pipe.send(Ready(0.0))
            while self.answer(self.pipe.recv().shown_as):
                pass
        except (EOFError, OSError):
            pass
        self.pipe.close()

    def answer(self, order: str) -> bool:
        if order == "dies":
            return False
        if order == "new day":
            time.sleep(0.4)
        self.pipe.send(Begun())
        if order == "never ends":
            self.pipe.recv()
        self.pipe.send(Done({"order": order}, None))
        return True

    def terminate(self) -> None: ...

    def join(self, timeout: float) -> None: ...

    def is_alive(self) -> bool:
        return False


class Context:
    Pipe = staticmethod(multiprocessing.Pipe)

    def Process(self, args: tuple[Connection, object], **_: Any) -> Thread:
        return Thread(args[0])


def asked() -> CityAsked:
    weather = Weather.__new__(Weather)
    return CityAsked({}, frozenset(), weather, (), {}, Crs("EPSG:25832", "EPSG:25832", None))


@contextmanager
def queue(folder: Path, monkeypatch: pytest.MonkeyPatch, **limits: Any) -> Iterator[Jobs]:
    monkeypatch.setattr(jobs_module, "TICK_S", 0.01)
    monkeypatch.setattr(jobs_module, "MOST_DEATHS", MOST)
    monkeypatch.setattr(jobs_module.multiprocessing, "get_context", lambda how: Context())
    jobs = Jobs(asked(), folder / "plans", Limits(**{"plan_s": 0.2, "keep_s": 5.0, **limits}))
    jobs.start()
    try:
        yield jobs
    finally:
        jobs.stop()


def send(jobs: Jobs, order: str) -> Job:
    folder = jobs.new_folder()
    return jobs.submit(PlanRequest(None, (), "2026-03-21", order), folder)


def wait(job: Job) -> Job:
    until = time.monotonic() + 10
    while job.state in (QUEUED, RUNNING) and time.monotonic() < until:
        time.sleep(0.005)
    return job


def test_plans_that_take_too_long_break_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with queue(tmp_path, monkeypatch, plan_s=0.02) as jobs:
        for _ in range(2 * MOST):
            job = wait(send(jobs, "never ends"))
            assert job.state == FAILED and job.error is not None and job.error.detail == "not done within 0.02 s"
        assert wait(send(jobs, "plan")).state == DONE and jobs.state == READY


def test_a_worker_that_ends_by_itself_each_time_is_not_started_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with queue(tmp_path, monkeypatch) as jobs:
        for order in [*["dies"] * (MOST - 1), "plan"] * 3:
            job = wait(send(jobs, order))
            assert job.state == (DONE if order == "plan" else FAILED)
        for _ in range(MOST):
            assert wait(send(jobs, "dies")).error is not None
        until = time.monotonic() + 5
        while jobs.state != BROKEN and time.monotonic() < until:
            time.sleep(0.01)
        assert jobs.state == BROKEN and "too often" in jobs.reason
        with pytest.raises(Refused, match="no plans can be dropped in here"):
            send(jobs, "plan")


def test_the_sun_of_a_new_day_is_not_the_plan_s_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with queue(tmp_path, monkeypatch) as jobs:
        assert wait(send(jobs, "new day")).state == DONE  # 0.4 s, of which a plan has 0.2
        assert wait(send(jobs, "never ends")).state == FAILED
    with queue(tmp_path, monkeypatch, keep_s=0.1) as jobs:
        job = wait(send(jobs, "new day"))
        assert job.error is not None and job.error.detail == "not done within 0.1 s"


def test_a_queue_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Jobs, job: Job) -> None:
        raise RuntimeError(f"nothing of {tmp_path} may be told")

    monkeypatch.setattr(Jobs, "_carry_out", fails)
    with queue(tmp_path, monkeypatch) as jobs:
        job = wait(send(jobs, "plan"))
        assert job.state == FAILED and job.error is not None and str(tmp_path) not in job.error.detail
        assert jobs.state == BROKEN and jobs.reason == job.error.detail != ""
        with pytest.raises(Refused):
            jobs.new_folder()


def test_how_many_are_before_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with queue(tmp_path, monkeypatch, plan_s=5.0) as jobs:
        sent = [send(jobs, "never ends"), *(send(jobs, "plan") for _ in range(3))]
        assert [jobs.get(job.id)[1] for job in sent[1:]] == [1, 2, 3]


def test_solar_jobs_are_not_called_plans(tmp_path: Path) -> None:
    jobs = Jobs(SolarAsked({}), tmp_path, Limits())
    jobs.state, jobs.reason = BROKEN, "it rains"
    with pytest.raises(Refused, match="no solar jobs are run here: it rains"):
        jobs.new_folder()


class Foreign(Exception):
    message = "/home/somebody/secret"
    problem = remedy = message


def test_only_our_own_errors_are_told() -> None:
    for error in (Foreign(), ValueError("/home/somebody/secret")):
        said = failed(error, {})
        assert "secret" not in said.detail + said.remedy and said.detail == "it cannot be computed"
    ours = failed(ConfigError("/a/b: no such thing", "give --plan-crs"), {"/a/b": "plan"})
    assert (ours.detail, ours.remedy) == ("plan: no such thing", "give crs")
    assert failed(WeatherError("no such year", "x.epw", remedy="take another"), {}).detail == "no such year"
