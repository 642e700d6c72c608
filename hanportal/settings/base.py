"""Settings that every deployment shares. Values that differ come from the environment.

`production.py` demands them, `demo.py` fills them for the box that `make run` starts,
`test.py` for the test-suite.
"""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from hanportal.settings.api import *  # noqa: F403 -- what machines may ask
from hanportal.settings.headends import *  # noqa: F403 -- what is shared with them
from hanportal.settings.identity import *  # noqa: F403 -- who logs in, and how
from hanportal.settings.identity import EID_ORIGINS
from hanportal.settings.logging import *  # noqa: F403 -- what is written down
from hanportal.settings.monitoring import *  # noqa: F403 -- who may watch
from hanportal.settings.orders import *  # noqa: F403 -- how much may close at once
from hanportal.settings.register import *  # noqa: F403 -- how much may end at once
from hanportal.settings.staff import *  # noqa: F403 -- how those who work here log in
from hanportal.settings.staff import STAFF_OIDC_ORIGINS

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent

DEBUG = False
AUTH_USER_MODEL = "accounts.User"
ROOT_URLCONF = "hanportal.urls"
WSGI_APPLICATION = "hanportal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "hanportal.audit",
    "hanportal.accounts",
    "meters",
    "notifications",
    "orders",
    "hanportal.minside",
    "hanportal.console",
    "hanportal.monitoring",
    "hanportal.accounts.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "csp",
    "django_htmx",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hanportal.accounts.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Language and time: UTC in the database, Europe/Oslo at the edges.
LANGUAGE_CODE = "nb"
LANGUAGES = [("nb", "Bokmål"), ("nn", "Nynorsk"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "hanportal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Oslo"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [
    BASE_DIR / "hanportal" / "static",
    # What `npm run build` made of the design system; installed, never committed.
    ("vendor", BASE_DIR / ".frontend"),
]

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(minutes=60).total_seconds())
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = False
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        # Chromium holds the redirect after a form, too, to this list.
        "form-action": [SELF, *EID_ORIGINS, *STAFF_OIDC_ORIGINS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# Celery rings; it never carries the work itself (docs/adr/0002).
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_TIMEZONE = "Europe/Oslo"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "visibility_timeout": 600,
    # Otherwise every bell tries a frozen broker for four seconds.
    "max_retries": 0,
}
CELERY_TASK_DEFAULT_QUEUE = "dispatch"
CELERY_TASK_ROUTES = {
    "accounts.*": {"queue": "dispatch"},
    "orders.*": {"queue": "dispatch"},
    "meters.*": {"queue": "dispatch"},
    "notifications.*": {"queue": "notices"},
}
# Each sweep finds what is due in the database: a lost message costs one interval.
CELERY_BEAT_SCHEDULE = {
    "orders.sweep_commands": {"task": "orders.sweep_commands", "schedule": 5.0},
    "orders.work_off_callbacks": {"task": "orders.work_off_callbacks", "schedule": 5.0},
    "meters.derive_due": {"task": "meters.derive_due", "schedule": 300.0},
    "orders.reconcile_ports": {"task": "orders.reconcile_ports", "schedule": 15.0},
    "orders.settle_cases": {"task": "orders.settle_cases", "schedule": 30.0},
    "orders.read_through_the_night": {
        "task": "orders.read_through_the_night",
        "schedule": 60.0,
    },
    "orders.follow_register": {"task": "orders.follow_register", "schedule": 60.0},
    "orders.forget_exchanges": {"task": "orders.forget_exchanges", "schedule": 600.0},
    "accounts.forget_tries": {"task": "accounts.forget_tries", "schedule": 3600.0},
    "notifications.deliver_messages": {
        "task": "notifications.deliver_messages",
        "schedule": 5.0,
    },
    "notifications.deliver_to_staff": {
        "task": "notifications.deliver_to_staff",
        "schedule": 5.0,
    },
}

# Days on which this operator is closed besides the public holidays: "12-24,12-31".
CLOSED_DAYS = frozenset(
    (int(day[:2]), int(day[3:])) for day in env.list("CLOSED_DAYS", default=[])
)
# How many points one look at the register takes up at a time.
REGISTER_FOLLOW_BATCH = env.int("REGISTER_FOLLOW_BATCH", default=200)
# How soon a meter whose state is in doubt is read back.
READ_BACK_INTERVAL_SECONDS = env.int("READ_BACK_INTERVAL_SECONDS", default=60)
# How much longer than the head-end's time-outs a command belongs to who sends it.
SEND_LEASE_MARGIN = timedelta(seconds=env.int("SEND_LEASE_MARGIN_SECONDS", default=15))
# How long one sender may hold a notice before another takes it over: longer than the
# slowest conversation that the e-mail time-out allows.
NOTICE_LEASE = timedelta(seconds=env.int("NOTICE_LEASE_SECONDS", default=120))

DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="HAN-portal <han@localhost>")
PORTAL_BASE_URL = env("PORTAL_BASE_URL", default="http://localhost:8000")
OPERATOR_NAME = env("OPERATOR_NAME", default="Fjordnett")

# The role that requests and workers connect as. It can read and add to the log, and
# never change it; `manage.py prepare_database` creates it.
DATABASE_APPLICATION_ROLE = env("DATABASE_APPLICATION_ROLE", default="hanportal_app")
DATABASE_OWNER_ROLE = env("DATABASE_OWNER_ROLE", default="hanportal_owner")
