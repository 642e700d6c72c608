"""Who may see a page. The guard hands the view its person."""

from hanportal.accounts.guards.acting import (
    Acting,
    NotActing,
    acting,
    choose,
    representations_of,
)
from hanportal.accounts.guards.clients import (
    Machine,
    NotInScope,
    NoToken,
    TooManyRequests,
    machine_with,
)
from hanportal.accounts.guards.customers import (
    NotIdentified,
    customer_required,
    identification,
    not_a_customer,
    person_required,
)
from hanportal.accounts.guards.fresh import fresh_second_factor
from hanportal.accounts.guards.staff import (
    administrator_required,
    agent_required,
    auditor_required,
    customer_centre_required,
    note_read,
    operations_required,
    operator_required,
    release_required,
    roles_of,
    staff_required,
    supervisor_required,
    switches_required,
)

__all__ = [
    "Acting",
    "Machine",
    "NoToken",
    "NotActing",
    "NotIdentified",
    "NotInScope",
    "TooManyRequests",
    "acting",
    "administrator_required",
    "agent_required",
    "auditor_required",
    "choose",
    "customer_centre_required",
    "customer_required",
    "fresh_second_factor",
    "identification",
    "machine_with",
    "not_a_customer",
    "note_read",
    "operations_required",
    "operator_required",
    "person_required",
    "release_required",
    "representations_of",
    "roles_of",
    "staff_required",
    "supervisor_required",
    "switches_required",
]
