"""Every address of the pages and the API, and what it opens: nothing is served that is not here.

``tests/test_sight_doors.py`` knocks at each as every post. An address that is new fails there
until it stands in one of these lists.
"""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Of one record: who may not see it is answered as if there were none.
RECORD = """
api/v1/requests/<str:reference>/
api/v1/requests/<str:reference>/history/
api/v1/requests/<str:reference>/proof/
api/v1/requests/<str:reference>/readings/
api/v1/requests/<str:reference>/erasures/
api/v1/requests/<str:reference>/attachments/
api/v1/requests/<str:reference>/attachments/<uuid:attachment_id>/
api/v1/requests/<str:reference>/look-alikes/
api/v1/requests/<str:reference>/messages/
api/v1/requests/<str:reference>/submit/
api/v1/requests/<str:reference>/withdraw/
api/v1/requests/<str:reference>/cancel/
api/v1/requests/<str:reference>/close/
api/v1/requests/<str:reference>/task/
api/v1/requests/<str:reference>/start/
api/v1/requests/<str:reference>/progress/
api/v1/requests/<str:reference>/complete/
api/v1/requests/<str:reference>/visits/
api/v1/requests/<str:reference>/instalments/
api/v1/requests/<str:reference>/conditions/
api/v1/requests/<str:reference>/delivered-by-others/
api/v1/requests/<str:reference>/join/
api/v1/requests/<str:reference>/referrals/
api/v1/requests/<str:reference>/task/start/
api/v1/requests/<str:reference>/task/progress/
api/v1/requests/<str:reference>/task/complete/
api/v1/requests/<str:reference>/task/visits/
api/v1/requests/<str:reference>/task/instalments/
api/v1/requests/<str:reference>/task/conditions/
api/v1/requests/<str:reference>/units/
api/v1/requests/<str:reference>/drift/
api/v1/requests/<str:reference>/changes/answer/
api/v1/requests/<str:reference>/amendments/
api/v1/requests/<str:reference>/closing-report/
api/v1/requests/<str:reference>/refunds/
api/v1/requests/<str:reference>/runs/
api/v1/requests/<str:reference>/incidents/
api/v1/requests/<str:reference>/hand-back/
api/v1/requests/<str:reference>/follow-up-notes/
api/v1/requests/<str:reference>/corrections/
api/v1/archive/<str:reference>/
api/v1/archive/<str:reference>/bag/
api/v1/archive/<str:reference>/holds/<int:hold_id>/lift/
api/v1/archive/<str:reference>/class/
api/v1/archive/<str:reference>/receipts/
api/v1/archive/<str:reference>/holds/
api/v1/archive/<str:reference>/disposal/
api/v1/archive/<str:reference>/disposal/confirm/
api/v1/archive/<str:reference>/disposal/decline/
api/v1/steps/<int:step_id>/
api/v1/steps/<int:step_id>/answers/
api/v1/steps/<int:step_id>/supersede/
api/v1/referrals/<int:referral_id>/resolve/
requests/<str:reference>/edit/
requests/<str:reference>/autosave/
requests/<str:reference>/alike/
requests/<str:reference>/files/
requests/<str:reference>/check/
requests/<str:reference>/sent/
requests/<str:reference>/withdraw/
requests/<str:reference>/cancel/
requests/<str:reference>/attachments/
requests/<str:reference>/messages/
requests/<str:reference>/look-alikes/
requests/<str:reference>/refer/
extreme/<str:reference>/join/
register/<str:reference>/
register/<str:reference>/archive/
archive/<str:reference>/
archive/<str:reference>/holds/<int:hold_id>/lift/
archive/<str:reference>/<str:act>/
register/<str:reference>/history/<int:number>/
register/<str:reference>/history/<int:number>/erase/
register/<str:reference>/close/
register/<str:reference>/files/<uuid:pk>/
register/<str:reference>/task/<str:act>/
files/<uuid:pk>/
steps/<int:pk>/
steps/<int:pk>/supersede/
referrals/<int:pk>/resolve/
"""

# Of a person's, a post's or the mission's own: nobody else's is answered, as if there were none.
THEIRS = """
api/v1/notices/<int:notice_id>/read/
api/v1/ledger/receipts/<int:receipt_id>/acknowledge/
api/v1/ledger/erasures/<int:request_id>/confirm/
api/v1/ledger/erasures/<int:request_id>/refuse/
api/v1/standing-policies/<path:code>/end/
api/v1/delegations/<int:delegation_id>/end/
api/v1/posts/<str:code>/officer-in-charge/
api/v1/posts/<str:code>/officer-in-charge/<int:appointment_id>/end/
api/v1/complaints/<str:reference>/
api/v1/complaints/<str:reference>/answer/
api/v1/handover/<int:handover_id>/acknowledge/
api/v1/protection-duties/<int:duty_id>/close/
api/v1/processes/<int:process_id>/
api/v1/processes/<int:process_id>/check/
api/v1/processes/<int:process_id>/comments/
api/v1/processes/<int:process_id>/co-sign/
api/v1/processes/<int:process_id>/promulgate/
api/v1/processes/<int:process_id>/discard/
api/v1/views/<int:view_id>/
api/v1/archive/classes/<str:code>/end/
api/v1/exports/<uuid:export_id>/
api/v1/exports/<uuid:export_id>/file
import/<uuid:run_id>/
import/<uuid:run_id>/bring-in/
standing-policies/<int:pk>/end/
processes/<int:pk>/
processes/<int:pk>/edit/
processes/<int:pk>/edit/check/
processes/<int:pk>/co-sign/
processes/<int:pk>/promulgate/
processes/<int:pk>/discard/
complaints/<str:reference>/answer/
ledger/receipts/<int:receipt_id>/acknowledge/
ledger/erasures/<int:request_id>/<str:word>/
exports/<uuid:export_id>/
exports/<uuid:export_id>/file
views/<int:view_id>/
views/<int:view_id>/delete/
api/v1/webhooks/<int:webhook_id>/
api/v1/webhooks/<int:webhook_id>/rotate/
api/v1/webhooks/<int:webhook_id>/try/
api/v1/webhooks/<int:webhook_id>/pause/
api/v1/webhooks/<int:webhook_id>/resume/
api/v1/webhooks/<int:webhook_id>/end/
api/v1/webhooks/<int:webhook_id>/deliveries/
api/v1/webhooks/<int:webhook_id>/deliveries/<str:message_id>/again/
webhooks/<int:pk>/
webhooks/<int:pk>/rotate/
webhooks/<int:pk>/pause/
webhooks/<int:pk>/resume/
webhooks/<int:pk>/end/
webhooks/<int:pk>/try/
webhooks/<int:pk>/deliveries/<int:delivery_id>/again/
api/v1/tokens/<int:token_id>/
api/v1/sessions/<slug:session_id>/
api/v1/invitations/<int:invitation_id>/resend/
api/v1/invitations/<int:invitation_id>/withdraw/
api/v1/people/<str:username>/end-access/
api/v1/people/<str:username>/close/
api/v1/people/<str:username>/reopen/
api/v1/people/<str:username>/forget-factors/
account/tokens/<int:token_id>/end/
people/invitations/<int:invitation_id>/resend/
people/invitations/<int:invitation_id>/withdraw/
people/<str:username>/end-access/
people/<str:username>/close/
people/<str:username>/reopen/
people/<str:username>/forget-factors/
notices/<int:pk>/open/
notices/<int:pk>/read/
"""

# Of many things: whoever asks finds what they may see there, and no word of the rest.
LISTS = """
api/v1/me/
api/v1/me/notices/
api/v1/notices/
api/v1/requests/
api/v1/ledger/
api/v1/ledger/checkpoints/
api/v1/ledger/erasures/
api/v1/standing-policies/
api/v1/delegations/
api/v1/priorities/
api/v1/complaints/
api/v1/handover/
api/v1/protection-duties/
api/v1/referrals/
api/v1/inbox/
api/v1/compliance/
api/v1/compliance.pdf
api/v1/compliance/extreme/
api/v1/compliance/<str:row>/
api/v1/evaluation/pack/
api/v1/statistics/
api/v1/processes/
api/v1/register.csv
api/v1/register.xlsx
api/v1/register.json
api/v1/register.geojson
api/v1/views/
api/v1/exports/
api/v1/exports/dictionary/
api/v1/exports/dictionary.csv
api/v1/archive/
api/v1/archive/summary/
api/v1/archive/classes/
api/v1/webhooks/
api/v1/sessions/
api/v1/invitations/
api/v1/people/
account/
account/tokens/new/
people/
people/invite/
webhooks/
/
help/
help/components/
help/<slug:role>/
requests/new/
import/
import/template.xlsx
requests/
requests/new/<str:kind>/
requests/place/
inbox/
priorities/
standing-policies/
processes/
processes/baseline/<str:route>/
extreme/
complaints/
handover/
compliance/
compliance.pdf
compliance/<str:row>/
ledger/
evaluation/
evaluation/pack/
register/
register.csv
register.xlsx
register.json
register.geojson
exports/
exports/dictionary/
exports/dictionary.csv
views/
follow-ups/
map/
map/boundaries.geojson
map/points.json
displacement-sites/
disaster-events/
archive/
archive/classes/
notices/
notices/preferences/
"""

# Only written to, naming no one thing in the address. What the body names is asked for there.
DEEDS = """
account/sign-out/
api/v1/notices/read/
api/v1/extreme-situations/
api/v1/steps/answers/
api/v1/imports/
requests/new/<str:kind>/autosave/
inbox/together/
processes/draft/
handover/hand-over/
handover/acknowledge/
handover/delegate/
handover/end-delegation/
handover/in-charge/
handover/end-charge/
handover/close-duty/
notices/read/
"""

# Open to anybody, and about nobody.
ANYBODY = """
api/v1/health/
api/v1/health/live/
metrics
invited/
invited/<int:invitation_id>/<str:secret>/
api/v1/tokens/
api/v1/schema/
api/v1/^.*$
demonstration/enter/
language/
"""

# Packages' own pages: signing in, and the administration, which shows no record.
APART = ("accounts/", "admin/")


def lines(listed: str) -> list[str]:
    """Return the addresses of a list."""
    return listed.split()


ALL = [line for listed in (RECORD, THEIRS, LISTS, DEEDS, ANYBODY) for line in lines(listed)]


def served(resolver: Any = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every address that is served, as its pattern, and its view."""
    for one in (resolver or get_resolver()).url_patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from served(one, here)
        elif isinstance(one, URLPattern):
            yield here or "/", one.callback


def methods_of(view: Any) -> list[str]:
    """Return which of GET and the writing methods a view answers."""
    kind = getattr(view, "view_class", None) or getattr(view, "cls", None)
    allowed = getattr(kind, "http_method_names", [])
    known = ("get", "post", "put", "patch", "delete")
    return [name for name in known if name in allowed and hasattr(kind, name)]
