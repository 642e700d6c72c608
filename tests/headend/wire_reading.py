"""Reading our own messages as a stranger would: by pattern, without our parser."""

import re


def serial_in(body: bytes) -> str:
    """The meter that a message of ours is about."""
    found = re.search(rb"Names[^>]*>\s*<[^>]*name[^>]*>([^<]*)<", body)
    return found.group(1).decode() if found else ""


def correlation_id_in(body: bytes) -> str:
    """The CorrelationID of a message of ours."""
    found = re.search(rb"CorrelationID[^>]*>([^<]*)<", body)
    return found.group(1).decode() if found else ""


def device_in(body: bytes) -> str:
    """The meter that a message of the poll shape is about."""
    found = re.search(rb"DeviceIdentification[^>]*>([^<]*)<", body)
    return found.group(1).decode() if found else ""
