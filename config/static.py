"""Which files of the packages are served; compressing all that they bring would take most of the first start."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "bootstrap-*",
        "bootstrap.css*",
        "bootstrap.rtl.css*",
        "htm*-4*",
        "*-4.js",
        "*-4.min.js",
        "treebeard",
    ]
