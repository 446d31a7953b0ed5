"""Scans a subnet with pyasic and prints JSON: seconds to the first rig and to the end, and which rigs it found."""

import asyncio
import json
import sys
import time
import warnings

from pyasic.network import MinerNetwork


async def main(subnet):
    network = MinerNetwork.from_subnet(subnet)
    started = time.monotonic()
    first = None
    rigs = []
    async for miner in network.scan_network_generator():
        if miner is None:
            continue
        first = first or time.monotonic() - started
        rigs.append({"address": str(miner.ip), "make": miner.make, "model": miner.raw_model})
    print(json.dumps({"firstS": first, "allS": time.monotonic() - started, "rigs": rigs}), flush=True)


warnings.simplefilter("ignore")
asyncio.run(main(sys.argv[1]))
