"""Our provider for allauth: one eID, from settings, begun only by our own pages."""

from secrets import token_urlsafe
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import Provider, ProviderAccount
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

from hanportal.accounts.addresses import portal_address
from hanportal.accounts.eid.client import Attempt, Client
from hanportal.accounts.eid.discovery import Discovery, Session
from hanportal.accounts.eid.refusals import LoginRefused, Reason

discovery = Discovery()
"""This process' memory of the providers' configurations and keys."""


class EidAccount(ProviderAccount):  # type: ignore[misc] # allauth is untyped
    """An account at the eID; it has no page and no picture."""


class EidProvider(Provider):  # type: ignore[misc] # allauth is untyped
    """The eID that customers log in with.

    allauth's own entrances, which let `process`, `scope`, `auth_params` and `next` of a
    request through to the provider, are closed: `redirect` is never to be called, and
    `keep` takes only what our views decided.
    """

    id = "eid"
    name = "eID"
    account_class = EidAccount
    supports_redirect = False

    def get_login_url(self, _request: HttpRequest, **_kwargs: Any) -> str:
        """Where a login starts: always our page, whatever is asked for."""
        return reverse("account_login")

    def get_redirect_from_request_kwargs(self, _request: HttpRequest) -> dict[str, Any]:
        """Close the door by which parameters of a request would reach the provider."""
        raise PermissionDenied

    def keep(self, request: HttpRequest, attempt: Attempt, *, next_page: str) -> None:
        """Remember a login that begins, in the session and under its state."""
        self.stash_redirect_state(
            request,
            "login",
            next_page,
            state_id=attempt.state,
            attempt=attempt.kept(),
        )

    def recall(self, request: HttpRequest, state: str) -> tuple[Attempt, str]:
        """The login that began with this state, once, and the page it leads to.

        :raises LoginRefused: not begun in this browser, too long ago, or already used.
        """
        try:
            kept = self.unstash_redirect_state(request, state)
        except PermissionDenied:
            raise LoginRefused(Reason.UNKNOWN_STATE) from None
        return Attempt.from_kept(state, kept["attempt"]), str(kept["next"])


def eid_app() -> SocialApp:
    """The provider's registration, from settings. Rows in the database count nothing.

    `provider_id` is the issuer, so that an account is known by issuer and subject: the
    same subject at another issuer is somebody else.
    """
    return SocialApp(
        provider=EidProvider.id,
        provider_id=settings.EID_ISSUER,
        name="eID",
        client_id=settings.EID_CLIENT_ID,
    )


def eid_client() -> Client:
    """Who we are to the provider, from settings."""
    return Client(
        issuer=settings.EID_ISSUER,
        client_id=settings.EID_CLIENT_ID,
        client_secret=settings.EID_CLIENT_SECRET,
        authentication=settings.EID_CLIENT_AUTHENTICATION,
        scopes=tuple(settings.EID_SCOPES),
        levels=tuple(settings.EID_REQUIRED_LEVELS),
        national_id_claim=settings.EID_NATIONAL_ID_CLAIM,
        redirect_uri=portal_address(reverse("eid_callback")),
    )


def company_client() -> Client:
    """Who we are to the company's login for staff, from settings."""
    return Client(
        issuer=settings.STAFF_OIDC_ISSUER,
        client_id=settings.STAFF_OIDC_CLIENT_ID,
        client_secret=settings.STAFF_OIDC_CLIENT_SECRET,
        authentication=settings.STAFF_OIDC_CLIENT_AUTHENTICATION,
        scopes=tuple(settings.STAFF_OIDC_SCOPES),
        levels=tuple(settings.STAFF_OIDC_REQUIRED_LEVELS),
        level_claim=settings.STAFF_OIDC_LEVEL_CLAIM,
        methods=tuple(settings.STAFF_OIDC_REQUIRED_METHODS),
        redirect_uri=portal_address(reverse("staff_company_callback")),
    )


def outgoing_session() -> Session:
    """A session for calls to a provider, with time-outs."""
    session: Any = get_adapter().get_requests_session()
    return session  # type: ignore[no-any-return] # allauth is untyped


def new_secret() -> str:
    """256 random bits, safe in an address."""
    return token_urlsafe(32)


provider_classes = [EidProvider]
