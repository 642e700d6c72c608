"""What people's browsers ask: who is there, and goodbye."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web

from hanportal.demo.eid import pages
from hanportal.demo.eid.memory import SESSION_SECONDS, Login, Request
from hanportal.demo.eid.misbehaviour import Misbehaviour
from hanportal.demo.eid.provider import Provider
from hanportal.demo.eid.requests import (
    NotOurClient,
    RequestRefused,
    check_client,
    read_request,
)

COOKIE = "demo_eid"
CSS = Path(__file__).with_name("eid.css")


class Frontchannel:
    """The endpoints that browsers visit."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._options = provider.options
        self._memory = provider.memory

    def routes(self) -> list[web.RouteDef]:
        """Where the endpoints are."""
        return [
            web.get("/", self.front_page),
            web.get("/eid.css", self.stylesheet),
            web.get("/authorize", self.authorize),
            web.post("/login", self.login),
            web.post("/cancel", self.cancel),
            web.get("/end_session", self.end_session),
            web.post("/end_session", self.end_session),
        ]

    async def front_page(self, _request: web.Request) -> web.Response:
        """Say what this is to someone who came without an errand."""
        return _page(
            pages.notice("Prøve-ID", "Start innloggingen fra nettstedet du skal til.")
        )

    async def stylesheet(self, _request: web.Request) -> web.FileResponse:
        """The pages' look."""
        return web.FileResponse(CSS)

    async def authorize(self, http: web.Request) -> web.Response:
        """Ask who is there, unless the browser's own login will do."""
        try:
            self._check_client(http.query)
        except NotOurClient as unknown:
            return _page(pages.notice("Noe er galt", str(unknown)), status=400)
        try:
            request = read_request(http.query)
        except RequestRefused as refused:
            return self._answer_error(http.query, refused.error, refused.description)
        login = self._memory.logins.get(http.cookies.get(COOKIE, ""))
        if login and self._provider.will_do(login, request):
            return self._answer_code(request, login)
        if request.prompt == "none":
            return self._answer_error(http.query, "login_required", "Nobody is there.")
        name = self._memory.requests.put(request)
        people = list(self._provider.people.values())
        return _page(
            pages.choose_person(people, request=name, client=self._options.client_name)
        )

    async def login(self, http: web.Request) -> web.Response:
        """Somebody chose a person."""
        form = await http.post()
        name = str(form.get("request", ""))
        request = self._memory.requests.get(name)
        person = self._provider.people.get(str(form.get("person", "")))
        if request is None or person is None:
            return _page(
                pages.notice("For sent", "Start innloggingen på nytt."), status=400
            )
        self._memory.requests.drop(name)
        login = Login(person=person, at=self._provider.now())
        response = self._answer_code(request, login)
        response.set_cookie(
            COOKIE,
            self._memory.logins.put(login),
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="Lax",
        )
        return response

    async def cancel(self, http: web.Request) -> web.Response:
        """Somebody went back without logging in."""
        form = await http.post()
        name = str(form.get("request", ""))
        request = self._memory.requests.get(name)
        if request is None:
            return _page(
                pages.notice("For sent", "Start innloggingen på nytt."), status=400
            )
        self._memory.requests.drop(name)
        return self._answer_error(
            {"redirect_uri": request.redirect_uri, "state": request.state},
            "access_denied",
            "The person cancelled.",
        )

    async def end_session(self, http: web.Request) -> web.Response:
        """Log the browser out and lead it back, if that is asked for rightly."""
        asked = {**http.query, **(await http.post())}
        self._memory.logins.drop(http.cookies.get(COOKIE, ""))
        goal = str(asked.get("post_logout_redirect_uri", ""))
        known = asked.get("client_id") == self._options.client_id
        if known and goal in self._options.after_logout_uris:
            response = web.Response(status=303, headers={"Location": goal})
        else:
            response = _page(pages.notice("Logget ut", "Du er logget ut av Prøve-ID."))
        response.del_cookie(COOKIE)
        return response

    def _check_client(self, query: Mapping[str, str]) -> None:
        check_client(
            query,
            client_id=self._options.client_id,
            redirect_uris=self._options.redirect_uris,
        )

    def _answer_code(self, request: Request, login: Login) -> web.Response:
        code, grant = self._provider.grant(request, login)
        answer = {"code": code, "state": request.state, "iss": self._options.issuer}
        if grant.misbehaviour is Misbehaviour.WRONG_ISSUER_IN_ANSWER:
            answer["iss"] = "https://eid.example.invalid"
        if grant.misbehaviour is Misbehaviour.NO_ISSUER_IN_ANSWER:
            del answer["iss"]
        return _redirect(request.redirect_uri, answer)

    def _answer_error(
        self, query: Mapping[str, str], error: str, description: str
    ) -> web.Response:
        answer = {
            "error": error,
            "error_description": description,
            "state": query.get("state", ""),
            "iss": self._options.issuer,
        }
        return _redirect(query["redirect_uri"], answer)


def _page(html: str, *, status: int = 200) -> web.Response:
    return web.Response(text=html, content_type="text/html", status=status)


def _redirect(address: str, answer: Mapping[str, str]) -> web.Response:
    location = f"{address}?{urlencode(answer)}"
    return web.Response(status=303, headers={"Location": location})
