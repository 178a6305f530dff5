from rest_framework.routers import SimpleRouter

from transfers.api.transfers import TransferViewSet

router = SimpleRouter()
router.register("transfers", TransferViewSet, basename="transfer")
urlpatterns = router.urls
