"""There is no way in but the eID."""

from collections.abc import Iterator

import pytest
from allauth.account import checks as account_checks
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.socialaccount import checks as social_checks
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from hanportal.accounts.models import Role
from hanportal.accounts.provider import EidProvider
from hanportal.demo.eid.provider import Provider
from tests.accounts.staff import make_staff


def every_route(
    resolver: URLResolver | None = None, prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver(settings.ROOT_URLCONF)).url_patterns:
        route = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from every_route(entry, route)
        else:
            yield route, entry


ADMIN = {
    ("admin/", "index"),
    ("admin/accounts/user/", "accounts_user_changelist"),
    ("admin/accounts/user/<path:object_id>/change/", "accounts_user_change"),
    ("admin/accounts/rolegrant/", "accounts_rolegrant_changelist"),
    ("admin/accounts/rolegrant/<path:object_id>/change/", "accounts_rolegrant_change"),
    ("admin/meters/headend/", "meters_headend_changelist"),
    ("admin/meters/headend/<path:object_id>/change/", "meters_headend_change"),
    ("admin/^(?P<app_label>accounts|meters)/$", "app_list"),
}


def test_no_page_of_allauth_is_routed_and_of_django_only_the_readable_admin() -> None:
    foreign = {
        (route, entry.name)
        for route, entry in every_route()
        if entry.callback.__module__.startswith(("allauth", "django."))
    }

    assert foreign == ADMIN


def test_these_are_all_the_pages_where_people_enter_and_leave() -> None:
    ours = {
        (route, entry.name)
        for route, entry in every_route()
        if entry.callback.__module__.startswith("hanportal.accounts")
        and not route.startswith(("ansatt/personer/", "ansatt/sikkerhet/"))
    }

    assert ours == {
        ("logg-inn/", "account_login"),
        ("logg-inn/bekreft/", "reauthenticate"),
        ("logg-inn/retur/", "eid_callback"),
        ("min-side/handle-for/", "act_for"),
        ("logg-ut/", "account_logout"),
        ("ansatt/", "staff_home"),
        ("ansatt/logg-inn/", "staff_login"),
        ("ansatt/logg-inn/kode/", "staff_second_factor"),
        ("ansatt/logg-inn/oppsett/", "staff_enrol"),
        ("ansatt/logg-ut/", "staff_logout"),
        ("ansatt/passord/", "staff_choose_password"),
        ("ansatt/logg-inn/firma/", "staff_company_login"),
        ("ansatt/logg-inn/firma/retur/", "staff_company_callback"),
        ("ansatt/logg-inn/firma/kode/", "staff_company_bind"),
        ("ansatt/bekreft/", "staff_step_up"),
        ("ansatt/bekreft/fortsett/", "staff_continue"),
        ("ansatt/bekreft/firma/", "staff_company_confirm"),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/email/",
        "/accounts/3rdparty/",
        "/accounts/oidc/eid/login/",
        "/accounts/openid_connect/login/callback/",
        "/logg-inn/signup/",
        "/_allauth/browser/v1/auth/login",
        "/admin/login/",
    ],
)
def test_the_usual_doors_are_not_there(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, {"login": "a", "password": "b"}).status_code == 404


@pytest.mark.django_db
def test_a_right_password_opens_nothing(rf: RequestFactory) -> None:
    user = make_staff("kari", Role.ADMINISTRATOR)
    user.keep_password("right-password")

    for name in ("username", "email", "id"):
        for value in (str(user.pk), user.email):
            credentials = {name: value, "password": "right-password"}
            assert authenticate(rf.post("/"), **credentials) is None


def test_nobody_signs_up(rf: RequestFactory) -> None:
    assert not get_account_adapter().is_open_for_signup(rf.get("/"))


@pytest.mark.django_db
def test_a_provider_written_into_the_database_is_not_used(
    eid: Provider, rf: RequestFactory
) -> None:
    SocialApp.objects.create(provider="openid_connect", provider_id="evil", name="evil")
    request = rf.get("/")

    apps = get_adapter().list_apps(request)

    assert [app.provider_id for app in apps] == [eid.options.issuer]
    with pytest.raises(SocialApp.DoesNotExist):
        get_adapter().get_provider(request, "evil")


@pytest.mark.django_db
def test_allauths_own_entrance_to_the_provider_is_closed(
    eid: Provider, rf: RequestFactory
) -> None:
    request = rf.get("/?process=connect&scope=admin&auth_params=prompt%3Dnone")
    provider = get_adapter().get_provider(request, EidProvider.id)

    with pytest.raises(PermissionDenied):
        provider.redirect_from_request(request)
    assert provider.get_login_url(request, process="connect") == "/logg-inn/"


def test_allauth_finds_nothing_wrong_with_the_settings() -> None:
    problems = account_checks.settings_check(None) + social_checks.settings_check(None)

    assert problems == []
