import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.tables import ID_RULE
from service.bodies import item_of, items_of, parse_object
from service.problems import RequestError


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "body-not-json"),
        (b"{", "body-not-json"),
        (b'{"text": NaN}', "body-not-json"),
        (b'{"text": -Infinity}', "body-not-json"),
        (b'{"text": "a", /* why */ "id": 1}', "body-not-json"),
        (b'{"text": "raw \n break"}', "body-not-json"),
        (b"[" * 100_000, "body-not-json"),
        (b'{"text":' * 100_000, "body-not-json"),
        (b'["\\ud800", ' + b"[" * 100_000, "body-not-json"),
        (b'{"text": "\\ud800", "id": NaN}', "body-not-json"),
        (b'{"text": "\xff"}', "body-not-utf8"),
        (b"\xff\xfe{\x00}\x00", "body-not-utf8"),
        (b"[]", "body-not-object"),
        (b"null", "body-not-object"),
        (b'"text"', "body-not-object"),
    ],
)
def test_what_is_not_a_json_object_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_object(body)
    assert caught.value.code == code


def test_the_refusal_says_where_and_quotes_nothing() -> None:
    with pytest.raises(RequestError) as caught:
        parse_object(b'{"text":\n "he has a knife" knife}')
    assert "line 2, column 19" in caught.value.detail
    assert "knife" not in caught.value.detail


def test_half_a_character_costs_its_own_item_only() -> None:
    parsed = parse_object(b'{"items": [{"text": "\\ud800"}, {"text": "sound"}]}')
    assert [item_of(item).text for item in items_of(parsed)] == ["\ud800", "sound"]


@pytest.mark.parametrize(
    "identity", [None, "", "a", "é", "\x00", 0, -1, 1.5, 2**64 - 1, -(2**63), 1e-9, 2.0, 1e15, 2.0**53 - 1]
)
def test_an_id_comes_back_exactly_as_it_was_sent(identity: object) -> None:
    sent = orjson.dumps({"text": "x", "id": identity})
    assert orjson.loads(orjson.dumps(item_of(parse_object(sent)).id)) == identity


@pytest.mark.parametrize("identity", [True, False, [], {}, ["a"], "\udc00", math.inf, math.nan, 2**64, 2.0**53, 1e22])
def test_an_id_that_could_not_come_back_is_refused(identity: object) -> None:
    with pytest.raises(RequestError) as caught:
        item_of({"text": "x", "id": identity})
    assert (caught.value.code, caught.value.field) == ("id-invalid", "id")


@pytest.mark.parametrize("number", [b"18446744073709551616", b"123456789012345678901234", b"9007199254740992.0"])
def test_a_number_that_would_be_rounded_is_refused_by_the_one_rule(number: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        item_of(parse_object(b'{"text": "x", "id": %s}' % number))
    assert caught.value.detail == ID_RULE
    assert "64 bits" in ID_RULE and "2^53" in ID_RULE and "as a string" in ID_RULE


@pytest.mark.parametrize("value", [None, "text", 1, [], [{"text": "x"}]])
def test_an_item_is_an_object(value: object) -> None:
    with pytest.raises(RequestError) as caught:
        item_of(value)
    assert caught.value.code == "item-not-object"


@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        ({}, "items-missing"),
        ({"items": None}, "items-missing"),
        ({"item": []}, "items-missing"),
        ({"items": {}}, "items-not-a-list"),
        ({"items": "text"}, "items-not-a-list"),
        ({"items": [None] * 1001}, "items-too-many"),
    ],
)
def test_an_envelope_holds_a_list_of_at_most_a_thousand(envelope: dict[str, object], code: str) -> None:
    with pytest.raises(RequestError) as caught:
        items_of(envelope)
    assert (caught.value.code, caught.value.field) == (code, "items")


@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    try:
        assert isinstance(parse_object(body), dict)
    except RequestError as error:
        assert error.code in {"body-not-json", "body-not-utf8", "body-not-object"}
