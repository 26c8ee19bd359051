"""The figures kept ahead, by stretches of days of submission (``records.figures``).

They hold nothing that the records do not say: whatever is missing, or no longer holds, is
counted anew from them.
"""

from django.db import models


class FigureDay(models.Model):
    """How often anything changed in what was submitted on a day, in the mission's time zone."""

    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    changes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mission", "day"], name="figures_of_a_day_change_once")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.changes}"


class FigureStretch(models.Model):
    """A day, month or year whose figures are kept: they hold while its days' changes are these.

    ``rests_on`` is the digest of what they hang on besides records: calendar, ceiling,
    priorities, areas; as far as it was known on ``made_on``.
    """

    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField()
    changes = models.PositiveIntegerField()
    made_on = models.DateField()
    rests_on = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "since", "until"], name="figures_of_a_stretch_are_kept_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.since} to {self.until}"


class FigureCell(models.Model):
    """The numbers of a stretch for one sector, kind, classification, hidden from the force or not.

    ``sector`` is its number, nothing, or ``*`` for all of them; so is ``kind``. ``part`` says for
    which page: the pictures or compliance. ``numbers`` is JSON: by figure and key, numbers that
    may be added up.
    """

    stretch = models.ForeignKey(FigureStretch, on_delete=models.CASCADE, related_name="cells")
    sector = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    classification = models.PositiveSmallIntegerField()
    hidden = models.BooleanField()
    part = models.CharField(max_length=12)
    numbers = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stretch", "sector", "part", "kind", "classification", "hidden"],
                name="figures_of_a_cell_are_kept_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sector} {self.kind} of {self.stretch_id}"
