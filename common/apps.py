from django.apps import AppConfig
from django.urls import register_converter

from common.paths import Word


class CommonConfig(AppConfig):
    name = "common"

    def ready(self):
        register_converter(Word, "word")
