"""`python -m tests.fleet --kubeconfig FILE --nodes N`"""

from __future__ import annotations

import asyncio

from tests.fleet.fleet import run
from tests.fleet.options import parse

asyncio.run(run(parse()))
