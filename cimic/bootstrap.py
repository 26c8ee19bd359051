"""From a bare machine to a running one: ``python3 cimic/bootstrap.py run|test``.

Standard library only, and readable by any Python since 3.6, so that an old one is told what
to do. Whatever is missing or wrong is said in one line.
"""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
KNOWN = ["python3.11", "python3.12", "python3.13", "python3.14"]
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
HOST = "127.0.0.1"
VENV_NEEDS = 700 * 1024 * 1024
# What pip says, and what that means to whoever waits for it.
REASONS = [
    ("No space left", "the disk is full: free some space and try again."),
    ("Disk quota", "your share of the disk is full: free some space and try again."),
    ("Permission denied", "the folder .venv cannot be written: change its rights or delete it."),
    ("DO NOT MATCH THE HASHES", "a package differs from the one that was locked: do not use it."),
    (
        "Could not find a version",
        "a locked package is not to be had: the package registry cannot be reached, or has none "
        "for this Python and machine.",
    ),
]


def give_up(line):
    """Stop with one line that says what is wrong and what to do."""
    sys.stderr.write(f"CIMIC does not start: {line}\n")
    raise SystemExit(1)


def tell(line):
    """Say what is under way, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def holder_of(port):
    """Return the name and number of the process that listens on a port, where one may see it."""
    wanted = f"{int.from_bytes(socket.inet_aton(HOST), 'little'):08X}:{port:04X}"
    sockets = set()
    try:
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[1] in (wanted, f"00000000:{port:04X}"):
                sockets.add(f"socket:[{fields[9]}]")
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if sockets & {os.readlink(str(held)) for held in (process / "fd").iterdir()}:
                    return f"{(process / 'comm').read_text().strip()}, process {process.name}"
            except OSError:
                continue
    except (OSError, IndexError):
        pass
    return ""


def port_asked():
    """Return the port to serve on: ``PORT``, or 8000."""
    said = os.environ.get("PORT") or "8000"
    if not said.isdigit() or not 0 < int(said) < 65536:
        give_up(f"PORT={said} is no port: choose a number from 1 to 65535.")
    return int(said)


def port_trouble(port):
    """Return what is wrong with a port, in one line; '' if it is free for us."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            return f"port {port} is not open to you: choose one above 1023 with PORT=."
        except OSError:
            holder = holder_of(port) or "another program"
            other = port + 1 if port < 65535 else 8000
            return (
                f"port {port} is taken ({holder}): stop that, or choose another with "
                f"`make run PORT={other}`."
            )
    return ""


def find_python():
    """Return a Python that is new enough: this one, or one on the PATH."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for name in KNOWN:
        found = shutil.which(name)
        if found and works(found, ""):
            return found
    return give_up(
        "it needs Python {}.{} or newer, this is {}.{}; install one and put it on the PATH.".format(
            *(OLDEST + sys.version_info[:2])
        )
    )


def works(python, test):
    """Say whether a Python runs, is new enough and passes a test."""
    program = f"import sys; assert sys.version_info >= {OLDEST}; {test}"
    try:
        return call_quietly([str(python), "-c", program]) == 0
    except OSError:
        return False


def call_quietly(words):
    """Run a command that nobody hears; return its exit code."""
    return subprocess.call(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run_or_give_up(words, line):
    """Run a command quietly; on failure show its last lines and give up with the reason."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        told = done.stdout.decode(errors="replace").strip()
        sys.stderr.write("\n".join(told.splitlines()[-6:]) + "\n")
        give_up(next((reason for sign, reason in REASONS if sign in told), line))


def have_venv(python):
    """Have a virtual environment that runs; a broken or half made one is made again."""
    if PYTHON.exists() and works(PYTHON, "import pip"):
        return
    if not os.access(str(CHECKOUT), os.W_OK):
        give_up(f"{CHECKOUT} cannot be written: change its rights, or clone elsewhere.")
    free = shutil.disk_usage(str(CHECKOUT)).free
    if free < VENV_NEEDS:
        give_up(
            f"the disk is full: {free // 1024**2} MB are left for {CHECKOUT} and "
            f"{VENV_NEEDS // 1024**2} MB are needed."
        )
    tell("Making the virtual environment ...")
    if VENV.exists():
        shutil.rmtree(str(VENV))
    run_or_give_up(
        [python, "-m", "venv", str(VENV)],
        "a virtual environment cannot be made: on Debian, install the package python3-venv.",
    )


def is_installed(lock):
    """Say whether what the lock names was installed, whole, since the lock last changed."""
    stamp = VENV / (lock + ".installed")
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == digest_of(lock)


def digest_of(lock):
    """Return the SHA-256 of a lock."""
    return hashlib.sha256((CHECKOUT / lock).read_bytes()).hexdigest()


def install(lock):
    """Install what the lock names, by hash, unless that was done already."""
    if is_installed(lock):
        return
    tell(f"Installing what {lock} names ...")
    words = "-m pip install --quiet --disable-pip-version-check --no-input --retries 2"
    words += " --require-hashes --only-binary :all: -r"
    run_or_give_up(
        [str(PYTHON)] + words.split() + [str(CHECKOUT / lock)],
        "the packages cannot be installed: pip's last lines are above.",
    )
    (VENV / (lock + ".installed")).write_text(digest_of(lock))


def find_browser():
    """Return Chromium, installed by the system's packages where that is allowed; or None."""
    for name in BROWSERS:
        if shutil.which(name):
            return shutil.which(name)
    may = None
    if shutil.which("apt-get"):
        if os.geteuid() == 0:
            may = []
        elif shutil.which("sudo") and call_quietly(["sudo", "-n", "true"]) == 0:
            may = ["sudo", "-n"]
    if may is not None:
        tell("Installing Chromium for the page tests ...")
        apt = may + ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-qq"]
        call_quietly(apt + ["update"])
        call_quietly(apt + ["install", "--no-install-recommends", "chromium"])
    return shutil.which("chromium")


CHECKS = [
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["lint-imports"],
    ["mypy"],
    ["djlint", "templates", "--lint", "--quiet"],
]


def check(env):
    """Check style, layers, types and templates, each to its end; exit if one complains."""
    env = dict(env, CIMIC_SECRET_KEY=env.get("CIMIC_SECRET_KEY") or "for the checks alone")
    failed = []
    for words in CHECKS:
        tell("$ " + " ".join(words))
        command = [str(VENV / "bin" / words[0])] + words[1:]
        if subprocess.call(command, cwd=str(CHECKOUT), env=env):
            failed.append(words[0])
    if failed:
        sys.stderr.write("Not as it should be: " + ", ".join(failed) + ".\n")
        raise SystemExit(1)


def test(words):
    """Check everything, then run every test; pytest's line ends it.

    ``words`` go to pytest; with any, the checks before it are left out.
    """
    install("requirements-test.lock")
    chromium = find_browser()
    chosen = []
    if chromium is None:
        if os.environ.get("CI") == "true":
            give_up("Chromium is missing and cannot be installed: the page tests need it.")
        tell("Left out: the page tests (marked browser). To run them, install Debian's chromium.")
        chosen = ["-m", "not browser"]
    env = dict(os.environ, CHROMIUM=chromium or "")
    if not words:
        check(env)
    os.chdir(str(CHECKOUT))
    command = [str(PYTHON), "-m", "pytest", "-n", "2", "--dist", "loadgroup"] + chosen + words
    os.execve(str(PYTHON), command, env)


def run():
    """Serve, under the supervisor."""
    os.chdir(str(CHECKOUT))
    os.execv(str(PYTHON), [str(PYTHON), "-m", "cimic.up"])


def main():
    """Do what the Makefile asks."""
    verb = sys.argv[1] if len(sys.argv) > 1 else "run"
    try:
        python = find_python()
        lock = {"run": "requirements.lock"}.get(verb, "requirements-test.lock")
        if verb == "run" and not is_installed(lock) and port_trouble(port_asked()):
            give_up(port_trouble(port_asked()))
        have_venv(python)
        install(lock)
        if verb == "run":
            run()
        elif verb == "test":
            test(sys.argv[2:])
        elif verb == "lint":
            check(dict(os.environ))
        else:
            give_up(f"{verb} is none of run, test, lint.")
    except OSError as error:
        give_up(f"{error.filename or 'the disk'}: {error.strerror}.")
    except KeyboardInterrupt:
        give_up("it was stopped.")


if __name__ == "__main__":
    main()
