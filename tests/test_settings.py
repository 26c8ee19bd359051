"""The settings: every variable is explained, and what is unsafe or missing stops the start."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
READ = re.compile(
    r"""(?:env(?:\.\w+)?\(|environ(?:\.get\(|\.setdefault\(|\[))\s*["'](CIMIC_[A-Z_]+)["']"""
)
PRODUCTION = {
    "CIMIC_SECRET_KEY": "correct-horse-battery-staple-0123456789-abcdefghijklmnopqrstuvwxyz",
    "CIMIC_SITE_URL": "https://cimic.mission.example",
    "CIMIC_ALLOWED_HOSTS": "cimic.mission.example",
    "CIMIC_CSRF_TRUSTED_ORIGINS": "https://cimic.mission.example",
    "CIMIC_DATABASE_URL": "postgres://cimic_app@database.example/cimic",
    "CIMIC_REDIS_URL": "redis://redis.example:6379/0",
    "CIMIC_DEMO": "0",
}


def check(tmp_path: Path, **changed: str) -> "subprocess.CompletedProcess[str]":
    """Check a server's settings as Django does before it is deployed."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CIMIC_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=CHECKOUT,
        env={**bare, **PRODUCTION, "CIMIC_DATA": str(tmp_path), **changed},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_variable_that_is_read_is_explained_and_every_one_explained_is_read():
    sources = [
        path
        for folder in ("cimic", "common", "missions", "ledger", "access", "notices", "records")
        for path in (CHECKOUT / folder).rglob("*.py")
    ]
    read = {name for path in sources for name in READ.findall(path.read_text())}
    compose = (CHECKOUT / "docker-compose.yml").read_text()
    read |= set(re.findall(r"\$\{(CIMIC_[A-Z_]+)", compose))
    example = (CHECKOUT / ".env.example").read_text()
    explained = set(re.findall(r"^(?:# )?(CIMIC_[A-Z_]+)=", example, re.MULTILINE))

    assert sorted(read) == sorted(explained)


def test_a_servers_settings_pass_djangos_check_before_deployment(tmp_path):
    checked = check(tmp_path)

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"CIMIC_SECRET_KEY": ""}, "Set CIMIC_SECRET_KEY to a long random text"),
        ({"CIMIC_DEMO": "1"}, "CIMIC_DEMO lets anyone enter as any post: it is refused"),
    ],
)
def test_what_is_missing_or_unsafe_stops_the_start_by_name(tmp_path, changed, told):
    checked = check(tmp_path, **changed)

    assert checked.returncode == 1
    assert told in checked.stderr
