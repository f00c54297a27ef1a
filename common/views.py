"""Pages that belong to no room: the party's colour as a style sheet, help, privacy, accessibility."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from common import colour


@require_safe
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
def party_css(request):
    """The accent of PARTY_COLOUR, light and dark. Its address carries the colour, so it may be kept for a year."""
    roles = colour.palette(colour.parse(settings.PARTY_COLOUR))
    light, dark = (";".join(f"--{role}:{value}" for role, value in roles[mode].items()) for mode in ("light", "dark"))
    return HttpResponse(
        f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}", content_type="text/css; charset=utf-8"
    )


@require_safe
def help(request):
    return render(request, "pages/help.html")


@require_safe
def privacy(request):
    return render(request, "pages/privacy.html", {"contact": settings.PRIVACY_CONTACT})


@require_safe
def accessibility(request):
    return render(request, "pages/accessibility.html", {"contact": settings.PRIVACY_CONTACT})


@require_safe
@cache_control(public=True, max_age=3600)
def party_logo(request):
    """The picture PARTY_LOGO points to."""
    if not settings.PARTY_LOGO:
        raise Http404
    return FileResponse((settings.BASE_DIR / settings.PARTY_LOGO).open("rb"))


@login_required
@require_POST
def place_choose(request):
    """Act from now on in another of one's own offices (POST appointment=pk); back to Today."""
    chosen = request.POST.get("appointment", "")
    held = next((a for a in request.user.appointments_now if str(a.pk) == chosen), None)
    if held is None:
        raise Http404
    request.session["place"] = held.pk
    return redirect("/")
