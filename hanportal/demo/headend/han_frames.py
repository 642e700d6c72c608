"""The bytes that come out of a HAN port: DLMS data notifications in HDLC frames.

Written from the vendors' published list descriptions; the tests have an independent
decoder read them.
"""

from collections.abc import Iterable
from datetime import datetime

_FLAG = b"\x7e"
_LLC = b"\xe6\xe7\x00"
_ARRAY, _STRUCTURE = b"\x01", b"\x02"
_UNITS = {"W": 27, "var": 29, "Wh": 30, "varh": 32, "A": 33, "V": 35}


def hdlc(information: bytes) -> bytes:
    """One frame of type 3, from flag to flag, with both check sequences."""
    # Format (2), addresses (1 + 2), control, header check (2), and the final check (2).
    length = 2 + 3 + 1 + 2 + len(information) + 2
    header = (0xA000 | length).to_bytes(2, "big") + b"\x41\x08\x83\x13"
    checked = header + _check(header) + information
    return _FLAG + checked + _check(checked) + _FLAG


def notification(body: bytes, *, at: bytes = b"\x00") -> bytes:
    """A data notification that nobody asked for; `at` is its time, or none."""
    return _LLC + b"\x0f\x40\x00\x00\x00" + at + body


def array(items: Iterable[bytes]) -> bytes:
    """Items alike, counted."""
    found = list(items)
    return _ARRAY + bytes([len(found)]) + b"".join(found)


def structure(items: Iterable[bytes], *, count: int | None = None) -> bytes:
    """Items of any kind, counted; `count` where one item holds several."""
    found = list(items)
    return _STRUCTURE + bytes([count or len(found)]) + b"".join(found)


def obis(code: str) -> bytes:
    """An OBIS code as an octet string of six."""
    return b"\x09\x06" + bytes(int(part) for part in code.split("."))


def unsigned32(value: int) -> bytes:
    """A double-long-unsigned."""
    return b"\x06" + value.to_bytes(4, "big")


def unsigned16(value: int) -> bytes:
    """A long-unsigned."""
    return b"\x12" + value.to_bytes(2, "big")


def signed16(value: int) -> bytes:
    """A long."""
    return b"\x10" + value.to_bytes(2, "big", signed=True)


def visible(text: str) -> bytes:
    """A visible string."""
    return b"\x0a" + bytes([len(text)]) + text.encode("ascii")


def octets(data: bytes) -> bytes:
    """An octet string."""
    return b"\x09" + bytes([len(data)]) + data


def scaler(exponent: int, unit: str) -> bytes:
    """What a register's number is to be multiplied by, and its unit."""
    power = exponent.to_bytes(1, "big", signed=True)
    return structure([b"\x0f" + power, b"\x16" + bytes([_UNITS[unit]])])


def moment(at: datetime) -> bytes:
    """Date and time in twelve bytes, without a zone, as meters here send it."""
    return (
        at.year.to_bytes(2, "big")
        + bytes([at.month, at.day, at.isoweekday(), at.hour, at.minute, at.second])
        + b"\xff\x80\x00\x00"
    )


def _check(data: bytes) -> bytes:
    """The frame check sequence of RFC 1662, low byte first."""
    found = 0xFFFF
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = (found >> 1) ^ (0x8408 if found & 1 else 0)
    return (found ^ 0xFFFF).to_bytes(2, "little")
