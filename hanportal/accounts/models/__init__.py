"""Who people are: a User logs in, a Customer is served, staff have roles."""

from hanportal.accounts.models.clients import ApiClient, ApiToken, ApiUse, Scope
from hanportal.accounts.models.customers import Customer, CustomerKind, CustomerQuerySet
from hanportal.accounts.models.roles import Role, RoleGrant, RoleGrantQuerySet
from hanportal.accounts.models.tries import Tries
from hanportal.accounts.models.users import (
    Identification,
    User,
    UserManager,
    login_name,
)
from hanportal.accounts.models.verifications import (
    CallerMethod,
    CallerVerification,
    CallerVerificationQuerySet,
)

__all__ = [
    "ApiClient",
    "ApiToken",
    "ApiUse",
    "CallerMethod",
    "CallerVerification",
    "CallerVerificationQuerySet",
    "Customer",
    "CustomerKind",
    "CustomerQuerySet",
    "Identification",
    "Role",
    "RoleGrant",
    "RoleGrantQuerySet",
    "Scope",
    "Tries",
    "User",
    "UserManager",
    "login_name",
]
