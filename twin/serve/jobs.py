"""Work that was sent in: a bounded queue, one worker process, results kept for a while.

There is a queue for plans, whose worker keeps the city, and one for solar jobs, whose worker starts with the first.
"""

from __future__ import annotations

import datetime
import logging
import multiprocessing
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from twin.serve.job import (
    BROKEN,
    CANCELLED,
    DONE,
    FAILED,
    OFF,
    QUEUED,
    READY,
    RUNNING,
    WARMING,
    Job,
    Order,
)
from twin.serve.limits import Limits
from twin.serve.memory import memory_limit, resident_bytes, written_bytes
from twin.serve.messages import Begun, Done, Failed, Ready, Step, Stopped
from twin.serve.models import JobState, PlansState
from twin.serve.plan_request import PlanRequest
from twin.serve.problem import Refused
from twin.serve.solar_worker import SolarAsked, SolarRequest
from twin.serve.solar_worker import work as run_jobs
from twin.serve.worker import CityAsked
from twin.serve.worker import work as drop_plans

log = logging.getLogger(__name__)
# How often the dispatcher looks whether it shall end or a plan was given up.
TICK_S = 0.2
# A worker that died is started again at once, but not for ever: what ends each of them would end the next.
MOST_DEATHS = 20


class Jobs:
    """A queue and its one worker; every method may be called from any thread."""

    def __init__(self, asked: CityAsked | SolarAsked | None, folder: Path, limits: Limits, why_off: str = "") -> None:
        """``asked`` None: no such work here, for the reason ``why_off``. What is sent lies below ``folder``."""
        self.asked = asked
        self.folder = folder
        self.limits = limits
        self.state: PlansState = OFF if asked is None else WARMING
        self.reason = why_off
        self._memory = memory_limit(limits.worker_bytes)
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._changed = threading.Condition()
        self._ending = False
        self._deaths = 0  # workers in a row that ended unasked
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._thread = threading.Thread(target=self._dispatch, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to keep the city, or to wait for jobs; they may be sent in at once."""
        if self.asked is not None:
            self._thread.start()

    def stop(self) -> None:
        """End the worker; what is queued is given up."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)
        self._end_worker()

    def new_folder(self) -> Path:
        """A folder for what one order holds.

        Raises
        ------
        Refused
            503, where such work is off, broken, or too many wait.
        """
        self._check_room()
        folder = self.folder / secrets.token_urlsafe(12)
        folder.mkdir(parents=True)
        return folder

    def _check_room(self) -> None:
        if self.state in (OFF, BROKEN):
            what = (
                "no solar jobs are run here"
                if isinstance(self.asked, SolarAsked)
                else "no plans can be dropped in here"
            )
            raise Refused(503, f"{what}: {self.reason}", "ask who runs this server")
        if self.count(QUEUED) >= self.limits.queued:
            raise Refused(503, "too many are waiting", "send it again in a minute", {"retry-after": "60"})

    def submit(self, request: Order, folder: Path, process: str = "", outputs: tuple[str, ...] = ()) -> Job:
        """Queue an order whose file lies in a folder of `new_folder`."""
        self._check_room()
        job = Job(secrets.token_urlsafe(18), request, folder, process, outputs)
        with self._changed:
            self._jobs[job.id] = job
            self._forget()
            self._changed.notify_all()
        return job

    def get(self, job_id: str) -> tuple[Job, int]:
        """A job, and how many are before it; 404 where there is none of this id, or no more."""
        with self._changed:
            self._forget()
            job = self._jobs.get(job_id)
            if job is None:
                raise Refused(404, "no job of this id", "results are kept for an hour; send it again")
            waiting = [one for one in self._jobs.values() if one.state in (QUEUED, RUNNING)]
            return job, waiting.index(job) if job.state == QUEUED else 0

    def count(self, state: JobState) -> int:
        """How many jobs are in a state."""
        with self._changed:
            return sum(job.state == state for job in self._jobs.values())

    def listed(self) -> list[Job]:
        """Every job that is remembered, in the order in which they came."""
        with self._changed:
            self._forget()
            return list(self._jobs.values())

    def remove(self, job_id: str) -> Job:
        """Give a job up, or forget its result."""
        job = self.cancel(job_id)
        with self._changed:
            if self._jobs.pop(job_id, None) is not None and job.files:
                shutil.rmtree(job.folder, ignore_errors=True)
        return job

    def cancel(self, job_id: str) -> Job:
        """Give a job up; one that has ended stays as it is."""
        job, _ = self.get(job_id)
        with self._changed:
            if job.state in (QUEUED, RUNNING):
                if job.state == QUEUED:
                    shutil.rmtree(job.folder, ignore_errors=True)
                job.state, job.ended, job.finished = CANCELLED, time.monotonic(), _now()
                self._changed.notify_all()
        return job

    def _forget(self) -> None:
        """Drop results that are old or too many; called with the lock."""
        now = time.monotonic()
        ended = [job for job in self._jobs.values() if job.state not in (QUEUED, RUNNING)]
        for number, job in enumerate(ended):
            if now - job.ended > self.limits.result_s or len(ended) - number > self.limits.results:
                del self._jobs[job.id]
                if job.files:
                    shutil.rmtree(job.folder, ignore_errors=True)

    def _dispatch(self) -> None:
        """Body of the thread. Whatever happens, who sent something in hears of it."""
        try:
            self._work_off()
        except Exception:  # a dead thread would let everything wait for ever
            log.exception("the queue failed")
            self._break("the server's own queue failed")

    def _work_off(self) -> None:
        """Keep a worker ready, give it one job at a time."""
        while not self._ending:
            keeps = isinstance(self.asked, CityAsked)
            if keeps and self._pipe is None and not self._new_worker():
                return
            job = self._next()
            if job is None:
                continue
            if self._pipe is None and not self._new_worker():  # with the first job
                return
            self._carry_out(job)
            if not job.files and job.state != QUEUED:
                shutil.rmtree(job.folder, ignore_errors=True)

    def _next(self) -> Job | None:
        with self._changed:
            self._forget()
            job = next((one for one in self._jobs.values() if one.state == QUEUED), None)
            if job is None:
                self._changed.wait(TICK_S)
                return None
            job.state, job.started = RUNNING, _now()
            return job

    def _new_worker(self) -> bool:
        """Start the process and wait until it keeps the city; False: there will be none."""
        if self._deaths >= MOST_DEATHS:
            self._break("the process that computes ended too often")
            return False
        self.state = WARMING
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        body: Callable[..., None] = drop_plans if isinstance(self.asked, CityAsked) else run_jobs
        self._process = context.Process(target=body, args=(theirs, self.asked), name="heliotwin worker", daemon=True)
        self._process.start()
        theirs.close()
        message = self._hear(self.limits.keep_s, None)
        if isinstance(message, Ready):
            log.info("a worker is ready (%.1f s)", message.seconds)
            self.state = READY
            return True
        if not self._ending:
            self._break(message.detail if isinstance(message, Failed) else "the city could not be kept in memory")
        return False

    def _break(self, reason: str) -> None:
        log.warning("nothing can be computed here: %s", reason)
        with self._changed:
            self.state, self.reason = BROKEN, reason
            for job in self._jobs.values():
                if job.state in (QUEUED, RUNNING):
                    self._end(job, Failed(reason, "ask who runs this server"))
                    shutil.rmtree(job.folder, ignore_errors=True)
        self._end_worker()

    def _carry_out(self, job: Job) -> None:
        """One job, to its end or to that of its time."""
        assert self._pipe is not None
        try:
            self._pipe.send(job.request)
        except (OSError, ValueError):
            self._deaths += 1
            self._end_worker()
            with self._changed:
                job.state = QUEUED  # the next worker takes it
            return
        # A plan's time begins when the city is there under the sun of its day.
        message = self._hear(self.limits.keep_s if isinstance(job.request, PlanRequest) else self.limits.plan_s, job)
        if message is None:
            self._deaths += 1
            self._end_worker()
            message = Failed("the process that computes ended", "send something simpler")
        else:  # a worker that is ended for its order has died of nothing else
            self._deaths = 0
            if isinstance(message, Failed) and message.broken:
                self._end_worker()
        with self._changed:
            if job.state == RUNNING:
                self._end(job, message)

    def _end(self, job: Job, message: object) -> None:
        job.ended, job.finished = time.monotonic(), _now()
        if isinstance(message, Done):
            job.result, job.png, job.state = message.result, message.png, DONE
            job.files = {path.name: path for path in message.files}
        else:
            job.error = message if isinstance(message, Failed) else Failed("given up", "send it again")
            job.state = FAILED

    def _hear(self, within_s: float, job: Job | None) -> object | None:
        """The worker's next word that ends something, or why it is to be ended; None where it is dead, or all ends."""
        told, begun = False, time.monotonic()
        while not self._ending and self._pipe is not None:
            if time.monotonic() - begun >= within_s:
                return Failed(f"not done within {within_s:g} s", "send something simpler", broken=True)
            if excess := self._excess(job):
                return Failed(excess, "send something simpler", broken=True)
            if job is not None and job.state == CANCELLED and not told:
                told = self._tell_to_stop()
            try:
                if not self._pipe.poll(TICK_S):
                    continue
                message = self._pipe.recv()
            except (EOFError, OSError):
                return None
            if isinstance(message, Begun):
                within_s, begun = self.limits.plan_s, time.monotonic()
            elif not isinstance(message, Step):
                return message
            elif job is not None:
                job.progress = message
        return None

    def _excess(self, job: Job | None) -> str:
        """What the worker takes too much of; "" for nothing."""
        held = resident_bytes(self._process.pid) if self._process is not None else None
        if held is not None and held > self._memory:
            return f"more than {self._memory / 2**30:.2g} GB of memory"
        most = self.limits.solar_bytes
        if job is not None and isinstance(job.request, SolarRequest) and written_bytes(job.folder) > most:
            return f"more than {most / 2**30:.2g} GB of files"
        return ""

    def _tell_to_stop(self) -> bool:
        try:
            if self._pipe is not None:
                self._pipe.send(Stopped())
        except OSError:
            log.info("the worker ended before it was told to stop")
        return True

    def _end_worker(self) -> None:
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.terminate()
            process.join(timeout=2.0)
            if process.is_alive():
                process.kill()
                process.join(timeout=2.0)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
