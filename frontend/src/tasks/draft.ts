/** A task that is still being written, and the request that it becomes. */
import type { TaskDetail, TaskRequest } from '@/api/types'

import { parseImages, parseNames } from './imageList'

export type Target = 'all' | 'selector' | 'names'

/** Which nodes: only what `target` says counts. */
export interface Aim {
  target: Target
  selector: string
  names: string
}

export interface Draft extends Aim {
  tenant: string
  name: string
  images: string
  /** Ids of lists of the image library. */
  lists: string[]
  limits: Limits
}

/** What "Limits" in the form holds. An empty number or text is not sent: the server's own default applies. */
export interface Limits {
  batch_size: number
  concurrency: number
  parallel_batches: number
  priority: number
  timeout_seconds?: number
  pull_timeout_seconds?: number
  max_attempts: number
  retry_backoff_seconds: number
  first_wave?: number
  failure_limit: string
  pull_secrets: string
  pull_policy: 'IfNotPresent' | 'Always'
  puller: 'auto' | 'job' | 'pod'
  include_cordoned: boolean
  allow_skipped: boolean
  strict_waves: boolean
}

export const defaultLimits: Readonly<Limits> = {
  batch_size: 10,
  concurrency: 5,
  parallel_batches: 1,
  priority: 5,
  max_attempts: 3,
  retry_backoff_seconds: 30,
  failure_limit: '',
  pull_secrets: '',
  pull_policy: 'IfNotPresent',
  puller: 'auto',
  include_cordoned: false,
  allow_skipped: false,
  strict_waves: false,
}

export function emptyDraft(tenant: string): Draft {
  const images = { images: '', lists: [] }
  return { tenant, name: '', ...images, target: 'selector', selector: '', names: '', limits: { ...defaultLimits } }
}

/** The same again: a draft with everything that this task was asked. */
export function draftFrom(task: TaskDetail): Draft {
  return {
    tenant: task.tenant,
    name: task.name,
    images: task.images.join('\n'),
    lists: [], // their images are among the task's own
    target: task.all_nodes ? 'all' : task.node_selector ? 'selector' : 'names',
    selector: task.node_selector,
    names: task.node_names.join('\n'),
    limits: {
      batch_size: task.batch_size,
      concurrency: task.concurrency,
      parallel_batches: task.parallel_batches,
      priority: task.priority,
      timeout_seconds: task.timeout_by_estimate ? undefined : task.timeout_seconds,
      pull_timeout_seconds: unlessDefault(task.pull_timeout_seconds, 900),
      max_attempts: task.max_attempts,
      retry_backoff_seconds: task.retry_backoff_seconds,
      first_wave: task.first_wave || undefined,
      failure_limit: task.failure_limit,
      pull_secrets: task.pull_secrets.join(', '),
      pull_policy: task.pull_policy,
      puller: task.puller,
      include_cordoned: task.include_cordoned,
      allow_skipped: task.allow_skipped,
      strict_waves: task.strict_waves,
    },
  }
}

/** A request that is kept, such as a schedule's, as a draft again. */
export function draftOf(request: TaskRequest, tenant: string): Draft {
  const { failure_limit = '', pull_secrets = [], ...asked } = request
  const given = Object.entries(asked).filter(([name]) => name in defaultLimits || name.endsWith('seconds'))
  const own = { failure_limit: String(failure_limit), pull_secrets: pull_secrets.join(', ') }
  const limits = { ...defaultLimits, ...(Object.fromEntries(given) as Partial<Limits>), ...own }
  return {
    tenant,
    name: asked.name ?? '',
    images: (asked.images ?? []).join('\n'),
    lists: asked.image_lists ?? [],
    target: asked.all_nodes ? 'all' : asked.node_names?.length ? 'names' : 'selector',
    selector: asked.node_selector ?? '',
    names: (asked.node_names ?? []).join('\n'),
    limits: {
      ...limits,
      timeout_seconds: asked.timeout_seconds ?? undefined,
      pull_timeout_seconds: unlessDefault(asked.pull_timeout_seconds ?? 900, 900),
      first_wave: asked.first_wave || undefined,
    },
  }
}

/** What a request that is kept asks for besides, for which the form has no field: it stays when that is changed. */
export function besides({ urgent, webhooks }: Besides): Besides {
  return { ...(urgent && { urgent }), ...(webhooks?.length && { webhooks }) }
}

export type Besides = Pick<TaskRequest, 'urgent' | 'webhooks'>

/** A time that is the server's own default was most likely never given: the clone leaves it to the server again. */
function unlessDefault(seconds: number, usual: number): number | undefined {
  return seconds === usual ? undefined : seconds
}

export function toRequest(draft: Draft): TaskRequest {
  const { failure_limit, pull_secrets, ...limits } = draft.limits
  return {
    ...(draft.tenant && { tenant: draft.tenant }),
    ...(draft.name.trim() && { name: draft.name.trim() }),
    images: parseImages(draft.images).entries.map((entry) => entry.image),
    ...(draft.lists.length && { image_lists: draft.lists }),
    ...targetOf(draft),
    ...withoutEmpty(limits),
    ...(failure_limit.trim() && { failure_limit: failure_limit.trim() }),
    ...(pull_secrets.trim() && { pull_secrets: parseNames(pull_secrets) }),
  }
}

/** The one way in which the nodes are named. */
export function targetOf(draft: Aim): Pick<TaskRequest, 'all_nodes' | 'node_selector' | 'node_names'> {
  if (draft.target === 'all') return { all_nodes: true }
  if (draft.target === 'selector') return { node_selector: draft.selector.trim() }
  return { node_names: parseNames(draft.names) }
}

/** A number field that was emptied holds null, whatever its type says. */
function withoutEmpty<Values extends object>(values: Values): Values {
  const filled = Object.entries(values).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(filled) as Values
}
