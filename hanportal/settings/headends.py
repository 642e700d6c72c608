"""What we share with head-ends, and with the proxy that they come through, and what we
prove ourselves with."""

import os

import environ

env = environ.Env()

ENVIRONMENT_PREFIX = "HEAD_END_SECRET_"

HEAD_END_SECRETS = {
    name.removeprefix(ENVIRONMENT_PREFIX).lower(): value
    for name, value in os.environ.items()
    if name.startswith(ENVIRONMENT_PREFIX)
}


def _paths(prefix: str) -> dict[str, str]:
    """The files that variables of this name point to, by the head-end's code."""
    return {
        name.removeprefix(prefix).lower(): path
        for name, path in os.environ.items()
        if name.startswith(prefix) and path
    }


CERTIFICATE_PREFIX = "HEAD_END_CERTIFICATE_"
KEY_PREFIX = "HEAD_END_KEY_"
AUTHORITIES_PREFIX = "HEAD_END_AUTHORITIES_"

_FILES = {
    "certificate": _paths(CERTIFICATE_PREFIX),
    "key": _paths(KEY_PREFIX),
    "authorities": _paths(AUTHORITIES_PREFIX),
}

# Files of our certificate towards a head-end that demands one, and of the authorities
# that may have signed its own.
HEAD_END_CLIENT_FILES = {
    code: {what: paths[code] for what, paths in _FILES.items() if code in paths}
    for code in sorted({code for paths in _FILES.values() for code in paths})
}

# What the proxy before us proves itself with when it tells whose client certificate
# it has checked. Without it no callback by mutual TLS is believed.
HEAD_END_PROXY_SECRET = env("HEAD_END_PROXY_SECRET", default="")
