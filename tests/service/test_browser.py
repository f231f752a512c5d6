"""The scoring page in a real browser, by keyboard alone, and checked by axe in light and dark."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

Violations = Callable[[Page], list[str]]
TEXT = """14:02 Caller states his sister is talking to the walls again and hearing voices.
14:05 Calm, no weapons seen. She OD in March. Says she would jump if evicted.
14:09 Their brother died by suicide last year. 😟 مرحبا"""


@pytest.fixture(params=["light", "dark"])
def opened(browser: Browser, address: str, token: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, let in by the token, in a light and in a dark room."""
    with browser.new_context(color_scheme=request.param) as context:
        page = context.new_page()
        page.goto(f"{address}/?token={token}")
        yield page


def test_the_token_is_gone_from_the_address(opened: Page, address: str) -> None:
    assert opened.url == f"{address}/"


def test_a_narrative_is_scored_by_keyboard_alone(opened: Page, address: str, violations: Violations) -> None:
    opened.keyboard.press("Tab")
    expect(opened.get_by_text("Skip to main content")).to_be_focused()
    opened.keyboard.press("Enter")
    opened.keyboard.press("Tab")
    expect(opened.get_by_label("Call narrative")).to_be_focused()
    opened.keyboard.insert_text(TEXT)
    opened.keyboard.press("Tab")
    expect(opened.get_by_role("button", name="Score this narrative")).to_be_focused()
    with opened.expect_navigation():
        opened.keyboard.press("Enter")
    assert opened.url == f"{address}/"
    expect(opened.locator("#decision")).to_be_focused()
    assert "a person confirms" in opened.inner_text("#decision")
    assert opened.title().startswith("Flag: ")
    assert opened.locator("mark").count() >= 7
    assert opened.input_value("#text") == TEXT
    assert violations(opened) == []


def test_a_problem_takes_the_focus_and_leads_to_the_field(opened: Page, violations: Violations) -> None:
    with opened.expect_navigation():
        opened.get_by_role("button", name="Score this narrative").press("Enter")
    expect(opened.get_by_role("alert")).to_be_focused()
    assert violations(opened) == []
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    expect(opened.get_by_label("Call narrative")).to_be_focused()


def test_the_page_for_strangers_is_accessible_too(browser: Browser, address: str, violations: Violations) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        assert (answer := page.goto(address)) and answer.status == 401
        assert violations(page) == []


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_but_the_table_scrolls_sideways(opened: Page, width: int) -> None:
    opened.set_viewport_size({"width": width, "height": 800})
    opened.fill("#text", TEXT + " " + "w" * 400)
    with opened.expect_navigation():
        opened.get_by_role("button", name="Score this narrative").click()
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_the_browser_refuses_nothing_of_ours(opened: Page) -> None:
    refused: list[str] = []
    opened.on("console", lambda message: refused.append(message.text))
    opened.fill("#text", TEXT)
    with opened.expect_navigation():
        opened.get_by_role("button", name="Score this narrative").click()
    assert refused == []
