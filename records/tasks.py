"""The doors to the sweeps over records: they hold no rule and are safe to run twice."""

from celery import shared_task

from missions.models import Mission
from records import complaints, services
from records.archive import disposal
from records.compliance import summary
from records.exports import jobs
from records.figures.kept import keep_ahead


@shared_task
def count_compliance() -> int:
    """Count anew the records that deeds have changed, whoever left them."""
    return summary.sweep()


@shared_task
def count_figures_ahead() -> int:
    """Count the figures of days, months and years that are not kept, or do not hold any more."""
    return sum(keep_ahead(mission) for mission in Mission.objects.all())


@shared_task
def remind_of_complaints() -> int:
    """Remind of the complaints whose limit draws near or has come."""
    return complaints.remind_of_complaints()


@shared_task
def write_exports() -> int:
    """Write the exports that are asked for in the background, whoever left them."""
    return jobs.sweep()


@shared_task
def remove_expired_exports() -> int:
    """Remove the files of exports that were kept for their time."""
    return jobs.remove_expired()


@shared_task
def remind_of_follow_ups() -> int:
    """Remind UN-CIMIC of the refused needs of which nobody knows what became."""
    return services.remind_of_follow_ups()


@shared_task
def delete_disposed_files() -> int:
    """Delete what a process that died left of the files of disposed records."""
    return disposal.delete_disposed_files()
