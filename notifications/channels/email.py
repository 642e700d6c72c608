"""E-mail over SMTP: text and HTML, styles inlined, nothing remote."""

import smtplib
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

import css_inline
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One e-mail. `html` is a fragment that was escaped when it was rendered."""

    address: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    sender: str


class NotAccepted(Exception):  # noqa: N818 -- errors are sentences
    """The mail server did not take the letter.

    `permanent`: trying again cannot help. `server_is_away`: nothing was said about this
    letter, the next one will meet the same.
    """

    def __init__(
        self, reason: str, *, permanent: bool, server_is_away: bool = False
    ) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.server_is_away = server_is_away


def send(letter: Letter, *, connection: BaseEmailBackend) -> None:
    """Hand the letter to the mail server; returns once the server has said 250.

    :raises NotAccepted: it has not, or nobody knows.
    """
    name, sender = parseaddr(letter.sender)
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=formataddr((name, sender)),
        to=[letter.address],
        connection=connection,
        headers={
            "Message-ID": letter.message_id,
            "Auto-Submitted": "auto-generated",
            "Content-Language": letter.language,
        },
    )
    mail.attach_alternative(_dressed(letter), "text/html")
    try:
        if mail.send() != 1:
            raise NotAccepted("The mail server took no letter.", permanent=False)
    except smtplib.SMTPRecipientsRefused as refusal:
        code = max(code for code, _ in refusal.recipients.values())
        raise NotAccepted(f"SMTP {code}", permanent=code >= 500) from refusal
    except smtplib.SMTPResponseException as answer:
        code = int(answer.smtp_code)
        raise NotAccepted(f"SMTP {code}", permanent=code >= 500) from answer
    except (OSError, smtplib.SMTPException) as trouble:
        raise NotAccepted(
            type(trouble).__name__, permanent=False, server_is_away=True
        ) from trouble


def _dressed(letter: Letter) -> str:
    page = render_to_string(
        "notifications/mail.html",
        {
            "subject": letter.subject,
            "language": letter.language,
            "body": mark_safe(letter.html),  # noqa: S308 -- rendered and escaped by us
        },
    )
    return str(_INLINER.inline(page))
