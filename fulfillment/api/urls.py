from rest_framework.routers import SimpleRouter

from fulfillment.api.orders import OrderViewSet
from fulfillment.api.waves import WaveViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")
router.register("waves", WaveViewSet, basename="wave")
urlpatterns = router.urls
