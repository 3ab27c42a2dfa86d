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
  no_nodes: 'No node matched',
  evicted: 'Evicted',
  unschedulable: 'Could not be scheduled',
  quota_denied: 'Denied by a quota',
  forbidden: 'Forbidden by the cluster',
  deadline_exceeded: 'Took too long',
  timed_out: 'Took too long',
  lost: 'Lost sight of it',
  deleted_externally: 'Deleted by someone else',
  name_conflict: 'Name taken by something else',
  helper_image_failed: 'Helper image failed',
  worker_lost: 'Worker lost',
  failure_limit: 'Failure limit reached',
  digest_moved: 'Tag moved during the task',
  cancelled: 'Cancelled',
}

const waits: Record<string, string> = {
  cluster_limit: 'the cluster’s limit of pulls at once',
  registry_limit: 'the registry’s limit of pulls at once',
  tenant_limit: 'your team’s limit of pulls at once',
  node_busy: 'nodes that are busy with another task',
  first_wave: 'the first wave to end well',
  retry_backoff: 'the pause before the next attempt',
  node_view_stale: 'a fresh view of the nodes (the last one is older than a minute)',
  cluster_unreachable: 'the cluster’s API server to answer',
  write_rate: 'the limit of writes per second to the cluster',
  window: 'its time window to open',
  priority: 'tasks of higher priority',
}

export function reasonLabel(code: string): string {
  return reasons[code] ?? readable(code)
}

/** Ends the sentence "Waiting for …". */
export function waitLabel(code: string): string {
  return waits[code] ?? readable(code).toLowerCase()
}

function readable(code: string): string {
  const words = code.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
