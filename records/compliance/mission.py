"""The policy over the mission itself, in a period: posts, processes, priorities, complaints.

One small function a row, named by its paragraph. These hang on the day that is asked about,
so they are counted when asked, from few rows, each in a fixed number of statements.
"""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.models import PrioritySet
from approvals.queries.processes import promulgated_by, six_months_after
from common.clock import now
from missions.models import Appointment, Cluster, Delegation, Post, Sector
from missions.vocabulary import UN_CIMIC, Capacity, Role
from records.compliance.scope import MOST_NAMED, Counted, Named, Scope, counted
from records.models import Complaint, ExportRun, Handover
from requests_app.vocabulary import Route

STRUCTURE = frozenset({Role.UNIT_CIMIC, *UN_CIMIC})
COMPLIED, EXCEPTION, PENDING = "complied", "exception", "pending"


def _covering(day: dt.date) -> Q:
    return Q(from_on__lte=day) & (Q(until_on__isnull=True) | Q(until_on__gte=day))


def _held(scope: Scope) -> set[int]:
    """Return the posts that somebody acted for on the last day of the period that has come."""
    day = scope.as_of
    appointed = Appointment.objects.filter(_covering(day), post__mission=scope.mission)
    delegated = Delegation.objects.filter(_covering(day), post__mission=scope.mission)
    delegated = delegated.filter(Q(ended_at__isnull=True) | Q(ended_at__date__gt=day))
    posts = appointed.values_list("post", flat=True).union(delegated.values_list("post", flat=True))
    return set(posts)


def posts_are_held(scope: Scope) -> Counted:
    """P18–21: each post of UN-CIMIC has somebody who acts for it."""
    held = _held(scope)
    posts = Post.objects.filter(mission=scope.mission, role__in=STRUCTURE).select_related("unit")
    named = []
    for post in posts.order_by("role", "title", "code"):
        sector = post.sector_id or (post.unit.sector_id if post.unit else None)
        if scope.sector is not None and sector != scope.sector.pk:
            continue
        named.append(
            Named(post.title, COMPLIED, _("Held."))
            if post.pk in held
            else Named(post.title, EXCEPTION, _("Nobody holds this post."))
        )
    return counted(named)


def structure_is_set(scope: Scope) -> Counted:
    """P20: a Chief UN-CIMIC and an officer for each sector; a lead agency for each cluster."""
    posts = set(
        Post.objects.filter(
            mission=scope.mission, role__in=[Role.CHIEF_CIMIC, Role.SECTOR_CIMIC]
        ).values_list("role", "sector")
    )
    has_chief = any(role == Role.CHIEF_CIMIC for role, _sector in posts)
    parts = [(_("Structure: Force Headquarters"), has_chief)]
    parts += [
        (_("Structure: %(sector)s") % {"sector": sector}, (Role.SECTOR_CIMIC, sector.pk) in posts)
        for sector in Sector.objects.filter(mission=scope.mission)
    ]
    parts += [
        (_("Liaison: %(cluster)s") % {"cluster": cluster}, cluster.lead_id is not None)
        for cluster in Cluster.objects.filter(mission=scope.mission)
    ]
    return counted(
        [
            Named(name, COMPLIED, _("Set."))
            if is_set
            else Named(name, EXCEPTION, _("Nobody is named for it."))
            for name, is_set in parts
        ]
    )


def exports_are_recorded(scope: Scope) -> Counted:
    """P28.2: each export says who took what, by which filter, how many rows, and its SHA-256.

    It leaves in the reader's own sight. One that was cut is an exception.
    """
    runs = ExportRun.objects.filter(
        mission=scope.mission, started_at__gte=scope.begins, started_at__lt=scope.ends
    )
    whole = Q(finished_at__isnull=False, cut=False) & ~Q(digest="")
    cut = Q(cut=True) | Q(finished_at__isnull=False, cut=False, digest="")
    totals = runs.aggregate(
        complied=Count("pk", filter=whole),
        exceptions=Count("pk", filter=cut),
        pending=Count("pk", filter=Q(finished_at__isnull=True, cut=False)),
    )
    broken = runs.filter(cut).order_by("-started_at")[:MOST_NAMED]
    named = [
        Named(str(run.pk), EXCEPTION, _("The export was cut before its end.")) for run in broken
    ]
    return Counted(**totals, named=named)


def processes_are_promulgated(scope: Scope) -> Counted:
    """P31: each route has the mission's own process in force; until then six months run."""
    own_ones = promulgated_by(scope.as_of).filter(mission=scope.mission).reverse()
    in_force = {
        process["route"]: process
        for process in own_ones.values("route", "version", "in_force_from")
    }
    deadline = six_months_after(scope.mission.established_on)
    left = (deadline - scope.as_of).days
    named = []
    for route in Route:
        own = in_force.get(route.value)
        if own and own["in_force_from"]:
            words = _("Version %(version)s, in force from %(day)s.") % {
                "version": own["version"],
                "day": date_format(own["in_force_from"], "SHORT_DATE_FORMAT"),
            }
            named.append(Named(str(route.label), COMPLIED, words))
        elif left >= 0:
            words = _("On the shipped baseline: %(days)s days of the six months are left.") % {
                "days": left
            }
            named.append(Named(str(route.label), PENDING, words))
        else:
            words = _("On the shipped baseline: the six months ended on %(day)s.") % {
                "day": date_format(deadline, "SHORT_DATE_FORMAT")
            }
            named.append(Named(str(route.label), EXCEPTION, words))
    return counted(named)


def priorities_are_reviewed(scope: Scope) -> Counted:
    """P34: priorities are set, and each set was followed by the next by its day of review."""
    sets = list(
        PrioritySet.objects.filter(mission=scope.mission, in_force_from__lte=scope.as_of).order_by(
            "in_force_from", "pk"
        )
    )
    if not sets:
        return counted([Named(_("Priorities"), EXCEPTION, _("No priorities are set."))])
    named = []
    for each, following in zip(sets, [*sets[1:], None], strict=True):
        ended = following.in_force_from if following else None
        if ended is not None and ended <= scope.since:
            continue
        late = ended > each.review_on if ended else each.review_on < scope.as_of
        name = f"{each.title} ({each.in_force_from})"
        words = (
            _("The review was due on %(day)s.")
            % {"day": date_format(each.review_on, "SHORT_DATE_FORMAT")}
            if late
            else _("Reviewed in time; to be reviewed by %(day)s.")
            % {"day": date_format(each.review_on, "SHORT_DATE_FORMAT")}
        )
        named.append(Named(name, EXCEPTION if late else COMPLIED, words))
    return counted(named)


def focal_point_is_known(scope: Scope) -> Counted:
    """P38: the mission names the focal point for assets, and somebody holds that post."""
    post = scope.mission.asset_focal_point
    if post is None:
        return counted([Named(_("Focal point"), EXCEPTION, _("None is named."))])
    if post.pk not in _held(scope):
        return counted([Named(post.title, EXCEPTION, _("Nobody holds this post."))])
    return counted([Named(post.title, COMPLIED, _("Named on every partner's page."))])


def posts_are_handed_over(scope: Scope) -> Counted:
    """P49: whoever took over a post in the period acknowledged what was handed over to them."""
    tenures: dict[int, list[Appointment]] = defaultdict(list)
    for tenure in (
        Appointment.objects.filter(
            post__mission=scope.mission, capacity=Capacity.HOLDER, from_on__lte=scope.as_of
        )
        .select_related("post")
        .order_by("from_on", "pk")
    ):
        tenures[tenure.post_id].append(tenure)
    handed: dict[tuple[int, int], list[bool]] = defaultdict(list)
    for post, by, acknowledged in Handover.objects.filter(post__mission=scope.mission).values_list(
        "post", "by", "acknowledgement__by"
    ):
        handed[post, by].append(acknowledged is not None)
    named = []
    for held in tenures.values():
        for before, after in zip(held, held[1:], strict=False):
            if after.from_on < scope.since or after.person_id == before.person_id:
                continue
            name = f"{after.post} ({after.from_on})"
            pages = handed[after.post_id, before.person_id]
            if any(pages):
                named.append(Named(name, COMPLIED, _("Handed over and acknowledged.")))
            elif pages:
                named.append(Named(name, PENDING, _("Handed over, not acknowledged yet.")))
            else:
                named.append(Named(name, EXCEPTION, _("Taken over without a handover.")))
    return counted(named)


def _complaints(scope: Scope) -> QuerySet[Complaint]:
    found = Complaint.objects.filter(
        Q(rfa__isnull=True) | Q(rfa__classification__lte=scope.clearance),
        mission=scope.mission,
        received_at__gte=scope.begins,
        received_at__lt=scope.ends,
    )
    return found.filter(sector=scope.sector) if scope.sector else found


def complaints_are_answered(scope: Scope) -> Counted:
    """P50: a complaint is answered by its limit; an open one is pending until then."""
    found = _complaints(scope)
    late = Q(answered_at__gt=F("due_at")) | Q(answered_at__isnull=True, due_at__lt=now())
    totals: dict[str, Any] = found.aggregate(
        complied=Count("pk", filter=Q(answered_at__lte=F("due_at"))),
        exceptions=Count("pk", filter=late),
        pending=Count("pk", filter=Q(answered_at__isnull=True, due_at__gte=now())),
    )
    named = [
        Named(
            complaint.reference,
            EXCEPTION,
            _("Answered after its limit.") if complaint.answered_at else _("Not answered in time."),
        )
        for complaint in found.filter(late).order_by("-received_at")[:MOST_NAMED]
    ]
    return Counted(**totals, named=named)


def somebody_monitors(scope: Scope) -> Counted:
    """G: the Chief of Staff is in post; each evaluator's account ends on a day."""
    held = _held(scope)
    named = [
        Named(post.title, COMPLIED, _("Held."))
        if post.pk in held
        else Named(post.title, EXCEPTION, _("Nobody holds this post."))
        for post in Post.objects.filter(mission=scope.mission, role=Role.CHIEF_OF_STAFF)
    ]
    if not named:
        named = [Named(_("Chief of Staff"), EXCEPTION, _("The mission has no such post."))]
    evaluators = Appointment.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gte=scope.since),
        post__mission=scope.mission,
        post__role=Role.EVALUATOR,
        from_on__lte=scope.as_of,
    ).select_related("post", "person")
    for tenure in evaluators.order_by("from_on", "pk"):
        name = f"{tenure.post}: {tenure.person.name}"
        named.append(
            Named(
                name,
                COMPLIED,
                _("Until %(day)s.") % {"day": date_format(tenure.until_on, "SHORT_DATE_FORMAT")},
            )
            if tenure.until_on
            else Named(name, EXCEPTION, _("The account has no last day."))
        )
    return counted(named)
