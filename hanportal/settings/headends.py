"""The secrets shared with head-ends, from HEAD_END_SECRET_<CODE>."""

import os

ENVIRONMENT_PREFIX = "HEAD_END_SECRET_"

HEAD_END_SECRETS = {
    name.removeprefix(ENVIRONMENT_PREFIX).lower(): value
    for name, value in os.environ.items()
    if name.startswith(ENVIRONMENT_PREFIX)
}
