"""What never bends, over a process: each rule broken by a smallest change of a baseline.

Each is named with its paragraph and with the seats to blame; a baseline breaks none.
"""

import copy
from typing import Any

import pytest

from approvals.definition import BASELINES, Definition, read
from approvals.invariants import PROCESS_RULES, broken_by_process, check_process, rules_for
from approvals.invariants.breaches import cases, conditions_on, in_words, left_out, meet
from approvals.vocabulary import SeatCondition, SeatKind
from missions.vocabulary import Role
from requests_app.vocabulary import Route

CIVIL, QIP, ESCORT, OWN, EXTREME = (
    Route.CIVIL_ASSISTANCE,
    Route.QIP,
    Route.SECURITY_HUMANITARIAN,
    Route.SECURITY_MISSION,
    Route.EXTREME_SITUATION,
)


def baseline(route: str) -> dict[str, Any]:
    """A baseline as data, to be changed."""
    return copy.deepcopy(BASELINES[route].as_json())


def seat_in(content: dict[str, Any], code: str) -> dict[str, Any]:
    """A seat of a process as data."""
    return next(
        seat for stage in content["stages"] for seat in stage["seats"] if seat["code"] == code
    )


def with_seat(route: str, code: str, /, **changes: Any) -> Definition:
    """A baseline with one seat changed."""
    content = baseline(route)
    seat_in(content, code).update(changes)
    return read(content)


def without_seat(route: str, code: str) -> Definition:
    """A baseline without one seat; a stage that is left empty goes with it."""
    content = baseline(route)
    for stage in content["stages"]:
        stage["seats"] = [seat for seat in stage["seats"] if seat["code"] != code]
    content["stages"] = [stage for stage in content["stages"] if stage["seats"]]
    return read(content)


def a_seat(code: str, kind: str, role: str, condition: str = "always") -> dict[str, Any]:
    return {
        "code": code,
        "label": code.replace("_", " ").capitalize(),
        "kind": kind,
        "role": role,
        "condition": condition,
        "normal_hours": 24,
        "time_sensitive_hours": 6,
    }


def with_one_more(route: str, stage: int, *seat: str) -> Definition:
    """A baseline with one seat more in a stage, counted from 1."""
    content = baseline(route)
    content["stages"][stage - 1]["seats"].append(a_seat(*seat))
    return read(content)


def with_stage(route: str, number: int, **changes: Any) -> Definition:
    """A baseline with one stage changed, counted from 1."""
    content = baseline(route)
    content["stages"][number - 1].update(changes)
    return read(content)


def in_order(route: str, *numbers: int) -> Definition:
    """A baseline with its stages in another order, counted from 1."""
    content = baseline(route)
    content["stages"] = [content["stages"][number - 1] for number in numbers]
    return read(content)


def seat_moved(route: str, code: str, to: int) -> Definition:
    """A baseline with a seat moved to another stage, counted from 1."""
    content = baseline(route)
    seat = seat_in(content, code)
    for stage in content["stages"]:
        stage["seats"] = [other for other in stage["seats"] if other is not seat]
    content["stages"][to - 1]["seats"].append(seat)
    content["stages"] = [stage for stage in content["stages"] if stage["seats"]]
    return read(content)


def without_stages(route: str) -> Definition:
    return read({"name": "Empty", "stages": []})


# rule, paragraph, route, the process, the seats to blame
BROKEN: list[tuple[str, str, str, Definition, set[str]]] = [
    (
        "decides_by_the_competent_authority",
        "30",
        CIVIL,
        with_seat(CIVIL, "decision", role="chief_of_staff"),
        {"decision"},
    ),
    (
        "decides_by_the_competent_authority",
        "30",
        QIP,
        with_seat(QIP, "decision_ssr", role="designated_official"),
        {"decision_ssr"},
    ),
    (
        "decides_by_the_designated_official",
        "39",
        ESCORT,
        with_seat(ESCORT, "decision", role="dsrsg"),
        {"decision"},
    ),
    (
        "decides_each_request_once",
        "30",
        CIVIL,
        without_seat(CIVIL, "decision_ssr"),
        {"decision"},
    ),
    (
        "decides_each_request_once",
        "30",
        CIVIL,
        with_seat(CIVIL, "decision", condition="always"),
        {"decision", "decision_ssr"},
    ),
    ("decides_each_request_once", "30", ESCORT, without_seat(ESCORT, "decision"), set()),
    (
        "decides_each_request_once",
        "30",
        ESCORT,
        with_seat(ESCORT, "decision", condition="protection"),
        {"decision"},
    ),
    (
        "decides_in_one_stage",
        "30",
        CIVIL,
        seat_moved(CIVIL, "decision_ssr", 5),
        {"decision_ssr"},
    ),
    (
        "leaves_only_ssr_to_the_other_dsrsg",
        "30",
        CIVIL,
        with_seat(CIVIL, "decision_ssr", condition="ddr"),
        {"decision_ssr"},
    ),
    ("reviews_first", "33", CIVIL, without_seat(CIVIL, "cimic_review"), set()),
    (
        "reviews_first",
        "33",
        CIVIL,
        with_seat(CIVIL, "cimic_review", role="cimic_staff"),
        set(),
    ),
    (
        "reviews_first",
        "33",
        QIP,
        with_seat(QIP, "cimic_review", condition="humanitarian"),
        {"cimic_review"},
    ),
    (
        "reviews_first",
        "33",
        QIP,
        in_order(QIP, 2, 1, 3, 4),
        {
            "qip_manager_advice",
            "cmcoord_advice",
            "civil_affairs_advice",
            "gender_advice",
            "mission_support",
        },
    ),
    (
        "reviews_first",
        "33",
        ESCORT,
        seat_moved(ESCORT, "undss_advice", 1),
        {"undss_advice"},
    ),
    (
        "reviews_by_un_cimic_alone",
        "33",
        CIVIL,
        with_seat(CIVIL, "sector_review", role="civil_affairs"),
        {"sector_review"},
    ),
    (
        "un_cimic_never_approves",
        "33",
        CIVIL,
        with_seat(CIVIL, "decision", role="chief_cimic"),
        {"decision"},
    ),
    (
        "un_cimic_never_approves",
        "33",
        OWN,
        with_seat(OWN, "tasking", role="cimic_staff"),
        {"tasking"},
    ),
    (
        "asks_mission_support_of_every_request",
        "36",
        CIVIL,
        without_seat(CIVIL, "mission_support"),
        set(),
    ),
    (
        "asks_mission_support_of_every_request",
        "36",
        CIVIL,
        with_seat(CIVIL, "mission_support", condition="assets"),
        {"mission_support"},
    ),
    (
        "asks_mission_support_of_every_request",
        "36",
        CIVIL,
        with_seat(CIVIL, "mission_support", role="ops"),
        set(),
    ),
    (
        "asks_mission_support_before_the_decision",
        "36",
        QIP,
        seat_moved(QIP, "mission_support", 4),
        {"mission_support"},
    ),
    (
        "waits_for_mission_support",
        "36",
        QIP,
        with_seat(QIP, "mission_support", kind="advice"),
        {"mission_support"},
    ),
    (
        "asks_capability_of_who_has_it",
        "38",
        CIVIL,
        with_seat(CIVIL, "mission_support", role="civil_affairs"),
        {"mission_support"},
    ),
    ("hears_humanitarian_advice", "32", CIVIL, without_seat(CIVIL, "cmcoord_advice"), set()),
    (
        "hears_humanitarian_advice",
        "32",
        QIP,
        with_seat(QIP, "cmcoord_advice", condition="disaster"),
        {"cmcoord_advice"},
    ),
    (
        "hears_humanitarian_advice",
        "32",
        ESCORT,
        with_seat(ESCORT, "cmcoord_advice", condition="humanitarian"),
        {"cmcoord_advice"},
    ),
    (
        "lets_advice_lapse",
        "32",
        CIVIL,
        with_seat(CIVIL, "civil_affairs_advice", kind="capability"),
        {"civil_affairs_advice"},
    ),
    ("hears_gender_advice", "43", CIVIL, without_seat(CIVIL, "gender_advice"), set()),
    (
        "hears_gender_advice",
        "43",
        QIP,
        with_seat(QIP, "gender_advice", condition="works"),
        {"gender_advice"},
    ),
    (
        "keeps_the_force_out_until_decided",
        "39",
        ESCORT,
        with_one_more(ESCORT, 2, "force_advice", "advice", "homc"),
        {"force_advice"},
    ),
    (
        "keeps_the_force_out_until_decided",
        "39",
        ESCORT,
        seat_moved(ESCORT, "tasking", 3),
        {"tasking"},
    ),
    (
        "keeps_the_force_out_until_decided",
        "39",
        ESCORT,
        without_seat(ESCORT, "decision"),
        {"tasking"},
    ),
    (
        "keeps_the_force_out_until_decided",
        "39",
        ESCORT,
        with_seat(ESCORT, "registration", role="cimic_staff"),
        {"registration"},
    ),
    (
        "keeps_the_force_out_until_decided",
        "39",
        ESCORT,
        with_one_more(ESCORT, 1, "sector_review", "review", "sector_cimic", "unit_asked"),
        {"sector_review"},
    ),
    ("tasks_the_force", "30", CIVIL, without_seat(CIVIL, "tasking"), set()),
    (
        "tasks_the_force",
        "30",
        OWN,
        with_seat(OWN, "tasking", condition="protection"),
        {"tasking"},
    ),
    ("tasks_after_the_decision", "30", CIVIL, in_order(CIVIL, 1, 2, 3, 5, 4), {"tasking"}),
    ("tasks_after_the_decision", "30", ESCORT, seat_moved(ESCORT, "tasking", 3), {"tasking"}),
    (
        "tasks_by_force_operations_alone",
        "39",
        CIVIL,
        with_seat(CIVIL, "tasking", role="homc"),
        {"tasking"},
    ),
    (
        "leaves_projects_to_their_partner",
        "16",
        QIP,
        with_one_more(QIP, 4, "tasking", "tasking", "ops"),
        {"tasking"},
    ),
    (
        "convenes_the_board_on_projects_alone",
        "16",
        CIVIL,
        with_one_more(CIVIL, 3, "committee", "board", "chief_of_staff"),
        {"committee"},
    ),
    (
        "convenes_the_board_before_the_decision",
        "16",
        QIP,
        in_order(QIP, 1, 2, 4, 3),
        {"review_committee"},
    ),
    (
        "convenes_the_board_before_the_decision",
        "16",
        QIP,
        seat_moved(QIP, "review_committee", 4),
        {"review_committee"},
    ),
    (
        "tasks_a_mission_component_alone",
        "39",
        OWN,
        with_one_more(OWN, 1, "support", "capability", "dms"),
        {"support"},
    ),
    (
        "tasks_a_mission_component_alone",
        "39",
        OWN,
        with_one_more(OWN, 1, "again", "tasking", "ops", "ssr"),
        {"tasking", "again"},
    ),
    (
        "tasks_a_mission_component_alone",
        "39",
        OWN,
        with_seat(OWN, "tasking", kind="decision"),
        {"tasking"},
    ),
    (
        "finds_on_exceptions",
        "40",
        EXTREME,
        with_seat(EXTREME, "finding", kind="advice"),
        {"finding"},
    ),
    (
        "finds_on_exceptions",
        "40",
        EXTREME,
        with_seat(EXTREME, "acknowledgement", condition="works"),
        {"acknowledgement"},
    ),
    (
        "finds_on_exceptions",
        "40",
        EXTREME,
        with_one_more(EXTREME, 2, "second", "finding", "dsrsg", "works"),
        {"second"},
    ),
    ("finds_on_exceptions", "40", EXTREME, in_order(EXTREME, 2, 1), set()),
    (
        "finds_on_exceptions",
        "40",
        EXTREME,
        with_seat(EXTREME, "finding", role="dsrsg_political"),
        {"finding"},
    ),
    ("finds_on_exceptions", "40", EXTREME, without_seat(EXTREME, "acknowledgement"), set()),
    (
        "finds_on_exceptions",
        "40",
        EXTREME,
        with_one_more(EXTREME, 2, "view", "advice", "gender"),
        {"view"},
    ),
    (
        "finds_on_exceptions_alone",
        "40",
        CIVIL,
        with_one_more(CIVIL, 4, "later", "finding", "srsg"),
        {"later"},
    ),
    ("follows_the_order_of_a_record", "31", CIVIL, in_order(CIVIL, 1, 3, 2, 4, 5), set()),
    (
        "follows_the_order_of_a_record",
        "31",
        CIVIL,
        with_stage(CIVIL, 1, status="reported"),
        set(),
    ),
    (
        "seats_each_kind_in_its_stage",
        "31",
        CIVIL,
        with_stage(CIVIL, 4, status="in_consultation"),
        {"decision", "decision_ssr"},
    ),
    (
        "gives_everyone_a_limit",
        "31",
        CIVIL,
        with_seat(CIVIL, "tasking", time_sensitive_hours=0),
        {"tasking"},
    ),
    (
        "gives_everyone_a_limit",
        "31",
        CIVIL,
        with_seat(CIVIL, "tasking", normal_hours=8761),
        {"tasking"},
    ),
    (
        "is_quicker_when_time_is_short",
        "31",
        EXTREME,
        with_seat(EXTREME, "finding", time_sensitive_hours=121),
        {"finding"},
    ),
    (
        "asks_nobody_twice",
        "31",
        CIVIL,
        with_one_more(CIVIL, 3, "second_opinion", "advice", "dsrsg_political", "ssr"),
        {"second_opinion", "decision_ssr"},
    ),
    (
        "seats_those_who_answer",
        "31",
        CIVIL,
        with_one_more(CIVIL, 3, "partner_view", "advice", "partner"),
        {"partner_view"},
    ),
    (
        "seats_those_who_answer",
        "31",
        CIVIL,
        with_seat(CIVIL, "decision", role="dsrsg_office"),
        {"decision"},
    ),
    ("asks_somebody_in_each_stage", "31", CIVIL, with_stage(CIVIL, 3, seats=[]), set()),
    ("asks_somebody_in_each_stage", "31", OWN, without_stages(OWN), set()),
    (
        "leaves_no_request_without_a_route",
        "35",
        OWN,
        with_seat(OWN, "tasking", condition="public_order"),
        set(),
    ),
    (
        "names_each_seat_once",
        "41",
        CIVIL,
        with_seat(CIVIL, "unpol_advice", code="gender_advice"),
        {"gender_advice"},
    ),
]


@pytest.mark.parametrize("route", Route.values)
def test_a_baseline_breaks_nothing(route):
    assert broken_by_process(route, BASELINES[route]) == []
    assert all(checked.held for checked in check_process(route, BASELINES[route]))


@pytest.mark.parametrize(
    ("rule", "paragraph", "route", "definition", "blamed"),
    BROKEN,
    ids=[f"P{line[1]}-{line[0]}-{number}" for number, line in enumerate(BROKEN)],
)
def test_a_smallest_change_breaks_the_rule(rule, paragraph, route, definition, blamed):
    found = [breach for breach in broken_by_process(route, definition) if breach.rule == rule]

    assert found, broken_by_process(route, definition)
    assert {breach.paragraph for breach in found} == {paragraph}
    assert {code for breach in found for code in breach.seats} == blamed
    assert all(breach.words.endswith(".") for breach in found)


def test_every_rule_is_broken_by_some_line_above():
    assert {rule.name for rule in PROCESS_RULES} == {line[0] for line in BROKEN}


def test_a_breach_says_where_to_look():
    definition = with_seat(CIVIL, "mission_support", condition="works")

    [breach] = broken_by_process(CIVIL, definition)

    assert (breach.stage, breach.places) == (3, ("stages.3.seats.6",))
    assert "DMS/CMS is not consulted on some requests" in breach.words


def test_an_empty_stage_is_named_by_its_place():
    definition = with_stage(CIVIL, 3, seats=[])

    [empty] = [
        breach
        for breach in broken_by_process(CIVIL, definition)
        if breach.rule == "asks_somebody_in_each_stage"
    ]

    assert (empty.stage, empty.places) == (3, ("stages.3",))


@pytest.mark.parametrize("route", Route.values)
def test_each_route_is_bound_by_what_holds_on_it(route):
    names = {rule.name for rule in rules_for(route)}

    assert ("asks_mission_support_of_every_request" in names) == (route in {CIVIL, QIP})
    assert ("keeps_the_force_out_until_decided" in names) == (route == ESCORT)
    assert ("tasks_a_mission_component_alone" in names) == (route == OWN)
    assert ("finds_on_exceptions" in names) == (route == EXTREME)
    assert {"un_cimic_never_approves", "asks_nobody_twice"} <= names


def test_conditions_may_share_out_a_seat_as_long_as_every_case_meets_one():
    """P36: DMS/CMS on SSR and on all else is DMS/CMS on every request; P31 leaves it to them."""
    content = baseline(CIVIL)
    content["stages"][2]["seats"][-1]["condition"] = "ssr"
    content["stages"][2]["seats"].append(
        a_seat("mission_support_else", "capability", "dms", "not_ssr")
    )

    assert broken_by_process(CIVIL, read(content)) == []


def test_what_the_policy_leaves_to_the_mission_breaks_nothing():
    """P31: other limits, other names, more advice, another chair, no sector review of its own."""
    content = baseline(QIP)
    content["name"] = "Projets à impact rapide"
    content["stages"][1]["seats"].append(a_seat("police_advice", "advice", "unpol", "public_order"))
    content["stages"][1]["seats"] = [
        seat for seat in content["stages"][1]["seats"] if seat["code"] != "qip_manager_advice"
    ]
    seat_in(content, "review_committee").update(role="qip_manager", normal_hours=240)
    seat_in(content, "decision").update(condition="always", time_sensitive_hours=12)
    content["stages"][3]["seats"] = [seat_in(content, "decision")]

    assert broken_by_process(QIP, read(content)) == []


def test_the_walk_meets_every_case_once_and_none_that_cannot_be():
    walked = list(cases(CIVIL, {SeatCondition.SSR, SeatCondition.NOT_SSR, SeatCondition.WORKS}))

    assert len(walked) == len(set(walked)) == 4
    assert all((SeatCondition.SSR in case) != (SeatCondition.NOT_SSR in case) for case in walked)
    assert all(SeatCondition.QIP in case for case in cases(QIP, {SeatCondition.QIP}))
    assert not any(SeatCondition.COMMUNITY in case for case in cases(QIP, SeatCondition))
    assert not any(SeatCondition.UNIT_ASKED in case for case in cases(ESCORT, SeatCondition))
    assert len(list(cases(CIVIL, SeatCondition))) == 2**10


def test_seats_meet_where_a_request_can_have_both_markers():
    ssr, other = BASELINES[CIVIL].stages[3].seats[1], BASELINES[CIVIL].stages[3].seats[0]

    assert not meet(CIVIL, ssr, other)
    assert meet(CIVIL, ssr, BASELINES[CIVIL].stages[4].seats[0])
    assert left_out(CIVIL, [ssr, other]) is None
    assert left_out(CIVIL, [ssr]) is not None


def names_broken(route: str, definition: Definition) -> set[str]:
    return {breach.rule for breach in broken_by_process(route, definition)}


@pytest.mark.parametrize("role", Role.values)
def test_P33_P38_P32_which_post_holds_which_sort_of_seat(role):
    """Who has means is asked for them; advisers only advise; who never answers has no seat."""
    capability = names_broken(CIVIL, with_seat(CIVIL, "mission_support", role=role))
    advice = names_broken(CIVIL, with_one_more(CIVIL, 3, "more", "advice", role))
    review = names_broken(CIVIL, with_one_more(CIVIL, 1, "more", "review", role))
    tasking = names_broken(CIVIL, with_seat(CIVIL, "tasking", role=role))
    decision = names_broken(CIVIL, with_seat(CIVIL, "decision", role=role))

    assert ("asks_capability_of_who_has_it" in capability) == (role not in {"dms", "ops", "homc"})
    assert ("lets_advice_lapse" in capability) == (
        role
        in {"cmcoord", "civil_affairs", "gender", "human_rights", "unpol", "undss", "qip_manager"}
    )
    assert ("seats_those_who_answer" in advice) == (
        role
        in {
            "unit_cimic",
            "partner",
            "dsrsg_office",
            "evaluator",
            "records_officer",
            "administrator",
        }
    )
    assert ("reviews_by_un_cimic_alone" in review) == (
        role not in {"sector_cimic", "chief_cimic", "cimic_staff"}
    )
    assert ("tasks_by_force_operations_alone" in tasking) == (role != "ops")
    assert ("decides_by_the_competent_authority" in decision) == (
        role not in {"dsrsg", "dsrsg_political"}
    )
    assert ("un_cimic_never_approves" in decision) == (
        role in {"sector_cimic", "chief_cimic", "cimic_staff"}
    )


@pytest.mark.parametrize("kind", SeatKind.values)
@pytest.mark.parametrize("stage", range(1, 6))
def test_P31_each_sort_of_seat_has_its_stage(kind, stage):
    broken = names_broken(CIVIL, with_one_more(CIVIL, stage, "more", kind, "srsg"))
    home = {"review": {1, 2}, "advice": {3}, "capability": {3}, "board": {3}}
    home |= {"decision": {4}, "tasking": {5}, "finding": set()}

    assert ("seats_each_kind_in_its_stage" in broken) == (stage not in home[kind])


def test_P31_limits_hold_at_their_ends():
    for normal, urgent, sound in (
        (1, 1, True),
        (8760, 8760, True),
        (24, 24, True),
        (24, 25, False),
        (8761, 24, False),
        (1, 0, False),
    ):
        limits = {"normal_hours": normal, "time_sensitive_hours": urgent}
        assert (names_broken(CIVIL, with_seat(CIVIL, "tasking", **limits)) == set()) == sound


@pytest.mark.parametrize(
    ("route", "definition", "words"),
    [
        (CIVIL, without_seat(CIVIL, "cimic_review"), "UN-CIMIC does not review."),
        (CIVIL, without_seat(CIVIL, "mission_support"), "DMS/CMS is not consulted."),
        (CIVIL, without_seat(CIVIL, "cmcoord_advice"), "UN-CMCoord is not heard."),
        (CIVIL, without_seat(CIVIL, "gender_advice"), "The gender adviser is not heard."),
        (CIVIL, without_seat(CIVIL, "tasking"), "Nobody tasks the force."),
        (
            CIVIL,
            with_seat(CIVIL, "cmcoord_advice", condition="disaster"),
            "UN-CMCoord is not heard on some humanitarian requests: those with humanitarian "
            "bearing and without natural disaster.",
        ),
        (
            QIP,
            with_seat(QIP, "gender_advice", condition="ssr"),
            "The gender adviser is not heard on some requests: those with protection of civilians "
            "and without security sector reform.",
        ),
        (
            OWN,
            with_seat(OWN, "tasking", condition="works"),
            "Some requests would never be tasked: those without construction or engineering works.",
        ),
        (
            ESCORT,
            with_seat(ESCORT, "cmcoord_advice", condition="not_ssr"),
            "UN-CMCoord is not heard on some humanitarian requests: those with security sector "
            "reform.",
        ),
    ],
)
def test_a_breach_says_which_requests_it_would_fail(route, definition, words):
    assert words in {breach.words for breach in broken_by_process(route, definition)}


def test_the_editors_conditions_are_those_that_tell_requests_of_a_route_apart():
    everywhere = set(SeatCondition) - {
        SeatCondition.QIP,
        SeatCondition.COMMUNITY,
        SeatCondition.UNIT_ASKED,
    }

    assert set(conditions_on(CIVIL)) == everywhere | {
        SeatCondition.COMMUNITY,
        SeatCondition.UNIT_ASKED,
    }
    assert set(conditions_on(QIP)) == everywhere | {SeatCondition.UNIT_ASKED}
    assert set(conditions_on(ESCORT)) == everywhere
    assert conditions_on(OWN)[0] == SeatCondition.ALWAYS


def test_a_case_without_any_marker_is_every_request():
    assert in_words(OWN, frozenset({SeatCondition.ALWAYS}), []) == "all"


@pytest.mark.parametrize("route", [CIVIL, QIP])
def test_P30_a_process_that_decides_nothing_is_told_so_and_nothing_else_of_its_order(route):
    content = baseline(route)
    content["stages"] = [
        stage for stage in content["stages"] if stage["status"] != "awaiting_decision"
    ]
    found = broken_by_process(route, read(content))

    assert [(breach.paragraph, breach.words) for breach in found] == [("30", "Nobody decides.")]


def test_P33_a_process_of_reviews_alone_has_its_review_first():
    content = baseline(CIVIL)
    content["stages"] = content["stages"][:2]

    assert "reviews_first" not in names_broken(CIVIL, read(content))
