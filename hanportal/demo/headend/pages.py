"""The page for people: meters and their ports, the traffic, the ledger, the faults.

Plain HTML that reloads itself; no script, and a policy that would allow none.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from importlib import resources

from aiohttp import web

from hanportal.demo.headend.faults import FAULTS
from hanportal.demo.headend.ledger import Ledger
from hanportal.demo.headend.world import World

_METERS_SHOWN = 60
_STATES = {"open": "åpen", "closed": "stengt"}
_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


class Pages:
    """GET / and its style sheet."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        """Show this world and its ledger."""
        self._world = world
        self._ledger = ledger
        sheet = resources.files("hanportal.demo.headend") / "static" / "simulator.css"
        self._style = sheet.read_text(encoding="utf-8")

    def routes(self) -> list[web.RouteDef]:
        """The paths and what answers them."""
        return [web.get("/", self.front), web.get("/simulator.css", self.style)]

    async def style(self, _request: web.Request) -> web.Response:
        """The style sheet."""
        return web.Response(text=self._style, content_type="text/css")

    async def front(self, request: web.Request) -> web.Response:
        """Everything on one page; ?q= finds meters by serial, model or head-end."""
        wanted = request.query.get("q", "").strip()
        paused = "pause" in request.query
        sections = [
            self._tally(),
            self._meters(wanted),
            self._traffic(),
            self._effects(),
            self._faults(),
        ]
        html = _frame("".join(sections), wanted=wanted, paused=paused)
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    def _tally(self) -> str:
        fleet = self._world.fleet
        cards = []
        for code in fleet.head_ends:
            serials = [m.serial for m in fleet.meters.values() if m.head_end == code]
            states = [self._world.ports.read(serial).state for serial in serials]
            cards.append(
                f"<li><b>{escape(code)}</b><span>{len(serials)} målere</span>"
                f"<span>{states.count('open')} åpne</span></li>"
            )
        return f'<ul class="tally">{"".join(cards)}</ul>'

    def _meters(self, wanted: str) -> str:
        """Meters that something happened to first, then the fleet's order."""
        touched = dict.fromkeys(it.serial for it in self._ledger.latest(500))
        meters = self._world.fleet.meters
        order = [*touched, *(serial for serial in meters if serial not in touched)]
        rows = []
        for serial in order:
            meter = meters.get(serial)
            if meter is None:
                continue
            facts = (serial, meter.head_end, meter.manufacturer, meter.model)
            if wanted and not any(wanted.lower() in fact.lower() for fact in facts):
                continue
            state = self._world.ports.read(serial).state
            badge = f'<span class="{state}">{_STATES[state]}</span>'
            rows.append([*map(escape, facts), badge])
            if len(rows) == _METERS_SHOWN:
                break
        heads = ("Målernummer", "Head-end", "Fabrikat", "Modell", "HAN-port")
        return _section("Målere", heads, rows, "Ingen målere passer.")

    def _traffic(self) -> str:
        rows = [
            [
                _clock(line.at),
                escape(line.head_end),
                line.arrow,
                escape(line.serial),
                escape(line.text),
            ]
            for line in self._world.traffic.newest()[:80]
        ]
        heads = ("Tid", "Head-end", "", "Målernummer", "Hva")
        return _section("Trafikk", heads, rows, "Stille på linja.")

    def _effects(self) -> str:
        rows = [
            [
                str(effect.number),
                _clock(datetime.fromisoformat(effect.at)),
                escape(effect.serial),
                f'<span class="{effect.state}">{_STATES[effect.state]}</span>',
                escape(effect.correlation_id or "montør"),
            ]
            for effect in self._ledger.latest(80)
        ]
        heads = ("Nr.", "Tid", "Målernummer", "Satt til", "Oppdrag")
        return _section("Hovedbok", heads, rows, "Ingen porter er satt ennå.")

    def _faults(self) -> str:
        rows = [
            [
                escape(fault.fault),
                escape(FAULTS[fault.fault].title),
                escape(f"{fault.scope} {fault.key}"),
                escape(fault.parameter),
                "uten ende" if fault.times is None else str(fault.times),
            ]
            for fault in self._world.switchboard.active()
        ]
        heads = ("Feil", "Hva", "Hvem", "Verdi", "Ganger")
        return _section("Innstilte feil", heads, rows, "Alt virker.")


def _frame(content: str, *, wanted: str, paused: bool) -> str:
    reload = "" if paused else '<meta http-equiv="refresh" content="3">'
    other = '<a href="/">Fortsett</a>' if paused else '<a href="/?pause">Stans</a>'
    return f"""<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{reload}
<title>Head-end-simulator</title>
<link rel="stylesheet" href="/simulator.css">
</head>
<body>
<header><h1>Head-end-simulator</h1>
<form action="/"><label>Finn måler <input name="q" value="{escape(wanted)}"></label>
<input type="hidden" name="pause"><button>Finn</button></form>
<p>{other}</p></header>
<main>{content}</main>
</body>
</html>
"""


def _section(
    title: str, heads: Iterable[str], rows: Sequence[Sequence[str]], empty: str
) -> str:
    if not rows:
        return f"<section><h2>{title}</h2><p>{empty}</p></section>"
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows
    )
    return (
        f"<section><h2>{title}</h2>"
        f'<div class="wide" role="region" aria-label="{title}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        "</div></section>"
    )


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone():%H:%M:%S}"
