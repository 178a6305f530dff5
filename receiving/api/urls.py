from rest_framework.routers import SimpleRouter

from receiving.api.wros import WROViewSet

router = SimpleRouter()
router.register("wros", WROViewSet, basename="wro")
urlpatterns = router.urls
