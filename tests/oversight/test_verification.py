"""The log is verified from the page, and the result is said in words."""

import re
from collections.abc import Iterable
from typing import cast

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from hanportal.audit import log, verify
from orders.models import Consent
from tests.oversight.street import Street, as_superuser, hang_up

HEADING = re.compile(r'<h2 class="ds-heading" data-size="xs">(.*?)</h2>')


def verified(client: Client, consent: Consent) -> str:
    answer = client.post(f"/innsyn/samtykke/{consent.id}/kontroll/")
    assert answer.status_code == 200
    return answer.content.decode()


def results(page: str) -> list[str]:
    return HEADING.findall(page)


def whole_log(client: Client) -> list[str]:
    """The parts of the page, as they were sent."""
    answer = client.post("/innsyn/kontroll/kjor/")
    assert answer.status_code == 200
    parts = cast("Iterable[bytes]", cast("StreamingHttpResponse", answer))
    return [part.decode() for part in parts]


def verifications() -> list[dict[str, object]]:
    events = log.Event.objects.filter(what="log.verified").order_by("sequence")
    return [event.facts for event in events]


def test_a_whole_chain_is_said_to_be_whole(street: Street, auditor: Client) -> None:
    consent = street.consent()
    chain = log.customer_chain(consent.customer_id)
    events = log.Event.objects.filter(chain=chain).order_by("sequence")
    last = events[events.count() - 1]
    page = verified(auditor, consent)
    assert results(page) == ["Ingenting er endret"]
    assert f"{last.sequence} hendelser i 1 kjede" in page
    assert last.hash.hex() in page
    assert verifications() == [
        {"chain": chain, "events": last.sequence, "damaged": 0, "complete": True}
    ]


def test_a_changed_event_is_pointed_out(street: Street, auditor: Client) -> None:
    consent = street.consent()
    as_superuser("UPDATE audit_event SET what = 'consent.x' WHERE sequence = 2")
    page = verified(auditor, consent)
    assert results(page) == ["Loggen er brutt ett sted"]
    assert "En kolonne sier noe annet enn det som ble skrevet" in page
    assert "hendelse 2" in page


def test_an_empty_chain_is_not_said_to_be_whole(
    street: Street, auditor: Client
) -> None:
    consent = street.consent()
    as_superuser("DELETE FROM audit_personaldetail")
    as_superuser("DELETE FROM audit_event WHERE chain LIKE 'customer:%'")
    assert results(verified(auditor, consent)) == ["Det er ingen hendelser"]


def test_someone_elses_chain_is_not_read(street: Street, auditor: Client) -> None:
    consent = street.consent()
    as_superuser(
        "UPDATE audit_event SET what = 'x.y' WHERE chain NOT LIKE 'customer:%'"
    )
    assert results(verified(auditor, consent)) == ["Ingenting er endret"]


def test_the_whole_log_is_read_while_the_page_is_sent(
    street: Street, auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "ROWS_AT_ONCE", 2)
    street.consent()
    parts = whole_log(auditor)
    progress = [part for part in parts if "<progress" in part]
    assert len(progress) >= 2
    assert all(part.startswith("<li>") for part in progress)
    assert results("".join(parts)) == ["Ingenting er endret"]
    assert parts[-1].rstrip().endswith("</html>")
    assert [facts["chain"] for facts in verifications()] == ["all"]
    assert [facts["complete"] for facts in verifications()] == [True]


def test_every_damage_in_the_log_is_listed(street: Street, auditor: Client) -> None:
    street.consent()
    as_superuser(
        "UPDATE audit_event SET subject_kind = 'x' WHERE chain LIKE 'customer:%'"
    )
    page = "".join(whole_log(auditor))
    events = log.Event.objects.filter(chain__startswith="customer:").count()
    assert results(page) == [f"Loggen er brutt {events} steder"]
    assert page.count("En kolonne sier noe annet") == events


def test_who_hangs_up_leaves_a_trace_of_what_was_not_read(
    street: Street, auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "ROWS_AT_ONCE", 2)
    street.consent()
    answer = auditor.post("/innsyn/kontroll/kjor/")
    parts = iter(cast("Iterable[bytes]", answer))
    next(parts)
    next(parts)
    hang_up(answer)
    assert [(f["events"], f["complete"]) for f in verifications()] == [(2, False)]


def test_the_page_before_says_what_is_proved_and_what_not(auditor: Client) -> None:
    page = auditor.get("/innsyn/kontroll/").content.decode()
    assert "kopi av de siste fingeravtrykkene" in page
    assert "Kontroller hele loggen" in page
