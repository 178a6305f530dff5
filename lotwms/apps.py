from django.apps import AppConfig


class LotwmsConfig(AppConfig):
    name = "lotwms"
