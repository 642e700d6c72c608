"""Ways in which an answer arrives broken. Each takes its bytes and gives others."""

import re
import uuid

from hanportal.demo.headend.writing import soap_fault

_CORRELATION = re.compile(rb"<h:CorrelationID>[^<]*</h:CorrelationID>")
_RESULT = re.compile(rb"<h:Result>[^<]*</h:Result>")
_CODE = re.compile(rb"<h:code>[^<]*</h:code>")
_DECLARATION = re.compile(rb"^<\?xml[^>]*\?>\s*")

_HTML = b"<!doctype html><html><head><title>Login</title></head><body>Hi</body></html>"
_BOMB = b"""<!DOCTYPE soap [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
<!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]>"""


def emptied(_answer: bytes) -> bytes:
    """Nothing at all."""
    return b""


def as_soap_fault(_answer: bytes) -> bytes:
    """A fault that blames the sender."""
    return soap_fault("1.2", "The request is not valid")


def as_html(_answer: bytes) -> bytes:
    """Some proxy's page instead of the answer."""
    return _HTML


def truncated(answer: bytes) -> bytes:
    """The first half, as if it were whole."""
    return answer[: len(answer) // 2]


def without_result(answer: bytes) -> bytes:
    """Well-formed, but not what the schema says."""
    return _RESULT.sub(b"", answer)


def other_correlation(answer: bytes) -> bytes:
    """The answer to somebody else's question."""
    stranger = str(uuid.uuid4()).encode()
    return _CORRELATION.sub(
        b"<h:CorrelationID>" + stranger + b"</h:CorrelationID>", answer
    )


def without_correlation(answer: bytes) -> bytes:
    """An answer to no question in particular."""
    return _CORRELATION.sub(b"", answer)


def partial(answer: bytes) -> bytes:
    """PARTIAL, without saying which part."""
    return _RESULT.sub(b"<h:Result>PARTIAL</h:Result>", answer)


def entity_bomb(answer: bytes) -> bytes:
    """Entities that grow a million times where they are expanded."""
    bare = _DECLARATION.sub(b"", answer)
    return _BOMB + _CODE.sub(b"<h:code>&f;</h:code>", bare)


def oversize(answer: bytes) -> bytes:
    """Sixteen MiB of white space behind the answer."""
    return answer + b" " * (16 * 1024 * 1024)
