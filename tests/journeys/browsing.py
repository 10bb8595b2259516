"""Somebody at a browser: what they do on a page, and what every page they come to must hold.

The problem: a page that works may still be unreadable for some, load what it should not, or break on a small
screen, and a test that only clicks does not notice. Here each step of a journey is looked at: no finding of
axe, nothing refused by the content security policy, no error of a script, no request that failed, no
sideways scrolling, and a picture of it at two widths.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WATCH = """
self.refusedByPolicy = [];
document.addEventListener("securitypolicyviolation",
  (event) => refusedByPolicy.push(event.violatedDirective + " " + event.blockedURI));
"""
FINDINGS = """
axe.run({resultTypes: ["violations"]}).then((found) => found.violations.map(
  (one) => one.id + ": " + one.help + " | " + one.nodes.map((node) => node.html).join(" ").slice(0, 600)))
"""
SCRIPTS = re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)
WIDE, NARROW, NARROWEST, HEIGHT = 1280, 360, 320, 800
MOST_TABS = 400


@dataclass(kw_only=True)
class Person:
    """Somebody at a browser.

    Attributes
    ----------
    page : Page
        Of the browser; for what has no word here.
    folder : Path
        Where the pictures go.
    mirror : BrowserContext or None
        Where axe looks at pages of somebody without a script.
    allowed : set of int
        Answers above 399 that this journey is about, for what is no page or form, and 5xx.
    offline : bool
        Whether requests may fail; see ``go_offline``.
    """

    name: str
    context: BrowserContext
    page: Page
    address: str
    folder: Path
    mirror: BrowserContext | None = None
    keyboard: bool = False
    width: int = WIDE
    allowed: set[int] = field(default_factory=set)
    offline: bool = False
    faults: list[str] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("requestfailed", self._on_failed)
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _on_failed(self, request: Request) -> None:
        aborted = request.failure == "net::ERR_ABORTED"  # a download, or a page left before it was there
        if not (self.offline or aborted):
            self.faults.append(f"request: {request.url} {request.failure}")

    def _on_response(self, response: Response) -> None:
        page = response.request.resource_type in {"document", "fetch", "xhr"}
        if response.status >= (500 if page else 400) and response.status not in self.allowed:
            self.faults.append(f"answer: {response.url} {response.status}")

    # What people do.

    def go(self, path: str) -> "Person":
        """Open an address of this server."""
        self.page.goto(f"{self.address}{path}")
        return self

    def at(self) -> str:
        """Return the address of this page, without its server."""
        return self.page.url.removeprefix(self.address)

    def fill(self, name: str, text: str, *, act: str = "") -> "Person":
        """Type into a field, by its name; in the form that does ``act``, where several have it."""
        self.reach(self.field(name, act=act)).fill(text)
        return self

    def choose(self, name: str, value: str, *, act: str = "") -> "Person":
        """Choose in a list, among radio buttons, or tick a box, by name and value."""
        found = self.field(name, act=act)
        if found.evaluate("one => one.tagName") == "SELECT":
            self.reach(found).select_option(value)
        else:
            wanted = self.within(act).locator(f'[name="{name}"][value="{value}"]')
            if self.keyboard:
                self._choose_by_keys(found, wanted)
            else:
                wanted.check()
        return self

    def _choose_by_keys(self, first: Locator, wanted: Locator) -> None:
        if wanted.get_attribute("type") == "checkbox":
            if not wanted.is_checked():
                self.reach(wanted).press("Space")
            return
        checked = self.page.locator(f'[name="{wanted.get_attribute("name")}"]:checked')
        self.reach(checked.first if checked.count() else first)
        for _ in range(MOST_TABS):
            if wanted.is_checked():
                return
            self.page.keyboard.press("Space" if not checked.count() else "ArrowDown")
        raise AssertionError(f"no key chooses {wanted}")

    def give(self, name: str, path: Path, *, act: str = "") -> "Person":
        """Choose a file for a field."""
        self.field(name, act=act).set_input_files(path)
        return self

    def press(self, act: str, *, stays: bool = False) -> "Person":
        """Send the form that does ``act``, and wait for the page it leads to; none where it ``stays``."""
        button = self.within(act).locator("button[type=submit]").last
        self._press(button, stays=stays)
        return self

    def _press(self, wanted: Locator, *, stays: bool) -> None:
        if stays:
            self.reach(wanted)
            wanted.press("Enter") if self.keyboard else wanted.click()
        else:
            with self.page.expect_navigation():
                self._press(wanted, stays=True)

    def follow(self, text: str) -> "Person":
        """Follow a link, by what it says or by a part of where it leads (``/funds/water``)."""
        address = text.startswith(("/", "?", "#"))
        found = (
            self.page.locator(f'a[href*="{text}"]') if address else self.page.get_by_role("link", name=text)
        )
        self._press(found.first, stays=text.startswith("#"))
        return self

    def download(self, press: Callable[[], object]) -> bytes:
        """Return the file that something downloads."""
        with self.page.expect_download() as waiting:
            press()
        return Path(waiting.value.path()).read_bytes()

    def go_offline(self, *, offline: bool = True) -> "Person":
        """Cut the browser off from its server, or connect it again."""
        self.offline = offline
        self.context.set_offline(offline)
        return self

    # What is on a page.

    def within(self, act: str) -> Locator:
        """Return the form that does ``act``; the whole page without one."""
        if not act:
            return self.page.locator("body")
        return self.page.locator(f'form:has(input[name="act"][value="{act}"])').first

    def field(self, name: str, *, act: str = "") -> Locator:
        """Return a field by its name."""
        return self.within(act).locator(f'[name="{name}"]:not([type=hidden])').first

    def value(self, name: str, *, act: str = "") -> str:
        """Return what a field holds."""
        return self.field(name, act=act).input_value()

    def text(self) -> str:
        """Return what a person reads on the page."""
        return self.page.locator("body").inner_text()

    def reads(self, *texts: str) -> "Person":
        """Require that the page says all of this."""
        said = " ".join(self.text().split())
        missing = [one for one in texts if one not in said]
        assert not missing, f"{self.name} misses {missing} on {self.at()}: {said[:1500]}"
        return self

    def reach(self, wanted: Locator) -> Locator:
        """Return an element; with the keyboard, go there by the Tab key, and see that the focus shows."""
        if not self.keyboard:
            return wanted
        for _ in range(MOST_TABS):
            if wanted.evaluate("one => one === document.activeElement"):
                assert wanted.evaluate(VISIBLE), f"the focus is hidden on {self.at()}: {wanted}"
                return wanted
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key never comes to {wanted} on {self.at()}")

    # What every page must hold.

    def step(self, name: str) -> "Person":
        """Look at the page as everybody does: findings fail the journey, and pictures are taken."""
        self.steps += 1
        found = self.findings()
        for width in (WIDE, NARROW):
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self.folder.mkdir(parents=True, exist_ok=True)
            picture = (
                self.folder / f"{self.steps:02}-{name.replace(' ', '-')}-{self.name or 'anybody'}-{width}.png"
            )
            self.page.screenshot(path=picture, full_page=True, timeout=90_000)
        self.page.set_viewport_size({"width": self.width, "height": HEIGHT})
        assert not found, f"{self.name} at {name} ({self.at()}):\n" + "\n".join(found)
        return self

    def findings(self) -> list[str]:
        """Return what is wrong with the page as it stands."""
        found, self.faults = list(self.faults), []
        refused: list[str] = self.page.evaluate("self.refusedByPolicy || []")
        found += [f"policy: {one}" for one in refused] + [f"axe: {one}" for one in self._findings_of_axe()]
        self.page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
        over: int = self.page.evaluate(SIDEWAYS)
        return [*found, f"sideways: {over} px at {NARROWEST} px"] if over > 0 else found

    def _findings_of_axe(self) -> list[str]:
        """Return what axe finds; without a script, on the same page in a browser that runs axe alone."""
        if self.mirror is None:
            return findings_of(self.page)
        html = SCRIPTS.sub("", self.page.content())
        page = self.mirror.new_page()
        page.route(self.page.url, lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(self.page.url)
        found = findings_of(page)
        page.close()
        return found


def findings_of(page: Page) -> list[str]:
    """Return what axe finds."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(f"{AXE}; 0")
    found: list[str] = page.evaluate(FINDINGS)
    return found


SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
VISIBLE = """one => {
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const across = box.width > 0 && box.right > 0 && box.left < innerWidth;
  const inside = across && box.bottom > 0 && box.top < innerHeight;
  const radio = one.matches("[type=radio], [type=checkbox]");
  const ringed = style.outlineStyle !== "none" || style.boxShadow !== "none" || radio;
  return inside && ringed;
}"""


def language_cookie(address: str, tag: str) -> Any:  # noqa: ANN401  # a cookie as the browser takes it
    """Return the cookie of a language."""
    return {"name": "almoner-language", "value": tag, "url": address}
