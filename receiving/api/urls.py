from django.urls import path
from rest_framework.routers import SimpleRouter

from receiving.api.labels import WROLabelViewSet
from receiving.api.wros import WROViewSet

router = SimpleRouter()
router.register("wros", WROViewSet, basename="wro")
urlpatterns = [
    *router.urls,
    path("wros/<pk>/labels/", WROLabelViewSet.as_view({"get": "boxes"}), name="wro-labels"),
    path("wros/<pk>/lot-labels/", WROLabelViewSet.as_view({"get": "lots"}), name="wro-lot-labels"),
]
