from merchants.models import Merchant


class LotTrackingSettings(Merchant):
    """A merchant's account as the inventory sees it: what decides about lots for all its products.

    Written by ``inventory.services.settings``, which re-plans; no table of its own.
    """

    class Meta:
        proxy = True
        default_permissions = ()  # those of the merchant
        verbose_name = verbose_name_plural = "lot-tracking settings"
