"""The business' tables: terms and consents, orders, commands, and cases."""

from orders.models.cases import Case
from orders.models.commands import Command, database_now
from orders.models.consents import Consent, Statement, Terms, TermsText
from orders.models.exchanges import Callback, Exchange
from orders.models.orders import Order, Placement

__all__ = [
    "Callback",
    "Case",
    "Command",
    "Consent",
    "Exchange",
    "Order",
    "Placement",
    "Statement",
    "Terms",
    "TermsText",
    "database_now",
]
