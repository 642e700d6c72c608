"""Staff without a second factor are nobody, whatever a page's own guard says."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from hanportal.accounts.models import User
from hanportal.accounts.staff_sessions import has_second_factor, is_over, leave, touch


class SecondFactorMiddleware:
    """Before the first page: a staff session counts once a second factor opened it.

    It ends when it has not been used for a while, and when it has lasted long enough.
    The session cookie decides whether there is anything to look up, so that addresses
    that machines ask for cost no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand the request on, without its user where the second factor is missing."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            user = request.user
            if isinstance(user, User) and user.is_staff:
                _judge(request)
        return self._get_response(request)


def _judge(request: HttpRequest) -> None:
    now = timezone.now()
    if not has_second_factor(request):
        request.user = AnonymousUser()
    elif is_over(request.session, now=now):
        leave(request)
    else:
        touch(request.session, now=now)
