"""The API against its own description: whatever schemathesis makes of OpenAPI is answered as described."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import schemathesis
import schemathesis.specs.openapi.schemas  # here: later, beside a server's threads, CPython 3.11's ast.parse may fail
from fastapi.testclient import TestClient
from oracles.serving import write_stub
from schemathesis import GenerationMode

from twin.export.source import open_source
from twin.job import Outcome
from twin.serve.jobs import Jobs
from twin.serve.limits import Limits
from twin.serve.run import CityFiles, application
from twin.serve.settings import Settings

HOST = {"host": "127.0.0.1"}
OPERATIONS = [
    "GET /api/info",
    "GET /api/surfaces/{surface_id}/monthly",
    "GET /api/surfaces/{surface_id}/hourly",
    "GET /api/surfaces/{surface_id}",
    "GET /api/buildings/{building_id}",
    "GET /api/sun",
    "GET /api/shadow/surfaces",
    "GET /api/shadow/land.png",
    "POST /api/plans",
    "GET /api/jobs/{job_id}",
    "DELETE /api/jobs/{job_id}",
    "GET /api/jobs/{job_id}/land.png",
]


@pytest.fixture(scope="module")
def described(outcome: Outcome, town: Path) -> Iterator[schemathesis.BaseSchema]:
    """The worker is not begun: plans are taken and wait."""
    source = open_source(outcome.store.root)
    limits = Limits(queued=100_000, results=100_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Jobs, "start", lambda self: None)
        with application(source, Settings(), CityFiles([town]), write_stub, limits) as app, TestClient(app):
            yield schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=HOST)


def test_every_route_is_asked(described: schemathesis.BaseSchema) -> None:
    assert sorted(found.ok().label for found in described.get_all_operations()) == sorted(OPERATIONS)


ALLOWED, NOT_ALLOWED = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
ASKED = [(label, ALLOWED) for label in OPERATIONS] + [(label, NOT_ALLOWED) for label in OPERATIONS[1:]]


@pytest.mark.parametrize(("label", "mode"), ASKED)
def test_answers_are_as_described(described: schemathesis.BaseSchema, label: str, mode: GenerationMode) -> None:
    """Not asked: whether all that the schema allows is accepted, as places, days and ids mean more than it can say."""
    operation = next(found.ok() for found in described.get_all_operations() if found.ok().label == label)
    checks = schemathesis.checks

    @hypothesis.settings(
        max_examples=10,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=HOST, excluded_checks=[checks.positive_data_acceptance])

    ask()


@pytest.mark.parametrize("label", [label for label in OPERATIONS if "_id}" in label and "job" not in label])
def test_answers_about_what_is_there_are_as_described(
    described: schemathesis.BaseSchema, outcome: Outcome, label: str
) -> None:
    row = outcome.surfaces.dropna(subset=["irradiation_kwh_m2"]).iloc[0]
    operation = next(found.ok() for found in described.get_all_operations() if found.ok().label == label)
    name = "building_id" if "buildings" in label else "surface_id"
    case = operation.Case(path_parameters={name: row[name]})
    assert case.call_and_validate(headers=HOST).status_code == 200
