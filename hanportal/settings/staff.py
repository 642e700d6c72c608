"""How those who work here log in, how long that lasts, and where requests come from."""

from datetime import timedelta

import environ

from hanportal.settings.connections import origin_of

env = environ.Env()

# The company's own login for staff: any OpenID Connect provider with discovery, as
# Entra ID. Off until it has an issuer.
STAFF_OIDC_ISSUER = env("STAFF_OIDC_ISSUER", default="")
STAFF_OIDC_CLIENT_ID = env("STAFF_OIDC_CLIENT_ID", default="")
STAFF_OIDC_CLIENT_SECRET = env("STAFF_OIDC_CLIENT_SECRET", default="")
# "client_secret_basic" or "client_secret_post".
STAFF_OIDC_CLIENT_AUTHENTICATION = env(
    "STAFF_OIDC_CLIENT_AUTHENTICATION", default="client_secret_post"
)
STAFF_OIDC_SCOPES = env.list("STAFF_OIDC_SCOPES", default=["openid", "profile"])
# One of these must be among the `amr`; what the company calls several factors.
STAFF_OIDC_REQUIRED_METHODS = env.list("STAFF_OIDC_REQUIRED_METHODS", default=["mfa"])
# One of these must come back as well, where there are any, in this claim.
STAFF_OIDC_REQUIRED_LEVELS = env.list("STAFF_OIDC_REQUIRED_LEVELS", default=[])
STAFF_OIDC_LEVEL_CLAIM = env("STAFF_OIDC_LEVEL_CLAIM", default="acr")
# How old a log-in at the company may be when it is brought here.
STAFF_OIDC_MAX_AGE = timedelta(seconds=env.int("STAFF_OIDC_MAX_AGE", default=28800))
# Forms that lead to the company pass these origins (content security policy).
STAFF_OIDC_ORIGINS = env.list(
    "STAFF_OIDC_ORIGINS",
    default=[origin_of(STAFF_OIDC_ISSUER)] if STAFF_OIDC_ISSUER else [],
)
# Whoever has bound the company's login uses no password here any more.
STAFF_OIDC_ONLY = env.bool("STAFF_OIDC_ONLY", default=False)

# What may do much harm needs a second factor that was given this recently.
STAFF_FRESH_FOR = timedelta(minutes=env.int("STAFF_FRESH_MINUTES", default=15))
# A session ends after this long without a page, and after this long in any case.
STAFF_IDLE_FOR = timedelta(minutes=env.int("STAFF_IDLE_MINUTES", default=30))
STAFF_SESSION_LASTS = timedelta(hours=env.int("STAFF_SESSION_HOURS", default=12))

# Networks of proxies of ours: what they say about where a request came from is
# believed, what anybody else says is not.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

# How staff log in: this many tries of a password or a code, then a wait. Counted in
# PostgreSQL, so that a cache that is down neither opens the door nor shuts it.
STAFF_LOGIN_TRIES = env.int("STAFF_LOGIN_TRIES", default=8)
STAFF_LOGIN_TRIES_PER_ADDRESS = env.int("STAFF_LOGIN_TRIES_PER_ADDRESS", default=300)
STAFF_LOGIN_WINDOW = timedelta(minutes=15)
# How long a set-password link works.
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=24).total_seconds())
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "hanportal.accounts.passwords.LongEnough",
        "OPTIONS": {"min_length": 14},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "hanportal.accounts.passwords.UnlikeThePerson",
        "OPTIONS": {"user_attributes": ("email", "display_name", "staff_number")},
    },
]
MFA_ADAPTER = "hanportal.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
