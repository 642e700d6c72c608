"""Why a login is refused: for the log in full, for the person in plain groups."""

from enum import StrEnum


class Kind(StrEnum):
    """What the person is told, each with its own advice and code."""

    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TOO_WEAK = "too_weak"
    UNAVAILABLE = "unavailable"
    NOT_TRUSTED = "not_trusted"
    BLOCKED = "blocked"


class Reason(StrEnum):
    """What did not hold. Goes to the log and the audit, never to the page."""

    CANCELLED = "cancelled"
    UNKNOWN_STATE = "unknown_state"
    PROVIDER_ERROR = "provider_error"
    UNREACHABLE = "unreachable"
    METADATA_NOT_TRUSTED = "metadata_not_trusted"
    CODE_REFUSED = "code_refused"
    NO_ID_TOKEN = "no_id_token"  # noqa: S105 -- a reason, not a secret
    MALFORMED_TOKEN = "malformed_token"  # noqa: S105 -- a reason, not a secret
    ALGORITHM_NOT_ALLOWED = "algorithm_not_allowed"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_AUTHORISED_PARTY = "wrong_authorised_party"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 -- a reason, not a secret
    ISSUED_AT_ANOTHER_TIME = "issued_at_another_time"
    WRONG_NONCE = "wrong_nonce"
    NO_SUBJECT = "no_subject"
    SUBJECT_MISMATCH = "subject_mismatch"
    LEVEL_TOO_LOW = "level_too_low"
    AUTHENTICATION_TOO_OLD = "authentication_too_old"
    USER_INACTIVE = "user_inactive"
    NOT_BY_EID = "not_by_eid"

    @property
    def kind(self) -> Kind:
        """The group that the person is told of."""
        return _KINDS.get(self, Kind.NOT_TRUSTED)


_KINDS = {
    Reason.CANCELLED: Kind.CANCELLED,
    Reason.UNKNOWN_STATE: Kind.EXPIRED,
    Reason.CODE_REFUSED: Kind.EXPIRED,
    Reason.AUTHENTICATION_TOO_OLD: Kind.EXPIRED,
    Reason.PROVIDER_ERROR: Kind.UNAVAILABLE,
    Reason.UNREACHABLE: Kind.UNAVAILABLE,
    Reason.METADATA_NOT_TRUSTED: Kind.UNAVAILABLE,
    Reason.LEVEL_TOO_LOW: Kind.TOO_WEAK,
    Reason.USER_INACTIVE: Kind.BLOCKED,
}


class LoginRefused(Exception):  # noqa: N818 -- errors are sentences
    """The provider's answer proves nothing. A new login from the start may help."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"The login was refused: {reason}.")
        self.reason = reason
