"""How much may be closed by itself in a day, what is read at night, what is kept."""

from datetime import timedelta

import environ

env = environ.Env()

FEWEST_DAYS_KEPT = 7

# How many ports may be closed in a day that no person ordered closed.
CLOSING_BRAKE_PER_DAY = env.int("CLOSING_BRAKE_PER_DAY", default=100)


def hours_of_night(text: str) -> tuple[int, int]:
    """The first hour in Oslo and the one that the night ends at.

    :raises ValueError: they are no two hours, at least two hours apart.
    """
    try:
        first, last = (int(hour) for hour in text.split("-"))
    except ValueError as error:
        raise ValueError(f"{text!r} is not two hours, as in 1-5.") from error
    if not (0 <= first < 24 and 0 <= last < 24 and (last - first) % 24 >= 2):
        raise ValueError(f"{text!r} is not two hours of the day, two hours apart.")
    return first, last


# The hours in Oslo in which ports are read although nothing is in doubt. Two at least:
# one is missing from a night in March.
NIGHT_READING_HOURS = hours_of_night(env("NIGHT_READING_HOURS", default="1-5"))
# Within how many weeks every port that should be closed is read.
NIGHT_READING_WEEKS = max(env.int("NIGHT_READING_WEEKS", default=8), 1)
# How many a minute at one head-end; 0 reads none.
NIGHT_READING_PER_MINUTE = env.int("NIGHT_READING_PER_MINUTE", default=600)


def days_kept(text: str) -> timedelta:
    """For how many days something is kept.

    :raises ValueError: it is no whole number of days, or less than a week: what is
        being looked into would be gone.
    """
    days = int(text)
    if days < FEWEST_DAYS_KEPT:
        raise ValueError(f"{text!r} is less than {FEWEST_DAYS_KEPT} days.")
    return timedelta(days=days)


# How long what was said to head-ends, and what they answered, is kept word for word.
EXCHANGE_RETENTION = days_kept(env("EXCHANGE_RETENTION_DAYS", default="90"))
