"""Tells rigs something with pyasic, one task after another, and prints what came of it: one JSON object a task.

Each argument is a JSON object: the address, what is to be done (light, pools, reboot), and for pools where to."""

import asyncio
import json
import sys
import warnings

from pyasic import get_miner
from pyasic.config.pools import Pool, PoolConfig, PoolGroup

LIMIT_S = 20


async def tell(task):
    miner = await get_miner(task["address"])
    if miner is None:
        return "not found"
    if task["does"] == "light":
        return await miner.fault_light_on()
    if task["does"] == "reboot":
        return await miner.reboot()
    config = await miner.get_config()
    pool = Pool(url=task["url"], user=task["user"], password="x")
    config.pools = PoolConfig(groups=[PoolGroup(pools=[pool])])
    return await miner.send_config(config)


async def main(tasks):
    for task in tasks:
        try:
            said = await asyncio.wait_for(tell(task), LIMIT_S)
        except Exception as error:  # as with readings, it is the result
            said = f"{type(error).__name__}: {error}"
        print(json.dumps({"address": task["address"], "does": task["does"], "said": said}), flush=True)


warnings.simplefilter("ignore")
asyncio.run(main([json.loads(task) for task in sys.argv[1:]]))
