from rest_framework.routers import SimpleRouter

from merchants.api.merchants import MerchantViewSet

router = SimpleRouter()
router.register("merchants", MerchantViewSet, basename="merchant")

urlpatterns = router.urls
