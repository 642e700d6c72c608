"""Who may read the metrics, and from what value on a watchdog raises the alarm."""

from datetime import timedelta

import environ

env = environ.Env()

# The bearer token of whoever scrapes /metrics; without one the address is not there.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
# Whether loopback may scrape without a token: only in the demo.
METRICS_FOR_LOOPBACK = False

# How long something that is due may stay undone before somebody is woken.
WATCH_DUE_FOR = timedelta(seconds=env.int("WATCH_DUE_SECONDS", default=300))
WATCH_NOTICES_DUE_FOR = timedelta(
    seconds=env.int("WATCH_NOTICES_DUE_SECONDS", default=900)
)
# How long a port that should be open may go without its turn to be read: a day, and
# a night's length.
WATCH_NIGHT_READING_FOR = timedelta(
    seconds=env.int("WATCH_NIGHT_READING_SECONDS", default=129600)
)
# How long a meter that must be closed may take to say that it is.
WATCH_CLOSING_FOR = timedelta(seconds=env.int("WATCH_CLOSING_SECONDS", default=14400))
# The share of exchanges with a head-end in the last hour that may fail.
WATCH_FAULT_SHARE = env.float("WATCH_FAULT_SHARE", default=0.5)
