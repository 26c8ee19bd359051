"""That somebody took something out, and how it ended: two entries of the ledger."""

import json
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from common.canonical import sha256
from common.clock import now
from common.errors import Forbidden
from ledger.services import append, open_chain
from missions.models import User
from missions.queries import first_standing, standings_of
from records.exports.asking import kept_query
from records.models import ExportRun


def start_export(
    *, actor: User, form: str, params: QueryDict | None, background: bool = False
) -> ExportRun:
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
            query=kept_query(params) if params else "",
            started_at=now(),
            background=background,
        )
        open_chain(
            subject_id=run.pk, mission=run.mission, subject="export", reference=f"export {run.pk}"
        )
        told: dict[str, Any] = {"form": form, "query": run.query}
        append(
            chain_id=run.pk,
            act="export.started",
            actor=actor,
            standing=standing,
            payload=told | ({"background": True} if background else {}),
        )
    return run


def finish_export(
    run: ExportRun,
    *,
    rows: int | None,
    digest: str,
    cut: bool = False,
    size: int | None = None,
) -> None:
    """Record how it ended: rows and SHA-256, or that it was cut.

    What was written while the person waited is their deed; in the background it is CIMIC's
    own, so that they are told of it.
    """
    with transaction.atomic():
        run.finished_at, run.rows, run.digest, run.cut = now(), rows, digest, cut
        run.size, run.lease_until = size, None
        run.save()
        append(
            chain_id=run.pk,
            act="export.cut" if cut else "export.finished",
            actor=None if run.background else run.by,
            standing=None if run.background else first_standing(run.by),
            payload={"rows": rows, "sha256": digest},
        )


def sight_of(person: User) -> str:
    """Return a digest of all that a person sees by today: posts, their reach and clearance.

    It changes when a post is lost, lowered or given, or a delegation ends.
    """
    held = sorted(
        [
            str(each.post.pk),
            each.post.reach,
            str(each.post.clearance),
            str(each.post.sector_id),
            str(each.post.unit_id),
            str(each.post.organisation_id),
            each.capacity,
            *sorted(each.routes),
        ]
        for each in standings_of(person)
    )
    return sha256(json.dumps([held, person.organisation_id]))
