"""Handing a post over, taking it over, and the duties to protect that go with it (P47-49)."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from approvals.services.telling import own_standing
from common.canonical import canonical, sha256
from common.clock import now
from common.errors import FieldError, Forbidden, Incomplete, Malformed, NotNow
from common.verdict import YES, Verdict, not_now, not_you
from ledger.services import append, chain_of_mission
from missions.models import DisplacementSite, Post, User
from missions.queries import first_standing, standing_as, standing_in, standings_of
from missions.vocabulary import UN_CIMIC, Capacity, Role
from records.handover import as_handed_over, handover_of, open_duties_of
from records.models import Handover, HandoverAcknowledgement, ProtectionDuty
from requests_app.models import AssistanceRequest
from requests_app.services import locked

LONGEST = 20_000
OPENS_DUTIES = frozenset(
    {Role.HUMAN_RIGHTS, Role.GENDER, Role.DSRSG, Role.DSRSG_OFFICE, Role.HOMC, *UN_CIMIC}
)


def may_hand_over(person: User, post: Post) -> Verdict:
    """Let the post's holder or officer-in-charge hand it over."""
    standing = standing_in(person, post.pk)
    if standing is None or standing.capacity == Capacity.DELEGATE:
        return not_you(
            _("The holder or officer-in-charge of %(post)s hands it over.") % {"post": post.title}
        )
    return YES


def may_acknowledge(person: User, handover: Handover) -> Verdict:
    """Let the incoming holder or officer-in-charge acknowledge, never who handed over (P49)."""
    verdict = may_hand_over(person, handover.post)
    if not verdict:
        return verdict
    if handover.by_id == person.pk:
        return not_you(_("Whoever hands over does not acknowledge it: the incoming holder does."))
    if HandoverAcknowledgement.objects.filter(handover=handover).exists():
        return not_now(_("It is acknowledged already."))
    if handover.post.handovers.filter(at__gt=handover.at).exists():
        return not_now(_("The post was handed over again since: acknowledge the last one."))
    return YES


def to_acknowledge(person: User, post: Post) -> Handover | None:
    """Return the post's last handover if this person has still to acknowledge it."""
    last = post.handovers.select_related("by", "acknowledgement").order_by("-at", "-pk").first()
    if last is None or hasattr(last, "acknowledgement") or not may_acknowledge(person, last):
        return None
    return last


def to_take_over(person: User) -> list[Handover]:
    """List the last handover of each of a person's posts that they have still to acknowledge."""
    posts = [held.post.pk for held in standings_of(person) if held.capacity != Capacity.DELEGATE]
    later = Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    return list(
        Handover.objects.filter(post__in=posts, acknowledgement=None)
        .exclude(Q(by=person) | Exists(Handover.objects.filter(later, post=OuterRef("post"))))
        .select_related("post", "by")
        .order_by("at", "pk")
    )


@transaction.atomic
def hand_over(*, actor: User, post: Post, note: Any = "") -> Handover:
    """Keep a post's page as it is handed over now, with a note, in the mission's chain.

    Raises ``Forbidden`` for anybody but its holder or officer-in-charge, ``Malformed``.
    """
    may_hand_over(actor, post).enforce()
    if not isinstance(note, str) or len(note) > LONGEST:
        raise Malformed(
            errors=[
                FieldError(
                    "note",
                    _("Send a text of at most %(longest)s characters.") % {"longest": LONGEST},
                )
            ]
        )
    standing = standing_in(actor, post.pk)
    content = canonical(as_handed_over(handover_of(actor, post)))
    made = Handover.objects.create(
        post=post,
        content=content,
        digest=sha256(content),
        note=note.strip(),
        by=actor,
        capacity=standing.capacity if standing else Capacity.HOLDER,
        at=now(),
    )
    append(
        chain_id=chain_of_mission(post.mission),
        act="post.handed_over",
        actor=actor,
        standing=standing,
        payload={"handover": made.pk, "post": post.pk, "sha256": made.digest},
    )
    return made


@transaction.atomic
def acknowledge(*, actor: User, handover: Handover, duties_read: Any = False) -> Handover:
    """Take a post over: what was handed over was read, its protection duties first (P49).

    Raises ``Forbidden``, ``NotNow`` if it is acknowledged already, ``Incomplete`` while the
    post carries duties to protect that were not said to be read.
    """
    post = Post.objects.select_for_update().select_related("mission").get(pk=handover.post_id)
    may_acknowledge(actor, handover).enforce()
    if open_duties_of(post).exists() and duties_read is not True:
        raise Incomplete(
            errors=[
                FieldError(
                    "duties_read",
                    _("The post carries duties to protect civilians: say that you have read them."),
                    "49",
                )
            ],
            paragraph="49",
        )
    standing = standing_in(actor, post.pk)
    try:
        with transaction.atomic():
            HandoverAcknowledgement.objects.create(
                handover=handover,
                handed_by=handover.by,
                by=actor,
                capacity=standing.capacity if standing else Capacity.HOLDER,
                at=now(),
            )
    except IntegrityError as error:
        raise NotNow(_("It was acknowledged in the same moment.")) from error
    append(
        chain_id=chain_of_mission(post.mission),
        act="post.taken_over",
        actor=actor,
        standing=standing,
        payload={"handover": handover.pk, "post": post.pk, "sha256": handover.digest},
    )
    return handover


@transaction.atomic
def open_duty(
    *,
    actor: User,
    post: Post,
    duty: Any,
    rfa: AssistanceRequest | None = None,
    site: DisplacementSite | None = None,
) -> ProtectionDuty:
    """Lay a duty to protect on a post, of a record, a site, or by itself (P47-49).

    Raises ``Forbidden`` outside the posts that protect, ``Malformed``, ``Incomplete``.
    """
    standing = standing_as(actor, *OPENS_DUTIES)
    if standing is None or standing.post.mission_id != post.mission_id:
        raise Forbidden(
            _("UN-CIMIC, human rights, gender, the HOMC and the DSRSG lay such duties.")
        )
    if not isinstance(duty, str) or len(duty) > LONGEST:
        raise Malformed(
            errors=[
                FieldError(
                    "duty",
                    _("Send a text of at most %(longest)s characters.") % {"longest": LONGEST},
                )
            ]
        )
    if not duty.strip():
        raise Incomplete(
            errors=[FieldError("duty", _("Say whom the post protects, from what, and how."), "49")],
            paragraph="49",
        )
    if rfa is not None:
        rfa = locked(rfa)
    laid = ProtectionDuty.objects.create(
        mission=post.mission,
        post=post,
        rfa=rfa,
        site=site,
        duty=duty.strip(),
        opened_by=actor,
        opened_at=now(),
    )
    append(
        chain_id=rfa.pk if rfa else chain_of_mission(post.mission),
        act="protection_duty.opened",
        actor=actor,
        standing=own_standing(actor, rfa) if rfa else standing,
        payload={"duty": laid.pk, "post": post.pk, "internal": True},
    )
    return laid


def may_close_duty(person: User, duty: ProtectionDuty) -> Verdict:
    """Let the post that carries it, or who may lay such duties, say what became of it."""
    if standing_in(person, duty.post_id) is None and standing_as(person, *OPENS_DUTIES) is None:
        return not_you(
            _("%(post)s, or who laid it, says what became of this duty.")
            % {"post": duty.post.title}
        )
    if duty.closed_at is not None:
        return not_now(_("This duty is closed already."))
    return YES


@transaction.atomic
def close_duty(*, actor: User, duty: ProtectionDuty, outcome: Any) -> ProtectionDuty:
    """Close a duty to protect with what became of it (P49)."""
    closed = (
        ProtectionDuty.objects.select_for_update(of=("self",))
        .select_related("post", "mission")
        .get(pk=duty.pk)
    )
    may_close_duty(actor, closed).enforce()
    if not isinstance(outcome, str) or not outcome.strip():
        raise Incomplete(
            errors=[FieldError("outcome", _("Say what became of it."), "49")], paragraph="49"
        )
    closed.outcome, closed.closed_by, closed.closed_at = outcome.strip(), actor, now()
    closed.save(update_fields=["outcome", "closed_by", "closed_at"])
    append(
        chain_id=closed.rfa_id or chain_of_mission(closed.mission),
        act="protection_duty.closed",
        actor=actor,
        standing=standing_in(actor, closed.post_id) or first_standing(actor),
        payload={"duty": closed.pk, "post": closed.post_id, "internal": True},
    )
    return closed
