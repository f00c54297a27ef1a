"""What every request of a signed-in person gets: own language, nothing kept by the browser."""

from django.conf import settings
from django.utils import translation
from django.utils.cache import add_never_cache_headers


def at_home(get_response):
    """Activate the user's language; signed-in pages are never stored (back button after sign-out)."""

    def middleware(request):
        user = request.user
        if user.is_authenticated:
            if user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                translation.activate(user.language)
                request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            add_never_cache_headers(response)
            return response
        return get_response(request)

    return middleware
