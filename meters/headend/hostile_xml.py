"""Reading XML that a stranger may have written: no entities, no network, no surprises.

Every function either gives a plain value or raises Unreadable; the values are bounded
and printable, so that what comes out may be stored and shown.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from lxml import etree

_DATETIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]{1,12}))?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_UUID = re.compile(
    r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
)


class Unreadable(Exception):  # noqa: N818 -- said of the message
    """The bytes are not the message that they should be."""


def parse(body: bytes, *, limit: int) -> etree._Element:
    """The root of a UTF-8 document of at most `limit` bytes without a DOCTYPE.

    :raises Unreadable: too large, not UTF-8, with a DOCTYPE, or not well-formed.
    """
    if len(body) > limit:
        raise Unreadable("The message is larger than allowed.")
    # The parser is told UTF-8 whatever the declaration says, so no other encoding
    # can carry a DOCTYPE past this look at the bytes.
    if b"\0" in body or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Unreadable("The message holds a DOCTYPE, or is not UTF-8.")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("The message is not well-formed XML.") from error


def children(parent: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The direct children of that name, in order."""
    return parent.iterchildren(tag)


def only_child(parent: etree._Element, tag: str) -> etree._Element | None:
    """The child of that name, or None.

    :raises Unreadable: there are several, so that two readers could differ.
    """
    found = list(parent.iterchildren(tag))
    if len(found) > 1:
        raise Unreadable(f"{local_name(found[0])} stands more than once.")
    return found[0] if found else None


def required_child(parent: etree._Element, tag: str) -> etree._Element:
    """The one child of that name.

    :raises Unreadable: there is none, or several.
    """
    child = only_child(parent, tag)
    if child is None:
        raise Unreadable(f"{etree.QName(tag).localname} is missing.")
    return child


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(etree.QName(element).localname)


def text_of(element: etree._Element | None, *, longest: int = 200) -> str:
    """The element's text, trimmed, cut and printable; empty where it has none.

    An element with children has no text of its own: half a serial is a wrong one.
    """
    if element is None or len(element):
        return ""
    return printable(element.text or "", longest=longest)


def printable(text: str, *, longest: int = 200) -> str:
    """`text` on one line, without control characters, at most `longest` long."""
    line = "".join(char if char.isprintable() else " " for char in text.strip())
    return line[:longest].strip()


def uuid_of(element: etree._Element | None) -> UUID | None:
    """A UUID written with hyphens; None where there is none that can be read."""
    text = text_of(element, longest=60)
    return UUID(text) if _UUID.fullmatch(text) else None


def time_of(
    element: etree._Element | None, *, naive: ZoneInfo | None
) -> datetime | None:
    """An xs:dateTime in UTC; None where there is none that can be relied on.

    A time without a zone is taken to be in `naive`, the earlier one where the clock
    was set back; where `naive` is None it is no time.
    """
    match = _DATETIME.fullmatch(text_of(element, longest=60))
    if match is None:
        return None
    seconds, fraction, zone = match.groups()
    microseconds = (fraction or "0")[:6].ljust(6, "0")
    try:
        moment = datetime.fromisoformat(f"{seconds}.{microseconds}{zone or ''}")
        if moment.tzinfo is None and naive is None:
            return None
        return moment.replace(tzinfo=moment.tzinfo or naive).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
