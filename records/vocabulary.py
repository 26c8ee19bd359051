"""The words for what is done on a task and what is kept of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeSort(models.TextChoices):
    """What of an approved task changes. The first three are drift; the others amend a QIP."""

    PLACE = "place", _("Place")
    SCOPE = "scope", _("Scope")
    ACTOR = "actor", _("Who carries it out")
    COST = "cost", _("Cost")
    TIME = "time", _("Time")


DRIFT = (ChangeSort.PLACE, ChangeSort.SCOPE, ChangeSort.ACTOR)
AMENDS = (ChangeSort.COST, ChangeSort.TIME)


class ChangeStage(models.TextChoices):
    """Who answers a change: UN-CIMIC first, then whoever approved the task."""

    COORDINATION = "coordination", _("UN-CIMIC")
    AUTHORITY = "authority", _("Whoever approved it")


class ChangeWord(models.TextChoices):
    """What may be answered to a change: the first three by UN-CIMIC, the others by authority."""

    WITHIN = "within_approval", _("Within what was approved: it goes on")
    CHANGES = "changes_approval", _("It changes what was approved: whoever approved it answers")
    NOT_ACCEPTED = "not_accepted", _("Not accepted: it goes on as approved")
    APPROVED = "approved", _("Approved as changed")
    NOT_APPROVED = "not_approved", _("Not approved: it goes on as approved")


WORDS_OF_STAGE = {
    ChangeStage.COORDINATION: (ChangeWord.WITHIN, ChangeWord.CHANGES, ChangeWord.NOT_ACCEPTED),
    ChangeStage.AUTHORITY: (ChangeWord.APPROVED, ChangeWord.NOT_APPROVED),
}
ACCEPTS = frozenset({ChangeWord.WITHIN, ChangeWord.APPROVED})


class RunOutcome(models.TextChoices):
    """How a run of an escort ended."""

    ARRIVED = "arrived", _("Arrived")
    DELAYED = "delayed", _("Arrived late")
    TURNED_BACK = "turned_back", _("Turned back")
    NOT_RUN = "not_run", _("Did not leave")


class AssetCondition(models.TextChoices):
    """In what condition an asset came back."""

    GOOD = "good", _("Good")
    WORN = "worn", _("Worn")
    DAMAGED = "damaged", _("Damaged")
    LOST = "lost", _("Lost: it does not come back")
