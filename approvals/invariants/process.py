"""What never bends, over a process: may it be co-signed? Each rule with its paragraph.

The rules are small functions: each looks at the process of one route and says what breaks it
and which seats to blame, and says nothing of what another rule holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from approvals.definition import Definition, place_of
from approvals.invariants.breaches import Blame, Breach, Rule
from approvals.invariants.competence import (
    COMPETENT,
    decides_by_the_competent_authority,
    decides_by_the_designated_official,
    decides_each_request_once,
    decides_in_one_stage,
    finds_on_exceptions,
    finds_on_exceptions_alone,
    keeps_the_force_out_until_decided,
    leaves_only_ssr_to_the_other_dsrsg,
    leaves_projects_to_their_partner,
    reviews_by_un_cimic_alone,
    reviews_first,
    tasks_a_mission_component_alone,
    tasks_after_the_decision,
    tasks_by_force_operations_alone,
    tasks_the_force,
    un_cimic_never_approves,
)
from approvals.invariants.consulting import (
    asks_capability_of_who_has_it,
    asks_mission_support_before_the_decision,
    asks_mission_support_of_every_request,
    convenes_the_board_before_the_decision,
    convenes_the_board_on_projects_alone,
    hears_gender_advice,
    hears_humanitarian_advice,
    lets_advice_lapse,
    waits_for_mission_support,
)
from approvals.invariants.shape import (
    asks_nobody_twice,
    asks_somebody_in_each_stage,
    follows_the_order_of_a_record,
    gives_everyone_a_limit,
    is_quicker_when_time_is_short,
    leaves_no_request_without_a_route,
    names_each_seat_once,
    seats_each_kind_in_its_stage,
    seats_those_who_answer,
)
from requests_app.vocabulary import Route

Broken = list[tuple[str, str]]

NEEDS_MISSION_SUPPORT = frozenset({Route.CIVIL_ASSISTANCE, Route.QIP})
NEEDS_TASKING = frozenset(
    {Route.CIVIL_ASSISTANCE, Route.SECURITY_HUMANITARIAN, Route.SECURITY_MISSION}
)
CIVIL = frozenset({Route.CIVIL_ASSISTANCE, Route.QIP})
DECIDED = frozenset(COMPETENT)
ESCORT = frozenset({Route.SECURITY_HUMANITARIAN})

PROCESS_RULES: tuple[Rule, ...] = (
    Rule(
        "30",
        _("The DSRSG/RC/HC decides, on security sector reform the other DSRSG; nobody else."),
        decides_by_the_competent_authority,
        CIVIL,
    ),
    Rule(
        "39",
        _("The Designated Official decides; nobody else."),
        decides_by_the_designated_official,
        ESCORT,
    ),
    Rule("30", _("Every request meets one decision."), decides_each_request_once, DECIDED),
    Rule("30", _("Decisions stand in one stage."), decides_in_one_stage, DECIDED),
    Rule(
        "30",
        _("The other DSRSG decides on security sector reform alone."),
        leaves_only_ssr_to_the_other_dsrsg,
        CIVIL,
    ),
    Rule("33", _("UN-CIMIC reviews every request first."), reviews_first, DECIDED),
    Rule("33", _("Only UN-CIMIC reviews and forwards."), reviews_by_un_cimic_alone),
    Rule("33", _("UN-CIMIC neither approves nor tasks."), un_cimic_never_approves),
    Rule(
        "36",
        _("DMS/CMS is consulted on every request."),
        asks_mission_support_of_every_request,
        NEEDS_MISSION_SUPPORT,
    ),
    Rule(
        "36",
        _("DMS/CMS is consulted before the decision."),
        asks_mission_support_before_the_decision,
        NEEDS_MISSION_SUPPORT,
    ),
    Rule("36", _("DMS/CMS's answer is waited for, always."), waits_for_mission_support, DECIDED),
    Rule(
        "38", _("DMS/CMS and the force say what can be resourced."), asks_capability_of_who_has_it
    ),
    Rule(
        "32",
        _("UN-CMCoord advises on humanitarian requests."),
        hears_humanitarian_advice,
        DECIDED,
    ),
    Rule("32", _("Advice lapses at its limit; no adviser blocks."), lets_advice_lapse),
    Rule("43", _("The gender adviser is heard on protection."), hears_gender_advice, CIVIL),
    Rule(
        "39",
        _("The force sees nothing before the Designated Official has decided."),
        keeps_the_force_out_until_decided,
        ESCORT,
    ),
    Rule("30", _("The force is tasked with what is approved."), tasks_the_force, NEEDS_TASKING),
    Rule("30", _("The force is tasked after the decision."), tasks_after_the_decision, DECIDED),
    Rule("39", _("Force operations task the force; nobody else."), tasks_by_force_operations_alone),
    Rule(
        "16",
        _("A QIP is its partner's to carry out."),
        leaves_projects_to_their_partner,
        frozenset({Route.QIP}),
    ),
    Rule("16", _("A board sits on QIPs alone."), convenes_the_board_on_projects_alone),
    Rule(
        "16",
        _("The board recommends before the decision."),
        convenes_the_board_before_the_decision,
        frozenset({Route.QIP}),
    ),
    Rule(
        "39",
        _("A mission component's security is ordinary tasking, nothing else."),
        tasks_a_mission_component_alone,
        frozenset({Route.SECURITY_MISSION}),
    ),
    Rule(
        "40",
        _("UN-CIMIC acknowledges, then the DSRSG/RC/HC finds."),
        finds_on_exceptions,
        frozenset({Route.EXTREME_SITUATION}),
    ),
    Rule(
        "40",
        _("Nothing but an extreme situation goes without approval."),
        finds_on_exceptions_alone,
        frozenset(Route.values) - {Route.EXTREME_SITUATION},
    ),
    Rule("31", _("A record's status only goes forward."), follows_the_order_of_a_record),
    Rule("31", _("Each sort of seat stands in its own stage."), seats_each_kind_in_its_stage),
    Rule("31", _("Every seat has its limits."), gives_everyone_a_limit),
    Rule(
        "31",
        _("What is time-sensitive takes no longer than what is not."),
        is_quicker_when_time_is_short,
    ),
    Rule("31", _("Nobody is asked at two seats of one request."), asks_nobody_twice),
    Rule("31", _("Only posts that answer hold a seat."), seats_those_who_answer),
    Rule("31", _("Every stage asks somebody."), asks_somebody_in_each_stage),
    Rule("35", _("No request is left without a route."), leaves_no_request_without_a_route),
    Rule("41", _("Every seat has a code of its own."), names_each_seat_once),
)


def rules_for(route: str) -> list[Rule]:
    """List the rules that bind the processes of a route."""
    return [rule for rule in PROCESS_RULES if route in rule.routes]


def _places(definition: Definition, blame: Blame) -> Iterator[str]:
    for number, stage in enumerate(definition.stages):
        for within, seat in enumerate(stage.seats):
            if any(seat is guilty for guilty in blame.seats):
                yield place_of(number, within)
    if not blame.seats and blame.stage is not None:
        yield place_of(blame.stage - 1)


def broken_by_rule(rule: Rule, route: str, definition: Definition) -> list[Breach]:
    """List how a process breaks one rule; empty if it holds."""
    found = []
    for blame in rule.check(route, definition):
        places = tuple(_places(definition, blame))
        stage = int(places[0].split(".")[1]) if places else blame.stage
        codes = tuple(seat.code for seat in blame.seats)
        found.append(Breach(rule.name, rule.paragraph, blame.words, codes, stage, places))
    return found


@dataclass(frozen=True)
class Checked:
    """One rule looked at over a process: what it says, and how it is broken; nothing if held."""

    rule: str
    paragraph: str
    says: str | Promise
    breaches: tuple[Breach, ...]

    @property
    def held(self) -> bool:
        return not self.breaches


def check_process(route: str, definition: Definition) -> list[Checked]:
    """Look at every rule that binds a route's processes."""
    return [
        Checked(
            rule.name, rule.paragraph, rule.says, tuple(broken_by_rule(rule, route, definition))
        )
        for rule in rules_for(route)
    ]


def broken_by_process(route: str, definition: Definition) -> list[Breach]:
    """List everything a process breaks, with its paragraph and the seats to blame."""
    return [breach for checked in check_process(route, definition) for breach in checked.breaches]
