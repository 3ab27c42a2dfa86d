/** Policies as the API gives them. */
import type { MissingImage, MissingNode, Policy, PolicyPreview } from '../src/api/types'

let made = 0

export function newPolicy(given: Partial<Policy> = {}): Policy {
  made += 1
  return {
    id: `00000000-0000-4000-d000-${String(made).padStart(12, '0')}`,
    tenant: 'default',
    name: 'web shop',
    images: ['nginx:1.27'],
    image_lists: [],
    follow: null,
    node_selector: '',
    node_names: [],
    all_nodes: true,
    settle_seconds: 30,
    recheck_seconds: 300,
    nodes_per_minute: 60,
    priority: 2,
    task: {},
    paused_at: null,
    created_by: 'olga',
    created_at: '2026-11-24T08:00:00Z',
    changed_at: '2026-11-24T08:00:00Z',
    state: 'covered',
    state_since: '2026-11-24T08:00:00Z',
    problem: '',
    waits_for: '',
    coverage: { percent: 100, nodes: 3, pairs: 3, warm: 3, missing: 0, unknown: 0 },
    checked_at: '2026-11-24T08:00:00Z',
    next_check_at: '2099-11-24T08:05:00Z',
    ...given,
  }
}

export function newMissing(given: Partial<MissingNode> = {}): MissingNode {
  const image: MissingImage = {
    ...{ image: 'nginx:1.27', state: 'missing', kind: 'lost', reason: 'disk_full', hint: 'Make room.' },
    ...{ since: '2026-11-24T08:00:00Z', tries: 3, again_at: '2099-11-24T08:00:00Z', task: null },
  }
  const node = { node: 'node-7', since: '2026-11-24T07:00:00Z', blocked: null, hint: null }
  return { ...node, images: [image], ...given }
}

export function newCover(given: Partial<PolicyPreview> = {}): PolicyPreview {
  return {
    coverage: { percent: 66.6, nodes: 3, pairs: 3, warm: 2, missing: 1, unknown: 0 },
    images: [{ image: 'nginx:1.27', nodes: 3, warm: 2, missing: 1, unknown: 0 }],
    blocked: [],
    workloads: 0,
    problems: [],
    ...given,
  }
}
