from django.apps import AppConfig

from transfers.audit import RULES


class TransfersConfig(AppConfig):
    name = "transfers"
    ledger_rules = RULES  # read by `inventory.queries.audit`
