"""Script stored in whatever strangers and colleagues write, on every page, in a real browser: nothing of it runs."""

from playwright.sync_api import Browser

from tests.security.conftest import Desk

ATTACKS = (
    "<script>document.title='hit'</script>",
    "<img src=x onerror=\"document.title='hit'\">",
    "'\"><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}${7*7}",
    "</textarea></title><iframe src=/queue>",
)
CALM = "0201 Sister talking to the walls again, hearing voices, no weapons. "
PAGES = ("/queue", "/incidents?reference=", "/record?reference=", "/record", "/readings/1", "/assurance", "/guide", "/")


def test_what_is_stored_is_shown_as_text_on_every_page(desk: Desk, browser: Browser) -> None:
    everything = " ".join(ATTACKS)
    reference = ATTACKS[1][:100]
    machine, ann = desk.machine("scorer", ATTACKS[0][:100]), desk.machine("reviewer", ATTACKS[1][:100])
    supervisor = desk.machine("supervisor", ATTACKS[2])
    machine.put(f"/v1/incidents/{quoted(reference)}", json={"text": CALM + everything}).raise_for_status()
    ann.post(f"/v1/incidents/{quoted(reference)}/open").raise_for_status()
    decision = {"version": 1, "outcome": "other", "why": everything}
    ann.post(f"/v1/incidents/{quoted(reference)}/decision", json=decision).raise_for_status()
    supervisor.post(f"/v1/incidents/{quoted(reference)}/reopen", json={"why": everything}).raise_for_status()
    heard: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("dialog", lambda dialog: (heard.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: heard.append(message.text))
        page.goto(f"{desk.address}/?token={desk.token('administrator', ATTACKS[3])}")
        shown = 0
        for place in PAGES:
            answer = page.goto(desk.address + place + (quoted(reference) if place.endswith("=") else ""))
            assert answer is not None
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert page.title() != "hit"
            assert page.locator("iframe, svg[onload], img[onerror], img[src=x]").count() == 0
            shown += "document.title='hit'" in page.inner_text("body")
        page.goto(f"{desk.address}/")
        page.fill("#text", CALM + everything)
        with page.expect_navigation():
            page.get_by_role("button", name="Score this narrative").click()
        assert page.input_value("#text").strip() == (CALM + everything).strip()
        assert page.title() != "hit" and "49" not in page.inner_text("#decision")
    assert shown >= 4
    assert [said for said in heard if "404" not in said] == []


def quoted(reference: str) -> str:
    from urllib.parse import quote

    return quote(reference, safe="")
