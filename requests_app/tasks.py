"""The doors to housekeeping over what is asked: they hold no rule and are safe to run twice."""

from celery import shared_task

from requests_app.importing.bringing import forget_old_files


@shared_task
def forget_old_imports() -> int:
    """Remove the spreadsheets that nobody brought in within a week."""
    return forget_old_files()
