"""Identifies and reads rigs by their addresses with pyasic, a few at once, and prints what it saw: one JSON object a rig."""

import asyncio
import json
import re
import sys
import warnings

from pyasic import get_miner
from pyasic.errors import APIError

AT_ONCE = 4
LIMIT_S = 40


def number(value):
    """A plain number of whatever pyasic wraps a figure in; None where there is none."""
    if value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def text(value):
    return None if value is None else str(value)


def hashes_per_second(rate):
    """pyasic's rates carry their unit."""
    if rate is None:
        return None
    unit = getattr(rate, "unit", None)
    value = number(getattr(rate, "rate", rate))
    return None if value is None else value * number(getattr(unit, "value", unit) or 1)


def pool_url(url):
    """pyasic's own text of it leaves nothing out but its key."""
    if url is None:
        return None
    key = f"/{url.pubkey}" if getattr(url, "pubkey", None) else ""
    return f"{getattr(url.scheme, 'value', url.scheme)}://{url.host}:{url.port}{key}"


async def gather(miner):
    """One field that pyasic fails over costs it all of them: those are left out, and told."""
    lacking = []
    while True:
        try:
            return await miner.get_data(exclude=lacking), lacking
        except APIError as error:
            failed = re.match(r"Failed to call (\w+) on ", str(error))
            if failed is None or failed[1] in lacking:
                raise
            lacking.append(failed[1])


async def read(address):
    miner = await get_miner(address)
    if miner is None:
        return {"address": address, "found": False}
    data, lacking = await gather(miner)
    return {
        "lacking": lacking,
        "address": address,
        "found": True,
        "kind": type(miner).__name__,
        "make": text(data.make),
        "model": text(data.model),
        "firmware": text(data.firmware),
        "firmwareVersion": text(data.fw_ver),
        "mac": text(data.mac),
        "hostname": text(data.hostname),
        "hashrateHs": hashes_per_second(data.hashrate),
        "expectedHs": hashes_per_second(data.expected_hashrate),
        "boards": [
            {
                "hashrateHs": hashes_per_second(board.hashrate),
                "chips": board.chips,
                "boardC": number(board.temp),
                "chipC": number(board.chip_temp),
                "missing": board.missing,
            }
            for board in data.hashboards
        ],
        "fans": [fan.speed for fan in data.fans],
        "powerW": number(data.wattage),
        "pools": [
            {
                "url": pool_url(pool.url),
                "user": pool.user,
                "active": pool.active,
                "alive": pool.alive,
                "accepted": pool.accepted,
                "rejected": pool.rejected,
            }
            for pool in data.pools
        ],
        "isMining": data.is_mining,
        "uptimeS": data.uptime,
        "locating": data.fault_light,
        "errors": [error.as_dict() if hasattr(error, "as_dict") else str(error) for error in data.errors],
    }


async def main(addresses):
    slots = asyncio.Semaphore(AT_ONCE)

    async def answer(address):
        async with slots:
            try:
                seen = await asyncio.wait_for(read(address), LIMIT_S)
            except Exception as error:  # what pyasic makes of a rig is the result, whatever it is
                seen = {"address": address, "found": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(seen), flush=True)

    await asyncio.gather(*(answer(address) for address in addresses))


warnings.simplefilter("ignore")
asyncio.run(main(sys.argv[1:]))
