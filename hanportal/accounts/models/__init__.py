"""Who people are: a User logs in, a Customer is served, staff have roles."""

from hanportal.accounts.models.customers import Customer, CustomerKind, CustomerQuerySet
from hanportal.accounts.models.representations import (
    Ground,
    Representation,
    RepresentationQuerySet,
    RepresentationSource,
    Representative,
)
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
    CallerPurpose,
    CallerVerification,
    CallerVerificationQuerySet,
)

__all__ = [
    "CallerMethod",
    "CallerPurpose",
    "CallerVerification",
    "CallerVerificationQuerySet",
    "Customer",
    "CustomerKind",
    "CustomerQuerySet",
    "Ground",
    "Identification",
    "Representation",
    "RepresentationQuerySet",
    "RepresentationSource",
    "Representative",
    "Role",
    "RoleGrant",
    "RoleGrantQuerySet",
    "Tries",
    "User",
    "UserManager",
    "login_name",
]
