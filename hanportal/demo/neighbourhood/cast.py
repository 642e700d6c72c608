"""The demo people: always the same, always first, whatever the seed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Home:
    """A point that somebody in the cast holds, and the meter there."""

    street_address: str
    postal_code: str
    city: str
    make: str
    capability: str = "remote"


@dataclass(frozen=True, kw_only=True)
class Agent:
    """Somebody who acts for a player, and is no customer."""

    name: str
    label: str
    ground: str
    """As the register names it: business, guardian or estate."""
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Player:
    """Somebody to log in as, or a business to look at."""

    name: str
    label: str
    """What there is to see when logged in; empty for those who can't log in."""
    homes: Sequence[Home]
    language: str = "nb"
    is_business: bool = False
    months_here: int = 40
    """How long ago the player moved in."""
    leaves_in_days: int = 0
    """How soon the player moves out, as the register knows already; 0 for who stays."""
    represented_by: Agent | None = None
    days_dead: int = 0
    """How long ago the player died; 0 for the living."""


CAST = (
    Player(
        name="Ingrid Solbakken",
        label="Kunde med ett målepunkt",
        homes=[
            Home(
                street_address="Fjordveien 12",
                postal_code="5417",
                city="Stord",
                make="aidon",
            )
        ],
    ),
    Player(
        name="Omar Haugland",
        label="Kunde med tre målepunkter",
        homes=[
            Home(
                street_address="Storgata 1",
                postal_code="5003",
                city="Bergen",
                make="aidon",
            ),
            Home(
                street_address="Utsikten 40",
                postal_code="5700",
                city="Voss",
                make="kaifa",
            ),
            Home(
                street_address="Sjøgata 7 B",
                postal_code="6002",
                city="Ålesund",
                make="kamstrup",
            ),
        ],
    ),
    Player(
        name="Astrid Kvamme",
        label="Kunde med måler som trenger HAN-modul (nynorsk)",
        language="nn",
        homes=[
            Home(
                street_address="Kyrkjevegen 3",
                postal_code="6800",
                city="Førde",
                make="kamstrup",
                capability="needs_module",
            )
        ],
    ),
    Player(
        name="Olena Kovalenko",
        label="Kunde som nettopp har flyttet inn (engelsk)",
        language="en",
        months_here=1,
        homes=[
            Home(
                street_address="Parkveien 22 C",
                postal_code="5521",
                city="Haugesund",
                make="kaifa",
            )
        ],
    ),
    Player(
        name="Leif Nygård",
        label="Kunde med måler som må besøkes av montør",
        homes=[
            Home(
                street_address="Elveveien 5",
                postal_code="6856",
                city="Sogndal",
                make="landisgyr",
                capability="needs_visit",
            )
        ],
    ),
    Player(
        name="Fjordbakeriet AS",
        label="",
        is_business=True,
        represented_by=Agent(
            name="Berit Bakke",
            label="Handler for Fjordbakeriet AS, er ikke selv kunde",
            ground="business",
            evidence="Fullmakt 2024-118",
        ),
        homes=[
            Home(
                street_address="Strandgata 18",
                postal_code="5417",
                city="Stord",
                make="aidon",
            ),
            Home(
                street_address="Torggata 2",
                postal_code="5411",
                city="Stord",
                make="aidon",
            ),
        ],
    ),
    Player(
        name="Solveig Strand",
        label="Kunde med verge",
        represented_by=Agent(
            name="Vera Lunde",
            label="Verge for Solveig Strand",
            ground="guardian",
            evidence="Vergefullmakt 2025/4711",
        ),
        homes=[
            Home(
                street_address="Bekkeveien 9",
                postal_code="5600",
                city="Norheimsund",
                make="aidon",
            )
        ],
    ),
    Player(
        name="Odd Fossum",
        label="",
        days_dead=20,
        represented_by=Agent(
            name="Marte Fossum",
            label="Representerer dødsboet etter Odd Fossum",
            ground="estate",
            evidence="Skifteattest 2026-331",
        ),
        homes=[
            Home(
                street_address="Utsikten 3",
                postal_code="5700",
                city="Voss",
                make="kaifa",
            )
        ],
    ),
    Player(
        name="Nora Myhre",
        label="Kunde som flytter ut om en uke",
        leaves_in_days=7,
        homes=[
            Home(
                street_address="Kaigata 14",
                postal_code="6002",
                city="Ålesund",
                make="aidon",
            )
        ],
    ),
)

STRANGER = Player(name="Jonas Vik", label="Ikke kunde her", homes=[])
"""Has an eID and no contract."""
