"""A network namespace with nothing but loopback.

Several libraries dial Telegram's real addresses before they can be told otherwise, so none is
started where another address could be reached.
"""

import os
import shutil
import subprocess
import sys

ENTERED = "HELIOGRAPH_CLIENT_TESTS_ENTERED"
HOW_TO_PERMIT = """\
This user may not create a network namespace, and the client libraries run nowhere else. Permit it with
    sudo sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0
(a container needs --cap-add SYS_ADMIN), or run the tests as root."""


def interfaces():
    """The network interfaces of this process's namespace."""
    # /sys/class/net would show the namespace in which sysfs was mounted.
    with open("/proc/self/net/dev", encoding="ascii") as table:
        return [line.split(":")[0].strip() for line in table.readlines()[2:]]


def enter():
    """Returns inside such a namespace, after starting this script again if need be."""
    if interfaces() == ["lo"]:
        ip = shutil.which("ip", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if ip is None:
            sys.exit("`ip` is missing: install the package iproute2")
        subprocess.run([ip, "link", "set", "lo", "up"], check=True)
        return
    if ENTERED in os.environ:
        sys.exit(f"unshare left more than loopback here: {interfaces()}")
    environment = {**os.environ, ENTERED: "1"}
    choices = [["unshare", "-n"], ["unshare", "-rn"]] if os.geteuid() == 0 else [["unshare", "-rn"]]
    for unshare in choices:
        if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            os.execvpe("unshare", [*unshare, sys.executable, "-B", *sys.argv], environment)
    sys.exit(HOW_TO_PERMIT)
