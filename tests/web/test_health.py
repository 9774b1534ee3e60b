"""`/-/healthy` and `/-/ready`: alive at once, ready when the pages can be believed."""

from tests.web.conftest import Client, Get, Site


async def test_healthy_means_that_it_answers(get: Get) -> None:
    assert await get("/-/healthy") == "healthy\n"


async def test_ready_when_nothing_is_missing(get: Get) -> None:
    assert await get("/-/ready") == "ready\n"


async def test_not_ready_says_all_that_is_missing(client: Client, site: Site) -> None:
    site.missing = ["no live book of okx", "no live book of binance/spot"]
    async with client.get("/-/ready") as response:
        assert response.status == 503
        text = await response.text()
    assert text == "not ready: no live book of okx; no live book of binance/spot\n"
    async with client.get("/-/healthy") as response:
        assert response.status == 200


async def test_it_becomes_ready_and_unready_again(client: Client, site: Site) -> None:
    seen = []
    for missing in (["a book"], [], ["a book"]):
        site.missing = missing
        async with client.get("/-/ready") as response:
            seen.append(response.status)
    assert seen == [503, 200, 503]
