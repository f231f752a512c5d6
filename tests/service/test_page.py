"""The page as HTML: the way in, the form, the answer, and what goes wrong."""

import re
from collections.abc import Callable
from html import unescape
from importlib.resources import files
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.settings import Settings

TEXT = "Sister talking to the walls again, no weapons seen. OD in March."


def test_the_token_is_swapped_for_a_cookie_at_once(stranger: httpx.Client, token: str) -> None:
    response = stranger.get("/", params={"token": token})
    assert response.status_code == 303
    assert response.headers["location"] == "/"
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    assert token not in cookie
    assert stranger.get("/").status_code == 200


def test_behind_tls_the_cookie_is_secure_and_browsers_stay_on_it(
    serve: Callable[[FastAPI], str], scorer: Any, token: str
) -> None:
    address = serve(create_app(Settings(behind_tls=True), scorer, token))
    response = httpx.get(f"{address}/", params={"token": token})
    assert "; Secure" in response.headers["set-cookie"]
    assert response.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=%FF"])
def test_a_stranger_is_told_how_to_get_in(stranger: httpx.Client, query: str) -> None:
    response = stranger.get(f"/{query}")
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert "open the address that it printed" in response.text
    assert "<form" not in response.text
    assert "set-cookie" not in response.headers


def test_a_forged_cookie_opens_nothing(address: str) -> None:
    response = httpx.get(f"{address}/", headers={"Cookie": "signpost-8000=x." + "0" * 64})
    assert response.status_code == 401


def test_a_stranger_cannot_post(stranger: httpx.Client) -> None:
    assert stranger.post("/", data={"text": TEXT}).status_code == 401


@pytest.mark.parametrize("proof", [None, "", "0" * 64])
def test_a_form_from_elsewhere_is_not_scored(page: httpx.Client, proof: str | None) -> None:
    data = {"text": TEXT} if proof is None else {"text": TEXT, "proof": proof}
    response = page.post("/", data=data)
    assert response.status_code == 403
    assert "The form has expired" in response.text
    assert 'class="answer' not in response.text


def test_the_answer_says_everything(page: httpx.Client) -> None:
    response = score(page, TEXT)
    shown = plain(response.text)
    assert response.status_code == 200
    for expected in (
        "Looks like mental-health-only demand: a person confirms before anything happens",
        "Likely enough to be mental health only.",
        "94%",
        "range is 89% to 97%",
        "over 99%",
        "The threshold is provisional.",
        "Model stand-in-1, policy policy-1",
        "Nothing Signpost does closes, delays or downgrades a call.",
        "(reason 1: mental health, present, for)",
        "(reason 2: crime, negated, against)",
        "everything else",
        "\N{MINUS SIGN}3.10",
    ):
        assert expected in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("he has a knife", "The model does not know: a person reads this first"),
        ("lost his keys", "Not flagged: the call goes on as it would without Signpost"),
    ],
)
def test_the_other_decisions_are_said_in_words(page: httpx.Client, text: str, said: str) -> None:
    assert said in plain(score(page, text).text)


def test_a_reader_says_what_it_took_from_each_clause_and_that_it_is_no_sum(
    page: httpx.Client, serve: Callable[[FastAPI], str], reading_scorer: Any, token: str
) -> None:
    assert "reader took" not in score(page, TEXT).text, "a model without one says nothing of it"
    with httpx.Client(base_url=serve(create_app(Settings(), reading_scorer, token)), follow_redirects=True) as other:
        other.get("/", params={"token": token})
        said = score(other, TEXT).text
    assert "What the reader took from each clause" in said
    assert "Changes do not add up" in said
    assert re.search(r"<bdi>Sister talking to the walls again</bdi></th>\s*<td>.*Mental health</td>", said)


def test_marks_show_factor_assertion_and_direction(page: httpx.Client) -> None:
    shown = score(page, TEXT).text
    assert re.search(r'<mark class="crime negated against" title="reason 2: crime, negated, against">', shown)
    assert re.search(r'<mark class="immediate_risk historical against"', shown)


def test_what_is_typed_is_only_ever_text(page: httpx.Client) -> None:
    shown = score(page, '</textarea><script>alert(1)</script> {{ 7*7 }} knife"><b>').text
    assert "<script" not in shown and "<b>" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "{{ 7*7 }}" in shown


def test_nothing_on_the_page_needs_what_the_policy_forbids(page: httpx.Client) -> None:
    shown = score(page, TEXT).text
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|https?://(?!www\.w3\.org)", shown)


def test_line_breaks_and_the_first_one_survive(page: httpx.Client) -> None:
    shown = score(page, "\r\nfirst\r\n\r\nknife").text
    assert 'rows="6"' in shown
    assert re.search(r">\n\nfirst\n\nknife</textarea>", shown)
    assert re.search(r'dir="auto">\nfirst\n\n<mark', shown)


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("", 422, "Enter a narrative"),
        (" \n ", 422, "Enter a narrative"),
        ("a" * 20_001, 422, "The narrative must be 20,000 characters or fewer"),
        ("a" * 250_000, 413, "The body is too large"),
    ],
)
def test_a_problem_is_summed_up_and_linked_to_the_field(page: httpx.Client, text: str, status: int, said: str) -> None:
    response = score(page, text)
    assert response.status_code == status
    assert "There is a problem" in response.text
    assert response.text.count(said) >= 2
    assert response.text.index("<title>Error: ")
    if status == 422:
        assert f'<a href="#text">{said}</a>' in response.text
        assert 'aria-invalid="true"' in response.text


def test_broken_bytes_in_the_form_are_a_problem_with_the_text(page: httpx.Client) -> None:
    response = page.post("/", content=b"text=%FF", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert response.status_code == 422
    assert "not Unicode" in response.text


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", "application/json"])
def test_only_our_own_form_is_read(page: httpx.Client, kind: str) -> None:
    assert page.post("/", content=b"text=a", headers={"Content-Type": kind}).status_code == 415


def test_when_the_model_fails_what_was_pasted_stays(
    serve: Callable[[FastAPI], str], exploding_scorer: Any, token: str
) -> None:
    with httpx.Client(base_url=serve(create_app(Settings(), exploding_scorer, token))) as page:
        page.get("/", params={"token": token})
        response = score(page, TEXT)
    assert response.status_code == 500
    assert "could not score this narrative" in response.text
    assert TEXT in response.text
    assert "ValueError" not in response.text


def test_the_stylesheet_stays_small() -> None:
    sheet = (files("service.pages") / "static" / "signpost.css").read_text()
    assert len(sheet.splitlines()) <= 300
    assert max(map(len, sheet.splitlines())) <= 120


def score(page: httpx.Client, text: str) -> httpx.Response:
    """Fill in the form and send it, as a browser does."""
    found = re.search(r'name="proof" value="([0-9a-f]+)"', page.get("/").text)
    assert found
    return page.post("/", data={"proof": found[1], "text": text})


def plain(html: str) -> str:
    """The words of a page, as a reader gets them."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"</?(?:code|strong|span|p|em)\b[^>]*>|<[^>]+>", "", html)))
