"""That the benches run. What they measure is for people to read: nothing here looks at a time."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import growth
from tests.bench.load import send
from tests.bench.measurement import Spread, in_turns, markdown, ratios


def test_growth_prints_its_tables(small_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert growth.main(["--quick", "--models", str(small_model)]) == 0
    printed = capsys.readouterr().out
    assert "| narratives joined |" in printed
    assert "| × 10 | 5" in printed


def test_a_larger_lexicon_holds_so_many_times_the_phrases(tmp_path: Path) -> None:
    def phrases(folder: Path) -> int:
        return sum(len(kind.phrases) for kind in growth.load_kinds(folder).values())

    once, thrice = phrases(growth.enlarged(1, tmp_path / "1")), phrases(growth.enlarged(3, tmp_path / "3"))
    assert thrice == 3 * once


@pytest.mark.parametrize("name", sorted(growth.kinds()))
def test_a_text_to_grow_with_is_as_long_as_it_is_asked_for(name: str) -> None:
    text = growth.kinds()[name](growth.random.Random(1), 500)
    assert len(text) >= 500


def test_the_client_counts_what_is_answered_and_what_is_refused() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = 0
        while await reader.read(1000):
            status = b"200 OK" if number % 2 else b"503 No"
            writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\n\r\n")
            writer.write(b"{}")  # as servers do: the body by itself
            number += 1
        answered.append(number)

    async def run() -> tuple[int, int]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        found = await send([address], 2, 0.2, [b"POST / HTTP/1.1\r\n\r\n"])
        server.close()
        return found.number, found.refused

    answered: list[int] = []
    number, refused = asyncio.run(run())
    assert number == sum(answered) > 0
    assert refused == sum((n + 1) // 2 for n in answered)


def test_ways_take_turns() -> None:
    order: list[str] = []

    def way(name: str) -> Callable[[], int]:
        return lambda: order.append(name) or len(order)

    assert in_turns({"a": way("a"), "b": way("b")}, 2) == {"a": [1, 3], "b": [2, 4]}
    assert order == ["a", "b", "a", "b"]


def test_a_spread_is_a_median_between_the_least_and_the_most() -> None:
    assert Spread.of([3.0, 1.0, 8.0]).shown(".1f") == "3.0 (1.0 to 8.0)"
    assert ratios([2.0, 9.0, 4.0], [1.0, 3.0, 4.0]) == Spread(2.0, 1.0, 3.0)


def test_a_table_is_markdown() -> None:
    assert markdown(["a", "b"], [[1, json.dumps("x")]]) == '| a | b |\n| --- | --- |\n| 1 | "x" |'
