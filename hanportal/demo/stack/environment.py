"""What the demo's processes find in their environment."""

import secrets
from base64 import b64encode
from collections.abc import Mapping

from hanportal.demo.stack.layout import HOST, Folder, Ports
from hanportal.demo.stack.process import StackFailure
from hanportal.demo.stack.programs import CLIENT_ID

HEAD_END_SECRET = "HEAD_END_SECRET_"  # noqa: S105 -- the name, not the secret
DEFAULT_POINTS = 500
DEFAULT_SPEED = 4.0


def versioned_key() -> str:
    """Version 1 of a key of 32 random bytes, as the settings write it."""
    return f"1:{b64encode(secrets.token_bytes(32)).decode()}"


def product_environment(
    *,
    folder: Folder,
    ports: Ports,
    given: Mapping[str, str],
    addresses: Mapping[str, str],
) -> dict[str, str]:
    """The caller's environment with everything that the demo's settings read.

    Keys and passwords are the data folder's own, because its rows are under them.
    """
    own = folder.secrets()
    fixed = {
        "DJANGO_SETTINGS_MODULE": "hanportal.settings.demo",
        "PYTHONUNBUFFERED": "1",
        "PORTAL_BASE_URL": f"http://{HOST}:{ports.web}",
        "STATIC_ROOT": str(folder.path / "static"),
        "SECRET_KEY": own.get("secret_key", make=lambda: secrets.token_urlsafe(50)),
        "NATIONAL_ID_HASH_KEYS": own.get("national_id_hash", make=versioned_key),
        "NATIONAL_ID_ENCRYPTION_KEYS": own.get("national_id_seal", make=versioned_key),
        "EMAIL_URL": f"smtp://{HOST}:{ports.smtp}",
        "EID_ISSUER": f"http://{HOST}:{ports.eid}",
        "EID_CLIENT_ID": CLIENT_ID,
        "EID_CLIENT_SECRET": own.get("eid_client"),
    }
    return {**given, **fixed, **addresses}


def head_end_secrets(folder: Folder, codes: list[str]) -> dict[str, str]:
    """The secret shared with each of the demo's head-ends."""
    own = folder.secrets()
    return {
        f"{HEAD_END_SECRET}{code.upper()}": own.get(f"head_end_{code}")
        for code in codes
    }


def number(given: Mapping[str, str], name: str, default: float) -> float:
    """A number from the environment.

    :raises StackFailure: it is not a number above 0.
    """
    text = given.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise StackFailure(f"{name} is {text!r}; it must be a number above 0.")
    return value
