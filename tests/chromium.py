"""Chromium through the few calls of the WebDriver protocol that these tests need.

Needs Chromium and ChromeDriver (Debian: `apt install chromium chromium-driver`).
"""

import base64
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PICTURES = pathlib.Path(__file__).resolve().parent.parent / "notebooks" / "html" / "browser"
PATIENCE = 300


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    """A page of this width and height, light or dark."""

    def __init__(self, width, height, dark=False):
        self.port = free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"], stdout=subprocess.DEVNULL)
        self.profile = tempfile.TemporaryDirectory()
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     f"--user-data-dir={self.profile.name}", f"--window-size={width},{height}"]
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}}
        wait(lambda: self.ask("GET", "/status")["ready"], "chromedriver")
        self.session = "/session/" + self.ask("POST", "/session", wanted)["sessionId"]
        # A window is never narrower than 500 pixels; the page in it can be.
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.tell("Emulation.setDeviceMetricsOverride", size)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.tell("Emulation.setEmulatedMedia", {"features": scheme})

    def tell(self, command, parameters):
        return self.ask("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        self.ask("POST", f"{self.session}/url", {"url": url})

    def run(self, script, *arguments):
        return self.ask("POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)})

    def keys(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown",)]
        actions += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self.ask("POST", f"{self.session}/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def picture(self, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / f"{name}.png").write_bytes(base64.b64decode(self.ask("GET", f"{self.session}/screenshot")))

    def close(self):
        self.ask("DELETE", self.session)
        self.driver.terminate()


def wait(condition, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while True:
        try:
            found = condition()
            if found:
                return found
        except (OSError, KeyError, TypeError):
            pass
        if time.monotonic() > end:
            sys.exit(f"error: {what} did not come within {patience} s")
        time.sleep(0.2)
