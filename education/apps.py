from django.apps import AppConfig


class EducationConfig(AppConfig):
    name = "education"

    def ready(self):
        from django.utils.translation import ngettext_lazy

        from education.models import CalendarFeed
        from membership import merging

        merging.treat(CalendarFeed, words=ngettext_lazy("%(n)s calendar address", "%(n)s calendar addresses", "n"))
