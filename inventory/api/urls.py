from django.urls import path
from rest_framework.routers import SimpleRouter

from inventory.api.disposals import DisposalViewSet
from inventory.api.expiry import ExpiryViewSet
from inventory.api.holds import HoldViewSet
from inventory.api.inventory import InventoryViewSet
from inventory.api.labels import LotLabelViewSet
from inventory.api.lot_formats import LotFormatViewSet
from inventory.api.lot_papers import AttachmentViewSet
from inventory.api.lots import LotViewSet
from inventory.api.places import LocationViewSet, WarehouseViewSet
from inventory.api.products import ProductViewSet
from inventory.api.quarantine import QuarantineViewSet
from inventory.api.set_asides import SetAsideViewSet
from inventory.api.settings import LotTrackingViewSet
from inventory.api.stock import AdjustmentViewSet, ItemLocationViewSet

router = SimpleRouter()
router.register("products", ProductViewSet, basename="product")
router.register("lots", LotViewSet, basename="lot")
router.register("lot-formats", LotFormatViewSet, basename="lot-format")
router.register("lot-attachments", AttachmentViewSet, basename="lot-attachment")
router.register("locations", LocationViewSet, basename="location")
router.register("item-locations", ItemLocationViewSet, basename="item-location")
router.register("inventory", InventoryViewSet, basename="inventory")
router.register("quarantine", QuarantineViewSet, basename="quarantine")
router.register("expiry", ExpiryViewSet, basename="expiry")
router.register("holds", HoldViewSet, basename="hold")
router.register("disposal-requests", DisposalViewSet, basename="disposal-request")
router.register("set-asides", SetAsideViewSet, basename="set-aside")
router.register("warehouses", WarehouseViewSet, basename="warehouse")
router.register("adjustments", AdjustmentViewSet, basename="adjustment")

lot_tracking = LotTrackingViewSet.as_view({"get": "retrieve", "patch": "partial_update"})

urlpatterns = [
    *router.urls,
    path("lots/<pk>/label/", LotLabelViewSet.as_view({"get": "label"}), name="lot-label"),
    path("settings/lot-tracking/", lot_tracking, name="lot-tracking"),
]
