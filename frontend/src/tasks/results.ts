/** Choosing and ordering the node results that a table shows. */
import type { NodeResult, NodeStatus, TaskDetail } from '@/api/types'

import { nodeStatus, type Tone } from './status'

export interface ResultFilter {
  status: NodeStatus | ''
  reason: string
  batch: number | null
  search: string
}

/** Those that match, what needs a person first: failed, then pulling, … and by name within each. */
export function pick(results: Iterable<NodeResult>, filter: ResultFilter): NodeResult[] {
  const wanted = filter.search.trim().toLowerCase()
  return [...results]
    .filter((row) => !filter.status || row.status === filter.status)
    .filter((row) => !filter.reason || hasReason(row, filter.reason))
    .filter((row) => filter.batch === null || row.batch === filter.batch)
    .filter((row) => !wanted || mentions(row, wanted))
    .sort((a, b) => nodeStatus[a.status].urgency - nodeStatus[b.status].urgency || byName(a.node, b.node))
}

/** The reason of the node, or of one of its images. */
export function hasReason(row: NodeResult, reason: string): boolean {
  return row.reason === reason || row.images.some((image) => image.reason === reason)
}

function mentions(row: NodeResult, text: string): boolean {
  return row.node.toLowerCase().includes(text) || row.message.toLowerCase().includes(text)
}

// One collator: `localeCompare` builds its own on every call, which 5,000 rows a second would feel.
const collator = new Intl.Collator('en', { numeric: true })
const byName = (a: string, b: string) => collator.compare(a, b)

/** How each reason looks: as the most urgent node that has it (failed before skipped before one still to be tried). */
export function reasonTones(results: Iterable<NodeResult>): Map<string, Tone> {
  const worst = new Map<string, NodeStatus>()
  for (const { reason, status, images } of results) {
    for (const each of new Set([reason, ...images.map((image) => image.reason)])) {
      const known = worst.get(each)
      if (each && (!known || nodeStatus[status].urgency < nodeStatus[known].urgency)) worst.set(each, status)
    }
  }
  return new Map([...worst].map(([reason, status]) => [reason, nodeStatus[status].tone]))
}

/** Bytes of all images that said theirs, or null when none did. */
export function totalBytes(row: NodeResult): number | null {
  const sizes = row.images.map((image) => image.bytes).filter((size) => size !== null)
  return sizes.length ? sizes.reduce((sum, size) => sum + size, 0) : null
}

/** Lines of kubectl that help with this node: those of its reasons, and of its pull job while there is one. */
export function commandsFor(task: Pick<TaskDetail, 'reasons' | 'look_closer'>, row: NodeResult): string[] {
  const own = task.reasons.filter((group) => hasReason(row, group.reason)).flatMap((group) => group.look_closer)
  const live = row.status === 'pulling' ? task.look_closer : []
  const lines = new Set([...live, ...own, 'kubectl describe node {node}'])
  return [...lines].map((line) => line.replaceAll('{node}', row.node))
}
