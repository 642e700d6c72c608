"""The bearer token of a request, and the body that it brings."""

import json
from typing import Any, NoReturn

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.parser import Parser
from ninja.security import HttpBearer

from hanportal.accounts.guards import (
    Machine,
    NotInScope,
    NoToken,
    TooManyRequests,
    machine_with,
)
from hanportal.accounts.models import Scope
from hanportal.api.problems import WrongContent

CODE = "_api_client_code"


class Bearer(HttpBearer):
    """Lets clients in whose token has a scope."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Machine:
        """The client.

        :raises NoToken: there is no valid one.
        """
        machine = super().__call__(request)
        if machine is None:
            raise NoToken("There is no bearer token.")
        return machine  # type: ignore[no-any-return] # what `authenticate` gave

    def authenticate(self, request: HttpRequest, token: str) -> Machine:
        """The client that the token belongs to; every line of the log names it.

        :raises NoToken: no such token.
        :raises NotInScope: given for something else.
        :raises TooManyRequests: too many in this minute.
        """
        try:
            machine = machine_with(token, scope=self.scope, now=timezone.now())
        except (NotInScope, TooManyRequests) as refused:
            _name_client(request, refused.machine)
            raise
        _name_client(request, machine)
        return machine


def client_code(request: HttpRequest) -> str:
    """The client of a request; empty where there was none."""
    return str(getattr(request, CODE, ""))


class JsonParser(Parser):
    """Reads JSON, and nothing that only looks like it."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body.

        :raises WrongContent: another type, or no JSON in UTF-8.
        """
        if request.content_type != "application/json":
            raise WrongContent(
                415, "not_json", _("Send JSON, med Content-Type: application/json.")
            )
        try:
            return json.loads(request.body.decode(), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise WrongContent(
                400, "unreadable", _("Forespørselen kan ikke leses som JSON.")
            ) from None


def is_too_large(request: HttpRequest) -> bool:
    """Whether a body is announced that is larger than is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdigit() or int(length) > settings.API_BODY_BYTES


def _name_client(request: HttpRequest, machine: Machine) -> None:
    setattr(request, CODE, machine.code)
    structlog.contextvars.bind_contextvars(client=machine.code)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
