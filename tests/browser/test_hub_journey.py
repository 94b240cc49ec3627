"""The analyst's way over the Hub, one of this machine: sign in, find, bring in, score, tune, publish, see the card, show it as a demo."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pages.parts.hub import account
from tests.browser.conftest import Server, Watch, end, settled
from tests.browser.shots import TALL, WIDE, Shots
from tests.browser.test_journeys import LONG
from tests.hub import shop
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.server import LoopbackHub
from tests.spaces import gradio_space

ROWS, STEPS = 80, 3
MINE = f"{ANALYST}/product-reviews-train"
HEADER, ROW = 31, 31  # pixels of a grid
PLEASED = "The parcel arrived two days early and everything was in it."


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    """A Hub with models and a data set."""
    with LoopbackHub() as made:
        shop.fill(made, tmp_path)
        yield made


@pytest.fixture
def hub_server(tmp_path: Path, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of the app that knows this Hub, patient on a crowded machine."""
    online = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    monkeypatch.setattr(Server, "environment", property(lambda server: _environment(server) | online))
    running = Server(tmp_path / "home", hub_probe_seconds=60, live_start_seconds=400, live_request_seconds=400, demo_port=0).start()
    yield running
    end(running)


_environment = Server.environment.fget


class Walk:
    """One journey: the steps in their order, each from where the one before has led."""

    def __init__(self, page: Page, hub: LoopbackHub, shots: Shots, folder: Path) -> None:
        self.page, self.hub, self.shots, self.folder = page, hub, shots, folder

    def shot(self, name: str) -> None:
        self.shots.take(self.page, name)

    def rest(self) -> None:
        """Until the page is drawn, the mouse where no tooltip covers the next link."""
        self.page.mouse.move(1, 1)
        settled(self.page)

    def go(self, name: str) -> None:
        """To a page by the menu."""
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(name)
        self.rest()

    def tick(self, row: int) -> None:
        """A line of the list of repositories."""
        self.page.locator(".dvn-scroller").first.click(position={"x": 17, "y": HEADER + ROW * row + ROW // 2})

    def sign_in(self) -> None:
        page = self.page
        self.shot("hub-before")
        page.get_by_text(account.FOR).click()
        for token in ("hf_wrong", TOKEN):
            page.get_by_role("textbox", name="Access token").fill(token)
            page.get_by_role("button", name="Sign in", exact=True).click()
            if token != TOKEN:
                expect(page.get_by_text("a token that the Hub does not know")).to_be_visible()
                self.shot("token-refused")
        expect(page.get_by_text(f"Signed in to the Hub as {ANALYST}")).to_be_visible()

    def fetch_a_model(self) -> None:
        page = self.page
        page.get_by_label("Words in the name").fill("feelings")
        page.get_by_role("button", name="Search the Hub").click()
        expect(page.get_by_text("3 repositories. Tick a line to look closer.")).to_be_visible()
        self.rest()
        self.tick(0)  # the one with most downloads
        expect(page.get_by_text("It has no safetensors file")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Fetch"))).to_be_disabled()
        self.shot("model-unfit")
        self.tick(1)
        expect(page.get_by_role("heading", name=shop.FEELINGS)).to_be_visible()
        page.get_by_role("button", name=re.compile("Fetch")).click()
        expect(page.get_by_text(f"{shop.FEELINGS} is on this machine")).to_be_visible(timeout=LONG)
        self.rest()
        self.shot("model-fetched")

    def bring_in_a_data_set(self) -> None:
        page = self.page
        page.get_by_role("combobox", name="What", exact=True).click()
        page.get_by_role("option", name="Data sets").click()
        page.get_by_label("Words in the name").fill("reviews")
        page.get_by_role("button", name="Search the Hub").click()
        expect(page.get_by_text("1 repository. Tick a line to look closer.")).to_be_visible()
        self.rest()
        self.tick(0)
        page.get_by_role("button", name="Look at the first rows").click()
        expect(page.get_by_text("The first 10 rows.")).to_be_visible(timeout=LONG)
        self.shot("data-set")
        rows = page.get_by_role("spinbutton", name="Only the first rows")
        rows.fill(str(ROWS))
        rows.press("Enter")
        page.get_by_role("button", name=f"Bring in {ROWS} rows").click()
        expect(page.get_by_text(f"is a table now: {ROWS} rows")).to_be_visible(timeout=LONG)
        self.rest()
        self.shot("data-set-brought")
        page.get_by_role("link", name="See the table").first.click()
        expect(page.get_by_text(f"{shop.REVIEWS} of the Hub")).to_be_visible()
        self.rest()
        self.shot("table")

    def score(self) -> None:
        page = self.page
        page.get_by_role("button", name="Score this table").click()
        self.rest()
        page.get_by_role("combobox", name="Model").first.click()
        page.get_by_role("option", name=shop.FEELINGS).click()
        self.rest()
        page.get_by_role("button", name=f"Score {ROWS} rows").click(timeout=LONG)
        expect(page.get_by_text(re.compile(rf"of {ROWS} rows scored"))).to_be_visible(timeout=LONG)
        self.rest()
        self.shot("scored")

    def tune(self) -> None:
        page = self.page
        self.go("Fine-tune")
        page.get_by_text("Quick", exact=True).click()
        self.rest()
        page.get_by_text("Advanced", exact=True).click()
        page.get_by_role("tab", name="Training").click()
        self.rest()
        steps = page.locator(".st-key-dial-quick-max_steps input")
        steps.fill(str(STEPS))
        steps.press("Enter")
        expect(page.get_by_text(re.compile("Other than in the preset Quick: Steps"))).to_be_visible()
        self.rest()
        page.get_by_role("button", name=re.compile("^.*Tune on ")).click()
        expect(page.get_by_text("The adapter is ready")).to_be_visible(timeout=LONG)
        self.rest()
        self.shot("tuned")
        page.get_by_role("link", name="Card, download, merge").click()
        self.rest()

    def publish(self) -> None:
        page = self.page
        page.get_by_role("link", name="Publish it").click()
        push = page.get_by_role("button", name=f"Push to {MINE}")
        expect(push).to_be_enabled()  # the name that is proposed is one that the Hub takes
        expect(page.get_by_label("Data behind it", exact=True)).to_have_value(shop.REVIEWS)
        expect(page.get_by_role("combobox", name="Licence of that data")).to_have_value("CC BY 4.0")
        self.shot("publish")
        page.get_by_role("tab", name="Edit it").click()
        card = page.get_by_label("Card, as Markdown under its front matter")
        card.fill(card.input_value() + "\nWritten for a journey.\n")
        card.press("Control+Enter")
        self.rest()
        push.click()
        expect(page.get_by_text(re.compile(r"commit [0-9a-f]{12}\. 5 files"))).to_be_visible(timeout=LONG)
        repository = self.hub.shelf.repositories["model", MINE]
        assert repository.private and b"Written for a journey." in repository.at("main").files["README.md"]
        self.rest()
        self.shot("pushed")

    def see_the_card(self) -> None:
        page = self.page
        page.get_by_role("tab", name="Files and versions").click()
        expect(page.get_by_text(f"{MINE}: private, 6 files")).to_be_visible()
        self.rest()
        self.shot("versions")
        page.get_by_role("link", name="See its card here").click()
        expect(page.get_by_role("heading", name=MINE)).to_be_visible()
        page.get_by_text("The card, as its author wrote it").click()
        expect(page.get_by_text("Written for a journey.")).to_be_visible()
        self.rest()
        self.shot("card")

    def take_both_spaces(self) -> None:
        page = self.page
        self.go("Adapters")
        page.get_by_role("link", name="Try as a demo").click()
        expect(page.get_by_role("heading", name="Take it along")).to_be_visible()
        self.rest()
        self.shot("demos")
        for label, file in (("Gradio Space", "app.py"), ("Docker Space", "Dockerfile")):
            with page.expect_download(timeout=LONG) as waiting:
                page.get_by_role("button", name=label).click()
            with zipfile.ZipFile(waiting.value.path()) as held:
                assert {file, "README.md", "adapter/adapter_model.safetensors"} <= set(held.namelist())
                held.extractall(self.folder / label)

    def talk_to_the_gradio_space(self) -> None:
        """What was taken along runs by itself, without this project and without the Hub."""
        with gradio_space(self.folder / "Gradio Space", self.folder / "space.txt") as address:
            assert self.page.context.browser is not None
            space = self.page.context.browser.new_page(viewport={"width": WIDE, "height": 900})
            space.goto(address)
            self.ask(space)
            self.shots.take(space, "space-answers", streamlit=False)
            space.close()

    @staticmethod
    def ask(demo: Page) -> None:
        demo.get_by_role("textbox").first.fill(PLEASED)
        demo.get_by_role("button", name="Answer", exact=True).click()
        expect(demo.get_by_text(re.compile(r"^\d+%$")).first).to_be_visible(timeout=LONG)

    def talk_to_the_demo(self) -> None:
        page = self.page
        page.get_by_role("button", name="Try as a demo").click()
        link = page.get_by_role("link", name="Open the demo")
        link.wait_for(timeout=LONG)
        self.rest()
        self.shot("demo-runs")
        with page.context.expect_page() as opened:
            link.click()
        demo, foreign = opened.value, []
        demo.on("request", lambda request: foreign.append(request.url) if "127.0.0.1" not in request.url else None)
        demo.set_viewport_size({"width": WIDE, "height": 900})
        self.ask(demo)
        self.shots.take(demo, "demo-answers", streamlit=False)
        demo.close()
        assert foreign == []
        page.locator("main").get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=LONG)
        self.rest()
        self.shot("demo-stopped")


@pytest.mark.timeout(900)  # with pictures of every step on a crowded machine
def test_from_the_hub_to_a_demo_of_ones_own(hub_server: Server, hub: LoopbackHub, browser: Browser, watch: Watch, tmp_path: Path) -> None:
    page = watch.follow(browser.new_page(viewport={"width": WIDE, "height": TALL}), hub_server)
    walk = Walk(page, hub, Shots(tmp_path / "shots"), tmp_path)
    page.goto(hub_server.url)
    settled(page)
    walk.go("Hub")
    walk.sign_in()
    walk.fetch_a_model()
    walk.bring_in_a_data_set()
    walk.score()
    walk.tune()
    walk.publish()
    walk.see_the_card()
    walk.take_both_spaces()
    walk.talk_to_the_gradio_space()
    walk.talk_to_the_demo()
    walk.go("This place")
    walk.shot("place")
    assert TOKEN not in page.content()
