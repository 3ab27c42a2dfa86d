/** A tenant's rules: their words, as a form holds them, and the change that they become. */
import type { PullWindow, Tenant, TenantChange, TenantUsage } from '@/api/types'
import { parseNames } from '@/tasks/imageList'

/** The limits that are numbers; `null` where the tenant has none of its own. */
export type LimitName =
  | 'max_running_tasks'
  | 'max_nodes_at_once'
  | 'max_pairs_per_day'
  | 'max_api_keys'
  | 'max_webhooks'
  | 'max_schedules'
  | 'min_interval_seconds'

interface LimitWords {
  label: string
  hint: string
  /** What the usage calls it, where it is counted there. */
  usage?: keyof TenantUsage
  min: number
  /** What holds where the field is empty. */
  unset: string
}

export const limits: Record<LimitName, LimitWords> = {
  max_running_tasks: {
    label: 'Tasks at once',
    hint: 'that are not over',
    usage: 'running_tasks',
    min: 0,
    unset: 'no limit',
  },
  max_nodes_at_once: {
    label: 'Nodes at once',
    hint: 'that are pulled on',
    usage: 'nodes_at_once',
    min: 1,
    unset: 'as the settings say',
  },
  max_pairs_per_day: {
    label: 'Targets a day',
    hint: 'images × nodes asked for since midnight, UTC',
    usage: 'pairs_today',
    min: 0,
    unset: 'no limit',
  },
  max_api_keys: { label: 'API keys', hint: 'that are good at once', usage: 'api_keys', min: 0, unset: '50' },
  max_webhooks: { label: 'Webhooks', hint: 'places that are told', usage: 'webhooks', min: 0, unset: '20' },
  max_schedules: { label: 'Schedules', hint: 'that it may have', usage: 'schedules', min: 0, unset: '50' },
  min_interval_seconds: {
    label: 'Between two runs',
    hint: 'of a schedule, seconds at least',
    min: 0,
    unset: '60',
  },
}

export const limitNames = Object.keys(limits) as LimitName[]
/** Those whose use is counted. */
export const meters = limitNames.flatMap((name) => {
  const { label, hint, usage } = limits[name]
  return usage ? [{ name, label, hint, usage }] : []
})
/** What every tenant may have as many of. */
export const fixedMeters: { label: string; hint: string; usage: keyof TenantUsage }[] = [
  { label: 'Policies', hint: 'that keep images warm', usage: 'policies' },
  { label: 'Registry hooks', hint: 'where registries tell of pushes', usage: 'registry_hooks' },
]
/** The others: how many or how much is all that there is to say. */
export const plainLimits = limitNames.filter((name) => !limits[name].usage)

/** A list that allows: without one everything is allowed, with an empty one nothing is. */
export interface AllowRule {
  only: boolean
  text: string
}

export interface RulesDraft {
  name: string
  max_priority: number | null
  limits: Record<LimitName, number | null>
  node_pool: string
  allowed_images: AllowRule
  denied_images: string
  pull_secrets: AllowRule
  namespaces: string
  windows: PullWindow[]
}

export function draftOf(tenant: Tenant): RulesDraft {
  const own = Object.fromEntries(limitNames.map((name) => [name, tenant[name]])) as RulesDraft['limits']
  return {
    name: tenant.name,
    max_priority: tenant.max_priority,
    limits: own,
    node_pool: tenant.node_pool,
    allowed_images: allowRule(tenant.allowed_images),
    denied_images: tenant.denied_images?.join('\n') ?? '',
    pull_secrets: allowRule(tenant.pull_secrets),
    namespaces: tenant.followed_namespaces?.join('\n') ?? '',
    windows: tenant.pull_windows?.map((window) => ({ ...window })) ?? [],
  }
}

export function changeOf(draft: RulesDraft): TenantChange {
  const denied = parseNames(draft.denied_images)
  const namespaces = parseNames(draft.namespaces)
  return {
    name: draft.name.trim(),
    max_priority: draft.max_priority ?? 10,
    ...draft.limits,
    node_pool: draft.node_pool.trim(),
    allowed_images: allowed(draft.allowed_images),
    denied_images: denied.length ? denied : null,
    pull_secrets: allowed(draft.pull_secrets),
    followed_namespaces: namespaces.length ? namespaces : null,
    pull_windows: draft.windows.length ? draft.windows : null,
  }
}

function allowRule(list: string[] | null): AllowRule {
  return { only: list !== null, text: list?.join('\n') ?? '' }
}

function allowed({ only, text }: AllowRule): string[] | null {
  return only ? parseNames(text) : null
}
