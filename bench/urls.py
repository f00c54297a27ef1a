"""The addresses of the product and, beside them, the floor."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.template import Context, Template
from django.urls import include, path

PAGE = Template("<!doctype html><title>Floor</title><p>{{ user.email }}</p>")


@login_required
def floor(request):
    return HttpResponse(PAGE.render(Context({"user": request.user})))


urlpatterns = [path("floor/", floor), path("", include("config.urls"))]
