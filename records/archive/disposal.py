"""Disposing of a record: asked by one, confirmed by another, checked again as it is done (P41).

What is left is a stub: reference, kind, dates, class, who, when, by which authority and why,
and the digests of what is gone. The chain still verifies; counts and durations stay counted.
"""

import logging
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.models import PreparedAnswer
from common.clock import now
from common.errors import FieldError, Incomplete, NotNow
from common.files import may_delete_files
from ledger.models import Chain, Entry
from ledger.services import NEVER_ERASED, erase_payloads
from missions.calendar import local_day
from missions.models import User
from missions.queries import Standing
from records.archive.keeping import record_deed
from records.archive.policy import (
    disposes_as,
    may_ask_disposal,
    may_confirm_disposal,
    may_decline_disposal,
)
from records.archive.retention import open_askings, open_holds, retention_of
from records.compliance.summary import take_from_outbox
from records.models import (
    Disposal,
    DisposalAsked,
    DisposalDeclined,
    RetentionAction,
    Transfer,
)
from requests_app.models import AssistanceRequest, Attachment
from requests_app.services import locked

# What is done for the archive says nothing that a bag packed before lacks.
ARCHIVE_ACTS = frozenset(
    {
        "record.archived",
        "record.classed",
        "record.transferred",
        "hold.set",
        "hold.lifted",
        "disposal.asked",
        "disposal.declined",
    }
)

log = logging.getLogger(__name__)


def _error(field: str, message: str) -> FieldError:
    return FieldError(field, message, "41")


def _receipt_of(rfa: AssistanceRequest) -> Transfer | None:
    return rfa.transfers.select_related("bag").order_by("-at", "-pk").first()


def _grew_since(rfa: AssistanceRequest, receipt: Transfer) -> bool:
    """Whether the record says more than the bag that was received: that bag is not the whole."""
    since = Entry.objects.filter(chain=rfa.pk, recorded_at__gt=receipt.bag.at)
    return since.exclude(act__in=ARCHIVE_ACTS).exists()


def lacking_for_disposal(rfa: AssistanceRequest) -> list[FieldError]:
    """List all that forbids disposing of a closed record now.

    Its class must be the mission's own and due; no legal hold may stand; where the class says
    transfer, the receipt of a bag that holds all of it must be there.
    """
    kept: Any = retention_of(rfa)
    errors = []
    if open_holds().filter(rfa=rfa.pk).exists():
        errors.append(_error("hold", _("It is on legal hold.")))
    if kept.class_id is None:
        return [*errors, _error("class", _("No retention class says how long it is kept."))]
    if kept.class_is_example:
        errors.append(
            _error(
                "class",
                _("%(code)s is an example: the mission sets its own class first.")
                % {"code": kept.class_code},
            )
        )
    if kept.due_on > local_day(rfa.mission):
        errors.append(
            _error(
                "due_on",
                _("It is kept until %(day)s.")
                % {"day": date_format(kept.due_on, "SHORT_DATE_FORMAT")},
            )
        )
    if kept.class_action == RetentionAction.TRANSFER:
        receipt = _receipt_of(rfa)
        if receipt is None:
            errors.append(
                _error("receipt", _("It is kept for ever elsewhere first: no receipt is recorded."))
            )
        elif _grew_since(rfa, receipt):
            errors.append(
                _error(
                    "receipt",
                    _("Something was added since the bag that was received: pack it again."),
                )
            )
    return errors


def asked_for(rfa: AssistanceRequest) -> DisposalAsked | None:
    """Return the disposal that is asked for and waits for a second person, if one does."""
    return open_askings().filter(rfa=rfa.pk).select_related("by", "post").order_by("-at").first()


@transaction.atomic
def ask_disposal(
    *, rfa: AssistanceRequest, actor: User, authority: str, reason: str
) -> DisposalAsked:
    """Ask that a record be disposed of, naming the authority and the reason.

    Raises ``Forbidden``, ``NotNow`` (asked already) or ``Incomplete`` with all that forbids it.
    """
    rfa = locked(rfa)
    may_ask_disposal(actor, rfa).enforce()
    if asked_for(rfa) is not None:
        raise NotNow(_("Its disposal is asked for already: another confirms it."), paragraph="41")
    errors = [
        _error(name, message)
        for name, said, message in (
            ("authority", authority, _("Name the schedule or decision that allows it.")),
            ("reason", reason, _("Say why it is disposed of.")),
        )
        if not said.strip()
    ]
    errors += lacking_for_disposal(rfa)
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    standing = disposes_as(actor, rfa)
    if standing is None:
        raise ValueError("Whoever may ask has a standing.")
    asked = DisposalAsked.objects.create(
        rfa=rfa,
        authority=authority.strip(),
        reason=reason.strip(),
        by=actor,
        post=standing.post,
        capacity=standing.capacity,
        at=now(),
    )
    record_deed(
        rfa,
        "disposal.asked",
        actor,
        standing,
        asked=asked.pk,
        authority=asked.authority,
        reason=asked.reason,
    )
    return asked


@transaction.atomic
def decline_disposal(*, rfa: AssistanceRequest, actor: User, reason: str) -> DisposalDeclined:
    """Decline a disposal that is asked for, or take one's own back, with the reason."""
    rfa = locked(rfa)
    may_decline_disposal(actor, rfa).enforce()
    asked = asked_for(rfa)
    if asked is None:
        raise NotNow(_("No disposal is asked for."), paragraph="41")
    if not reason.strip():
        raise Incomplete(errors=[_error("reason", _("Say why not."))], paragraph="41")
    declined = DisposalDeclined.objects.create(
        asked=asked, reason=reason.strip(), by=actor, at=now()
    )
    record_deed(
        rfa,
        "disposal.declined",
        actor,
        disposes_as(actor, rfa),
        asked=asked.pk,
        reason=declined.reason,
    )
    return declined


def _digests(rfa: AssistanceRequest, receipt: Transfer | None) -> dict[str, Any]:
    """Return what proves, with any copy kept elsewhere, what the record was."""
    chain = Chain.objects.get(pk=rfa.pk)
    return {
        "entries": chain.length,
        "head": chain.head,
        "revisions": list(rfa.revisions.order_by("number").values_list("digest", flat=True)),
        "files": list(rfa.attachments.order_by("added_at", "pk").values_list("digest", flat=True)),
        "manifest": receipt.manifest_digest if receipt else None,
    }


def _stub(
    rfa: AssistanceRequest, asked: DisposalAsked, actor: User, standing: Standing
) -> Disposal:
    """Write what stays of a record that passes every check under its lock."""
    kept: Any = retention_of(rfa)
    receipt = _receipt_of(rfa) if kept.class_action == RetentionAction.TRANSFER else None
    return Disposal.objects.create(
        rfa=rfa,
        asked=asked,
        asked_by=asked.by,
        reference=rfa.reference,
        kind=rfa.kind,
        submitted_at=rfa.submitted_at,
        decided_at=rfa.decided_at,
        closed_at=rfa.closed_at,
        class_code=kept.class_code,
        class_title=kept.class_title,
        action=kept.class_action,
        due_on=kept.due_on,
        authority=asked.authority,
        reason=asked.reason,
        transfer=receipt,
        digests=_digests(rfa, receipt),
        by=actor,
        post_title=standing.post.title,
        at=now(),
    )


def _erase_what_was_said(rfa: AssistanceRequest, stub: Disposal, standing: Standing) -> None:
    """Erase the payloads of the record's entries, save those about the archive itself."""
    said = Entry.objects.filter(chain=rfa.pk, payload__erasure=None)
    numbers = said.exclude(act__in=ARCHIVE_ACTS | NEVER_ERASED | {"record.disposed"})
    asked = stub.asked
    erase_payloads(
        chain_id=rfa.pk,
        numbers=list(numbers.values_list("number", flat=True)),
        asked_by=asked.by,
        asked_as=Standing(asked.by, asked.post, asked.capacity),
        asked_at=asked.at,
        confirmed_by=stub.by,
        confirmed_as=standing,
        reason=asked.reason,
        authority=asked.authority,
    )


@transaction.atomic
def confirm_disposal(*, rfa: AssistanceRequest, actor: User) -> Disposal:
    """Dispose of a record as the second person, after checking everything again under its lock.

    The words go in one transaction with the stub and its entry; the files follow once it
    stands. Raises ``Forbidden`` for whoever asked, ``NotNow`` where none is asked for, and
    ``Incomplete`` with all that forbids it by now.
    """
    rfa = locked(rfa)
    asked = asked_for(rfa)
    may_ask_disposal(actor, rfa).enforce()
    if asked is None:
        raise NotNow(_("No disposal is asked for."), paragraph="41")
    may_confirm_disposal(actor, rfa, asked).enforce()
    errors = lacking_for_disposal(rfa)
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    take_from_outbox(rfa.pk)  # what it complied with is counted while its words are there
    standing = disposes_as(actor, rfa)
    if standing is None:
        raise ValueError("Whoever may confirm has a standing.")
    stub = _stub(rfa, asked, actor, standing)
    record_deed(
        rfa,
        "record.disposed",
        actor,
        standing,
        asked=asked.pk,
        **{"class": stub.class_code},
        authority=stub.authority,
        digests=stub.digests,
    )
    _erase_what_was_said(rfa, stub, standing)
    PreparedAnswer.objects.filter(step__rfa=rfa).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT dispose_of_words(%s)", [rfa.pk])
    transaction.on_commit(lambda: _delete_files(rfa), robust=True)
    return stub


def _owed_files() -> QuerySet[Attachment]:
    return Attachment.objects.filter(rfa__disposal__isnull=False).exclude(file="")


@transaction.atomic
def _delete_files(rfa: AssistanceRequest) -> int:
    """Delete a disposed record's files from the store; one that is gone already is gone.

    While a backup is under way none is deleted: the next sweep does it.
    """
    if not may_delete_files():
        return 0
    deleted = 0
    for file in _owed_files().filter(rfa=rfa.pk):
        default_storage.delete(str(file.file.name))
        Attachment.objects.filter(pk=file.pk).update(file="")
        deleted += 1
    return deleted


def delete_disposed_files() -> int:
    """Delete what a process that died left of disposed records' files; safe to run twice."""
    records = AssistanceRequest.objects.filter(pk__in=_owed_files().values("rfa"))
    return sum(map(_delete_files, records))
