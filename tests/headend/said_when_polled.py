"""What a head-end that is polled says, written by hand after docs/head-end-wire.md."""

SCHEMAS = "http://www.opensmartgridplatform.org/schemas"
ENVELOPE = f"""<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:c="{SCHEMAS}/smartmetering/sm-configuration/2014/10"
    xmlns:o="{SCHEMAS}/common/2014/10"
    xmlns:n="{SCHEMAS}/smartmetering/sm-notification/2014/10">
  <soap:Body>%s</soap:Body>
</soap:Envelope>"""


def envelope(content: str) -> bytes:
    """Whatever stands in the body of an envelope."""
    return (ENVELOPE % content).encode()


def taken(serial: str, *, uid: str = "uid-1") -> bytes:
    """SetAdministrativeStatusAsyncResponse."""
    return envelope(
        "<c:SetAdministrativeStatusAsyncResponse>"
        f"<c:CorrelationUid>{uid}</c:CorrelationUid>"
        f"<c:DeviceIdentification>{serial}</c:DeviceIdentification>"
        "</c:SetAdministrativeStatusAsyncResponse>"
    )


def outcome(result: str, description: str = "") -> bytes:
    """SetAdministrativeStatusResponse."""
    more = f"<c:Description>{description}</c:Description>" if description else ""
    return envelope(
        f"<c:SetAdministrativeStatusResponse><c:Result>{result}</c:Result>{more}"
        "</c:SetAdministrativeStatusResponse>"
    )


def fault(message: str, *, code: str = "405", name: str = "soap:Server") -> bytes:
    """A SOAP fault with a FunctionalFault in it."""
    return envelope(
        f"<soap:Fault><faultcode>{name}</faultcode><faultstring>It broke</faultstring>"
        f"<detail><o:FunctionalFault><o:Code>{code}</o:Code>"
        f"<o:Message>{message}</o:Message></o:FunctionalFault></detail></soap:Fault>"
    )


def doorbell(serial: str, *, uid: str = "uid-1") -> bytes:
    """SendNotificationRequest."""
    return envelope(
        "<n:SendNotificationRequest>"
        f"<n:DeviceIdentification>{serial}</n:DeviceIdentification>"
        f"<n:Result>OK</n:Result><n:CorrelationUid>{uid}</n:CorrelationUid>"
        "</n:SendNotificationRequest>"
    )
