"""The parts of the page, as HTML. Whatever comes from outside is escaped here."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from itertools import chain, islice

from hanportal.demo.headend.faults import FAULTS
from hanportal.demo.headend.fleet import Meter
from hanportal.demo.headend.han_lists import household
from hanportal.demo.headend.han_port import OSLO
from hanportal.demo.headend.ledger import Ledger
from hanportal.demo.headend.world import World

_METERS_SHOWN = 40
_METERS_SEARCHED = 20_000
_LINES_SHOWN = 60
_MOST_WATTS = 9000
_STATES = {"open": "åpen", "closed": "stengt", "silent": "åpen, men taus"}
_SCOPES = {"meter": "Én måler", "prefix": "Serie (prefiks)", "head_end": "Head-end"}
_OPERATIONS = {
    "": "Det vanlige",
    "control": "Kommando",
    "read": "Avlesning",
    "cancel": "Avbestilling",
}
_STRUCK = re.compile(r" \[([A-Z0-9]+(?:, [A-Z0-9]+)*)\]$")
_ARROWS = {"←": "fra portalen", "→": "til portalen", "•": "i måleren"}


class Sections:
    """Everything that changes by itself."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        """Of this world and its ledger."""
        self._world = world
        self._ledger = ledger

    def live(self, wanted: str) -> str:
        """All of it, with the meters that match what is looked for."""
        return "".join(
            [
                self._head_ends(),
                self._meters(wanted),
                self._traffic(),
                self._effects(),
                self._faults(),
            ]
        )

    def _head_ends(self) -> str:
        ports = self._world.ports
        cards = []
        for code, head_end in self._world.fleet.head_ends.items():
            every, opened = ports.meters[code], ports.opened[code]
            trouble = self._world.switchboard.door(code)
            door = f'<span class="struck">{escape(trouble)}</span>' if trouble else ""
            cards.append(
                f'<li data-key="head-end {escape(code)}"><b>{escape(code)}</b>'
                f"<span>{escape(head_end.protocol)}</span>"
                f"<span>{_thousands(every)} målere</span>"
                f'<span class="open">{_thousands(opened)} åpne</span>'
                f"<span>{self._world.queued(head_end)} i kø</span>{door}</li>"
            )
        return f'<ul class="tally">{"".join(cards)}</ul>'

    def _meters(self, wanted: str) -> str:
        """Meters that something happened to first, then the fleet's order."""
        rows = []
        for meter in islice(self._found(wanted), _METERS_SHOWN):
            state = self._world.ports.read(meter.serial).state
            if self._world.ports.is_silent(meter.serial):
                badge = f'<span class="silent">{_STATES["silent"]}</span>'
            else:
                badge = f'<span class="{state}">{_STATES[state]}</span>'
            facts = (meter.head_end, meter.manufacturer, meter.model)
            serial = escape(meter.serial)
            rows.append([serial, badge, self._flow(meter), *map(escape, facts)])
        heads = ("Målernummer", "HAN-port", "Effekt", "Head-end", "Fabrikat", "Modell")
        return _section("Målere", heads, rows, "Ingen målere passer.")

    def _found(self, wanted: str) -> Iterator[Meter]:
        meters = self._world.fleet.meters
        touched = dict.fromkeys(it.serial for it in self._ledger.latest(500))
        if wanted in meters:
            touched = {wanted: None, **touched}
        others = (serial for serial in meters if serial not in touched)
        for serial in islice(chain(touched, others), _METERS_SEARCHED):
            meter = meters.get(serial)
            if meter is None:
                continue
            facts = (serial, meter.head_end, meter.manufacturer, meter.model)
            if not wanted or any(wanted.lower() in it.lower() for it in facts):
                yield meter

    def _flow(self, meter: Meter) -> str:
        """What comes out of the port this second."""
        if not self._world.ports.is_sending(meter.serial):
            return ""
        now = self._world.clock().astimezone(OSLO)
        watts = household(meter.serial, now).watts
        return (
            f'<meter min="0" max="{_MOST_WATTS}" value="{watts}"></meter>'
            f" {_thousands(watts)}\u00a0W"
        )

    def _traffic(self) -> str:
        rows = []
        for line in self._world.traffic.newest()[:_LINES_SHOWN]:
            arrow = f'<span title="{_ARROWS[line.arrow]}">{line.arrow}</span>'
            rows.append(
                [
                    _clock(line.at),
                    arrow,
                    escape(line.serial),
                    f'<span class="long">{_told(line.text)}</span>',
                    escape(line.head_end),
                ]
            )
        heads = ("Tid", "Vei", "Målernummer", "Hva", "Head-end")
        return _section("Trafikk", heads, rows, "Stille på linja.")

    def _effects(self) -> str:
        rows = []
        for effect in self._ledger.latest(_LINES_SHOWN):
            whose = escape(effect.correlation_id or "montør")
            rows.append(
                [
                    str(effect.number),
                    _clock(datetime.fromisoformat(effect.at)),
                    escape(effect.serial),
                    f'<span class="{effect.state}">{_STATES[effect.state]}</span>',
                    f'<span class="long">{whose}</span>',
                ]
            )
        heads = ("Nr.", "Tid", "Målernummer", "Satt til", "Oppdrag")
        return _section("Hovedbok", heads, rows, "Ingen porter er satt ennå.")

    def _faults(self) -> str:
        rows = [
            [
                escape(fault.fault),
                f'<span class="long">{escape(FAULTS[fault.fault].title)}</span>',
                escape(f"{fault.scope} {fault.key}"),
                escape(fault.parameter),
                "uten ende" if fault.times is None else str(fault.times),
            ]
            for fault in self._world.switchboard.active()
        ]
        heads = ("Feil", "Hva", "Hvem", "Verdi", "Ganger")
        return _section("Innstilte feil", heads, rows, "Alt virker.")


def frame(live: str, form: str, *, wanted: str, is_paused: bool) -> str:
    """The whole page."""
    reload = "<noscript><meta http-equiv='refresh' content='3'></noscript>"
    script = '<script src="/simulator.js" defer></script>'
    other = '<a href="/">Fortsett</a>' if is_paused else '<a href="/?pause">Stans</a>'
    return f"""<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{"" if is_paused else reload + script}
<title>Head-end-simulator</title>
<link rel="stylesheet" href="/simulator.css">
</head>
<body>
<header><h1>Head-end-simulator</h1>
<form action="/"><label for="q">Finn måler</label>
<input id="q" name="q" type="search" value="{escape(wanted)}">
<button>Finn</button></form>
<p>{other}</p></header>
<main><div id="live">{live}</div>
{form}</main>
</body>
</html>
"""


def fault_form(*, token: str, refusal: str, suggested: str) -> str:
    """Where people set faults by hand."""
    kinds = "".join(
        f'<option value="{escape(name)}">{escape(name)} {escape(kind.title)}</option>'
        for name, kind in FAULTS.items()
    )
    told = f'<p role="alert" class="struck">{escape(refusal)}</p>' if refusal else ""
    hidden = f'<input type="hidden" name="token" value="{token}">'
    return f"""<section class="setting"><h2>Still inn en feil</h2>{told}
<form method="post" action="/faults">{hidden}
<label>Feil <select name="fault">{kinds}</select></label>
<label>Hvem <select name="scope">{_options(_SCOPES)}</select></label>
<label>Målernummer, prefiks eller kode
<input name="key" value="{escape(suggested)}"></label>
<label>Ved <select name="operation">{_options(_OPERATIONS)}</select></label>
<label>Verdi <input name="parameter"></label>
<label>Ganger (tom: én; *: uten ende) <input name="times" size="4"></label>
<button>Still inn</button></form>
<form method="post" action="/faults/clear">{hidden}
<button>Fjern alle feil</button></form></section>"""


def _options(texts: dict[str, str]) -> str:
    return "".join(
        f'<option value="{name}">{text}</option>' for name, text in texts.items()
    )


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


def _told(text: str) -> str:
    """What a line says, with the faults that struck marked."""
    marked = _STRUCK.search(text)
    if marked is None:
        return escape(text)
    before = escape(text[: marked.start()])
    return f'{before} <span class="struck">{escape(marked[1])}</span>'


def _thousands(number: int) -> str:
    """Digits in threes, with the narrow space that people here write."""
    return f"{number:,}".replace(",", "\u202f")


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(OSLO):%H:%M:%S}"
