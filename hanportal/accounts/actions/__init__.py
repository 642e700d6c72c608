"""What people do with accounts: customers, staff, and callers who are verified."""

from hanportal.accounts.actions.callers import (
    JudgedAnswer,
    NotAnAgent,
    TooFewQuestions,
    end_verification,
    verify_caller,
)
from hanportal.accounts.actions.customers import (
    choose_notices,
    record_login,
    record_refused_login,
    reseal_national_ids,
)
from hanportal.accounts.actions.factors import (
    AlreadyHasApp,
    LastSecondFactor,
    add_app,
    add_key,
    new_recovery_codes,
    record_staff_login,
    remove_factor,
)
from hanportal.accounts.actions.reads import record_page_view
from hanportal.accounts.actions.staff import (
    STAFF_CHAIN,
    AlreadyStaff,
    LastAdministrator,
    NotStaff,
    NotToOneself,
    choose_password,
    create_staff,
    end_role,
    give_role,
    invite_staff,
    reset_second_factor,
    switch_off,
    switch_on,
)
from hanportal.accounts.sealing import (
    InvalidNationalId,
    NationalIdDoesNotOpen,
    SealedNationalId,
    seal_national_id,
)

__all__ = [
    "STAFF_CHAIN",
    "AlreadyHasApp",
    "AlreadyStaff",
    "InvalidNationalId",
    "JudgedAnswer",
    "LastAdministrator",
    "LastSecondFactor",
    "NationalIdDoesNotOpen",
    "NotAnAgent",
    "NotStaff",
    "NotToOneself",
    "SealedNationalId",
    "TooFewQuestions",
    "add_app",
    "add_key",
    "choose_notices",
    "choose_password",
    "create_staff",
    "end_role",
    "end_verification",
    "give_role",
    "invite_staff",
    "new_recovery_codes",
    "record_login",
    "record_page_view",
    "record_refused_login",
    "record_staff_login",
    "remove_factor",
    "reseal_national_ids",
    "reset_second_factor",
    "seal_national_id",
    "switch_off",
    "switch_on",
    "verify_caller",
]
