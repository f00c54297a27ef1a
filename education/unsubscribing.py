"""One click and no more mails of a purpose: by the link of a mail, by the button of a mail program (RFC 8058), and back again."""

from django.core.signing import BadSignature
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from education.models import Unsubscribed
from education.offer_links import UNSUBSCRIBE
from membership.models import Member
from membership.own_data import language_of

OFFERS = Unsubscribed.Purpose.OFFERS


@csrf_exempt  # RFC 8058: the mail program posts, without cookies; the signed address is all the right there is, and only to this
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link_unsubscribe(request, token):
    """Opening it changes nothing. POST ends the mails about offers for the one member of the link, POST do=again lets them come again."""
    try:
        pk = UNSUBSCRIBE.unsign(token)
    except BadSignature:
        raise Http404 from None
    member = get_object_or_404(Member.objects.select_related("home_unit"), pk=pk)
    quiet = Unsubscribed.objects.filter(member=member, purpose=OFFERS)
    if request.method == "POST":
        if request.POST.get("do") == "again":
            quiet.delete()
        else:
            Unsubscribed.objects.get_or_create(member=member, purpose=OFFERS, defaults={"at": timezone.now()})
        return redirect(request.path)
    with translation.override(language_of(member)):
        return render(request, "education/link_unsubscribe.html", {"quiet": quiet.exists()})
