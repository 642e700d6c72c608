"""The demo's people at work: known passwords, known secrets of authenticator apps.

For loopback only: whoever can read this file can log in as them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Somebody who works at the demo's grid operator."""

    name: str
    label: str
    role: str
    email: str
    staff_number: str
    totp_secret: str
    """Base32; an authenticator app takes it as it stands."""
    password: str = "rolig-fjord-og-bratt-fjell"  # noqa: S105 -- the demo's, printed


STAFF = (
    Worker(
        name="Anne Brekke",
        label="Kundebehandler",
        role="agent",
        email="agent@fjordnett.example",
        staff_number="1001",
        totp_secret="HANPORTALDEMOAGENTAAAAAAAAAAAAAA",  # noqa: S106 -- the demo's, printed
    ),
    Worker(
        name="Siri Haaland",
        label="Leder på kundesenteret",
        role="supervisor",
        email="supervisor@fjordnett.example",
        staff_number="1002",
        totp_secret="HANPORTALDEMOSUPERVISORAAAAAAAAA",  # noqa: S106 -- the demo's, printed
    ),
    Worker(
        name="Per Revheim",
        label="Revisor",
        role="auditor",
        email="auditor@fjordnett.example",
        staff_number="1003",
        totp_secret="HANPORTALDEMOAUDITORAAAAAAAAAAAA",  # noqa: S106 -- the demo's, printed
    ),
    Worker(
        name="Turid Aasen",
        label="Administrator",
        role="administrator",
        email="admin@fjordnett.example",
        staff_number="1004",
        totp_secret="HANPORTALDEMOADMINAAAAAAAAAAAAAA",  # noqa: S106 -- the demo's, printed
    ),
)


def write_staff(file: Path) -> None:
    """Tell the smoke client who works here, as people.json tells of customers."""
    people = [asdict(worker) for worker in STAFF]
    file.write_text(json.dumps(people, ensure_ascii=False, indent=2), encoding="utf-8")
