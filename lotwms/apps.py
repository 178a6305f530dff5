from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class LotwmsConfig(AppConfig):
    name = "lotwms"
    default = True


class LotwmsAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "lotwms.admin.Site"
