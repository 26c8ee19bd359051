"""What happens together when a project's partner is paid, accounts for it and pays back."""

import datetime as dt
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import FieldError, Incomplete, Malformed
from common.templatetags.cimic import money
from missions.models import User
from records import policy
from records.models import ClosingReport, Instalment, Refund
from records.queries import money_of
from records.services.recording import checked, not_to_come, record, said_in_words, task_of
from requests_app.files import keep_file
from requests_app.models import AssistanceRequest
from requests_app.services import locked, touch


@transaction.atomic
def pay_instalment(
    *,
    rfa: AssistanceRequest,
    actor: User,
    amount: Decimal,
    paid_on: dt.date,
    evidence: str = "",
    is_last: bool = False,
) -> Instalment:
    """Record a payment to the partner: under a signed agreement, the last one after a visit.

    What goes beyond the parts due before the last one waits for a visit as the last does,
    whatever it is called; what pays the whole is the last. Raises ``NotNow`` without an
    agreement or such a visit, ``Malformed`` for a day still to come or if the payments would
    exceed what is approved. Payments queue under the request's lock: two at once never do.
    """
    rfa = locked(rfa)
    policy.may_pay(actor, rfa).enforce()
    not_to_come(rfa, "paid_on", paid_on)
    task = task_of(rfa)
    policy.has_an_agreement(task, paid_on).enforce()
    checked(task)
    known = money_of(rfa, task)
    if known.share and known.paid + amount > known.share:
        raise Malformed(
            errors=[
                FieldError(
                    "amount",
                    _("%(paid)s of %(cost)s is paid already: this would exceed what was approved.")
                    % {
                        "paid": money(known.paid, rfa.currency),
                        "cost": money(known.share, rfa.currency),
                    },
                )
            ]
        )
    policy.may_pay_last(task, known, amount, is_last).enforce()
    is_last = is_last or 0 < known.share <= known.paid + amount
    number = task.instalments.count() + 1
    percents = [part.percent for part in known.parts]
    instalment: Instalment = checked(
        Instalment(
            task=task,
            number=number,
            amount=amount,
            paid_on=paid_on,
            evidence=evidence,
            is_last=is_last,
            visit=task.visits.last() if is_last else None,
            by=actor,
            at=now(),
        )
    )
    touch(rfa)
    record(
        rfa,
        "instalment.paid",
        actor,
        number=instalment.number,
        amount=amount,
        paid_on=paid_on,
        last=is_last,
        visit=instalment.visit_id,
        percents=percents,
    )
    return instalment


@transaction.atomic
def report_closing(
    *,
    rfa: AssistanceRequest,
    actor: User,
    received_on: dt.date,
    text: str,
    spent: Decimal,
    upload: UploadedFile | None = None,
) -> ClosingReport:
    """Record the partner's closing report: what was built, and what of the money was spent.

    What was paid and not spent is due as a refund. Raises ``Incomplete`` without words,
    ``Malformed`` for a day still to come or a file that is not taken in.
    """
    rfa = locked(rfa)
    policy.may_report_closing(actor, rfa).enforce()
    not_to_come(rfa, "received_on", received_on)
    errors = said_in_words(text=(text, _("Say what was built and what the receipts show."), "41"))
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    task = checked(task_of(rfa))
    file = keep_file(rfa=rfa, actor=actor, upload=upload) if upload is not None else None
    report = ClosingReport.objects.create(
        task=task,
        received_on=received_on,
        text=text.strip(),
        spent=spent,
        file=file,
        by=actor,
        at=now(),
    )
    touch(rfa)
    record(
        rfa,
        "closing_report.received",
        actor,
        received_on=received_on,
        text=report.text,
        spent=spent,
        refund_due=money_of(rfa, task).refund_due,
        file={"file": str(file.pk), "sha256": file.digest} if file else None,
    )
    return report


@transaction.atomic
def receive_refund(
    *,
    rfa: AssistanceRequest,
    actor: User,
    amount: Decimal,
    received_on: dt.date,
    evidence: str = "",
) -> Refund:
    """Record money that the partner paid back, of what the closing report says is due.

    Raises ``NotNow`` while nothing is due, ``Malformed`` for more than is due or a day to come.
    """
    rfa = locked(rfa)
    policy.may_refund(actor, rfa).enforce()
    not_to_come(rfa, "received_on", received_on)
    task = task_of(rfa)
    due = money_of(rfa, task).refund_open
    if amount > due:
        raise Malformed(
            errors=[
                FieldError(
                    "amount",
                    _("Only %(sum)s is due.") % {"sum": money(due, rfa.currency)},
                )
            ]
        )
    refund: Refund = checked(
        Refund(
            task=task,
            number=task.refunds.count() + 1,
            amount=amount,
            received_on=received_on,
            evidence=evidence,
            by=actor,
            at=now(),
        )
    )
    touch(rfa)
    record(
        rfa,
        "refund.received",
        actor,
        number=refund.number,
        amount=amount,
        received_on=received_on,
        still_due=due - amount,
    )
    return refund
