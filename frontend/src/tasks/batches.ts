/** A task's batches, as its node results tell them: nobody has to ask for them. */
import type { NodeResult, NodeStatus } from '@/api/types'

import { nodes } from './format'
import { nodeStatus, nodeStatusOrder, type Tone } from './status'

export interface Batch {
  number: number
  nodes: number
  state: 'done' | 'running' | 'to come'
  tone: Tone
  /** `10 nodes: 8 succeeded, 2 failed` */
  text: string
}

/** In the order in which they run. Nodes that were skipped before the start belong to none. */
export function batches(results: Iterable<NodeResult>): Batch[] {
  const counts = new Map<number, Map<NodeStatus, number>>()
  for (const { batch, status } of results) {
    if (batch === null) continue
    const known = counts.get(batch) ?? new Map<NodeStatus, number>()
    known.set(status, (known.get(status) ?? 0) + 1)
    counts.set(batch, known)
  }
  return [...counts].sort(([a], [b]) => a - b).map(([number, statuses]) => batchOf(number, statuses))
}

function batchOf(number: number, statuses: Map<NodeStatus, number>): Batch {
  const total = [...statuses.values()].reduce((sum, count) => sum + count, 0)
  const told = nodeStatusOrder.filter((status) => statuses.has(status))
  const words = told.map((status) => `${statuses.get(status) ?? 0} ${nodeStatus[status].label.toLowerCase()}`)
  const state = stateOf(statuses, total)
  return { number, nodes: total, state, tone: toneOf(state, told), text: `${nodes(total)}: ${words.join(', ')}` }
}

function stateOf(statuses: Map<NodeStatus, number>, total: number): Batch['state'] {
  const pending = statuses.get('pending') ?? 0
  if (pending === total) return 'to come'
  return pending || statuses.has('pulling') ? 'running' : 'done'
}

/** What needs a person outshines what went well; a batch that still runs is busy unless something failed in it. */
function toneOf(state: Batch['state'], statuses: NodeStatus[]): Tone {
  if (statuses.includes('failed')) return 'bad'
  if (state !== 'done') return state === 'running' ? 'busy' : 'quiet'
  const [worst] = [...statuses].sort((a, b) => nodeStatus[a].urgency - nodeStatus[b].urgency)
  return worst ? nodeStatus[worst].tone : 'quiet'
}

/** `10 batches: 3 done, 1 running, 6 to come` */
export function batchesText(all: Batch[]): string {
  const states = ['done', 'running', 'to come'] as const
  const counts = states.map((state) => [state, all.filter((batch) => batch.state === state).length] as const)
  return counts
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ')
}
