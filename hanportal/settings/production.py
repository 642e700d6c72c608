"""Settings of a real installation: demanded from the environment, strict by default."""

from datetime import timedelta
from urllib.parse import urlsplit

from hanportal.settings import connections, required
from hanportal.settings.base import *  # noqa: F403 -- the settings they all share
from hanportal.settings.base import (
    HEAD_END_CLIENT_FILES,
    HEAD_END_PROXY_SECRET,
    HEAD_END_SECRETS,
    METRICS_TOKEN,
    env,
)
from hanportal.settings.headends import ENVIRONMENT_PREFIX
from hanportal.settings.staff import (
    STAFF_OIDC_REQUIRED_LEVELS,
    STAFF_OIDC_REQUIRED_METHODS,
)

SECRET_KEY = required.secret_key()
PORTAL_BASE_URL = required.https_address("PORTAL_BASE_URL")
ALLOWED_HOSTS = [urlsplit(PORTAL_BASE_URL).hostname]
OPERATOR_NAME = required.value("OPERATOR_NAME")
DEFAULT_FROM_EMAIL = required.value("DEFAULT_FROM_EMAIL")

EID_ISSUER = required.https_address("EID_ISSUER")
EID_CLIENT_ID = required.value("EID_CLIENT_ID")
EID_CLIENT_SECRET = required.shared_secret("EID_CLIENT_SECRET")
if env("STAFF_OIDC_ISSUER", default=""):
    STAFF_OIDC_ISSUER = required.https_address("STAFF_OIDC_ISSUER")
    STAFF_OIDC_CLIENT_ID = required.value("STAFF_OIDC_CLIENT_ID")
    STAFF_OIDC_CLIENT_SECRET = required.shared_secret("STAFF_OIDC_CLIENT_SECRET")
    required.several_factors(STAFF_OIDC_REQUIRED_METHODS, STAFF_OIDC_REQUIRED_LEVELS)
NATIONAL_ID_HASH_KEYS = required.shared_secret("NATIONAL_ID_HASH_KEYS")
NATIONAL_ID_ENCRYPTION_KEYS = required.shared_secret("NATIONAL_ID_ENCRYPTION_KEYS")
for _code in HEAD_END_SECRETS:
    required.shared_secret(f"{ENVIRONMENT_PREFIX}{_code.upper()}")
for _code, _files in HEAD_END_CLIENT_FILES.items():
    required.client_files(_code, _files)
if HEAD_END_PROXY_SECRET:
    required.shared_secret("HEAD_END_PROXY_SECRET")

required.database_address()
DATABASES = {"default": connections.database()}
CELERY_BROKER_URL = required.value("REDIS_URL")
CACHES = {"default": connections.cache(required.value("CACHE_URL"))}
required.separate_instances(CELERY_BROKER_URL, CACHES["default"]["LOCATION"])
required.value("EMAIL_URL")
globals().update(connections.email())

if METRICS_TOKEN:
    required.shared_secret("METRICS_TOKEN")

STORAGES = connections.manifest_storage()

# TLS. Behind a proxy that ends it and always sets the header, say so.
if env.bool("TRUST_FORWARDED_PROTO", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|metrics)$"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
CSRF_TRUSTED_ORIGINS = [PORTAL_BASE_URL]

SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
