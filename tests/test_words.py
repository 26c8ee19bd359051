"""The words: all of them French as well, each reader in their own, what is kept in none."""

import ast
import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages import Catalog
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone, translation

from approvals.invariants.asked import BEFORE_ANSWER, DROPPED
from cimic.words import catalogue
from cimic.words.checks import faults
from cimic.words.extraction import ROOMS, all_words, words_of_nodes
from common.kept import Kept, read_aloud
from ledger.models import Entry
from missions.services import issue_token
from records.compliance.summary import catch_up
from records.models import ComplianceException
from requests_app.models import AssistanceRequest
from tests.builders import PASSWORD, a_mission, a_submitted, carried_to, who

CHECKOUT = Path(configured.BASE_DIR)
SAYS = {
    "FieldError": 1,
    "Forbidden": 0,
    "Incomplete": 0,
    "Malformed": 0,
    "NotNow": 0,
    "Stale": 0,
    "ValidationError": 0,
    "Verdict": 0,
    "add_error": 1,
    "not_now": 0,
    "not_you": 0,
}


@pytest.fixture(autouse=True)
def in_english():
    """Leave no other language to the next test."""
    yield
    translation.activate("en")


# The catalogue


def test_every_word_is_said_in_french_with_the_same_values_and_tags():
    assert faults(catalogue.read("fr"), all_words("fr")) == []


@pytest.mark.parametrize(
    ("string", "flags", "fault"),
    [
        ("", (), "untranslated"),
        ("%(count)s <b>dossiers</b>.", ("fuzzy",), "in doubt"),
        ("Des <b>dossiers</b>.", (), "other placeholders"),
        ("%(count)d <b>dossiers</b>.", (), "other placeholders"),
        ("%(count)s dossiers.", (), "other tags"),
        ("%(count)s <b>dossiers</b>. ", (), "other spaces"),
        ("%(count)s <b>dossiers</b>.", (), ""),
    ],
)
def test_the_check_tells_what_is_wrong_with_a_translation(string, flags, fault):
    said = "%(count)s <b>records</b>."
    found, kept = Catalog(locale="fr", fuzzy=False), Catalog(locale="fr", fuzzy=False)
    found.add(said)
    kept.add(said, string, flags=flags)

    wrong = faults(kept, found)

    assert [line.startswith(fault) for line in wrong] == ([True] if fault else [])


def test_the_check_tells_what_is_not_in_the_catalogue_and_what_nobody_says_any_more():
    found, kept = Catalog(locale="fr", fuzzy=False), Catalog(locale="fr", fuzzy=False)
    found.add("Record", context="register")
    kept.add("Record", "Dossier")

    assert faults(kept, found) == [
        "not in the catalogue: 'Record'",
        "no longer said anywhere: 'Record'",
    ]


def test_words_are_found_wherever_a_template_marks_them():
    template = Template(
        "{% load i18n %}{% if a == _('In a condition') %}{% translate 'Plain' %}"
        "{% translate 'Kept aside' as aside %}{% translate 'May' context 'month' %}"
        "{{ b|default:_('In an argument') }}{% with c=_('In a with') %}{% endwith %}{% endif %}"
        "{% blocktranslate count n=n trimmed %}\n  One {{ what }}\n{% plural %}\n  {{ n }} of\n"
        "  them{% endblocktranslate %}"
        "{% blocktranslate asvar held %}100 % of {{ all }}{% endblocktranslate %}"
    )

    assert set(words_of_nodes(template.nodelist)) == {
        ("In a condition", None),
        ("Plain", None),
        ("Kept aside", None),
        ("May", "month"),
        ("In an argument", None),
        ("In a with", None),
        (("One %(what)s", "%(n)s of them"), None),
        ("100 %% of %(all)s", None),
    }


def test_what_is_new_is_taken_in_and_what_was_translated_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    first, then = Catalog(locale="fr", fuzzy=False), Catalog(locale="fr", fuzzy=False)
    first.add("Record")
    first.add("Gone")
    catalogue.refresh("fr", first)
    kept = catalogue.read("fr")
    kept.get("Record").string = "Dossier"
    catalogue.write(kept, "fr")
    then.add("Record")
    then.add("New")

    assert catalogue.refresh("fr", then) == (1, 1)
    assert {word.id: word.string for word in catalogue.read("fr") if word.id} == {
        "Record": "Dossier",
        "New": "",
    }


def test_a_catalogue_is_compiled_when_its_text_changed_and_not_again(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    found = Catalog(locale="fr", fuzzy=False)
    found.add("Record")
    catalogue.refresh("fr", found)

    assert [path.name for path in catalogue.compile_words()] == ["django.mo"]
    assert catalogue.compile_words() == []


def test_the_command_fails_while_a_word_is_missing(monkeypatch, capsys):
    found = all_words("fr")
    found.add("A word that nobody has translated yet")
    monkeypatch.setattr("cimic.management.commands.words.all_words", lambda language: found)

    with pytest.raises(CommandError, match="1 words are not as they should be"):
        call_command("words", "--check")


def test_no_reason_is_given_to_a_person_in_words_that_are_not_marked():
    bare = []
    for room in ROOMS:
        for path in (CHECKOUT / room).rglob("*.py"):
            if {"migrations", "demo", "management"} & set(path.parts):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                said = node.args[SAYS[name]] if name in SAYS and node.args[SAYS[name] :] else None
                if isinstance(said, ast.JoinedStr | ast.Constant):
                    text = ast.unparse(said)
                    if re.search(r"[A-Za-z]{2,} [a-z]{2,}", text):
                        bare.append(f"{path.relative_to(CHECKOUT)}:{said.lineno} {text}")

    assert bare == []


def test_no_template_writes_the_form_of_a_date_itself():
    fixed = re.compile(
        r"\|date:(?!\"(?:c|[A-Z_]+)\")|\|time:|{% now "
        r"|{% moment [^%]*\"[^\"]*[jdDNMFYHi][ ,/:.][^\"]*\""
    )
    templates = (CHECKOUT / "templates").rglob("*.html")

    assert [path.name for path in templates if fixed.search(path.read_text())] == []


def test_no_template_says_a_plain_word():
    """A word outside every mark: in a text, or in an attribute that is read out."""
    left = {"500.html", "components.html"}  # what failed may be the words; builders read English
    silent = re.compile(
        r"{#.*?#}|{% blocktrans.*?{% endblocktrans\w* %}|{%.*?%}|{{.*?}}"
        r"|<(script|style|code|kbd|pre)\b.*?</\1>|\b(CIMIC|GLIDE|SHA|CSV)\b",
        re.DOTALL,
    )
    said = re.compile(r"(?:aria-label|title|placeholder|alt)=\"[^\"]*[A-Za-z]{3,}[^\"]*\"")
    plain = []
    for path in (CHECKOUT / "templates").rglob("*.html"):
        if path.name in left:
            continue
        text = silent.sub("", path.read_text())
        blocks = re.sub(r"{% block gate_width %}.*?{% endblock %}", "", path.read_text())
        bare = re.sub(r"<[^>]*>", " ", silent.sub("", blocks))
        words = said.findall(text) + re.findall(r"[A-Za-z]{3,}", bare)
        plain += [f"{path.name}: {word}" for word in words]

    assert plain == []


# Whose language


@pytest.fixture
def mission(db):
    return a_mission()


def speak(username: str, language: str):
    person = who(username)
    person.language = language
    person.save(update_fields=["language"])
    return person


def test_pages_speak_the_persons_language_whatever_the_browser_asks(client, mission):
    client.force_login(speak("chief.cimic", "fr"))

    page = client.get(reverse("records:register"), headers={"accept-language": "en"})

    assert page.headers["Content-Language"] == "fr"
    assert {"Accept-Language", "Cookie"} <= set(page.headers["Vary"].split(", "))
    assert '<html lang="fr" dir="ltr"' in page.content.decode()
    assert "Toutes les heures" in page.content.decode()


def test_one_persons_language_is_not_the_next_ones(client, mission):
    speak("chief.cimic", "fr")
    client.force_login(who("chief.cimic"))
    client.get("/help/")
    client.force_login(who("sector.east"))

    assert client.get("/help/").headers["Content-Language"] == "en"
    assert translation.get_language() == "en"


def test_a_language_that_is_none_of_ours_is_answered_in_the_missions(client, mission):
    client.force_login(speak("chief.cimic", "xx"))

    assert client.get("/help/").headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("accepts", "answered"), [("fr-CD,fr;q=0.9", "fr"), ("de, *;q=0.1", "en"), ("", "en")]
)
def test_a_stranger_is_spoken_to_as_the_browser_asks(client, db, accepts, answered):
    headers = {"accept-language": accepts} if accepts else {}

    page = client.get(reverse("account_login"), headers=headers)

    assert page.headers["Content-Language"] == answered


@pytest.mark.parametrize(
    ("own", "accepts", "title"),
    [
        ("fr", None, "Introuvable"),
        ("fr", "en", "Not found"),
        ("en", "fr", "Introuvable"),
        ("fr", "de", "Introuvable"),
        ("en", None, "Not found"),
    ],
)
@pytest.mark.parametrize("by", ["session", "token"])
def test_the_api_speaks_what_the_call_accepts_and_else_the_persons(
    client, mission, own, accepts, title, by
):
    person = speak("chief.cimic", own)
    headers = {"accept-language": accepts} if accepts else {}
    if by == "session":
        client.force_login(person)
    else:
        headers["authorization"] = f"Bearer {issue_token(person=person)[0]}"

    answer = client.get("/api/v1/requests/UNAC-CA-2026-0999/", headers=headers)

    assert answer.json()["title"] == title
    assert answer.headers["Content-Language"] == translation.to_locale(
        "fr" if title == "Introuvable" else "en"
    )


def test_a_person_chooses_their_language_for_every_device(client, mission):
    client.force_login(who("chief.cimic"))

    answer = client.post("/language/", {"language": "fr", "next": "/register/?status=approved"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/register/?status=approved")
    assert who("chief.cimic").language == "fr"
    assert configured.LANGUAGE_COOKIE_NAME not in answer.cookies


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_choosing_a_language_leads_nowhere_else(client, mission, back):
    client.force_login(who("chief.cimic"))

    assert client.post("/language/", {"language": "fr", "next": back}).headers["Location"] == "/"


def test_a_language_that_is_not_offered_is_refused(client, mission):
    client.force_login(who("chief.cimic"))

    assert client.post("/language/", {"language": "xx"}).status_code == 400
    assert who("chief.cimic").language == "en"


def test_what_is_chosen_before_signing_in_becomes_the_persons(client, mission):
    client.post("/language/", {"language": "fr", "next": "/accounts/login/"})
    page = client.get("/accounts/login/", headers={"accept-language": "en"})
    answer = client.post("/accounts/login/", {"login": "chief.cimic", "password": PASSWORD})

    assert page.headers["Content-Language"] == "fr"
    assert answer.status_code == 302
    assert who("chief.cimic").language == "fr"
    assert client.cookies[configured.LANGUAGE_COOKIE_NAME].value == ""


def test_signing_in_without_a_choice_changes_no_language(client, mission):
    speak("chief.cimic", "fr")

    client.post(
        "/accounts/login/",
        {"login": "chief.cimic", "password": PASSWORD},
        headers={"accept-language": "en"},
    )

    assert who("chief.cimic").language == "fr"


# What is kept


def french_words() -> set[str]:
    """Every French text that is not the English one."""
    return {
        str(word.string)
        for word in catalogue.read("fr")
        if isinstance(word.id, str) and word.string and word.id != word.string
    }


def test_nothing_of_a_readers_language_is_kept(mission):
    with translation.override("fr"):
        rfa = carried_to(a_submitted(), "approved")
        catch_up(mission)
    payloads = [entry.payload.text for entry in Entry.objects.select_related("payload")]
    said = {text for payload in payloads for text in re.findall(r'"((?:[^"\\]|\\.)*)"', payload)}
    rows = AssistanceRequest.objects.filter(pk=rfa.pk).values().get()
    rows |= rfa.steps.values("stage_name", "seat_label")[0]

    assert said & french_words() == set()
    assert {text for text in rows.values() if isinstance(text, str)} & french_words() == set()


def test_exceptions_are_kept_in_english_and_read_in_french(client, mission):
    with translation.override("fr"):
        rfa = a_submitted()
        catch_up(mission)
    kept = ComplianceException.objects.filter(rfa=rfa, row="P28.1").get()
    client.force_login(speak("chief.cimic", "fr"))

    page = client.get(reverse("records:compliance-row", args=["P28.1"])).content.decode()

    assert kept.words == "No priorities were in force when it was submitted."
    assert "Aucune priorité n&#x27;était en vigueur au moment de la soumission." in page


def test_a_sentence_with_values_is_read_with_its_values_translated():
    dropped = DROPPED(seats="Gender advice, Seat of our own")

    with translation.override("fr"):
        assert read_aloud(dropped) == (
            "Une phase a été omise\u00a0: Avis sur les questions de genre, Seat of our own."
        )
        assert read_aloud("What somebody wrote.") == "What somebody wrote."
    assert read_aloud(dropped) == dropped == "A stage was dropped: Gender advice, Seat of our own."


def test_every_pattern_finds_its_own_sentence_alone():
    for kept in Kept.all:
        names = re.findall(r"%\((\w+)\)s", kept.text)
        said = kept(**dict.fromkeys(names, "x"))
        assert [each.text for each in Kept.all if each.reads.fullmatch(said)] == [kept.text]
    assert BEFORE_ANSWER in Kept.all


# Dates, numbers, money


def drawn(source: str, **values) -> str:
    return Template("{% load cimic l10n %}" + source).render(Context(values))


AT = dt.datetime(2026, 3, 5, 10, 7, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("language", "source", "shown"),
    [
        ("en", "{% moment at %}", "5 Mar 2026, 14:07"),
        ("fr", "{% moment at %}", "5 mars 2026 à 14:07"),
        ("en", "{% moment day %}", "5 Mar 2026"),
        ("fr", "{% moment day %}", "5 mars 2026"),
        ("en", '{{ n|money:"USD" }}', "USD\xa012,500"),
        ("fr", '{{ n|money:"USD" }}', "12\u202f500\xa0USD"),
        ("en", '{{ cents|money:"XOF" }}', "XOF\xa01,234.50"),
        ("fr", '{{ cents|money:"XOF" }}', "1\u202f234,50\xa0XOF"),
        ("en", "{{ n|number }}", "12,500"),
        ("fr", "{{ n|number }}", "12\u202f500"),
        ("en", "{{ cents|number }}", "1,234.50"),
        ("fr", "{{ cents|number }}", "1\u202f234,50"),
        ("en", "{{ nothing|number }}{{ nothing|money:'USD' }}", ""),
        ("en", "{% time_zone %}", "Mauritius Standard Time (UTC+04:00)"),
        ("fr", "{% time_zone %}", "heure normale de Maurice (UTC+04:00)"),
    ],
)
def test_dates_numbers_and_money_are_written_as_the_language_writes_them(language, source, shown):
    values = {"at": AT, "day": AT.date(), "n": 12500, "cents": Decimal("1234.50"), "nothing": None}

    with translation.override(language), timezone.override("Indian/Mauritius"):
        found = re.sub(r"</?time[^>]*>", "", drawn(source, **values))

    assert found == shown


def test_pages_tell_the_missions_time_and_the_api_tells_utc(client, mission):
    mission.time_zone = "Indian/Mauritius"
    mission.save()
    rfa = a_submitted()
    AssistanceRequest.objects.filter(pk=rfa.pk).update(submitted_at=AT)
    client.force_login(who("chief.cimic"))

    page = client.get(reverse("records:case", args=[rfa.reference])).content.decode()
    said = client.get(f"/api/v1/requests/{rfa.reference}/").json()

    assert "All times: Mauritius Standard Time (UTC+04:00)" in page
    assert said["submitted_at"].startswith("2026-03-05T10:07:00")
    assert said["submitted_at"][-1] == "Z"
