"""The demo's mail server: what it keeps, what it shows, and how it misbehaves."""

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
from lxml import html

from tests.demo.client import Client, select
from tests.demo.processes import Program
from tests.demo.waiting import PATIENCE

KARI, OLA = "kari@kunde.example", "ola@kunde.example"


@dataclass(frozen=True)
class MailServer:
    """A running mail server."""

    program: Program
    smtp_port: int
    web: Client

    def send(self, *recipients: str, mail: EmailMessage) -> dict[str, object]:
        """Send one mail as any mailer would."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=PATIENCE) as smtp:
            return dict(smtp.send_message(mail, "han@nett.example", recipients))

    def subjects(self, recipient: str = "") -> list[str]:
        """What is kept for a recipient, newest first."""
        return [mail["subject"] for mail in self.web.get(f"/messages?to={recipient}")]


def start(folder: Path) -> MailServer:
    """Start a mail server that keeps its mails in the folder."""
    program = Program("hanportal.demo.mail", "--maildir", str(folder / "mail"))
    smtp_port = int(program.line(r"Taking mail on .*:(\d+)")[1])
    return MailServer(
        program, smtp_port, Client(int(program.line(r"http://.*:(\d+)/")[1]))
    )


def letter(
    subject: str = "HAN-porten er åpen", markup: str = "<p>Hei, <b>Kari Ås</b>.</p>\n"
) -> EmailMessage:
    """A mail as the portal sends them: text and HTML."""
    mail = EmailMessage()
    mail["From"] = "han@nett.example"
    mail["To"] = KARI
    mail["Subject"] = subject
    mail["Message-ID"] = "<one@nett.example>"
    mail.set_content("Hei, Kari Ås.\n\nPorten er åpen.\n")
    mail.add_alternative(markup, subtype="html")
    return mail


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """One mail server for all tests that leave it alive."""
    server = start(tmp_path_factory.mktemp("mail"))
    yield server
    assert server.program.stop() == 0


@pytest.fixture
def mail_server(running: MailServer) -> MailServer:
    """A mail server without mails and faults."""
    running.web.request("DELETE", "/messages")
    running.web.request("DELETE", "/admin/faults")
    return running


def test_a_mail_is_kept_and_can_be_read(mail_server: MailServer) -> None:
    refused = mail_server.send(KARI, mail=letter())

    [mail] = mail_server.web.get(f"/messages?to={KARI}")
    assert refused == {}
    assert mail["to"] == KARI
    assert mail["sender"] == "han@nett.example"
    assert mail["subject"] == "HAN-porten er åpen"
    assert mail["message_id"] == "<one@nett.example>"
    assert mail["text"] == "Hei, Kari Ås.\n\nPorten er åpen.\n"
    assert mail["html"] == "<p>Hei, <b>Kari Ås</b>.</p>\n"
    assert mail["received_at"][-6:] == "+00:00"


def test_each_recipient_has_a_copy_and_sees_no_other(mail_server: MailServer) -> None:
    mail_server.send(KARI, mail=letter("Bare til Kari"))
    mail_server.send(KARI, OLA, mail=letter("Til begge"))

    assert mail_server.subjects(OLA) == ["Til begge"]
    assert mail_server.subjects(KARI.upper()) == ["Til begge", "Bare til Kari"]
    assert len(mail_server.subjects()) == 3


def test_mails_survive_a_restart(tmp_path: Path) -> None:
    before = start(tmp_path)
    before.send(KARI, mail=letter())
    before.program.kill()

    again = start(tmp_path)

    assert again.subjects(KARI) == ["HAN-porten er åpen"]
    assert again.program.stop() == 0


def test_a_strangers_html_is_shown_in_a_sandbox(mail_server: MailServer) -> None:
    hostile = letter("<script>alert(1)</script>", markup="<script>alert(2)</script>\n")
    mail_server.send(KARI, mail=hostile)
    listing = mail_server.web.request("GET", f"/?to={KARI}")
    [link] = select(html.fromstring(listing.body), "//ul//a/@href")

    page = mail_server.web.request("GET", link)
    [frame] = select(html.fromstring(page.body), "//iframe[@sandbox='']/@src")
    inner = mail_server.web.request("GET", frame)

    assert select(html.fromstring(page.body), "//script") == []
    assert select(html.fromstring(page.body), "//h2/text()") == [
        "<script>alert(1)</script>"
    ]
    assert page.headers["content-security-policy"][:18] == "default-src 'none'"
    assert inner.headers["content-security-policy"][:27] == (
        "sandbox; default-src 'none'"
    )
    assert inner.body == b"<script>alert(2)</script>\n"


def test_an_unknown_mail_is_not_found(mail_server: MailServer) -> None:
    assert mail_server.web.request("GET", "/messages/none").status == 404
    assert mail_server.web.get("/healthz") == {"status": "ok"}


@pytest.mark.parametrize(("fault", "code"), [("tempfail", 451), ("reject", 550)])
def test_a_refused_mail_is_not_kept_and_the_next_one_is(
    mail_server: MailServer, fault: str, code: int
) -> None:
    mail_server.web.post("/admin/faults", {"fault": fault, "to": KARI, "times": 1})

    with pytest.raises(smtplib.SMTPDataError) as refusal:
        mail_server.send(KARI, mail=letter("Første"))
    mail_server.send(KARI, mail=letter("Andre"))

    assert refusal.value.smtp_code == code
    assert mail_server.subjects() == ["Andre"]


def test_a_fault_for_one_recipient_spares_the_others(mail_server: MailServer) -> None:
    mail_server.web.post("/admin/faults", {"fault": "reject", "to": KARI})

    mail_server.send(OLA, mail=letter())

    assert mail_server.subjects(OLA) == ["HAN-porten er åpen"]


def test_it_can_say_yes_and_die(tmp_path: Path) -> None:
    mail_server = start(tmp_path)
    mail_server.web.post("/admin/faults", {"fault": "die"})
    smtp = smtplib.SMTP("127.0.0.1", mail_server.smtp_port, timeout=PATIENCE)
    smtp.ehlo()
    smtp.mail("han@nett.example")
    smtp.rcpt(KARI)

    said, _words = smtp.data(letter().as_bytes())

    smtp.close()
    assert said == 250
    assert mail_server.program.ended() == 70
    again = start(tmp_path)
    assert again.subjects(KARI) == ["HAN-porten er åpen"]
    assert again.program.stop() == 0


def test_it_can_keep_a_mail_and_vanish_without_a_word(mail_server: MailServer) -> None:
    mail_server.web.post("/admin/faults", {"fault": "vanish"})

    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail_server.send(KARI, mail=letter())

    assert mail_server.subjects(KARI) == ["HAN-porten er åpen"]


def test_it_can_stall(mail_server: MailServer) -> None:
    mail_server.web.post("/admin/faults", {"fault": "stall", "seconds": 0.3})
    smtp = smtplib.SMTP("127.0.0.1", mail_server.smtp_port, timeout=0.1)

    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        smtp.sendmail("han@nett.example", KARI, letter().as_bytes())

    smtp.close()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"fault": "F05", "who": 1}, "unknown fields: ['who']"),
        ({"fault": "reject", "times": -1}, "times must be a positive number, or null"),
        ({"fault": "stall", "seconds": "x"}, "seconds must be a positive number"),
        ([], "send one JSON object"),
    ],
)
def test_a_fault_that_can_not_be_set_is_explained(
    mail_server: MailServer, document: object, reason: str
) -> None:
    answer = mail_server.web.post("/admin/faults", document)

    assert answer.status == 400
    assert answer.json()["error"][: len(reason)] == reason


def test_faults_can_be_cleared(mail_server: MailServer) -> None:
    mail_server.web.post("/admin/faults", {"fault": "reject", "times": None})

    cleared = mail_server.web.request("DELETE", "/admin/faults").json()

    assert cleared == {"cleared": 1}
    assert mail_server.send(KARI, mail=letter()) == {}
