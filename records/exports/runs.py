"""That somebody took something out, and how it ended: two entries of the ledger."""

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Forbidden
from ledger.services import append, open_chain
from missions.models import User
from missions.queries import first_standing
from records.models import ExportRun


def start_export(*, actor: User, form: str, params: Any) -> ExportRun:
    """Record that somebody takes the register out: who, when, by which filter.

    Raises ``Forbidden`` for who holds no post.
    """
    standing = first_standing(actor)
    if standing is None:
        raise Forbidden(_("Only who holds a post in the mission takes its register out."))
    with transaction.atomic():
        run = ExportRun.objects.create(
            mission=standing.post.mission,
            by=actor,
            form=form,
            query=urlencode(sorted(params.lists()), doseq=True) if params else "",
            started_at=now(),
        )
        open_chain(
            subject_id=run.pk, mission=run.mission, subject="export", reference=f"export {run.pk}"
        )
        append(
            chain_id=run.pk,
            act="export.started",
            actor=actor,
            standing=standing,
            payload={"form": form, "query": run.query},
        )
    return run


def finish_export(run: ExportRun, *, rows: int | None, digest: str, cut: bool = False) -> None:
    """Record how it ended: rows and SHA-256, or that it was cut."""
    with transaction.atomic():
        run.finished_at, run.rows, run.digest, run.cut = now(), rows, digest, cut
        run.save(update_fields=["finished_at", "rows", "digest", "cut"])
        append(
            chain_id=run.pk,
            act="export.cut" if cut else "export.finished",
            actor=run.by,
            standing=first_standing(run.by),
            payload={"rows": rows, "sha256": digest},
        )
