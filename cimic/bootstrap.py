"""From a bare machine to a running one: ``python3 cimic/bootstrap.py run|test|bench``.

Standard library only, and readable by any Python 3, so that an old one is told what to do.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
KNOWN = ["python3.13", "python3.12", "python3.11", "python3.14"]
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]


def give_up(line):
    """Stop with one line that says what is wrong and what to do."""
    sys.stderr.write("CIMIC does not start: " + line + "\n")
    raise SystemExit(1)


def find_python():
    """Return a Python that is new enough: this one, or one on the PATH."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for name in KNOWN:
        if shutil.which(name):
            return shutil.which(name)
    return give_up(
        "it needs Python 3.11 or newer, this is {}.{}; install one and put it on the PATH.".format(
            *sys.version_info[:2]
        )
    )


def digest_of(path):
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run_or_give_up(words, line):
    """Run a command quietly; on failure show its last lines and give up with ours."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        told = done.stdout.decode(errors="replace").strip().splitlines()
        if any("No space left" in said for said in told):
            line = "the disk is full: free some space and try again."
        sys.stderr.write("\n".join(told[-8:]) + "\n")
        give_up(line)


def make_venv(python):
    """Have a virtual environment that runs; one broken or half made is made again."""
    if PYTHON.exists():
        works = subprocess.run(
            [str(PYTHON), "-c", "import pip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if works.returncode == 0:
            return
        shutil.rmtree(str(VENV))
    if not os.access(str(CHECKOUT), os.W_OK):
        give_up("{} cannot be written: change its rights or clone elsewhere.".format(CHECKOUT))
    if shutil.disk_usage(str(CHECKOUT)).free < 600 * 1024 * 1024:
        give_up("less than 600 MB are free on this disk: free some space.")
    sys.stdout.write("Making the virtual environment ...\n")
    sys.stdout.flush()
    run_or_give_up(
        [python, "-m", "venv", str(VENV)],
        "a virtual environment cannot be made; on Debian install the package python3-venv.",
    )


def install(lock):
    """Install what the lock names, by hash, unless that was done already."""
    stamp = VENV / (lock + ".installed")
    wanted = digest_of(CHECKOUT / lock)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    sys.stdout.write("Installing what {} names ...\n".format(lock))
    sys.stdout.flush()
    run_or_give_up(
        [
            str(PYTHON),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "-r",
            str(CHECKOUT / lock),
        ],
        "the packages cannot be installed: is the package registry reachable?",
    )
    stamp.write_text(wanted)


def find_browser():
    """Return Chromium, installed by the system's packages where that is allowed; or None."""
    for name in BROWSERS:
        if shutil.which(name):
            return shutil.which(name)
    may = []
    if shutil.which("apt-get"):
        if os.geteuid() == 0:
            may = ["apt-get"]
        elif shutil.which("sudo") and not subprocess.call(["sudo", "-n", "true"]):
            may = ["sudo", "-n", "apt-get"]
    if may:
        sys.stdout.write("Installing Chromium for the page tests ...\n")
        sys.stdout.flush()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.call(may + ["update", "-q"], **quiet)
        subprocess.call(
            may + ["install", "-y", "-q", "--no-install-recommends", "chromium"], **quiet
        )
    return shutil.which("chromium")


CHECKS = [
    ["-m", "ruff", "check", "."],
    ["-m", "ruff", "format", "--check", "--quiet", "."],
    ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    ["-m", "mypy"],
    ["-m", "djlint", "templates", "--lint", "--quiet"],
]


def test(words):
    """Check style, layers, types and templates, then run every test; pytest's line ends it."""
    install("requirements-test.lock")
    chromium = find_browser()
    chosen = []
    if chromium is None:
        if os.environ.get("CI") == "true":
            give_up("Chromium is missing and cannot be installed: the page tests need it.")
        sys.stdout.write(
            "Left out: the page tests (-m browser); install Debian's chromium to run them.\n"
        )
        chosen = ["-m", "not browser"]
    env = dict(os.environ, CHROMIUM=chromium or "")
    for check in [] if words else CHECKS:
        sys.stdout.write("$ python " + " ".join(check[:4]) + "\n")
        sys.stdout.flush()
        failed = subprocess.call([str(PYTHON)] + check, cwd=str(CHECKOUT), env=env)
        if failed:
            raise SystemExit(failed)
    os.chdir(str(CHECKOUT))
    command = [str(PYTHON), "-m", "pytest", "-n", "2", "--dist", "worksteal"] + chosen + words
    os.execve(str(PYTHON), command, env)


def main():
    """Do what the Makefile asks."""
    verb, words = (sys.argv[1:2] or ["run"])[0], sys.argv[2:]
    python = find_python()
    try:
        make_venv(python)
        if verb == "test":
            test(words)
        install("requirements.lock")
    except OSError as error:
        give_up("{}: {}.".format(error.filename or "the disk", error.strerror))
    os.chdir(str(CHECKOUT))
    os.execv(str(PYTHON), [str(PYTHON), "-m", "cimic.up"] + words)


if __name__ == "__main__":
    main()
