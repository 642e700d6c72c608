"""The demo's eID provider holds to the standard, also towards those who do not."""

import ast
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
import requests

import hanportal.demo.eid
from hanportal.demo.eid.keys import encode
from hanportal.demo.eid.people import read_people
from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import (
    CALLBACK,
    CLIENT_ID,
    CLIENT_SECRET,
    Browser,
    query_of,
    running,
)
from tests.accounts.people import KARI

VERIFIER = "v" * 64


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running() as provider:
        yield provider


@pytest.fixture
def ask(provider: Provider) -> Callable[..., requests.Response]:
    """Send an authorisation request that is in order but for the changes."""
    browser = requests.Session()

    def ask(**changes: str) -> requests.Response:
        usual = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "s",
            "nonce": "n",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return browser.get(
            f"{provider.options.issuer}/authorize",
            params={name: v for name, v in {**usual, **changes}.items() if v},
            allow_redirects=False,
            timeout=10,
        )

    return ask


def challenge_of(verifier: str) -> str:
    return encode(hashlib.sha256(verifier.encode()).digest())


def code_for(page: requests.Response) -> str:
    return query_of(Browser().choose(page, KARI))["code"]


def redeem(provider: Provider, code: str, **changes: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        **changes,
    }
    return requests.post(f"{provider.options.issuer}/token", data=form, timeout=10)


def userinfo(provider: Provider, token: str) -> requests.Response:
    return requests.get(
        f"{provider.options.issuer}/userinfo",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "another"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": f"{CALLBACK}?more=1"},
        {"redirect_uri": CALLBACK.removesuffix("/")},
        {"redirect_uri": ""},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    ask: Callable[..., requests.Response], changes: dict[str, str]
) -> None:
    response = ask(**changes)

    assert (response.status_code, response.headers.get("Location")) == (400, None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_request_that_is_not_in_order_is_answered_with_the_error(
    ask: Callable[..., requests.Response], changes: dict[str, str], error: str
) -> None:
    answer = query_of(ask(**changes).headers["Location"])

    assert (answer["error"], answer["state"]) == (error, "s")


def test_a_code_gives_tokens_once_and_using_it_again_revokes_them(
    provider: Provider, ask: Callable[..., requests.Response]
) -> None:
    code = code_for(ask())
    first = redeem(provider, code)
    token = first.json()["access_token"]
    assert userinfo(provider, token).json() == {"sub": KARI.subject, "name": KARI.name}

    second = redeem(provider, code)

    assert (second.status_code, second.json()) == (400, {"error": "invalid_grant"})
    assert userinfo(provider, token).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "https://evil.example/"},
    ],
)
def test_a_code_is_bound_to_its_request_and_lost_when_that_is_got_wrong(
    provider: Provider,
    ask: Callable[..., requests.Response],
    changes: dict[str, str],
) -> None:
    code = code_for(ask())

    assert redeem(provider, code, **changes).json() == {"error": "invalid_grant"}
    assert redeem(provider, code).json() == {"error": "invalid_grant"}


def test_only_the_client_gets_tokens(
    provider: Provider, ask: Callable[..., requests.Response]
) -> None:
    code = code_for(ask())

    response = redeem(provider, code, client_secret="guessed")

    assert (response.status_code, response.json()) == (401, {"error": "invalid_client"})
    assert redeem(provider, code).status_code == 200


def test_the_page_has_a_button_each_and_no_script(
    ask: Callable[..., requests.Response],
) -> None:
    page = ask()

    assert page.text.count("<form") == 4
    assert page.text.count("<script") == 0
    assert page.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'self' http://testserver"
    )


def test_keys_change_after_so_many_tokens_and_the_last_stays_published() -> None:
    with running(rotate_after=1) as provider:
        before = provider.keys.published()["keys"]
        provider.keys.sign({})
        provider.keys.sign({})
        after = provider.keys.published()["keys"]

    assert (len(before), len(after)) == (1, 2)
    assert after[1] == before[0]


def test_nothing_can_be_spoilt_unless_it_was_started_so() -> None:
    with running(misbehave=False) as provider:
        answer = requests.post(
            f"{provider.options.issuer}/admin/misbehave",
            json={"how": "expired"},
            timeout=10,
        )

    assert answer.status_code == 404


def test_it_imports_nothing_of_the_product() -> None:
    imported = set()
    for file in Path(hanportal.demo.eid.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}

    ours = {name for name in imported if name.split(".")[0] in {"hanportal", "meters"}}
    assert {name for name in ours if not name.startswith("hanportal.demo.eid")} == set()
    assert {name for name in imported if name.startswith("django")} == set()


def test_people_with_the_same_subject_are_refused(tmp_path: Path) -> None:
    entry = {"sub": "one", "name": "A", "national_id": "1"}
    file = tmp_path / "people.json"
    file.write_text(json.dumps([entry, entry]))

    with pytest.raises(ValueError, match="have the same sub"):
        read_people(file)


@pytest.mark.processes
def test_it_runs_as_a_process_and_stops_when_told(tmp_path: Path) -> None:
    people = tmp_path / "people.json"
    people.write_text(
        json.dumps([{"sub": "one", "name": "Kari", "national_id": "05818512378"}])
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "hanportal.demo.eid", "--port", str(port)]
    command += ["--people", str(people), "--client-id", CLIENT_ID]
    command += ["--client-secret", CLIENT_SECRET, "--redirect-uri", CALLBACK]
    process = subprocess.Popen(command, env={"PATH": os.environ["PATH"]})
    try:
        issuer = f"http://127.0.0.1:{port}"
        assert answers_within(10, f"{issuer}/healthz") == {"status": "ok"}
        discovery = requests.get(
            f"{issuer}/.well-known/openid-configuration", timeout=10
        )
        assert discovery.json()["issuer"] == issuer
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) in {0, -signal.SIGTERM}


def answers_within(seconds: float, url: str) -> object:
    until = monotonic() + seconds
    while True:
        try:
            return requests.get(url, timeout=1).json()
        except requests.ConnectionError:
            if monotonic() > until:
                raise
