"""The secrets shared with head-ends and with the proxy that they come through."""

import os

import environ

env = environ.Env()

ENVIRONMENT_PREFIX = "HEAD_END_SECRET_"

HEAD_END_SECRETS = {
    name.removeprefix(ENVIRONMENT_PREFIX).lower(): value
    for name, value in os.environ.items()
    if name.startswith(ENVIRONMENT_PREFIX)
}

# What the proxy before us proves itself with when it tells whose client certificate
# it has checked. Without it no callback by mutual TLS is believed.
HEAD_END_PROXY_SECRET = env("HEAD_END_PROXY_SECRET", default="")
