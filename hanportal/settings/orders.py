"""How many ports may be closed in a day that no person ordered closed."""

import environ

env = environ.Env()

CLOSING_BRAKE_PER_DAY = env.int("CLOSING_BRAKE_PER_DAY", default=100)
