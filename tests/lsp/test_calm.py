"""What waits for calm is done once, when it is, and with what was given last."""

from __future__ import annotations

import asyncio

from offloop.lsp.calm import Calm


def test_the_last_of_many_is_called_once_it_is_calm() -> None:
    async def work() -> list[int]:
        done: list[int] = []
        calm = Calm(0.08)
        for number in range(6):
            calm.call(lambda number=number: done.append(number))  # type: ignore[misc]
            await asyncio.sleep(0.03)
            assert done == []
        await asyncio.sleep(0.15)
        calm.call(lambda: done.append(10))
        await asyncio.sleep(0.15)
        return done

    assert asyncio.run(work()) == [5, 10]
