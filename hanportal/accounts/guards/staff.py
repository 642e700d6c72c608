"""Pages for staff: the guard hands the view its person, and writes the read event."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from hanportal.accounts.actions import record_page_view, record_refused_page
from hanportal.accounts.models import Role, RoleGrant, User
from hanportal.accounts.staff_sessions import has_second_factor

Page = ParamSpec("Page")
Guarded = Callable[Concatenate[HttpRequest, Page], HttpResponseBase]
ForStaff = Callable[Concatenate[HttpRequest, User, Page], HttpResponseBase]
Guard = Callable[[ForStaff[Page]], Guarded[Page]]

_ROLES = "_staff_roles"
_CUSTOMER = "_staff_read_customer"
_POINT = "_staff_read_point"
_QUERY = "_staff_read_query"


def agent_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let customer-centre agents in.

    :param page: the name of the page in the read event.
    :param partial: a fragment of a page whose view was written down already.
    """
    return _guard(page, {Role.AGENT}, partial=partial)


def supervisor_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let those who lead the customer centre in."""
    return _guard(page, {Role.SUPERVISOR}, partial=partial)


def customer_centre_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let agents in, and those who lead them."""
    return _guard(page, {Role.AGENT, Role.SUPERVISOR}, partial=partial)


def operator_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let those who run the system in."""
    return _guard(page, {Role.OPERATOR}, partial=partial)


def auditor_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let auditors in, and nobody else: the register whole is theirs only."""
    return _guard(page, {Role.AUDITOR}, partial=partial)


def administrator_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let those in who give roles."""
    return _guard(page, {Role.ADMINISTRATOR}, partial=partial)


def operations_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let those in who see to it that orders reach the meters, and who lead."""
    roles = {Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR}
    return _guard(page, roles, partial=partial)


def switches_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let those in who may switch a head-end off, and let it act."""
    return _guard(page, {Role.OPERATOR, Role.ADMINISTRATOR}, partial=partial)


def release_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let those in who may be one of the two people that a release takes."""
    return _guard(page, {Role.SUPERVISOR, Role.ADMINISTRATOR}, partial=partial)


def staff_required(*, page: str, partial: bool = False) -> "Guard[...]":
    """Let everybody in who works here, whatever their roles."""
    return _guard(page, None, partial=partial)


def roles_of(request: HttpRequest) -> frozenset[Role]:
    """What the person behind the request may do, looked up once per request."""
    known: frozenset[Role] | None = getattr(request, _ROLES, None)
    if known is None:
        user = request.user
        is_in = isinstance(user, User) and user.is_staff
        known = RoleGrant.objects.roles_of(user) if is_in else frozenset()  # type: ignore[arg-type] # a User when is_in
        setattr(request, _ROLES, known)
    return known


def note_read(
    request: HttpRequest,
    *,
    customer: UUID | None = None,
    point: UUID | None = None,
    query: str = "",
) -> None:
    """Say more about what this page shows, for its read event.

    :param customer: the one customer that it shows.
    :param point: the metering point whose holders it shows, whoever they are.
    :param query: what was searched for; it can be erased from the log.
    """
    if customer is not None:
        setattr(request, _CUSTOMER, customer)
    if point is not None:
        setattr(request, _POINT, point)
    if query:
        setattr(request, _QUERY, query)


def _guard(page: str, roles: set[Role] | None, *, partial: bool) -> "Guard[...]":
    def decorate(view: ForStaff[Page]) -> Guarded[Page]:
        @wraps(view)
        def guarded(
            request: HttpRequest, /, *args: Page.args, **kwargs: Page.kwargs
        ) -> HttpResponseBase:
            user = request.user
            if isinstance(user, User) and not user.is_staff:
                raise Http404
            if not isinstance(user, User) or not has_second_factor(request):
                return _to_staff_login(request)
            try:
                _require_role(request, roles)
                response = view(request, user, *args, **kwargs)
            except (PermissionDenied, Http404) as refusal:
                _write_down_refusal(user, page, kwargs, refusal)
                raise
            add_never_cache_headers(response)
            if request.method == "GET" and response.status_code == 200 and not partial:
                _write_down(request, user, page, kwargs)
            return response

        guarded.audience = "staff"  # type: ignore[attr-defined] # read by the tests
        guarded.roles = roles  # type: ignore[attr-defined] # read by the tests
        return guarded

    return decorate


def _require_role(request: HttpRequest, roles: set[Role] | None) -> None:
    if roles is not None and not roles & roles_of(request):
        raise PermissionDenied


def _write_down(
    request: HttpRequest, user: User, page: str, kwargs: dict[str, object]
) -> None:
    record_page_view(
        user=user,
        page=page,
        subjects={name: str(value) for name, value in kwargs.items()},
        customer=getattr(request, _CUSTOMER, None),
        point=getattr(request, _POINT, None),
        query=getattr(request, _QUERY, ""),
        now=timezone.now(),
    )


def _write_down_refusal(
    user: User, page: str, kwargs: dict[str, object], refusal: Exception
) -> None:
    is_forbidden = isinstance(refusal, PermissionDenied)
    record_refused_page(
        user=user,
        page=page,
        subjects={name: str(value) for name, value in kwargs.items()},
        reason="forbidden" if is_forbidden else "not_found",
        now=timezone.now(),
    )


def _to_staff_login(request: HttpRequest) -> HttpResponse:
    login = reverse("staff_login")
    if request.headers.get("HX-Request") == "true":
        page = urlsplit(request.headers.get("HX-Current-URL", "")).path
        return HttpResponseClientRedirect(_with_next(login, page))
    page = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
    return HttpResponseRedirect(_with_next(login, page))


def _with_next(login: str, page: str) -> str:
    return f"{login}?{urlencode({'next': page})}" if page else login
