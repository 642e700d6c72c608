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
from hanportal.accounts.actions.reads import record_page_view
from hanportal.accounts.actions.staff import (
    AlreadyStaff,
    LastAdministrator,
    NotStaff,
    create_staff,
    end_role,
    give_role,
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
    "AlreadyStaff",
    "InvalidNationalId",
    "JudgedAnswer",
    "LastAdministrator",
    "NationalIdDoesNotOpen",
    "NotAnAgent",
    "NotStaff",
    "SealedNationalId",
    "TooFewQuestions",
    "choose_notices",
    "create_staff",
    "end_role",
    "end_verification",
    "give_role",
    "record_login",
    "record_page_view",
    "record_refused_login",
    "reseal_national_ids",
    "reset_second_factor",
    "seal_national_id",
    "switch_off",
    "switch_on",
    "verify_caller",
]
