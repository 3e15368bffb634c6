#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The runner's request to RTKit, on a private bus: to the real service where this may start it
(root), and to one that speaks its interface and notes what it is asked.

The real one asks polkit whether the user is at the machine; on the private bus a stand-in for
polkit says yes, or no. Environment: CONTINUO_RTKIT_PROBE names the program under test.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

PROBE = os.environ["CONTINUO_RTKIT_PROBE"]
RTKIT = pathlib.Path("/usr/libexec/rtkit-daemon")
WATCHDOG_S = 20
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow receive_sender="*"/></policy></busconfig>
"""
SERVICES = r'''
import sys, dbus, dbus.service, dbus.mainloop.glib
from gi.repository import GLib
dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
POLKIT = "org.freedesktop.PolicyKit1"
KIT = "org.freedesktop.RealtimeKit1"

class Polkit(dbus.service.Object):
    @dbus.service.method(POLKIT + ".Authority", in_signature="(sa{sv})sa{ss}us",
                         out_signature="(bba{ss})")
    def CheckAuthorization(self, subject, action, details, flags, cancellation):
        return (sys.argv[1] == "polkit-yes", False, {"": ""})

class Kit(dbus.service.Object):
    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        return dbus.Int32(7)
    @dbus.service.method(KIT, in_signature="tu", sender_keyword="sender")
    def MakeThreadRealtime(self, thread, priority, sender=None):
        pid = bus.get_object("org.freedesktop.DBus", "/org/freedesktop/DBus").GetConnectionUnixProcessID(sender)
        limits = open("/proc/%d/limits" % pid).read()
        limit = [l.split() for l in limits.splitlines() if "realtime timeout" in l][0]
        print("asked", thread, priority, __import__("os").path.exists("/proc/%d/task/%d" % (pid, thread)),
              limit[-3], limit[-2], flush=True)

name = {"kit": KIT}.get(sys.argv[1], POLKIT)
owned = dbus.service.BusName(name, bus)
Kit(bus, "/org/freedesktop/RealtimeKit1") if name == KIT else Polkit(bus, "/org/freedesktop/PolicyKit1/Authority")
print("ready", flush=True)
GLib.MainLoop().run()
'''


class Bus:
    """A bus of its own, and what runs on it."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="continuo-bus.")
        os.chmod(self.directory.name, 0o755)
        path = pathlib.Path(self.directory.name)
        (path / "bus.conf").write_text(BUS % (path / "socket"))
        self.environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS="unix:path=%s" % (path / "socket"))
        self.children = []
        self.start("dbus-daemon", "--nofork", "--config-file=%s" % (path / "bus.conf"))
        self.wait_until(lambda: (path / "socket").exists())

    def start(self, *command):
        child = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
        self.children.append(child)
        return child

    def service(self, kind):
        child = self.start(sys.executable, "-c", SERVICES, kind)
        assert child.stdout.readline() == "ready\n"
        return child

    def owns(self, name):
        done = subprocess.run(
            ["dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/",
             "org.freedesktop.DBus.NameHasOwner", "string:" + name],
            env=self.environment, capture_output=True, text=True, check=False)
        return "boolean true" in done.stdout

    @staticmethod
    def wait_until(condition):
        end = time.monotonic() + WATCHDOG_S
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.02)

    def probe(self, *wrapper):
        done = subprocess.run([*wrapper, PROBE], env=self.environment, capture_output=True, text=True,
                              check=True, timeout=WATCHDOG_S)
        return done.stdout

    def close(self):
        for child in reversed(self.children):
            child.terminate()
            child.wait(WATCHDOG_S)
            child.stdout.close()
        self.directory.cleanup()


# Without the leave that root has by itself.
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all")


class RealtimeKitTest(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.close)

    def test_what_is_asked(self):
        kit = self.bus.service("kit")
        out = self.bus.probe()
        self.assertIn("status='OK'", out)
        # The thread, no more than the service gives, and the limits that it wants.
        self.assertRegex(kit.stdout.readline(), r"^asked \d+ 7 True 150000 200000$")

    def test_no_service(self):
        out = self.bus.probe()
        self.assertIn("UNAVAILABLE: RTKit:", out)
        self.assertIn("after=0", out)

    def test_no_bus(self):
        self.bus.environment["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nowhere"
        self.assertIn("UNAVAILABLE: RTKit: no system bus", self.bus.probe())

    def real(self, polkit):
        if os.geteuid() != 0 or not RTKIT.exists():
            self.skipTest("needs root and rtkit")
        self.bus.service(polkit)
        self.bus.start(str(RTKIT))
        self.bus.wait_until(lambda: self.bus.owns("org.freedesktop.RealtimeKit1"))
        return self.bus.probe(*NOBODY)

    def test_the_real_service_gives_priority_to_the_thread_alone(self):
        out = self.real("polkit-yes")
        found = re.match(r"before=0 status='OK' after=(\d+) main=0$", out)
        self.assertTrue(found, out)
        self.assertEqual(int(found[1]), 10)

    def test_the_real_service_refuses(self):
        out = self.real("polkit-no")
        self.assertIn("PERMISSION_DENIED: RTKit:", out)
        self.assertIn("after=0", out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
