"""The simulator's page, its admin interface, and what it may not import."""

import ast
import json
import tracemalloc
from pathlib import Path
from urllib.parse import urlencode

import pytest
from lxml import html

from hanportal.demo.headend.fleet import FleetInvalid, read_fleet
from tests.demo.client import SECRETS, Client, Command, Response, select
from tests.demo.conftest import METERS_EACH, write_fleet
from tests.demo.portal import Portal
from tests.demo.processes import ROOT, Program

SIMULATOR = ROOT / "hanportal" / "demo"


def rows(client: Client, path: str, title: str) -> list[list[str]]:
    """The table under a heading of the page, as texts."""
    page = html.fromstring(client.request("GET", path).body)
    [section] = select(page, "//section[h2=$title]", title=title)
    return [
        [cell.text_content() for cell in select(row, "td")]
        for row in select(section, ".//tbody/tr")
    ]


def test_the_page_shows_a_meter_with_its_port(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    before = rows(head_ends, f"/?q={meter}", "Målere")
    address = portal.address()
    command = Command(serials=(meter,), reply_to=address)
    head_ends.command(command)
    portal.next(address)

    after = rows(head_ends, f"/?q={meter}", "Målere")
    effects = [row[2:] for row in rows(head_ends, "/", "Hovedbok") if meter in row]

    assert before == [[meter, "stengt", "", "aidon", "Aidon", "Test"]]
    assert after[0][:2] == [meter, "åpen"]
    assert after[0][2].endswith("W")
    assert effects == [[meter, "åpen", command.correlation_id]]


def test_the_page_shows_the_traffic_of_a_meter_and_the_fault_that_struck(
    head_ends: Client, meter: str
) -> None:
    head_ends.set_fault("REFUSE", meter, parameter="2.12")
    set_now = rows(head_ends, "/", "Innstilte feil")
    head_ends.command(Command(serials=(meter,)))

    lines = [row[1:] for row in rows(head_ends, "/", "Trafikk") if meter in row]

    assert set_now[-1] == [
        *("REFUSE", "Refused at once with a reply code"),
        *(f"meter {meter}", "2.12", "1"),
    ]
    assert lines == [["←", meter, "set open ⇒ 2.12 REFUSE", "aidon"]]


def test_the_page_runs_nothing_and_escapes_what_it_shows(head_ends: Client) -> None:
    head_ends.command(Command(serials=("&lt;script&gt;alert(1)&lt;/script&gt;",)))

    answer = head_ends.request("GET", "/?q=%22%3E%3Cscript%3E")
    page = html.fromstring(answer.body)

    assert select(page, "//script/text() | //style | //@style | //@onclick") == []
    assert select(page, "//script/@src") == ["/simulator.js"]
    assert select(page, "//input[@name='q']/@value") == ['"><script>']
    assert answer.headers["content-security-policy"].split(";")[:4] == [
        "default-src 'none'",
        " style-src 'self'",
        " script-src 'self'",
        " connect-src 'self'",
    ]
    assert head_ends.request("GET", "/simulator.css").status == 200


def test_a_technician_changes_a_port_and_the_ledger_knows(
    head_ends: Client, meter: str
) -> None:
    answer = head_ends.post(f"/admin/meters/{meter}/port", {"state": "open"})

    assert answer.json()["port"] == "open"
    [effect] = head_ends.get(f"/admin/ledger?serial={meter}")
    assert (effect["state"], effect["correlation_id"]) == ("open", "")
    after = head_ends.get(f"/admin/ledger?serial={meter}&after={effect['number']}")
    assert after == []


def test_only_json_can_change_anything(head_ends: Client, meter: str) -> None:
    path = f"/admin/meters/{meter}/port"

    form = head_ends.request("POST", path, b"state=open")
    nonsense = head_ends.post(path, {"state": "ajar"})
    nobody = head_ends.post("/admin/meters/nobody/port", {"state": "open"})

    assert (form.status, nonsense.status, nobody.status) == (415, 400, 404)
    assert head_ends.states(meter) == []


def test_it_says_that_it_is_well(head_ends: Client) -> None:
    health = head_ends.get("/healthz")

    assert health == {"status": "ok", "head_ends": 3, "meters": 3 * METERS_EACH}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"head_ends": {"aidon": {"preset": "acme"}}}, "no preset is called 'acme'"),
        (
            {"head_ends": {"aidon": {"preset": "aidon", "pace": 1}}},
            r"unknown figures \['pace'\]",
        ),
        ({"meters": [{"serial": "1", "head_end": "x"}]}, "head-end 'x'"),
        (
            {"meters": [{"serial": "1", "head_end": "aidon", "port": "ajar"}]},
            "port is 'ajar'",
        ),
        ({"meters": [{"serial": "1", "head_end": "aidon"}] * 2}, "stands twice"),
    ],
)
def test_a_fleet_that_makes_no_sense_is_refused_with_the_reason(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    fleet = write_fleet(tmp_path)
    fleet.write_text(json.dumps(json.loads(fleet.read_text()) | change))

    with pytest.raises(FleetInvalid, match=complaint):
        read_fleet(fleet)


def test_without_a_fleet_it_says_so_and_ends(tmp_path: Path) -> None:
    program = Program(
        "hanportal.demo.headend",
        *("--fleet", str(tmp_path / "none"), "--ledger", str(tmp_path / "ledger")),
    )

    assert program.line("No such file or directory").group() != ""
    assert program.ended() == 2


def test_secrets_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAD_END_SECRET_AIDON", SECRETS["aidon"])
    program = Program(
        "hanportal.demo.headend",
        *("--fleet", str(write_fleet(tmp_path))),
        *("--ledger", str(tmp_path / "ledger.sqlite")),
    )
    client = Client(int(program.line(r"Listening on http://.*:(\d+)/")[1]))
    commands = Command(serials=("nobody",)), Command(serials=("690000",))

    ours = client.command(commands[0])
    other = client.command(commands[1], head_end="kaifa")

    assert (ours.status, other.status) == (200, 401)
    assert program.stop() == 0


@pytest.mark.parametrize("package", ["headend", "mail"])
def test_it_imports_nothing_of_the_product(package: str) -> None:
    ours = {"hanportal", "meters", "orders", "notifications", "tests"}
    imported = set()
    for file in (SIMULATOR / package).glob("**/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "a relative import")
    from_ours = {name for name in imported if name.split(".")[0] in ours}

    own = f"hanportal.demo.{package}."
    assert {name for name in from_ours if not f"{name}.".startswith(own)} == set()
    assert {name for name in imported if name.split(".")[0] == "django"} == set()


def page_token(client: Client) -> str:
    page = html.fromstring(client.request("GET", "/").body)
    token: str = select(page, "//input[@name='token']/@value")[0]
    return token


def send_form(client: Client, path: str, **fields: str) -> Response:
    body = urlencode(fields).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.request("POST", path, body, headers)


def test_a_fault_is_set_by_the_pages_form(head_ends: Client, meter: str) -> None:
    fields = {"scope": "meter", "key": meter, "fault": "F23", "times": "*"}

    answer = send_form(
        head_ends, "/faults", token=page_token(head_ends), parameter="", **fields
    )

    [fault] = [it for it in head_ends.get("/admin/faults") if it["key"] == meter]
    head_ends.request("DELETE", f"/admin/faults?key={meter}")
    assert answer.status == 303
    assert (fault["fault"], fault["times"]) == ("F23", None)


def test_the_form_says_what_was_wrong_and_other_pages_can_not_send_it(
    head_ends: Client, meter: str
) -> None:
    fields = {"scope": "meter", "key": meter, "fault": "F01", "parameter": ""}

    refused = send_form(head_ends, "/faults", token=page_token(head_ends), **fields)
    stranger = send_form(head_ends, "/faults", token="guess", **fields)

    page = html.fromstring(refused.body)
    assert refused.status == 400
    assert select(page, "//*[@role='alert']/text()") == ["F01 strikes a whole head-end"]
    assert stranger.status == 403
    assert [it for it in head_ends.get("/admin/faults") if it["key"] == meter] == []


def test_the_script_gets_what_changes_under_the_same_policy(
    head_ends: Client, meter: str
) -> None:
    answer = head_ends.request("GET", f"/live?q={meter}")

    page = html.fromstring(answer.body)
    assert select(page, "//td[text()=$meter]", meter=meter) != []
    assert select(page, "//script | //form") == []
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert (
        head_ends.request("GET", "/simulator.js")
        .headers["content-type"]
        .startswith("text/javascript")
    )


def test_a_hundred_thousand_meters_are_there_at_once_and_take_no_room(
    tmp_path: Path,
) -> None:
    fleet = tmp_path / "fleet.json"
    first = "6970631400000000"
    ranges = [{"head_end": "aidon", "first": first, "count": 100_000}]
    fleet.write_text(
        json.dumps({"head_ends": {"aidon": {"preset": "aidon"}}, "ranges": ranges})
    )

    tracemalloc.start()
    made = read_fleet(fleet)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (len(made.meters), used < 1_000_000) == (100_000, True)
    assert made.meters["6970631400099999"].head_end == "aidon"
    assert "6970631400100000" not in made.meters
    assert "697063140009999" not in made.meters
    assert sum(1 for _ in made.meters) == 100_000


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ranges": [{"head_end": "aidon", "first": "x1", "count": 2}]}, "digits"),
        ({"ranges": [{"head_end": "aidon", "first": "1", "count": 0}]}, "count is 0"),
        ({"ranges": [{"head_end": "aidon", "first": "9", "count": 2}]}, "longer"),
        (
            {"ranges": [{"head_end": "aidon", "first": "730000", "count": 2}]},
            "stands twice",
        ),
        (
            {"head_ends": {"aidon": {"preset": "aidon", "protocol": "fax"}}},
            "no protocol is called 'fax'",
        ),
    ],
)
def test_a_range_that_makes_no_sense_is_refused_with_the_reason(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    fleet = write_fleet(tmp_path)
    fleet.write_text(json.dumps(json.loads(fleet.read_text()) | change))

    with pytest.raises(FleetInvalid, match=complaint):
        read_fleet(fleet)
