"""The provider's pages: plain HTML, one form a person, no script."""

from collections.abc import Sequence
from html import escape

from hanportal.demo.eid.people import Person

FRAME = """<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Prøve-ID</title>
<link rel="stylesheet" href="/eid.css">
</head>
<body>
<header><p class="brand"><span aria-hidden="true">Ø</span> Prøve-ID</p></header>
<main>
<h1>{title}</h1>
{content}
</main>
<footer><p>Dette er en etterligning for demo og tester. Ingen er ekte.</p></footer>
</body>
</html>
"""

ENTRY = """<li><form method="post" action="/login">
<input type="hidden" name="request" value="{request}">
<input type="hidden" name="person" value="{subject}">
<button type="submit"><strong>{name}</strong> <span>{label}</span></button>
</form></li>"""

CANCEL = """<form method="post" action="/cancel">
<input type="hidden" name="request" value="{request}">
<button class="quiet" type="submit">Avbryt</button>
</form>"""


def choose_person(people: Sequence[Person], *, request: str, client: str) -> str:
    """The page on which somebody chooses whom to log in as."""
    entries = "\n".join(
        ENTRY.format(
            request=escape(request),
            subject=escape(person.subject),
            name=escape(person.name),
            label=escape(person.label),
        )
        for person in people
    )
    content = (
        f"<p>Du logger inn hos <b>{escape(client)}</b>. Velg hvem du vil være.</p>\n"
        f"<ul>\n{entries}\n</ul>\n{CANCEL.format(request=escape(request))}"
    )
    return FRAME.format(title="Hvem er du?", content=content)


def notice(title: str, text: str) -> str:
    """A page that says one thing."""
    return FRAME.format(title=escape(title), content=f"<p>{escape(text)}</p>")
