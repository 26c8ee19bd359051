"""Beat that goes on when the server's clock is set back."""

import time
from typing import Any

from celery.beat import PersistentScheduler

JUMP = 2.0


class Scheduler(PersistentScheduler):
    """Celery's own, which else waits until the clock has caught up with its last runs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._looked = (time.time(), time.monotonic())
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        super().setup_schedule()
        self._forget_the_future()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Run what is due; first notice that the clock went back, and count from its new time."""
        wall, steady = time.time(), time.monotonic()
        if (wall - self._looked[0]) - (steady - self._looked[1]) < -JUMP:
            self._forget_the_future()
            self._heap = None  # made again from the new time
        self._looked = (wall, steady)
        return float(super().tick(*args, **kwargs))

    def _forget_the_future(self) -> None:
        moment = self.app.now()
        for entry in self.schedule.values():
            if entry.last_run_at and entry.last_run_at > moment:
                entry.last_run_at = moment
