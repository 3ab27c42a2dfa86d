/** A policy that is being written, and the request that it becomes. */
import type { Policy, PolicyChange, PolicyRequest, PolicyTask, WorkloadKind } from '@/api/types'
import { targetOf, type Aim } from '@/tasks/draft'
import { parseImages, parseNames } from '@/tasks/imageList'

export const workloadKinds: WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job']

export interface PolicyDraft extends Aim {
  tenant: string
  name: string
  images: string
  /** Ids of lists of the image library. */
  lists: string[]
  /** Whether workloads are followed too. */
  follows: boolean
  namespaces: string
  workloads: string
  kinds: WorkloadKind[]
  priority: number | null
  settle_seconds: number | null
  recheck_seconds: number | null
  nodes_per_minute: number | null
  pull_secrets: string
  include_cordoned: boolean
  /** What its tasks are asked for with besides: the form has no field for it, and it stays. */
  task: PolicyTask
}

export const usual = { priority: 2, settle_seconds: 30, recheck_seconds: 300, nodes_per_minute: 60 }

export function emptyDraft(tenant: string): PolicyDraft {
  return {
    tenant,
    name: '',
    images: '',
    lists: [],
    follows: false,
    namespaces: '',
    workloads: '',
    kinds: [...workloadKinds],
    target: 'selector',
    selector: '',
    names: '',
    ...usual,
    pull_secrets: '',
    include_cordoned: false,
    task: {},
  }
}

export function draftOf(policy: Policy): PolicyDraft {
  const { tenant, name, follow, task, priority, settle_seconds, recheck_seconds, nodes_per_minute } = policy
  return {
    ...{ tenant, name, priority, settle_seconds, recheck_seconds, nodes_per_minute, task },
    images: policy.images.join('\n'),
    lists: policy.image_lists,
    follows: follow !== null,
    namespaces: follow?.namespaces.join('\n') ?? '',
    workloads: follow?.selector ?? '',
    kinds: [...(follow?.kinds ?? workloadKinds)],
    target: policy.all_nodes ? 'all' : policy.node_selector ? 'selector' : 'names',
    selector: policy.node_selector,
    names: policy.node_names.join('\n'),
    pull_secrets: task.pull_secrets?.join(', ') ?? '',
    include_cordoned: task.include_cordoned ?? false,
  }
}

/** Its tenant is said once, when it is made. */
export function requestOf(draft: PolicyDraft): PolicyRequest {
  return { ...changeOf(draft), ...(draft.tenant && { tenant: draft.tenant }) }
}

export function changeOf(draft: PolicyDraft): Omit<PolicyRequest, 'tenant'> & PolicyChange {
  const secrets = parseNames(draft.pull_secrets)
  return {
    name: draft.name.trim(),
    images: parseImages(draft.images).entries.map(({ image }) => image),
    image_lists: draft.lists,
    follow: draft.follows ? followOf(draft) : null,
    ...targetOf(draft),
    priority: draft.priority ?? usual.priority,
    settle_seconds: draft.settle_seconds ?? usual.settle_seconds,
    recheck_seconds: draft.recheck_seconds ?? usual.recheck_seconds,
    nodes_per_minute: draft.nodes_per_minute ?? usual.nodes_per_minute,
    task: {
      ...withoutOwn(draft.task),
      ...(secrets.length && { pull_secrets: secrets }),
      ...(draft.include_cordoned && { include_cordoned: true }),
    },
  }
}

function followOf({ namespaces, workloads, kinds }: PolicyDraft) {
  return { namespaces: parseNames(namespaces), selector: workloads.trim(), kinds }
}

/** What the form has fields of its own for is not taken from what was. */
function withoutOwn(task: PolicyTask): PolicyTask {
  const own = ['pull_secrets', 'include_cordoned']
  return Object.fromEntries(Object.entries(task).filter(([field]) => !own.includes(field)))
}
