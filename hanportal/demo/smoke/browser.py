"""A small browser: cookies, redirects, forms and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from lxml import html

TIMEOUT_SECONDS = 10
BLANK = re.compile(r"\s+")


class Deviation(Exception):  # noqa: N818 -- what a smoke test reports
    """The portal did something else than the story says."""


def expect(what: str, *, actual: object, expected: object) -> None:
    """:raises Deviation: the two differ."""
    if actual != expected:
        raise Deviation(f"{what}: expected {expected!r}, got {actual!r}.")


@dataclass(frozen=True)
class Page:
    """An answer, read as HTML."""

    url: str
    status: int
    body: str

    @property
    def path(self) -> str:
        """The address without its host."""
        return urlsplit(self.url).path

    def document(self) -> html.HtmlElement:
        """The parsed page."""
        return html.document_fromstring(self.body, base_url=self.url)

    def find(self, xpath: str) -> list[html.HtmlElement]:
        """Every element that an XPath finds, in the order of the page."""
        return cast("list[html.HtmlElement]", self.document().xpath(xpath))

    def heading(self) -> str:
        """The page's first heading."""
        found = self.find("//h1")
        return text_of(found[0]) if found else ""

    def link(self, ending: str) -> str:
        """The first address on the page that ends so.

        :raises Deviation: there is none.
        """
        for element in self.find("//a[@href]"):
            address = str(element.get("href"))
            if address.endswith(ending):
                return address
        raise Deviation(f"{self.url} ({self.heading()}) has no link to …{ending}.")

    def form(self, xpath: str) -> "Form":
        """The form that an XPath finds, filled as the page fills it.

        :raises Deviation: there is none.
        """
        found = self.find(xpath)
        if not found:
            raise Deviation(f"{self.url} ({self.heading()}) has no form {xpath}.")
        element = cast("html.FormElement", found[0])
        fields = {str(name): str(value) for name, value in element.form_values()}
        return Form(urljoin(self.url, str(element.get("action") or "")), fields)


def text_of(element: html.HtmlElement) -> str:
    """An element's text with single blanks."""
    return BLANK.sub(" ", str(element.text_content())).strip()


@dataclass(frozen=True)
class Form:
    """Where a form goes, and with which fields."""

    action: str
    fields: Mapping[str, str]

    def filled(self, **values: str) -> "Form":
        """The form with these fields filled in too."""
        return Form(self.action, {**self.fields, **values})


def _opener() -> OpenerDirector:
    # Loopback addresses have no dot to hang a domain on; the strict rules refuse them.
    policy = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainLiberal)
    return build_opener(HTTPCookieProcessor(CookieJar(policy)))


@dataclass
class Browser:
    """One person's browser."""

    opener: OpenerDirector = field(default_factory=_opener)

    def get(self, url: str) -> Page:
        """Open an address and follow where it leads.

        :raises Deviation: nobody answers there.
        """
        return self._open(Request(url, headers={"Accept-Language": "nb"}))  # noqa: S310 -- loopback

    def submit(self, form: Form) -> Page:
        """Send a form by POST and follow where it leads.

        :raises Deviation: nobody answers there.
        """
        parts = urlsplit(form.action)
        headers = {
            "Accept-Language": "nb",
            "Referer": form.action,
            "Origin": f"{parts.scheme}://{parts.netloc}",
        }
        data = urlencode(form.fields).encode()
        return self._open(Request(form.action, data=data, headers=headers))  # noqa: S310 -- loopback

    def _open(self, request: Request) -> Page:
        try:
            with self.opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                body = answer.read().decode()
                return Page(answer.url, answer.status, body)
        except HTTPError as error:
            return Page(error.url, error.code, error.read().decode(errors="replace"))
        except (URLError, TimeoutError) as error:
            raise Deviation(f"{request.full_url} does not answer: {error}.") from error
