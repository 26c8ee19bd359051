"""Who is told of an entry, of what, and why it comes to them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from approvals.models import Process, ProcessState
from approvals.policy.processes import COMPONENTS
from approvals.queries import visible_to
from approvals.queries.messages import reads_inside
from approvals.services.checking import broken_in
from approvals.vocabulary import ReminderSort, SeatKind, StepState, Word
from ledger.models import Entry, Payload
from missions.models import Post, Unit, User
from missions.queries import holders_of
from missions.vocabulary import Role
from notices.vocabulary import Group, Sort
from notices.wording import kept_moment
from records.models import ExportRun
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status

REMINDERS = {
    ReminderSort.HALF: Sort.HALF,
    ReminderSort.LIMIT: Sort.LIMIT,
    ReminderSort.ESCALATED: Sort.LATE,
    ReminderSort.VACANT: Sort.VACANT,
}

# Mission HQ is told of an extreme situation at once (P40).
TOLD_OF_EXTREME = (Role.CHIEF_CIMIC, Role.HOMC, Role.CHIEF_OF_STAFF, Role.DSRSG)

TELLS_REQUESTER = frozenset(
    {
        Status.RETURNED,
        Status.APPROVED,
        Status.NOT_APPROVED,
        Status.CANCELLED,
        Status.IN_PROGRESS,
        Status.COMPLETED,
        Status.CLOSED,
        Status.ACKNOWLEDGED,
        Status.HELD,
        Status.NOT_HELD,
    }
)

# A decision given anew is news even where the status stays: its conditions may differ.
DECIDING = frozenset({SeatKind.DECISION, SeatKind.FINDING})

# Whoever signs a process, and how the role is called in its entries (P31).
SIGN = (Role.DSRSG, Role.HOMC)


@dataclass(frozen=True)
class Telling:
    """One person to be told one thing, in which group, and by which post it comes to them."""

    person: User
    sort: Sort
    group: Group
    post: Post | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Where one deed tells a person two things, the lighter is told: a duty before news."""
        if self.group == Group.DUTIES:
            return 0
        return 1 if self.sort == Sort.MENTIONED else 2


def _to(posts: Iterable[Post], sort: Sort, group: Group, **values: Any) -> list[Telling]:
    """Tell whoever acts for these posts today."""
    return [
        Telling(person, sort, group, post, values) for post in posts for person in holders_of(post)
    ]


def _duties(opened: list[dict[str, Any]]) -> Iterable[Telling]:
    """What opens is a duty of the post it is put to."""
    for step in opened:
        post = Post.objects.get(pk=step["post"])
        particulars = {
            "post": post.title,
            "due": kept_moment(step["due_at"]),
            "step": step["step"],
        }
        yield from _to([post], Sort.WAITS, Group.DUTIES, **particulars)


def _reminders(said: dict[str, Any]) -> Iterable[Telling]:
    """A reminder is a duty to the post it waits on, and to the post above a vacant one."""
    waits_on = Post.objects.get(pk=said["post"])
    sort = REMINDERS[ReminderSort(said["sort"])]
    group = Group.MISSION if sort == Sort.LATE else Group.DUTIES
    particulars = {"post": waits_on.title, "due": kept_moment(said["due_at"]), "step": said["step"]}
    yield from _to(
        Post.objects.filter(pk__in=said["told"]).order_by("pk"), sort, group, **particulars
    )


def _lapsed(rfa: AssistanceRequest, said: dict[str, Any]) -> Iterable[Telling]:
    post = rfa.steps.select_related("post").get(pk=said["step"]).post
    yield from _to([post], Sort.LAPSED, Group.FOLLOW_UPS, post=post.title)


def _referral(rfa: AssistanceRequest, act: str, said: dict[str, Any]) -> Iterable[Telling]:
    """A referral is a duty to the post it is put to; its end is news to who referred it (P52)."""
    if "put_to" in said:
        post = Post.objects.get(pk=said["put_to"])
        yield from _to([post], Sort.REFERRED, Group.DUTIES, post=post.title)
    elif act == "referral.resolved":
        yield Telling(rfa.requested_by, Sort.RESOLVED, Group.REQUESTS)
        referral = rfa.referrals.select_related("opened_post").get(pk=said["referral"])
        yield Telling(referral.opened_by, Sort.RESOLVED, Group.FOLLOW_UPS, referral.opened_post)


def _reminded_of_referral(said: dict[str, Any]) -> Iterable[Telling]:
    """A reminder of a referral is a duty of its post; its lateness is news above (P52)."""
    late = said["sort"] == ReminderSort.LIMIT
    sort = Sort.REFERRAL_LATE if late else Sort.REFERRAL_HALF
    waits_on = Post.objects.get(pk=said["post"])
    particulars = {"post": waits_on.title, "due": kept_moment(said["due_at"])}
    for post in Post.objects.filter(pk__in=said["told"]).order_by("pk"):
        group = Group.MISSION if post.role == Role.CHIEF_OF_STAFF else Group.DUTIES
        yield from _to([post], sort, group, **particulars)


def _requester(rfa: AssistanceRequest, status: str) -> Telling:
    """What it comes to is news to who asked; what is returned is theirs to act on."""
    group = Group.DUTIES if status == Status.RETURNED else Group.REQUESTS
    return Telling(rfa.requested_by, Sort.IS_NOW, group, values={"status": status})


def _to_chief(rfa: AssistanceRequest, sort: Sort, group: Group) -> list[Telling]:
    chiefs = Post.objects.filter(mission=rfa.mission_id, role=Role.CHIEF_CIMIC)
    return _to(chiefs.order_by("pk"), sort, group)


def _to_the_unit(rfa: AssistanceRequest) -> list[Telling]:
    """Tell the unit that a task is its own to carry out, and whether under conditions (P68)."""
    if rfa.tasked_unit is None or rfa.hidden_from_force:
        return []
    posts = Post.objects.filter(unit=rfa.tasked_unit_id, role=Role.UNIT_CIMIC).order_by("pk")
    standing = rfa.steps.filter(current__isnull=False).exclude(current__conditions=[])
    sort = Sort.TASKED_WITH_CONDITIONS if standing.exists() else Sort.TASKED
    return _to(posts, sort, Group.DUTIES, unit=rfa.tasked_unit.name)


def _message(rfa: AssistanceRequest, said: dict[str, Any]) -> Iterable[Telling]:
    """A message is told to whom it names, and to the other side: the requester, or who has it.

    Whoever may not see the record, or not a message of this audience, is never told.
    """
    internal = bool(said.get("internal"))
    record = AssistanceRequest.objects.filter(pk=rfa.pk)
    for person in User.objects.filter(pk__in=said.get("mentions", []), is_active=True):
        if visible_to(person, record).exists() and (not internal or reads_inside(person, rfa)):
            yield Telling(person, Sort.MENTIONED, Group.MENTIONS)
    if said.get("own"):
        steps = rfa.steps.filter(state=StepState.OPEN).select_related("post").order_by("pk")
        waiting = _to([step.post for step in steps], Sort.MESSAGE, Group.MENTIONS)
        yield from waiting or _to_chief(rfa, Sort.MESSAGE, Group.MENTIONS)
    elif not internal:
        yield Telling(rfa.requested_by, Sort.MESSAGE, Group.MENTIONS)


def is_news(entry: Entry, said: dict[str, Any]) -> bool:
    """Whether an entry says something new of where the record stands, or decides it anew."""
    if entry.act == "step.superseded" and said.get("seat_kind") in DECIDING:
        return True
    earlier = Payload.objects.filter(
        entry__chain=entry.chain_id, entry__number__lt=entry.number
    ).order_by("-entry__number")
    for text in earlier.values_list("text", flat=True):
        before = json.loads(text).get("status")
        if before:
            return before != said["status"]
    return True


def _standing(entry: Entry, rfa: AssistanceRequest, said: dict[str, Any]) -> Iterable[Telling]:
    """Tell where a record now stands: who asked, and UN-CIMIC what is left for it to do (P41)."""
    status = said.get("status", "")
    if status not in TELLS_REQUESTER or not is_news(entry, said):
        return
    if entry.actor_id != rfa.requested_by_id:
        yield _requester(rfa, status)
    if status == Status.NOT_APPROVED:
        yield from _to_chief(rfa, Sort.FOLLOW_UP, Group.FOLLOW_UPS)
    if status == Status.COMPLETED:
        yield from _to_chief(rfa, Sort.COMPLETED, Group.FOLLOW_UPS)


def _answered(rfa: AssistanceRequest, said: dict[str, Any]) -> Iterable[Telling]:
    if said.get("answer") == Word.CANNOT_EXECUTE:
        yield from _to_chief(rfa, Sort.CANNOT_EXECUTE, Group.DUTIES)
    if said.get("answer") == Word.ACCEPT:
        yield from _to_the_unit(rfa)


def _change(said: dict[str, Any]) -> Iterable[Telling]:
    """A change is a duty of the posts it waits on; once over, news to who declared it (P68)."""
    for post in Post.objects.filter(pk__in=said.get("waits_on", [])).order_by("pk"):
        yield from _to([post], Sort.CHANGE_WAITS, Group.DUTIES, post=post.title)
    if said.get("over"):
        for person in User.objects.filter(pk=said["declared_by"]):
            yield Telling(person, Sort.CHANGE_ANSWERED, Group.DUTIES)


def _put_to_work(rfa: AssistanceRequest, said: dict[str, Any]) -> list[Telling]:
    """Tell a further unit that it works on a task; nothing of what is hidden from it (P39)."""
    unit = Unit.objects.filter(mission=rfa.mission_id, code=said["unit"]).first()
    if unit is None or rfa.hidden_from_force:
        return []
    posts = Post.objects.filter(unit=unit, role=Role.UNIT_CIMIC).order_by("pk")
    return _to(posts, Sort.TASKED, Group.DUTIES, unit=unit.name)


def _of_act(entry: Entry, rfa: AssistanceRequest, said: dict[str, Any]) -> Iterable[Telling]:
    match entry.act:
        case "step.reminded":
            yield from _reminders(said)
        case "step.lapsed":
            yield from _lapsed(rfa, said)
        case "step.answered" | "step.superseded":
            yield from _answered(rfa, said)
        case "message.said":
            yield from _message(rfa, said)
        case "condition.checked" if not said.get("met"):
            yield from _to_chief(rfa, Sort.CONDITION_UNMET, Group.FOLLOW_UPS)
        case "task.change_declared" | "task.change_answered":
            yield from _change(said)
        case "task.unit_added":
            yield from _put_to_work(rfa, said)
        case "task.incident":
            yield from _to_chief(rfa, Sort.INCIDENT, Group.MISSION)
        case "follow_up.reminded":
            posts = Post.objects.filter(pk__in=said["told"])
            yield from _to(posts, Sort.FOLLOW_UP_DUE, Group.DUTIES)
        case "extreme.reported":
            posts = Post.objects.filter(mission=rfa.mission_id, role__in=TOLD_OF_EXTREME)
            yield from _to(posts.order_by("pk"), Sort.EXTREME, Group.MISSION)
        case "referral.reminded":
            yield from _reminded_of_referral(said)
        case act if act.startswith("referral."):
            yield from _referral(rfa, act, said)


def _each_once(entry: Entry, found: list[Telling]) -> list[Telling]:
    """Keep one telling a person, the weightiest; nobody is told of their own deed."""
    first: dict[int, Telling] = {}
    for telling in sorted(found, key=lambda telling: telling.weight):
        if telling.person.pk != entry.actor_id and telling.person.is_active:
            first.setdefault(telling.person.pk, telling)
    return list(first.values())


def tellings_of(entry: Entry, rfa: AssistanceRequest, said: dict[str, Any]) -> list[Telling]:
    """List who is told what of an entry of a record: each person once, a duty before news."""
    found = [
        *_duties(said.get("opened", [])),
        *_of_act(entry, rfa, said),
        *_standing(entry, rfa, said),
    ]
    return _each_once(entry, found)


def _may_first_be_signed(entry: Entry, process: Process) -> bool:
    """Whether a draft waits for its first signature, and its signers were not told so yet."""
    based_on = process.based_on
    told = Entry.objects.filter(
        chain=entry.chain_id, number__lt=entry.number, notices__sort=Sort.PROCESS_TO_SIGN
    )
    return (
        process.state == ProcessState.DRAFT
        and (based_on is None or based_on.digest != process.digest)
        and not process.signatures.exists()
        and not told.exists()
        and not broken_in(process.mission, process.route, process.definition)
    )


def _was_signed_again(entry: Entry) -> bool:
    """Whether a later signature tells what this one would: a sweep may come after both."""
    later = Entry.objects.filter(chain=entry.chain_id, number__gt=entry.number, act=entry.act)
    return later.exists()


def tellings_of_process(entry: Entry, process: Process, said: dict[str, Any]) -> list[Telling]:
    """List who is told what of a process: who must sign it next, and all once it is promulgated.

    A draft with words of its own that keeps to the policy calls for both signatures, told once;
    one signature calls for the other, both for the SRSG's promulgation (P31).
    """
    posts = Post.objects.filter(mission=process.mission_id).order_by("pk")
    named = {"route": process.route, "version": process.version}
    found: list[Telling] = []
    if entry.act in {"process.drafted", "process.changed"} and _may_first_be_signed(entry, process):
        for post in posts.filter(role__in=SIGN):
            found += _to([post], Sort.PROCESS_TO_SIGN, Group.DUTIES, post=post.title, **named)
    if (
        entry.act == "process.co_signed"
        and process.state == ProcessState.DRAFT
        and not _was_signed_again(entry)
    ):
        missing = [role for role in SIGN if role != said.get("role")]
        signed = process.dsrsg_signature_id and process.homc_signature_id
        roles, sort = ([Role.SRSG], Sort.PROCESS_TO_PROMULGATE)
        if not signed:
            roles, sort = (missing, Sort.PROCESS_TO_SIGN)
        for post in posts.filter(role__in=roles):
            found += _to([post], sort, Group.DUTIES, post=post.title, **named)
    if entry.act == "process.promulgated":
        told = posts.filter(role__in=COMPONENTS)
        day = said["in_force_from"]
        found += _to(told, Sort.PROCESS_IN_FORCE, Group.MISSION, day=day, **named)
    return _each_once(entry, found)


def tellings_of_complaint(entry: Entry, said: dict[str, Any]) -> list[Telling]:
    """List who is told of a complaint to answer, and reminded; late, the Chiefs too (P50)."""
    if entry.act == "complaint.logged":
        sort, told = Sort.COMPLAINT_WAITS, said.get("waits_on", [])
    elif entry.act == "complaint.reminded":
        late = said["sort"] == ReminderSort.LIMIT
        sort, told = (Sort.COMPLAINT_LATE if late else Sort.COMPLAINT_HALF), said["told"]
    else:
        return []
    if not told:
        return []
    particulars = {"complaint": said["reference"], "due": kept_moment(said["due_at"])}
    found: list[Telling] = []
    for post in Post.objects.filter(pk__in=told).order_by("pk"):
        group = Group.MISSION if post.role == Role.CHIEF_OF_STAFF else Group.DUTIES
        found += _to([post], sort, group, **particulars)
    return _each_once(entry, found)


def tellings_of_export(entry: Entry, run: ExportRun, said: dict[str, Any]) -> list[Telling]:
    """Tell who asked for a long export that it is ready, or that it could not be written."""
    if not run.background or entry.act not in {"export.finished", "export.cut"}:
        return []
    sort = Sort.EXPORT_READY if entry.act == "export.finished" else Sort.EXPORT_FAILED
    values = {"form": run.form.upper(), "rows": said.get("rows")}
    return _each_once(entry, [Telling(run.by, sort, Group.REQUESTS, values=values)])


def tellings_of_mission(entry: Entry, said: dict[str, Any]) -> list[Telling]:
    """Tell the administrator that a webhook failed for too long and is told nothing more."""
    if entry.act != "webhook.stopped":
        return []
    posts = Post.objects.filter(mission=entry.chain.mission_id, role=Role.ADMINISTRATOR)
    found = _to(posts.order_by("pk"), Sort.WEBHOOK_STOPPED, Group.MISSION, webhook=said["name"])
    return _each_once(entry, found)
