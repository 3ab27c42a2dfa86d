import type { Counts, NodeStatus } from '@/api/types'

import { nodeStatus, nodeStatusOrder } from './status'

export interface Segment {
  status: NodeStatus
  nodes: number
  /** Share of the whole bar, 0–100. The shares of all segments add up to 100. */
  percent: number
}

/**
 * The segments of a task's bar, in the legend's order, without the empty ones.
 *
 * The whole is the sum of the counts, so the bar is always full. While a task is not planned there is nothing to
 * count, and nothing to show.
 */
export function segments(counts: Counts): Segment[] {
  const nodesOf = (status: NodeStatus) => counts[nodeStatus[status].counted]
  const total = nodeStatusOrder.reduce((sum, status) => sum + nodesOf(status), 0)
  return nodeStatusOrder
    .filter((status) => nodesOf(status) > 0)
    .map((status) => ({ status, nodes: nodesOf(status), percent: (100 * nodesOf(status)) / total }))
}

/** How many nodes have their final verdict. */
export function settled(counts: Counts): number {
  return counts.succeeded + counts.failed + counts.skipped + counts.cancelled
}

/** Progress in whole percent; 100 only when every node is settled. */
export function progress(counts: Counts): number {
  if (counts.desired === 0) return 0
  return Math.floor((100 * settled(counts)) / counts.desired)
}

/** The bar as one sentence, for those who cannot see it. */
export function barText(counts: Counts): string {
  const parts = segments(counts).map((part) => `${part.nodes} ${nodeStatus[part.status].label.toLowerCase()}`)
  return parts.length ? `${counts.desired} nodes: ${parts.join(', ')}` : 'No nodes yet'
}
