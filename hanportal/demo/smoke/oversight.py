"""An auditor: finds a consent, reads its story, verifies the log, takes a copy."""

import csv
import io
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin

from hanportal.demo.smoke.browser import Browser, Deviation, Page, expect, text_of
from hanportal.demo.smoke.staff import StaffMember, log_in
from hanportal.demo.smoke.story import Timeline

REGISTER = "/innsyn/"
WHOLE = "Ingenting er endret"
BYTE_ORDER_MARK = "\ufeff"


RECEIPT_NUMBER = re.compile(r"SAM-[A-Z0-9]{4}-[A-Z0-9]{4}")


def receipt_number_in(text: str) -> str:
    """The receipt number of a consent in what a page says.

    :raises Deviation: there is none.
    """
    found = RECEIPT_NUMBER.match(text)
    if found is None:
        raise Deviation(f"There is no receipt number in {text!r}.")
    return found[0]


@dataclass
class Oversight:
    """One auditor's visit."""

    portal: str
    browser: Browser = field(default_factory=Browser)

    def open(self, path: str) -> Page:
        """A page of the portal.

        :raises Deviation: it is not there for this person.
        """
        page = self.browser.get(urljoin(self.portal, path))
        expect(path, actual=page.status, expected=200)
        return page

    def log_in(self, auditor: StaffMember) -> Page:
        """The register, after both factors.

        :raises Deviation: one of the pages is not what it should be.
        """
        return log_in(self.browser, self.portal, auditor, home=REGISTER)

    def find(self, customer: str, *, receipt_number: str) -> Page:
        """The story of the customer's consent with this receipt number.

        :raises Deviation: the register does not list it.
        """
        page = self.open(f"{REGISTER}?{urlencode({'who': customer})}")
        for link in page.find("//main//td/a[@href]"):
            if text_of(link) == receipt_number:
                return self.open(str(link.get("href")))
        raise Deviation(f"The register does not list {receipt_number} of {customer}.")

    def verify_chain(self, story: Page) -> str:
        """What verifying the chain of the consent's customer says.

        :raises Deviation: something is broken.
        """
        form = story.form("//main//form[contains(@action, '/kontroll/')]")
        return _verdict(self.browser.submit(form))

    def verify_log(self) -> str:
        """What verifying the whole log says.

        :raises Deviation: something is broken.
        """
        page = self.open(f"{REGISTER}kontroll/")
        return _verdict(self.browser.submit(page.form("//main//form")))

    def download(self, customer: str) -> list[dict[str, str]]:
        """The customer's consents as the CSV file tells them.

        :raises Deviation: the file is not one that a spreadsheet opens well.
        """
        page = self.open(f"{REGISTER}?{urlencode({'who': customer})}")
        form = page.form("//main//form[contains(@action, '/eksport/')]")
        file = self.browser.submit(form.filled(format="csv"))
        expect("the export", actual=file.status, expected=200)
        if not file.body.startswith(BYTE_ORDER_MARK):
            raise Deviation("The CSV file does not begin with a byte order mark.")
        lines = io.StringIO(file.body.removeprefix(BYTE_ORDER_MARK), newline="")
        return list(csv.DictReader(lines, delimiter=";"))


def audit(
    auditor: StaffMember,
    *,
    portal: str,
    timeline: Timeline,
    customer: str,
    receipt_number: str,
) -> None:
    """The consent that a customer gave, found and verified from the other side.

    :raises Deviation: something is missing, or said otherwise.
    """
    timeline.story("The consent, as an auditor finds it")
    visit = Oversight(portal)
    visit.log_in(auditor)
    timeline.tell(f"{auditor.email} is logged in with two factors")
    story = visit.find(customer, receipt_number=receipt_number)
    heading = story.heading()
    expect("the story", actual=heading, expected=f"Samtykke {receipt_number}")
    text = text_of(story.find("//main")[0])
    for told in ("Teksten er den samme", "Samtykket sier det samme", "Kommando om å"):
        if told not in text:
            raise Deviation(f"The story of {receipt_number} does not say “{told}”.")
    timeline.tell(f"{heading}: text, commands and notices are there")
    timeline.tell(f"the customer's chain: {visit.verify_chain(story)}")
    timeline.tell(f"the whole log: {visit.verify_log()}")
    lines = visit.download(customer)
    receipts = [line["kvittering"] for line in lines]
    if receipt_number not in receipts:
        raise Deviation(f"The CSV file does not list {receipt_number}.")
    timeline.tell(f"the CSV file has the customer's {len(lines)} consents")


def _verdict(page: Page) -> str:
    found = page.find("//*[@id='resultat']")
    if not found or WHOLE not in text_of(found[0]):
        said = text_of(found[0]) if found else page.heading()
        raise Deviation(f"The log does not verify: {said}")
    return text_of(found[0])
