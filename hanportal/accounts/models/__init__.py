"""Who people are: a User logs in, a Customer is served, staff have roles."""

from hanportal.accounts.models.clients import ApiClient, ApiToken, ApiUse, Scope
from hanportal.accounts.models.company_logins import CompanyLogin
from hanportal.accounts.models.customers import Customer, CustomerKind, CustomerQuerySet
from hanportal.accounts.models.notices import NoticeKind, StaffNotice
from hanportal.accounts.models.representations import (
    Ground,
    Representation,
    RepresentationQuerySet,
    RepresentationSource,
    Representative,
)
from hanportal.accounts.models.resets import RESET_LASTS, LoginReset
from hanportal.accounts.models.roles import Role, RoleGrant, RoleGrantQuerySet
from hanportal.accounts.models.staff_sessions import StaffSession
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
    "RESET_LASTS",
    "ApiClient",
    "ApiToken",
    "ApiUse",
    "CallerMethod",
    "CallerPurpose",
    "CallerVerification",
    "CallerVerificationQuerySet",
    "CompanyLogin",
    "Customer",
    "CustomerKind",
    "CustomerQuerySet",
    "Ground",
    "Identification",
    "LoginReset",
    "NoticeKind",
    "Representation",
    "RepresentationQuerySet",
    "RepresentationSource",
    "Representative",
    "Role",
    "RoleGrant",
    "RoleGrantQuerySet",
    "Scope",
    "StaffNotice",
    "StaffSession",
    "Tries",
    "User",
    "UserManager",
    "login_name",
]
