"""Staff without a second factor are nobody, whatever a page's own guard says."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from hanportal.accounts.models import User
from hanportal.accounts.staff_sessions import has_second_factor


class SecondFactorMiddleware:
    """Before the first page: a staff session counts once a second factor opened it.

    The session cookie decides whether there is anything to look up, so that addresses
    that machines ask for cost no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand the request on, without its user where the second factor is missing."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            user = request.user
            is_staff = isinstance(user, User) and user.is_staff
            if is_staff and not has_second_factor(request):
                request.user = AnonymousUser()
        return self._get_response(request)
