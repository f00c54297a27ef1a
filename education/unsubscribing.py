"""One click and no more mails of a purpose: by the link of a mail, by the button of a mail program (RFC 8058), and back again."""

from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt

from common.links import Found
from education.models import Unsubscribed
from education.offer_links import UNSUBSCRIBE
from membership.models import Member
from membership.own_data import language_of

OFFERS = Unsubscribed.Purpose.OFFERS


def _found(now, pk):
    member = get_object_or_404(Member.objects.select_related("home_unit"), pk=pk)
    return Found((member,), language_of(member))


@csrf_exempt  # RFC 8058: the mail program posts, without cookies; the signed address is all the right there is, and only to this
@UNSUBSCRIBE.opens(_found, "education/link_unsubscribe.html")
def link_unsubscribe(request, member, now):
    """Opening it changes nothing. POST ends the mails about offers for the one member of the link, POST do=again lets them come again."""
    quiet = Unsubscribed.objects.filter(member=member, purpose=OFFERS)
    if request.method == "POST":
        if request.POST.get("do") == "again":
            quiet.delete()
        else:
            Unsubscribed.objects.get_or_create(member=member, purpose=OFFERS, defaults={"at": now})
        return redirect(request.path)
    return render(request, "education/link_unsubscribe.html", {"quiet": quiet.exists()})
