"""Installs the Autobahn test suite, which runs on Python 2.7 only, into the cache.

Nothing is installed into the system. `pip` for Python 2.7, its build tools and the
suite itself all come as pinned packages from the Python package index; Python 2.7
comes from the machine or, if it has none, out of Debian bullseye's packages.
"""
import fcntl
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINS = (HERE / "bootstrap.txt", HERE / "requirements.txt")
DEBIAN_PACKAGES = ("python2.7-minimal", "libpython2.7-minimal", "libpython2.7-stdlib",
                   "libpython2.7-dev", "libssl1.1", "libffi7")

# What pip needs to reach the index and to build wsaccel, and what makes a folder of
# our own part of sys.path.
USABLE_PYTHON = """
import ctypes, os, site, ssl, sys, sysconfig, zlib
assert sys.version_info[:2] == (2, 7)
assert site.ENABLE_USER_SITE
assert os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))
"""


class CannotStart(Exception):
    """The run cannot start; the text says what to do about it."""


class Suite:
    """An installed suite: how to start it, and which cases it knows."""

    def __init__(self, folder, python, environment, cases, groups):
        self.folder = Path(folder)
        self.python = python
        self.environment = environment
        self.cases = cases    # case number -> description
        self.groups = groups  # "1" -> "Framing"

    def start(self, *arguments, **options):
        """Starts wstest.py on the suite; takes the options of subprocess.Popen."""
        return subprocess.Popen([self.python, str(HERE / "wstest.py"), *map(str, arguments)],
                                env=python2_environment(self.folder, self.environment), **options)


def installed():
    """The suite, installed first if need be. Safe in several processes at once."""
    folder, stamp = location()
    suite = load(folder, stamp)
    if suite:
        return suite
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        suite = load(folder, stamp)  # somebody else may have done it meanwhile
        if not suite:
            install(folder, stamp)
            suite = load(folder, stamp)
    return suite


def location():
    wish = os.environ.get("AUTOBAHN_PYTHON", "")
    content = b"".join(f.read_bytes() for f in (*PINS, Path(__file__))) + wish.encode()
    stamp = hashlib.sha256(content).hexdigest()[:12]
    if os.environ.get("AUTOBAHN_DIR"):
        return Path(os.environ["AUTOBAHN_DIR"]).absolute(), stamp
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "ws-tests" / f"autobahn-{stamp}", stamp


def load(folder, stamp):
    try:
        facts = json.loads((folder / "suite.json").read_text())
    except (OSError, ValueError):
        return None
    if facts.pop("stamp", None) != stamp or not os.access(facts["python"], os.X_OK):
        return None
    return Suite(folder, **facts)


def install(folder, stamp):
    say(f"installing the Autobahn test suite into {folder} (once; about a minute)")
    if not shutil.which("cc") and not shutil.which("gcc"):
        raise CannotStart("a C compiler is needed to build wsaccel; try: apt-get install gcc libc6-dev")
    (folder / "suite.json").unlink(missing_ok=True)
    for old in ("bootstrap", "pip3", "lib", "bin", "debian"):
        shutil.rmtree(folder / old, ignore_errors=True)

    python, environment = find_python(folder)
    say(f"Python 2.7: {python}")
    bootstrap = folder / "bootstrap"
    fetch_bootstrap(bootstrap)
    say("installing its packages")
    call([python, "-m", "pip", "install", "--user", "--ignore-installed", "--no-deps",
          "--no-build-isolation", "--no-warn-script-location", "--disable-pip-version-check",
          "--quiet", "-r", PINS[1]],
         env=python2_environment(folder, {**environment, "PYTHONPATH": str(bootstrap)}))
    shutil.rmtree(bootstrap)

    call([python, "-c", "import wsaccel.xormask, wsaccel.utf8validator"],
         env=python2_environment(folder, environment))
    suite = Suite(folder, python, environment, {}, {})  # its cases are asked for now
    catalogue = suite.start("catalogue", stdout=subprocess.PIPE, text=True)
    facts = json.loads(catalogue.communicate()[0] or "{}")
    if not facts.get("cases"):
        raise CannotStart("the test suite was installed, but does not run; see the messages above")
    facts.update(python=python, environment=environment, stamp=stamp)
    # Written last, and in one step: a folder with this file is complete.
    (folder / "suite.json.new").write_text(json.dumps(facts, indent=1, sort_keys=True))
    os.replace(folder / "suite.json.new", folder / "suite.json")
    say(f"ready: {len(facts['cases'])} cases")


def python2_environment(folder, extra):
    """Makes FOLDER the place of Python 2.7's user packages, and shuts out all others."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PIP_USER",
                                   "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV")}
    environment.update(PYTHONUSERBASE=str(folder), PYTHONDONTWRITEBYTECODE="1",
                       PYTHONWARNINGS="ignore", PYTHONUNBUFFERED="1")
    environment.update(extra)
    return environment


def fetch_bootstrap(target):
    # Python 3's pip cannot run on Python 2.7, but can unpack wheels for it.
    with_pip = target.parent / "pip3"
    try:
        call([sys.executable, "-m", "venv", "--clear", with_pip])
    except CannotStart as error:
        raise CannotStart(f"{error}\npython3 lacks venv; try: apt-get install python3-venv") from None
    call([with_pip / "bin" / "python", "-m", "pip", "install", "--target", target, "--no-deps",
          "--python-version", "2.7", "--only-binary", ":all:", "--disable-pip-version-check",
          "--quiet", "-r", PINS[0]],
         env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PIP_USER", "PIP_PREFIX")})
    shutil.rmtree(with_pip)


def find_python(folder):
    """A usable Python 2.7 and the environment variables it needs."""
    wish = os.environ.get("AUTOBAHN_PYTHON", "")
    if wish == "debian":
        return unpack_debian_python(folder)
    if wish:
        if not usable(wish, {}):
            raise CannotStart(f"AUTOBAHN_PYTHON={wish} is no Python 2.7 with ssl, ctypes and headers")
        return wish, {}
    pyenv = os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"
    candidates = [shutil.which("python2.7"), *glob.glob(f"{pyenv}/versions/2.7*/bin/python2.7")]
    for candidate in filter(None, candidates):
        if usable(candidate, {}):
            return candidate, {}
    return unpack_debian_python(folder)


def usable(python, environment):
    try:
        return subprocess.run([python, "-c", USABLE_PYTHON], env={**os.environ, **environment},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def unpack_debian_python(folder):
    """Debian bullseye is the last Debian with Python 2.7; its packages run on later ones."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise CannotStart("no Python 2.7 found, and no apt-get to fetch one with; install Python 2.7"
                          " (for example: pyenv install 2.7.18) or set AUTOBAHN_PYTHON=/path/to/python2.7")
    say("no Python 2.7 on this machine: unpacking Debian bullseye's")
    root = folder / "debian"
    apt = root / "apt"
    for needed in ("state/lists/partial", "cache/archives/partial", "packages"):
        (apt / needed).mkdir(parents=True)
    (apt / "status").touch()
    # Our own lists, cache and (empty) package status; proxies and the like stay the
    # system's, whose settings apt reads after this file.
    (apt / "apt.conf").write_text(f"""
        Dir::Etc::SourceList "{apt}/sources.list";
        Dir::Etc::SourceParts "/dev/null";
        Dir::State "{apt}/state";
        Dir::State::status "{apt}/status";
        Dir::Cache "{apt}/cache";
        Acquire::Languages "none";
        APT::Sandbox::User "root";
        APT::Update::Error-Mode "any";
    """)
    environment = {**os.environ, "APT_CONFIG": str(apt / "apt.conf")}
    for mirror in debian_mirrors():
        (apt / "sources.list").write_text(
            f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} bullseye main\n")
        try:
            call(["apt-get", "-qq", "update"], env=environment)
            call(["apt-get", "-qq", "download", *DEBIAN_PACKAGES], env=environment, cwd=apt / "packages")
            break
        except CannotStart as error:
            say(f"nothing from {mirror}: {error}")
    else:
        raise CannotStart("no Debian mirror gave Python 2.7; set AUTOBAHN_PYTHON=/path/to/python2.7")
    for package in (apt / "packages").glob("*.deb"):
        call(["dpkg-deb", "-x", package, root])
    shutil.rmtree(apt)

    python = str(root / "usr/bin/python2.7")
    libraries = next(root.glob("usr/lib/*/libssl.so.1.1")).parent
    include = root / "usr/include"
    environment = {"LD_LIBRARY_PATH": str(libraries), "CPATH": f"{include}:{include}/python2.7"}
    if not usable(python, environment):
        raise CannotStart("Debian bullseye's Python 2.7 does not run on this machine;"
                          " set AUTOBAHN_PYTHON=/path/to/python2.7")
    return python, environment


def debian_mirrors():
    """The mirrors this machine already uses, then Debian's archive of old releases."""
    sites = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE)"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split()
    mirrors = [site for site in sites if site.rstrip("/").endswith("/debian")]
    return dict.fromkeys([*mirrors, "http://archive.debian.org/debian"])


def call(command, **options):
    command = [str(part) for part in command]
    process = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    if process.returncode != 0:
        tail = "\n".join(process.stdout.splitlines()[-15:])
        raise CannotStart(f"`{' '.join(command)}` failed with {process.returncode}:\n{tail}")


def say(text):
    print(f"autobahn: {text}", file=sys.stderr, flush=True)
