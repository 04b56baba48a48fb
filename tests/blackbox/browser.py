"""browser.py - a real browser for tests: Chromium, headless, driven through chromedriver by the W3C WebDriver protocol over plain HTTP.

Browser() raises Skip where Chromium is not installed. One session; close() ends it and the driver by their own processes.
"""
import base64, http.client, json, os, shutil, subprocess, tempfile
from desk import Skip, wait_until
from ports import free_port, give_back

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


class Browser:
    def __init__(self, width=1200, height=900, language="en"):
        driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
        if not driver or not chromium:
            raise Skip("no chromium and chromedriver")
        self.port, self.profile = free_port(), tempfile.mkdtemp(prefix="sportello-browser-")
        self.process = subprocess.Popen([driver, "--port=%d" % self.port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = None
        try:
            wait_until(self.ready, 30, "chromedriver answers")
            options = {"args": FLAGS + ["--user-data-dir=" + self.profile, "--window-size=%d,%d" % (width, height), "--lang=" + language],
                       "binary": chromium}
            self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}})["sessionId"]
        except BaseException:
            self.close()
            raise

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()

    def ready(self):
        try:
            return self.request("GET", "/status")["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None):
        value = self.request(method, path, body)
        if isinstance(value, dict) and "error" in value:
            raise AssertionError("browser: %s: %s" % (value["error"], value["message"].splitlines()[0]))
        return value

    def here(self, method, path, body=None):
        return self.call(method, "/session/%s%s" % (self.session, path), body)

    def open(self, url):
        self.here("POST", "/url", {"url": url})

    def find(self, css):
        return self.here("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self.here("POST", "/element/%s/click" % self.find(css), {})

    def type(self, css, text):
        self.here("POST", "/element/%s/value" % self.find(css), {"text": text})

    def text(self, css="body"):
        return self.here("GET", "/element/%s/text" % self.find(css))

    def sees(self, words, css="body"):
        """Waits until the words stand there: after a click the next page comes when it comes."""
        def there():
            try:
                return words in self.text(css)
            except AssertionError as error:                      # the element went with the former page
                if any(gone in str(error) for gone in ("stale", "no such element", "does not belong to the document")):
                    return False
                raise
        return wait_until(there, 15, "the page says \"%s\"" % words)

    def script(self, source, *arguments):
        return self.here("POST", "/execute/sync", {"script": source, "args": list(arguments)})

    def screenshot(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.here("GET", "/screenshot")))

    def close(self):
        try:
            if self.session:
                self.here("DELETE", "")
        except (OSError, AssertionError):
            pass
        self.process.terminate()
        self.process.wait()
        give_back(self.port)
        shutil.rmtree(self.profile, ignore_errors=True)
