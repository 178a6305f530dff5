"""The screens of fulfillment; each module registers its own."""

from fulfillment.admin import orders

__all__ = ["orders"]
