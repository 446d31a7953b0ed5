"""Identifies and reads rigs by their addresses with pyasic and prints what it saw as JSON, one object per address."""

import asyncio
import json
import sys

from pyasic import get_miner


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


async def read(address):
    miner = await get_miner(address)
    if miner is None:
        return {"address": address, "found": False}
    data = await miner.get_data()
    return {
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
        "boards": [
            {
                "hashrateHs": hashes_per_second(board.hashrate),
                "chips": board.chips,
                "boardC": number(board.temp),
                "chipC": number(board.chip_temp),
            }
            for board in data.hashboards
        ],
        "fans": [fan.speed for fan in data.fans],
        "powerW": number(data.wattage),
        "pools": [
            {"url": text(pool.url), "user": pool.user, "accepted": pool.accepted, "rejected": pool.rejected}
            for pool in data.pools
        ],
        "isMining": data.is_mining,
        "uptimeS": data.uptime,
        "locating": data.fault_light,
        "errors": [error.as_dict() if hasattr(error, "as_dict") else str(error) for error in data.errors],
    }


async def main(addresses):
    for address in addresses:
        try:
            seen = await read(address)
        except Exception as error:  # what pyasic makes of a rig is the result, whatever it is
            seen = {"address": address, "found": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(seen), flush=True)


asyncio.run(main(sys.argv[1:]))
