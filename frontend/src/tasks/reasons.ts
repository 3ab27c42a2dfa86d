/** Words for the API's reason codes. A code that is not here (a newer server) is shown as readable text. */

const reasons: Record<string, string> = {
  image_not_found: 'Image not found',
  unauthorized: 'Registry refused the credentials',
  invalid_reference: 'Not a valid image name',
  wrong_platform: 'No image for this platform',
  registry_unreachable: 'Registry unreachable',
  tls_error: 'TLS error at the registry',
  rate_limited: 'Rate limited by the registry',
  disk_full: 'Disk full',
  no_room: 'No room on the node',
  node_unready: 'Node not ready',
  node_cordoned: 'Node cordoned',
  node_gone: 'Node gone',
  node_leaving: 'Node about to be removed',
  wrong_os: 'Not a Linux node',
  no_disk_headroom: 'Not enough disk left',
  no_nodes: 'No node matched',
  evicted: 'Evicted',
  unschedulable: 'Could not be scheduled',
  quota_denied: 'Denied by a quota',
  forbidden: 'Forbidden by the cluster',
  rejected: 'Called invalid by the cluster',
  deadline_exceeded: 'Took too long',
  deleted_externally: 'Deleted by someone else',
  name_conflict: 'Name taken by something else',
  helper_image_failed: 'Helper image failed',
  worker_lost: 'Worker lost',
  failure_limit: 'Failure limit reached',
  task_timeout: 'Out of time',
  pull_failed: 'Pull failed',
  digest_moved: 'Tag moved during the task',
  cancelled: 'Cancelled',
}

/** Limits are named by what they limit: `cluster`, `host:registry.example.com`, `tenant:default`, `rate:creates`. */
const waits: Record<string, (what: string) => string> = {
  cluster: () => 'room: as many pulls run as the cluster may have at once',
  host: (host) => `room: as many pulls from ${host} run as may at once`,
  tenant: () => 'room: as many pulls run as the team may have at once',
  rate: () => 'the limit of writes per second to the cluster',
  node_busy: () => 'nodes that are busy with another task',
  node_view_stale: () => 'news of the nodes: the last is older than a minute',
  cluster_unreachable: () => 'the cluster’s API server to answer',
  cluster_refuses: () => 'rights in the cluster: its API server refuses what IPS asks',
  window: () => 'its time window to open',
}

/** What passes by itself within a moment, or is said elsewhere on the page. */
const quietWaits = new Set(['', 'paused', 'own_limit', 'lease_lost', 'changed'])

export function reasonLabel(code: string): string {
  return reasons[code] ?? readable(code)
}

/** Ends the sentence "Waiting for …"; empty when there is nothing worth saying. */
export function waitLabel(code: string): string {
  if (quietWaits.has(code)) return ''
  const [kind = '', ...what] = code.split(':')
  return waits[kind]?.(what.join(':')) ?? readable(code).toLowerCase()
}

function readable(code: string): string {
  const words = code.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
