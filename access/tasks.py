"""Doors to the services: each holds no rule and is safe to run twice."""

from celery import shared_task

from access.models import Session
from access.services import mail
from access.tries import forget_old
from common.clock import now


@shared_task
def send_account_mail() -> int:
    """Send the letters about accounts that wait."""
    return mail.send_owed()


@shared_task
def forget_what_ended() -> int:
    """Delete sessions that have ended, old counts of tries, letters sent long ago."""
    ended = Session.objects.filter(expire_date__lt=now()).delete()[0]
    return ended + forget_old() + mail.forget_sent()
