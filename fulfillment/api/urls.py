from rest_framework.routers import SimpleRouter

from fulfillment.api.orders import OrderViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")
urlpatterns = router.urls
