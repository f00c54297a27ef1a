"""The project: settings, addresses and periodic work. It knows every room; no room imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
