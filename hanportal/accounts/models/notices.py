"""What staff are told by e-mail about their own login. The rows are the outbox."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from hanportal.accounts.models.users import User

ERROR_LENGTH = 200


class NoticeKind(models.TextChoices):
    """What a notice tells. Each kind has its words in `actions/notices.py`."""

    ROLE_GIVEN = "role_given", _("ny rolle")
    ROLE_ENDED = "role_ended", _("rolle tatt")
    SWITCHED_OFF = "switched_off", _("slått av")
    SWITCHED_ON = "switched_on", _("slått på")
    PASSWORD_CHOSEN = "password_chosen", _("passord valgt")
    FACTOR_ADDED = "factor_added", _("ekstra lås lagt til")
    FACTOR_REMOVED = "factor_removed", _("ekstra lås fjernet")
    CODES_MADE = "codes_made", _("nye gjenopprettingskoder")
    COMPANY_LOGIN_BOUND = "company_login_bound", _("firmainnlogging koblet til")
    NEW_DEVICE = "new_device", _("innlogging fra ny enhet")
    RESET_ASKED = "reset_asked", _("ny innlogging bedt om")
    RESET_WAITS = "reset_waits", _("ny innlogging venter på godkjenning")
    LOGIN_RESET = "login_reset", _("ny innlogging godkjent")
    LOGIN_RESET_INSIDE = "login_reset_inside", _("ny innlogging gitt fra drift")
    ADMINISTRATOR_MADE = "administrator_made", _("ny administrator")


class DatabaseNow(Func):
    """The database's own time now, also late in a transaction."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


class StaffNoticeQuerySet(models.QuerySet["StaffNotice"]):
    """Named reads and claims of notices."""

    def add(self, notice: "StaffNotice") -> "StaffNotice":
        """Store a notice, due at once by the database's clock."""
        notice.not_before = DatabaseNow()
        notice.save(force_insert=True)
        return notice

    def unsettled(self) -> Self:
        """Neither sent nor given up."""
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True)

    def claim_next(self, *, lease: timedelta) -> "StaffNotice | None":
        """Take the most overdue notice for one lease; no two senders get the same.

        Must be called in a transaction of its own. The attempt is the fence: whoever
        held the row before can no longer settle it.
        """
        due = self.unsettled().filter(not_before__lte=DatabaseNow())
        notice = (
            due.select_related("user")
            .order_by("not_before", "id")
            .select_for_update(of=("self",), skip_locked=True)
            .first()
        )
        if notice is None:
            return None
        self.filter(pk=notice.pk).update(
            attempts=F("attempts") + 1, not_before=DatabaseNow() + lease
        )
        notice.attempts += 1
        return notice

    def settle_sent(self, *, at: datetime) -> int:
        """The mail server has taken it."""
        return self.update(sent_at=at, last_error="")

    def wait(self, pause: timedelta, *, error: str) -> int:
        """Let it be tried again after a while."""
        until = DatabaseNow() + pause
        return self.update(not_before=until, last_error=error[:ERROR_LENGTH])

    def give_up(self, *, at: datetime, error: str) -> int:
        """Nobody tries again."""
        return self.update(given_up_at=at, last_error=error[:ERROR_LENGTH])

    def held(self, notice: "StaffNotice") -> Self:
        """This notice, while nobody has claimed it since."""
        return self.unsettled().filter(pk=notice.pk, attempts=notice.attempts)


class StaffNotice(models.Model):
    """One thing told to one staff member, at the address they had at that moment.

    The words are made when it is sent, so that no code ever lies in the table.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24, choices=NoticeKind.choices)
    address = models.EmailField()
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=ERROR_LENGTH, blank=True)

    objects = StaffNoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="staff_notice_kind_is_known",
                condition=Q(kind__in=NoticeKind.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                name="staff_notice_due",
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_kind_display()}"
