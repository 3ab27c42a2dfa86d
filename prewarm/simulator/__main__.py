"""`python -m prewarm.simulator --nodes 100 --kubeconfig FILE`: a simulated cluster, without loading Django."""

from __future__ import annotations

from prewarm.simulator.options import parse
from prewarm.simulator.serve import serve

serve(parse())
