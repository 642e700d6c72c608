"""The interface as a whole: its OpenAPI document, and what holds at every address."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from hanportal.accounts.models import ApiUse
from hanportal.api.problems import CONTENT_TYPE, problem, tell_problems, too_large
from hanportal.api.views.access import JsonParser, client_code, is_too_large
from hanportal.api.views.operations import router

View = Callable[..., HttpResponse]

ROOT = "/api/v1/"
TITLE = "HAN-portal"
DESCRIPTION = """
The operator's customer system tells here what the register holds and what happened.

Get a token with your client's id and secret, and send it as `Authorization: Bearer`.
Batches hold 1 to 1,000 items, each with your own id, and each is answered for itself.
`docs/api.md` tells what the events mean, and how they meet the files.
"""

OUTCOMES = {
    200: "ok",
    207: "partly_refused",
    400: "unreadable",
    401: "not_proven",
    403: "forbidden",
    404: "not_found",
    405: "no_such_method",
    413: "too_large",
    415: "unreadable",
    422: "refused",
    429: "limited",
    503: "unavailable",
}
"""What a request ended as, in the metrics."""

log = structlog.get_logger(__name__)


class Interface(NinjaAPI):
    """The API, whose problems are described as what they are."""

    def get_root_path(self, path_params: dict[str, Any]) -> str:
        """Where it stands; nothing answers at the root itself."""
        del path_params
        return ROOT

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        """The document; refusals that are problems have their own media type."""
        document = super().get_openapi_schema(**where)
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    content = response.get("content", {})
                    if int(status) >= 400 and _is_problem(content):
                        content[CONTENT_TYPE] = content.pop("application/json")
        return document


api = Interface(
    title=TITLE,
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    docs_decorator=require_safe,
    openapi_url="/openapi.json",
    urls_namespace="api",
    parser=JsonParser(),
)
api.add_router("", router)
tell_problems(api)


def at_the_door(view: View) -> View:
    """What holds at every address: a limited body, problems, no caching, counting."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_too_large(request):
            error = too_large()
            response = problem(error.status, error.reason, error.detail)
        else:
            response = view(request, *args, **kwargs)
        if response.status_code == 405:
            response = _no_such_method(response)
        response.headers.setdefault("Cache-Control", "no-store")
        _count(request, response)
        return response

    return guarded


def nothing_here(request: HttpRequest, anything: str) -> HttpResponse:
    """An address below the interface at which there is nothing."""
    del anything
    if request.method not in {"GET", "POST"}:
        allowed = {"Allow": "GET, POST"}
        return problem(405, "no_such_method", _no_method_here(), headers=allowed)
    return problem(404, "not_found", _("Denne adressen finnes ikke."))


nothing_here.csrf_exempt = True  # type: ignore[attr-defined] # as all of the interface


def _is_problem(content: dict[str, Any]) -> bool:
    schema = content.get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).endswith("/Problem")


def _no_such_method(response: HttpResponse) -> HttpResponse:
    allowed = {"Allow": response.headers.get("Allow", "")}
    return problem(405, "no_such_method", _no_method_here(), headers=allowed)


def _no_method_here() -> str:
    return _("Adressen tar ikke imot denne metoden.")


def _count(request: HttpRequest, response: HttpResponse) -> None:
    """Count how the request ended; a database that is away is told of elsewhere."""
    outcome = OUTCOMES.get(response.status_code, "fault")
    try:
        ApiUse.objects.count_one(client=client_code(request), outcome=outcome)
    except Error as error:
        log.warning("api_use_not_counted", exc_info=error)
