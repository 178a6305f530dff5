"""The screens of fulfillment; each module registers its own."""

from fulfillment.admin import orders, waves

__all__ = ["orders", "waves"]
