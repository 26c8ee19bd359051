"""Long exports are written in the background, kept a week, and fetched whole or in parts."""

import csv
import datetime as dt
import hashlib
import io

import pytest
from django.http import QueryDict

from common import clock
from common.errors import NotNow
from ledger.models import Entry
from missions.models import Appointment, Post
from notices.models import Notice
from notices.services import sweep
from records.api import exports as api
from records.exports import jobs
from records.exports.asking import rows_to_leave
from records.exports.files import asked_of
from records.exports.runs import start_export
from records.models import ExportRun
from tests.builders import POSTS, a_mission, a_submitted, civil_answers, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db
FORMS = ("csv", "xlsx", "json", "geojson")


@pytest.fixture
def long(monkeypatch, settings, tmp_path):
    """A mission whose register is too long to be sent at once: more than one record."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(api, "MOST_AT_ONCE", 1)
    a_mission()
    return [a_submitted(civil_answers(title=f"Need {number}")) for number in range(3)]


def asked(caller, query="", form="csv"):
    answer = caller.get(f"/api/v1/register.{form}?{query}")
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == answer.json()["url"]
    return answer.json()


def acts(run_id):
    return list(Entry.objects.filter(chain=run_id).order_by("number").values_list("act", flat=True))


def whole(answer):
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("form", FORMS)
def test_a_long_export_is_written_by_a_sweep_and_is_what_would_have_been_sent(form, long):
    caller = Caller("chief.cimic")
    told = asked(caller, "sort=reference", form)
    assert (told["state"], told["file"], told["rows"]) == ("asked", None, None)

    assert jobs.sweep() == 1

    told = caller.read(f"exports/{told['id']}/")
    assert (told["state"], told["rows"], told["percent"]) == ("ready", 3, 99)
    answer = caller.get(told["file"])
    content = whole(answer)
    assert answer.status_code == 200
    assert (told["sha256"], told["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert acts(told["id"]) == ["export.started", "export.finished"]
    if form == "csv":
        assert [line["Title"] for line in csv.DictReader(io.StringIO(content.decode()))] == [
            "Need 0",
            "Need 1",
            "Need 2",
        ]


def test_the_same_asked_again_is_the_same_run_and_nobody_has_many_under_way(long):
    caller = Caller("chief.cimic")
    first = asked(caller, "sort=title")
    assert asked(caller, "sort=title")["id"] == first["id"]
    for query in ("sort=kind", "sort=status"):
        asked(caller, query)
    answer = caller.get("/api/v1/register.csv?sort=-title")
    assert answer.status_code == 409
    assert "3" in answer.json()["detail"]
    asked(Caller("cos"), "sort=-title")
    assert jobs.sweep() == 4


def test_a_killed_workers_export_is_taken_up_again_and_the_slow_one_leaves_nothing(long):
    told = asked(Caller("chief.cimic"))
    dead = jobs.claim()
    assert Caller("chief.cimic").read(f"exports/{told['id']}/")["state"] == "running"
    assert jobs.claim() is None  # its lease runs

    with clock.telling(clock.now() + jobs.LEASE + dt.timedelta(seconds=1)):
        assert ExportRun.objects.get().state == "asked"
        assert jobs.sweep() == 1
    assert jobs.write_claimed(dead) is False  # it wakes again, and is overtaken

    run = ExportRun.objects.get()
    assert (run.state, run.attempts) == ("ready", 2)
    assert acts(told["id"]) == ["export.started", "export.finished"]
    assert [path.name for path in jobs.folder().iterdir()] == [f"{run.pk}.csv"]


def test_what_never_comes_to_its_end_fails_after_three_attempts_and_says_so(long):
    caller = Caller("chief.cimic")
    told = asked(caller)
    at = clock.now()
    for _attempt in range(3):
        with clock.telling(at):
            assert jobs.claim() is not None
        at += jobs.LEASE + dt.timedelta(seconds=1)
    with clock.telling(at):
        assert jobs.sweep() == 0
    told = caller.read(f"exports/{told['id']}/")
    assert told["state"] == "failed"
    assert "three times" in told["failure"]
    assert acts(told["id"]) == ["export.started", "export.cut"]
    assert caller.get(f"/api/v1/exports/{told['id']}/file").status_code == 409


def test_what_can_no_longer_be_read_fails_with_its_reason(long):
    told = asked(Caller("chief.cimic"), "sector=east")
    ExportRun.objects.update(query="sector=gone")
    assert jobs.sweep() == 0
    run = ExportRun.objects.get(pk=told["id"])
    assert (run.state, run.attempts) == ("failed", 1)
    assert run.failure.startswith("It could not be written: ")


def test_only_who_asked_reads_an_export_or_its_file(long, client):
    told = asked(Caller("chief.cimic"))
    jobs.sweep()
    for username in set(POSTS) - {"chief.cimic"}:
        other = Caller(username)
        assert other.get(f"/api/v1/exports/{told['id']}/").status_code == 404
        assert other.get(f"/api/v1/exports/{told['id']}/file").status_code == 404
        assert told["id"] not in str(other.read("exports/"))
    client.force_login(who("cos"))
    assert client.get(f"/exports/{told['id']}/").status_code == 404
    assert client.get(f"/exports/{told['id']}/file").status_code == 404


def test_P15_who_has_lost_a_post_since_is_not_given_what_it_saw(long):
    caller = Caller("chief.cimic")
    told = asked(caller)
    jobs.sweep()
    assert caller.get(told["url"] + "file").status_code == 200
    Post.objects.filter(code="chief.cimic").update(clearance=0)
    answer = caller.get(told["url"] + "file")
    assert (answer.status_code, answer.json()["paragraph"]) == (403, "15")
    Post.objects.filter(code="chief.cimic").update(clearance=2)
    assert caller.get(told["url"] + "file").status_code == 200
    Appointment.objects.filter(post__code="chief.cimic").update(
        until_on=clock.now().date() - dt.timedelta(days=1)
    )
    assert caller.get(told["url"] + "file").status_code == 403


def test_it_is_written_with_the_sight_of_the_day_it_is_written(long):
    a_submitted(civil_answers(title="Strict", classification="strictly_confidential"))
    caller = Caller("cos")
    told = asked(caller)
    Post.objects.filter(code="cos").update(clearance=0)
    jobs.sweep()
    content = whole(caller.get(told["url"] + "file")).decode()
    assert "Strict" not in content
    assert "Need 2" in content


def test_the_file_is_kept_a_week_and_the_record_of_it_for_good(long):
    caller = Caller("chief.cimic")
    told = asked(caller)
    jobs.sweep()
    with clock.telling(clock.now() + jobs.KEPT - dt.timedelta(minutes=1)):
        assert jobs.remove_expired() == 0
    with clock.telling(clock.now() + jobs.KEPT + dt.timedelta(minutes=1)):
        assert jobs.remove_expired() == 1
        assert jobs.remove_expired() == 0
    after = caller.read(f"exports/{told['id']}/")
    assert (after["state"], after["rows"], after["file"]) == ("expired", 3, None)
    assert after["sha256"]
    assert list(jobs.folder().iterdir()) == []
    assert acts(told["id"])[-1] == "export.removed"
    assert caller.get(f"/api/v1/exports/{told['id']}/file").status_code == 409


def fetched(caller, url, **headers):
    named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    answer = caller.get(url, **named)
    content = whole(answer) if answer.streaming else answer.content
    return answer, content


def test_a_file_is_fetched_in_parts_that_make_the_whole(long):
    caller = Caller("chief.cimic")
    url = asked(caller)["url"] + "file"
    jobs.sweep()
    answer, content = fetched(caller, url, accept_encoding="gzip")
    assert (answer["Accept-Ranges"], answer["Content-Length"]) == ("bytes", str(len(content)))
    assert answer["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert "Content-Encoding" not in answer
    size = len(content)

    first, one = fetched(caller, url, range="bytes=0-99", accept_encoding="gzip")
    rest, two = fetched(caller, url, range="bytes=100-", if_range=answer["ETag"])
    last, three = fetched(caller, url, range="bytes=-10")
    assert (first.status_code, rest.status_code, last.status_code) == (206, 206, 206)
    assert first["Content-Range"] == f"bytes 0-99/{size}"
    assert rest["Content-Range"] == f"bytes 100-{size - 1}/{size}"
    assert (len(one), one + two, three) == (100, content, content[-10:])
    assert fetched(caller, url, range=f"bytes=0-{size * 2}")[1] == content


@pytest.mark.parametrize("part", ["bytes=999999-", "bytes=-0"])
def test_a_part_past_the_end_is_416(part, long):
    caller = Caller("chief.cimic")
    url = asked(caller)["url"] + "file"
    jobs.sweep()
    size = len(fetched(caller, url)[1])
    answer = caller.get(url, HTTP_RANGE=part)
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize(
    "headers",
    [
        {"range": "bytes=0-9", "if_range": '"another"'},
        {"range": "bytes=5-2"},
        {"range": "lines=0-9"},
        {"range": "bytes=0-1,3-4"},
        {"range": "bytes=-"},
        {"range": "nonsense"},
    ],
)
def test_a_range_that_means_nothing_or_is_of_another_file_gives_the_whole(headers, long):
    caller = Caller("chief.cimic")
    url = asked(caller)["url"] + "file"
    jobs.sweep()
    answer, content = fetched(caller, url, **headers)
    assert (answer.status_code, len(content)) == (200, int(answer["Content-Length"]))


def test_what_one_has_already_is_not_sent_again(long):
    caller = Caller("chief.cimic")
    url = asked(caller)["url"] + "file"
    jobs.sweep()
    tag = fetched(caller, url)[0]["ETag"]
    assert caller.get(url, HTTP_IF_NONE_MATCH=tag).status_code == 304


def test_the_page_asks_shows_how_far_it_is_and_gives_the_file(long, client):
    client.force_login(who("chief.cimic"))
    answer = client.get("/register.csv?sort=title")
    run = ExportRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/exports/{run.pk}/")
    page = client.get(f"/exports/{run.pk}/").content.decode()
    assert 'hx-trigger="every 3s"' in page
    assert f"/exports/{run.pk}/file" not in page
    jobs.sweep()
    fragment = client.get(f"/exports/{run.pk}/", HTTP_HX_REQUEST="true").content.decode()
    run.refresh_from_db()
    assert "<html" not in fragment
    assert "every 3s" not in fragment
    assert run.digest in fragment
    assert f"/exports/{run.pk}/file" in fragment
    assert whole(client.get(f"/exports/{run.pk}/file"))
    assert f"/exports/{run.pk}/" in client.get("/exports/").content.decode()


def test_a_list_of_exports_costs_the_same_however_long(client, django_assert_max_num_queries):
    a_mission()
    actor = who("chief.cimic")
    client.force_login(actor)
    for _number in range(12):
        start_export(actor=actor, form="csv", params=QueryDict("status=draft&sort=title"))
    with django_assert_max_num_queries(20):
        page = client.get("/exports/").content.decode()
    assert page.count("Status: Draft") == 12


def test_a_streamed_export_whose_server_died_is_recorded_as_cut():
    a_mission()
    run = start_export(actor=who("cos"), form="csv", params=None)
    assert jobs.remove_expired() == 0
    with clock.telling(clock.now() + jobs.LONGEST_STREAM + dt.timedelta(minutes=1)):
        jobs.remove_expired()
    run.refresh_from_db()
    assert run.state == "cut"


@pytest.mark.parametrize(
    "query",
    [
        "view=5w",
        "view=4w&view=4w",
        "view=4w&columns=kind",
        "hxl=yes",
        "hxl=",
        "language=de",
        "wait=maybe",
        "sector=nowhere",
        "statu=draft",
    ],
)
def test_a_question_that_means_nothing_is_refused_and_never_widened(query, long):
    caller = Caller("chief.cimic")
    answer = caller.get(f"/api/v1/register.csv?{query}")
    if query == "hxl=":
        assert answer.status_code == 202  # an empty box asks nothing, as a page sends it
        return
    assert answer.status_code == 400, answer.content
    name = "columns" if "columns" in query else query.split("=")[0]
    assert name in [error["field"] for error in answer.json()["errors"]]
    assert not ExportRun.objects.exists()


@pytest.mark.parametrize("name", ["view", "hxl", "language"])
def test_what_only_files_have_is_no_filter_of_a_list(name):
    a_mission()
    answer = Caller("chief.cimic").get(f"/api/v1/requests/?{name}=1")
    assert answer.status_code == 400
    assert Caller("cos").get("/api/v1/register.json?hxl=1").status_code == 400


def test_who_asked_is_told_once_that_the_file_is_ready_and_nobody_else(long):
    told = asked(Caller("chief.cimic"))
    jobs.sweep()
    sweep()
    sweep()
    notice = Notice.objects.get(sort__startswith="export")
    assert (notice.person, notice.sort) == (who("chief.cimic"), "export_ready")
    assert notice.text == "Your export as CSV is ready: 3 rows"
    assert notice.link == f"/exports/{told['id']}/"


def test_who_holds_no_post_takes_nothing_out(long):
    Appointment.objects.filter(person=who("cos")).delete()
    answer = Caller("cos").get("/api/v1/register.csv")
    assert answer.status_code == 403


def test_a_job_refuses_beyond_the_limit_by_name():
    a_mission()
    actor = who("cos")
    rows, shape = rows_to_leave(actor, {}, "csv")
    run = start_export(actor=actor, form="csv", params=None)
    assert asked_of(rows, shape, run, {}).headings()[0][0] == "Reference"
    run.background = True
    with pytest.raises(NotNow):
        jobs.may_be_fetched(run, actor)
