"""Beat, which says as it goes that it lives (``cimic/alive.py`` asks)."""

from celery.beat import PersistentScheduler

from cimic.alive import BEAT, say


class Scheduler(PersistentScheduler):
    """Send what is due, and touch a file each time round."""

    max_interval = 5

    def tick(self, *args: object, **kwargs: object) -> float:
        """Send what is due; return the seconds until the next look."""
        say(BEAT)
        return float(super().tick(*args, **kwargs))
