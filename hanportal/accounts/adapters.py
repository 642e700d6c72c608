"""What allauth asks us while it carries a login or knows a second factor."""

from typing import Any, NoReturn
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from hanportal.accounts.eid.refusals import LoginRefused, Reason
from hanportal.accounts.factor_secrets import open_secret, seal_secret
from hanportal.accounts.login import EidLogin, settle
from hanportal.accounts.models import User
from hanportal.accounts.provider import EidProvider, eid_app


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """No signup, no password, no messages of allauth's own."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Nobody signs up with a form."""
        return False

    def post_login(
        self, request: HttpRequest, user: User, **options: Any
    ) -> HttpResponse:
        """Bind the login to the customer and keep how the person was identified."""
        response: HttpResponse = super().post_login(request, user, **options)
        login = (options.get("signal_kwargs") or {}).get("sociallogin")
        if not isinstance(login, EidLogin):
            raise LoginRefused(Reason.NOT_BY_EID)
        settle(request, user, login.identified)
        return response

    def respond_user_inactive(self, _request: HttpRequest, _user: User) -> NoReturn:
        """A deactivated user is refused like any other login.

        :raises LoginRefused: always.
        """
        raise LoginRefused(Reason.USER_INACTIVE)

    def add_message(self, *_args: Any, **_options: Any) -> None:
        """Our pages say what they have to say themselves."""


class EidAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # untyped
    """One provider, from settings; whoever it vouches for gets a user."""

    def is_open_for_signup(self, _request: HttpRequest, _login: EidLogin) -> bool:
        """The first login with an eID makes the user."""
        return True

    def list_apps(
        self,
        _request: HttpRequest,
        provider: str | None = None,
        client_id: str | None = None,
    ) -> list[SocialApp]:
        """Our one registration, whatever tables of allauth's say."""
        app = eid_app()
        named = provider in {None, app.provider, app.provider_id}
        return [app] if named and client_id in {None, app.client_id} else []

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> EidProvider:
        """The eID.

        :raises SocialApp.DoesNotExist: asked for another provider.
        """
        app = self.get_app(request, provider=provider, client_id=client_id)
        return EidProvider(request, app=app)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # untyped
    """Secrets of second factors are encrypted; addresses come from settings."""

    def encrypt(self, text: str) -> str:
        """Seal a secret with a key of ours before it is stored."""
        return seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret that we sealed."""
        return open_secret(encrypted_text)

    def get_totp_issuer(self) -> str:
        """What the authenticator app calls us."""
        return f"{settings.OPERATOR_NAME} HAN-portal"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Security keys are bound to our address in settings, never the Host header."""
        host = urlsplit(settings.PORTAL_BASE_URL).hostname or ""
        return {"id": host, "name": self.get_totp_issuer()}


def display_name(user: User) -> str:
    """What allauth calls a user."""
    return str(user)
