"""The mission's own server as ``docker-compose.yml`` says it: read and held to what it promises."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
ENDS = {"migrate", "backup"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_and_can_write_gain_and_reach_no_more_than_it_must(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) >= 999
    assert "privileged" not in service
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} <= set(limits)
    assert service["logging"]["options"]["max-size"]
    assert service["networks"]
    if name in ENDS:
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"


def test_the_proxy_alone_is_reachable_and_meets_the_web_servers_alone():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    inside = {name for name, service in SERVICES.items() if "inside" in service["networks"]}
    assert "proxy" not in inside
    assert {name for name in SERVICES if "edge" in SERVICES[name]["networks"]} == {"proxy", "web"}
    assert all(COMPOSE["networks"][name]["internal"] for name in ("edge", "inside"))
    for name in ("postgres", "redis", "pgbouncer", "beat", "migrate", "backup"):
        assert SERVICES[name]["networks"] == ["inside"]


def test_only_what_migrates_and_the_database_itself_have_the_owners_password():
    assert {
        name for name, one in SERVICES.items() if "owner_password" in one.get("secrets", [])
    } == {
        "postgres",
        "migrate",
    }
    assert {
        name for name, one in SERVICES.items() if "superuser_password" in one.get("secrets", [])
    } == {"postgres"}
    for name in ("web", "worker", "beat"):
        assert "CIMIC_OWNER_DATABASE_URL" not in SERVICES[name]["environment"]
        assert "pgbouncer:6432" in SERVICES[name]["environment"]["CIMIC_DATABASE_URL"]


def test_no_secret_stands_in_the_environment():
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET_KEY$|TOKEN|SIGNING|EMAIL_URL", name):
                assert name.endswith("_FILE"), name
                assert value == f"/run/secrets/{value.rsplit('/', 1)[1]}"
                assert value.rsplit("/", 1)[1] in service["secrets"]
    made = (CHECKOUT / "deploy" / "make-secrets.sh").read_text()
    assert all(name in made for name in COMPOSE["secrets"])


def test_every_variable_is_explained_and_every_file_that_is_mounted_or_built_is_here():
    text = (CHECKOUT / "docker-compose.yml").read_text()
    example = (CHECKOUT / ".env.example").read_text()
    for name in re.findall(r"\$\{(\w+)", text):
        assert re.search(rf"^(# )?{name}=", example, re.MULTILINE), name
    for source in re.findall(r"- (\./deploy/[\w.-]+):", text):
        assert (CHECKOUT / source).is_file(), source
    for folder in ("proxy", "pgbouncer"):
        assert (CHECKOUT / SERVICES[folder]["build"] / "Dockerfile").is_file()
    dockerfile = (CHECKOUT / "Dockerfile").read_text()
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    for room in project["tool"]["importlinter"]["root_packages"]:
        assert f"COPY {room} {room}" in dockerfile


def test_bouncers_pool_is_by_transaction_and_smaller_than_what_the_database_takes():
    bouncer = (CHECKOUT / "deploy" / "pgbouncer" / "pgbouncer.ini").read_text()
    assert "pool_mode = transaction" in bouncer
    most = int(re.search(r"max_connections=(\d+)", str(SERVICES["postgres"]["command"])).group(1))
    pool = int(re.search(r"default_pool_size = (\d+)", bouncer).group(1))
    assert pool < most - 20
