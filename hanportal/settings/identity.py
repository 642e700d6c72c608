"""Who logs in and how: the eID provider, and the keys that national ids are under."""

from datetime import timedelta

import environ

from hanportal.settings.connections import origin_of

env = environ.Env()

# The eID provider: any OpenID Connect provider with discovery, found by its issuer.
EID_ISSUER = env("EID_ISSUER", default="")
EID_CLIENT_ID = env("EID_CLIENT_ID", default="")
EID_CLIENT_SECRET = env("EID_CLIENT_SECRET", default="")
# "client_secret_basic" or "client_secret_post".
EID_CLIENT_AUTHENTICATION = env(
    "EID_CLIENT_AUTHENTICATION", default="client_secret_basic"
)
EID_SCOPES = env.list("EID_SCOPES", default=["openid", "profile"])
# Any of these values of `acr` is strong enough to order and consent.
EID_REQUIRED_LEVELS = env.list("EID_REQUIRED_LEVELS", default=["idporten-loa-high"])
# Where the national id stands in the ID token or userinfo; dots go into objects.
EID_NATIONAL_ID_CLAIM = env("EID_NATIONAL_ID_CLAIM", default="pid")
# How old a log-in at the provider may be when it is brought here.
EID_MAX_AGE = timedelta(seconds=env.int("EID_MAX_AGE", default=1800))
# Forms that lead to the provider pass these origins (content security policy).
EID_ORIGINS = env.list(
    "EID_ORIGINS", default=[origin_of(EID_ISSUER)] if EID_ISSUER else []
)

# A consent needs a person who was identified this recently.
CONSENT_MAX_AUTHENTICATION_AGE = timedelta(
    seconds=env.int("CONSENT_MAX_AUTHENTICATION_AGE", default=600)
)

# How long an agent may act for a caller who was verified.
CALLER_VERIFICATION_LIFETIME = timedelta(
    minutes=env.int("CALLER_VERIFICATION_MINUTES", default=15)
)

# After so many failed controls of one customer in a day, control questions are for
# supervisors alone; others call back the registered number.
CALLER_FAILED_CONTROLS = env.int("CALLER_FAILED_CONTROLS", default=3)

# "1:<base64 of 32 bytes>,2:…": the newest version seals, all of them find.
NATIONAL_ID_HASH_KEYS = env("NATIONAL_ID_HASH_KEYS", default="")
NATIONAL_ID_ENCRYPTION_KEYS = env("NATIONAL_ID_ENCRYPTION_KEYS", default="")

# Whom to call for someone who cannot log in, or is not found as a customer.
OPERATOR_PHONE = env("OPERATOR_PHONE", default="21 00 00 00")

AUTHENTICATION_BACKENDS = ["hanportal.accounts.backends.EidBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/min-side/"

# allauth carries the customers' log-in and knows the second factors of staff; none of
# its pages is routed.
ACCOUNT_ADAPTER = "hanportal.accounts.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "hanportal.accounts.adapters.EidAccountAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "hanportal.accounts.adapters.display_name"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_RATE_LIMITS = False
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
