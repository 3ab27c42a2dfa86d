/** Registry hooks and what arrived at them, as the API gives them. */
import type { Arrival, HookRule, RegistryHook } from '../src/api/types'

let made = 0

function id(): string {
  made += 1
  return `00000000-0000-4000-c000-${String(made).padStart(12, '0')}`
}

export function newRule(given: Partial<HookRule> = {}): HookRule {
  return {
    id: id(),
    name: '',
    repositories: 'team/**',
    tags: '*',
    task: { all_nodes: true },
    debounce_seconds: 30,
    pin: false,
    enabled: true,
    ...given,
  }
}

export function newHook(given: Partial<RegistryHook> = {}): RegistryHook {
  return {
    id: id(),
    tenant: 'default',
    name: 'our registry',
    kind: 'distribution',
    registry: '',
    enabled: true,
    rules: [],
    old_token_until: null,
    old_secret_until: null,
    created_by: 'ada',
    created_at: '2026-11-24T08:00:00Z',
    changed_at: '2026-11-24T08:00:00Z',
    ...given,
  }
}

export function newArrival(given: Partial<Arrival> = {}): Arrival {
  made += 1
  return {
    id: made,
    at: '2026-11-24T08:00:00Z',
    last_at: '2026-11-24T08:00:00Z',
    times: 1,
    outcome: 'accepted',
    reason: '',
    message: '',
    image: 'registry.example.com/team/app:1.4',
    digest: 'sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf',
    address: '192.0.2.7',
    request_id: 'r-1',
    gatherings: [],
    ...given,
  }
}
