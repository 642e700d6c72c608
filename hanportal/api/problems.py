"""What went wrong, as RFC 9457 says it: `application/problem+json`, never a value."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import takewhile
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from hanportal.accounts.guards import NotInScope, NoToken, TooManyRequests
from meters.register import RegisterBusy

CONTENT_TYPE = "application/problem+json"
BUSY_SECONDS = 30
REALM = 'Bearer realm="hanportal"'

log = structlog.get_logger(__name__)


class WrongContent(Exception):  # noqa: N818 -- errors are sentences
    """The body is not what this address takes."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail = status, reason, detail


def problem(
    status: int,
    reason: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    """A response that tells of a problem.

    :param reason: the same word in every language and version, for programs.
    """
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "reason": reason,
        "detail": detail,
        **more,
    }
    content = json.dumps(body, ensure_ascii=False)
    return HttpResponse(
        content, status=status, content_type=CONTENT_TYPE, headers=headers
    )


def too_large() -> WrongContent:
    """The body is larger than is read."""
    return WrongContent(413, "too_large", _("Forespørselen er for stor. Del den opp."))


def tell_problems(api: NinjaAPI) -> None:
    """Have every error of an API told as a problem."""
    for kind, handler in _HANDLERS.items():
        api.add_exception_handler(kind, handler)


def _no_token(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(
        401,
        "no_valid_token",
        _("Hent et token på /api/v1/token, og send det som Authorization: Bearer."),
        headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
    )


def _not_in_scope(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(
        403,
        "not_in_scope",
        _("Tokenet gjelder ikke dette. Det trengs: %(scope)s") % {"scope": error.scope},
        headers={
            "WWW-Authenticate": (
                f'{REALM}, error="insufficient_scope", scope="{error.scope}"'
            )
        },
    )


def _too_many(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(
        429,
        "too_many_requests",
        _("For mange forespørsler. Vent, og samle flere poster i hver."),
        headers={"Retry-After": str(error.wait_seconds)},
    )


def _busy(_request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(
        503, "register_busy", str(error), headers={"Retry-After": str(BUSY_SECONDS)}
    )


def _database(_request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api_database_away", exc_info=error)
    return problem(
        503,
        "unavailable",
        _("Databasen svarer ikke. Ingenting er endret; prøv igjen om litt."),
        headers={"Retry-After": str(BUSY_SECONDS)},
    )


def _wrong_content(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status, error.reason, error.detail)


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    # What a parser raises arrives as the cause of a general error.
    if isinstance(error.__cause__, WrongContent):
        return _wrong_content(request, error.__cause__)
    return problem(
        error.status_code, "unreadable", _("Forespørselen kan ikke leses som JSON.")
    )


def _invalid(_request: HttpRequest, error: Any) -> HttpResponse:
    """The shape as a whole; where, and which rule, but nothing that was sent."""
    errors = [
        {
            "pointer": _pointer(each["loc"]),
            "rule": str(each["type"]),
        }
        for each in error.errors
    ]
    return problem(
        422, "invalid", _("Forespørselen har ikke rett form."), errors=errors
    )


def _pointer(place: Sequence[str | int]) -> str:
    """Where in the body, as far as its names are ours: others may be anything."""
    ours = takewhile(lambda part: part == "items" or isinstance(part, int), place[2:])
    return "/" + "/".join(map(str, ours))


def _too_big(request: HttpRequest, _error: Exception) -> HttpResponse:
    return _wrong_content(request, too_large())


def _suspicious(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(400, "unreadable", _("Forespørselen kan ikke leses."))


def _not_found(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(404, "not_found", _("Finnes ikke i registeret."))


def _fault(_request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api_failed", exc_info=error)
    return problem(
        500, "fault", _("Noe gikk galt hos oss. Ingenting er endret; prøv igjen.")
    )


_HANDLERS: dict[type[Exception], Any] = {
    Exception: _fault,
    Http404: _not_found,
    HttpError: _http_error,
    AuthenticationError: _no_token,
    ValidationError: _invalid,
    WrongContent: _wrong_content,
    NoToken: _no_token,
    NotInScope: _not_in_scope,
    TooManyRequests: _too_many,
    RegisterBusy: _busy,
    OperationalError: _database,
    InterfaceError: _database,
    RequestDataTooBig: _too_big,
    SuspiciousOperation: _suspicious,
    MultiPartParserError: _suspicious,
}
