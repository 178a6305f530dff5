from django.urls import path
from rest_framework.routers import SimpleRouter

from receiving.api.deliveries import DeliveryViewSet
from receiving.api.discrepancies import DiscrepancyViewSet, PhotoViewSet
from receiving.api.labels import WROLabelViewSet
from receiving.api.rules import CheckInRuleViewSet, TraceabilityViewSet
from receiving.api.wros import WROViewSet

router = SimpleRouter()
router.register("wros", WROViewSet, basename="wro")
router.register("discrepancies", DiscrepancyViewSet, basename="discrepancy")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("photos", PhotoViewSet, basename="photo")
router.register("settings/check-in-rules", CheckInRuleViewSet, basename="check-in-rule")
urlpatterns = [
    *router.urls,
    path(
        "wros/<pk>/traceability/",
        TraceabilityViewSet.as_view({"get": "retrieve", "post": "write"}),
        name="wro-traceability",
    ),
    path("wros/<pk>/labels/", WROLabelViewSet.as_view({"get": "boxes"}), name="wro-labels"),
    path("wros/<pk>/lot-labels/", WROLabelViewSet.as_view({"get": "lots"}), name="wro-lot-labels"),
]
