#!/usr/bin/env python
"""Django's command line. Commands that change the schema run as the owner role."""

import os
import sys

from django.core.management import execute_from_command_line

# Importing the Celery application makes it the one that doorbells are rung on.
from hanportal.celery import app as celery_app

__all__ = ["celery_app", "main"]

OWNER_COMMANDS = {"migrate"}


def main() -> None:
    if OWNER_COMMANDS & set(sys.argv[1:2]):
        owner_url = os.environ.get("MIGRATION_DATABASE_URL")
        if owner_url:
            os.environ["DATABASE_URL"] = owner_url
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
