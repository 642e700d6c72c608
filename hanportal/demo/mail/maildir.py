"""The mails that came in, kept in a maildir, one copy for each recipient."""

import mailbox
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

_RECIPIENT = "X-Demo-Recipient"
_SENDER = "X-Demo-Sender"
_RECEIVED_AT = "X-Demo-Received-At"


class NoSuchMail(KeyError):  # noqa: N818 -- reads as the sentence it is
    """No mail is kept under this id."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail as one recipient got it."""

    id: str
    to: str
    """The recipient that the sender named to the server, not the header."""
    sender: str
    subject: str
    message_id: str
    text: str
    html: str
    received_at: str
    """ISO 8601 in UTC."""


class Mailbox:
    """A folder of mails."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it if need be."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._maildir = mailbox.Maildir(folder, factory=None, create=True)

    def keep(
        self, content: bytes, *, sender: str, recipients: list[str], at: datetime
    ) -> None:
        """Store a copy for each recipient; they are in the folder on return."""
        for recipient in recipients:
            stamps = (
                f"{_RECIPIENT}: {recipient}\r\n{_SENDER}: {sender}\r\n"
                f"{_RECEIVED_AT}: {at.astimezone(UTC).isoformat()}\r\n"
            )
            self._maildir.add(stamps.encode() + content)

    def mails(self, *, to: str = "") -> list[Mail]:
        """All mails, newest first; those of one recipient if named."""
        mails = [self.mail(key) for key in self._maildir.keys()]  # noqa: SIM118 -- ditto
        wanted = [mail for mail in mails if not to or mail.to.lower() == to.lower()]
        return sorted(
            wanted, key=lambda mail: (mail.received_at, mail.id), reverse=True
        )

    def mail(self, key: str) -> Mail:
        """One mail.

        :raises NoSuchMail: none has this id.
        """
        try:
            content = self._maildir.get_bytes(key)
        except KeyError as error:
            raise NoSuchMail(key) from error
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
        return Mail(
            id=key,
            to=str(message[_RECIPIENT]),
            sender=str(message[_SENDER]),
            subject=str(message["Subject"] or ""),
            message_id=str(message["Message-ID"] or ""),
            text=_part(message, "plain"),
            html=_part(message, "html"),
            received_at=str(message[_RECEIVED_AT]),
        )

    def clear(self) -> None:
        """Throw all mails away."""
        self._maildir.clear()


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeError):
        return ""
