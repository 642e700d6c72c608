"""How much the machine interface takes, and how long its tokens last."""

from datetime import timedelta

import environ

env = environ.Env()

API_TOKEN_LIFETIME = timedelta(seconds=env.int("API_TOKEN_SECONDS", default=3600))
# Counted per client in PostgreSQL, so that no cache that is down matters.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=240)
API_BODY_BYTES = env.int("API_BODY_BYTES", default=2_000_000)
# Tries to get a token: this many with a wrong secret, then a wait.
API_TOKEN_TRIES = env.int("API_TOKEN_TRIES", default=20)
API_TOKEN_TRIES_PER_ADDRESS = env.int("API_TOKEN_TRIES_PER_ADDRESS", default=300)
API_TOKEN_WINDOW = timedelta(minutes=15)
