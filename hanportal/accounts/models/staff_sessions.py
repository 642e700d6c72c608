"""The sessions of staff, so that each can see their own and end the others."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import models
from django.utils.translation import gettext
from uuid6 import uuid7

from hanportal.accounts.models.users import User


class StaffSessionManager(models.Manager["StaffSession"]):
    """Sessions by what they are asked for."""

    def live(self, user: User, *, now: datetime) -> Sequence["StaffSession"]:
        """The person's sessions that still open something, the newest first."""
        begun = list(self.filter(user=user).order_by("-began_at", "-id"))
        keys = [session.session_key for session in begun]
        known = set(
            Session.objects.filter(session_key__in=keys, expire_date__gt=now)
            .values_list("session_key", flat=True)
            .order_by()
        )
        return [session for session in begun if session.session_key in known]

    def forget_ended(self, user: User, *, now: datetime) -> None:
        """Remove what the person's sessions of earlier days left here."""
        going_on = Session.objects.filter(expire_date__gt=now).values("session_key")
        self.filter(user=user).exclude(session_key__in=going_on).delete()

    def end_all(self, user: User, *, but: str = "") -> int:
        """Remove the person's sessions, and what they held; how many.

        :param but: the key of the one that stays.
        """
        ending = self.filter(user=user).exclude(session_key=but)
        keys = list(ending.values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        ended, _ = ending.delete()
        return ended


class StaffSession(models.Model):
    """A session that a staff member opened, and on what kind of device."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="staff_sessions"
    )
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=80)
    factor = models.CharField(max_length=20)
    began_at = models.DateTimeField()

    objects = StaffSessionManager()

    def __str__(self) -> str:
        return f"{self.user}: {self.device}"

    @property
    def device_in_words(self) -> str:
        """The device in the language of the page; it is kept in bokmål."""
        browser, _on, system = self.device.partition(" på ")
        if not system:
            return gettext(browser)
        return gettext("%(browser)s på %(system)s") % {
            "browser": gettext(browser),
            "system": system,
        }
