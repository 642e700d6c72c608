"""The business' tables: terms and consents, orders, commands, and cases."""

from orders.models.brakes import (
    ClosingBrake,
    ClosingRelease,
    counts_against_the_brake,
    waiting_closings,
)
from orders.models.case_reads import CaseQuerySet
from orders.models.cases import Case
from orders.models.commands import Command, database_now
from orders.models.consents import Consent
from orders.models.exchanges import Callback, CallbackQuerySet, Exchange
from orders.models.gates import Gate
from orders.models.life_events import LifeEvent, chains_of
from orders.models.orders import Order, Placement
from orders.models.restarts import PortRestart
from orders.models.terms import Statement, Terms, TermsText

__all__ = [
    "Callback",
    "CallbackQuerySet",
    "Case",
    "CaseQuerySet",
    "ClosingBrake",
    "ClosingRelease",
    "Command",
    "Consent",
    "Exchange",
    "Gate",
    "LifeEvent",
    "Order",
    "Placement",
    "PortRestart",
    "Statement",
    "Terms",
    "TermsText",
    "chains_of",
    "counts_against_the_brake",
    "database_now",
    "waiting_closings",
]
