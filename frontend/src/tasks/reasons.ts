/** Words for the API's reason codes. A code that is not here (a newer server) is shown as readable text. */

const reasons: Record<string, string> = {
  image_not_found: 'Image not found',
  unauthorized: 'Registry refused the credentials',
  invalid_reference: 'Not a valid image name',
  wrong_platform: 'No image for this platform',
  not_an_image: 'Not a container image',
  image_damaged: 'Image content damaged',
  signature_refused: 'Signature refused',
  never_pulled: 'Pull policy changed to Never',
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
  outside_pool: 'Not in the node pool',
  no_nodes: 'No node matched',
  too_big: 'More than one task may have',
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
  first_wave_failed: 'First wave failed',
  task_timeout: 'Out of time',
  pull_failed: 'Pull failed',
  digest_moved: 'Tag moved during the task',
  cancelled: 'Cancelled',
}

export function reasonLabel(code: string): string {
  return reasons[code] ?? readable(code)
}

function readable(code: string): string {
  const words = code.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
