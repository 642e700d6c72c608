"""The whole interface against its own description, with any data that fits or not."""

import json
from typing import Any

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django.fixtures import Settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    not_a_server_error,
)
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hanportal.wsgi import application
from tests.api.machine import Machine

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture
def schema(committed_machine: Machine, settings: Settings) -> Any:
    """The description as it is served, asked by a machine with every right."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    settings.API_TOKEN_TRIES = settings.API_TOKEN_TRIES_PER_ADDRESS = 1_000_000
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


OPERATIONS = 9
TOKEN = "/api/v1/token"


def test_the_description_names_every_operation(schema: Any) -> None:
    assert len(list(schema.get_all_operations())) == OPERATIONS


def test_the_description_is_served_to_anybody_and_needs_nothing_from_elsewhere(
    db: None,
) -> None:
    answer = Client().get("/api/v1/openapi.json")

    assert answer["Content-Type"].startswith("application/json")
    described = json.loads(answer.content)
    assert described["openapi"].startswith("3.")
    assert "://" not in json.dumps(described)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_nothing_is_found(
    schema: Any, committed_machine: Machine, mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {committed_machine.token}"}
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == TOKEN and mode is GenerationMode.NEGATIVE:
            continue  # Any form is one, if not a right one: see test_access.

        @settings(
            derandomize=True,
            database=None,
            deadline=None,
            max_examples=12,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def fits(case: Any) -> None:
            nonlocal tried
            case.call_and_validate(headers=headers, checks=CHECKS)
            tried += 1

        fits()
    assert tried > OPERATIONS * 10
