"""Scans a subnet with pyasic and prints JSON: seconds to the first rig and to the end, and how many it found."""

import asyncio
import json
import sys
import time

from pyasic.network import MinerNetwork


async def main(subnet):
    network = MinerNetwork.from_subnet(subnet)
    started = time.monotonic()
    first = None
    found = 0
    async for miner in network.scan_network_generator():
        if miner is None:
            continue
        found += 1
        first = first or time.monotonic() - started
    print(json.dumps({"firstS": first, "allS": time.monotonic() - started, "found": found}), flush=True)


asyncio.run(main(sys.argv[1]))
