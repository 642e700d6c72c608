"""Settings that only gather static files, for building an image: no keys, no services.

`manage.py collectstatic --settings hanportal.settings.collecting`. There is no
database here, and the key is another one at every start, so nothing can be served.
"""

import secrets

from hanportal.settings import connections
from hanportal.settings.base import *  # noqa: F403 -- the settings they all share

SECRET_KEY = secrets.token_urlsafe(50)
STORAGES = connections.manifest_storage()
