"""PDF of a page: tagged for screen readers (PDF/UA-1), made of data in memory alone."""

from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

FONTS: Final = {
    "font:inter": "vendor/inter/files/inter-latin-wght-normal.woff2",
    "font:inter-ext": "vendor/inter/files/inter-latin-ext-wght-normal.woff2",
}
"""What a page's style may ask for, and where the portal serves the same file from."""


class NotInMemory(ValueError):  # noqa: N818 -- errors are sentences
    """A page asked for something outside itself; making it must fetch nothing."""


class InMemory(URLFetcher):  # type: ignore[misc] # WeasyPrint is untyped
    """Hands out the portal's own fonts and refuses every other address.

    A font that is not there is refused too: the machine's own takes its place.
    """

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """The font behind an address of ours.

        :raises NotInMemory: it is something else, or not there.
        """
        del headers
        file = _file_of(FONTS[url]) if url in FONTS else None
        if file is None:
            raise NotInMemory(f"{url} is not part of the page.")
        return URLFetcherResponse(
            url, file.read_bytes(), {"Content-Type": "font/woff2"}
        )


def as_pdf(html: str) -> bytes:
    """The page as PDF/UA-1; language and title are those of the HTML."""
    pdf: bytes = HTML(string=html, url_fetcher=InMemory()).write_pdf(
        pdf_variant="pdf/ua-1"
    )
    return pdf


def _file_of(name: str) -> Path | None:
    """The file among the sources, or among those collected for serving."""
    found = finders.find(name)
    if isinstance(found, str):
        return Path(found)
    collected = Path(staticfiles_storage.path(name))
    return collected if collected.exists() else None
