"""The pretended people who can be logged in as."""

import json
from dataclasses import dataclass
from pathlib import Path

DEFAULT_LEVEL = "idporten-loa-high"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody on the provider's page."""

    subject: str
    name: str
    national_id: str
    label: str
    """What there is to see when logged in as this person."""
    level: str


def read_people(file: Path) -> list[Person]:
    """The people in a JSON file: a list of sub, name, national_id, label and acr.

    :raises ValueError: two of them have the same `sub`, or something is missing.
    """
    entries = json.loads(file.read_text(encoding="utf-8"))
    try:
        people = [
            Person(
                subject=entry["sub"],
                name=entry["name"],
                national_id=entry["national_id"],
                label=entry.get("label", ""),
                level=entry.get("acr") or DEFAULT_LEVEL,
            )
            for entry in entries
        ]
    except KeyError as missing:
        raise ValueError(f"Somebody in {file} has no {missing}.") from missing
    if len({person.subject for person in people}) != len(people):
        raise ValueError(f"Two people in {file} have the same sub.")
    return people
