"""What we prove ourselves with where a head-end demands a certificate of ours.

The files are read again when they change, so that a certificate can be renewed without
a restart. What the head-end thinks of ours shows only when something is sent.
"""

import ssl
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_ENCRYPTED_KEYS_FAIL = ""
"""A key with a password is refused; without this OpenSSL would ask a terminal."""
_REFUSALS = frozenset(
    {
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "TLSV1_ALERT_ACCESS_DENIED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    }
)
"""What a server says to a client whose certificate it does not take."""


class CertificateUnusable(Exception):  # noqa: N818 -- said of the files
    """The files can't be used; the sentence says which and why."""


@dataclass(frozen=True, kw_only=True)
class ClientFiles:
    """Where our certificate (with its chain), its key, and whom we trust lie."""

    certificate: str = ""
    key: str = ""
    authorities: str = ""
    """Who may have signed the head-end's own certificate; empty: the machine's list."""


def context_for(files: ClientFiles, *, url: str) -> ssl.SSLContext | None:
    """How calls to this address are secured; None: as the machine does it.

    :raises CertificateUnusable: a file is missing, does not fit or can't be read, or
        the address is none that TLS is spoken at.
    """
    if files == ClientFiles():
        return None
    if not url.lower().startswith("https:"):
        raise CertificateUnusable("its address is not https, so no certificate counts.")
    if bool(files.certificate) != bool(files.key):
        missing = "key" if files.certificate else "certificate"
        raise CertificateUnusable(f"the client {missing} is not set.")
    return _loaded(files, tuple(map(_changed_at, _paths(files))))


def is_refused(error: BaseException) -> bool:
    """Whether the other side did not take our certificate: nothing was delivered."""
    seen: BaseException | None = error
    while seen is not None:
        # aiohttp has errors of this kind that lack the reason.
        if getattr(seen, "reason", None) in _REFUSALS:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _paths(files: ClientFiles) -> list[str]:
    return [path for path in (files.certificate, files.key, files.authorities) if path]


def _changed_at(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError as error:
        raise CertificateUnusable(f"{path}: {error.strerror}.") from error


@lru_cache(maxsize=32)
def _loaded(files: ClientFiles, changed_at: tuple[int, ...]) -> ssl.SSLContext:
    del changed_at
    try:
        context = ssl.create_default_context(cafile=files.authorities or None)
    except (OSError, ssl.SSLError) as error:
        said = f"{files.authorities} holds no certificates of authorities"
        raise CertificateUnusable(f"{said}: {error}.") from error
    if files.certificate:
        try:
            context.load_cert_chain(
                files.certificate, files.key, password=_ENCRYPTED_KEYS_FAIL
            )
        except (OSError, ssl.SSLError) as error:
            said = f"{files.certificate} and {files.key} are no certificate and its key"
            raise CertificateUnusable(f"{said}: {error}.") from error
    return context
