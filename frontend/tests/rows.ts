/** People, tasks, results and nodes as the API gives them, with something sensible in every field. */
import { ApiError } from '../src/api/problem'
import type {
  Me,
  Node,
  NodeResult,
  Preview,
  PreviewImage,
  ReasonGroup,
  Settings,
  SettingValues,
  Task,
  TaskDetail,
} from '../src/api/types'

type Roles = Me['memberships'][number]

/** What each role gives, as accounts/permissions.yaml has it. */
const sees: Roles['may'] = ['policies.read', 'schedules.read']
const viewer: Roles['may'] = ['tasks.read', 'image-lists.read', 'nodes.read', 'tenants.read', 'keys.make', ...sees]
const tells: Roles['may'] = ['registry-hooks.read', 'webhooks.read', 'deliveries.read', 'deliveries.redeliver']
const keeps: Roles['may'] = ['badges.make', 'policies.manage', 'schedules.write']
const operator: Roles['may'] = [...viewer, 'tasks.operate', 'image-lists.write', ...tells, ...keeps]
const manages: Roles['may'] = ['audit.read', 'registry-hooks.manage', 'webhooks.manage', 'schedules.pause-all']
const admin: Roles['may'] = [...operator, 'members.read', 'members.manage', ...manages]
const gives: Record<Roles['role'], Roles['may']> = { viewer, operator, admin }

export function person(username: string, role: Roles['role'], ...tenants: string[]): Me {
  return {
    id: `id-${username}`,
    username,
    is_platform_admin: false,
    may: [],
    memberships: ['default', ...tenants].map((tenant) => ({ tenant, role, may: gives[role] })),
    installation: { simulated: true, cluster: 'simulated', kubernetes_version: 'v1.36.0', version: '0.1.0' },
    intake: openIntake(),
  }
}

export function platformAdmin(): Me {
  const everywhere: Roles['may'] = ['settings.manage', 'tasks.urgent', 'tenants.manage', 'users.manage']
  const may: Roles['may'] = [...admin, ...everywhere, 'webhooks.everywhere']
  return { ...person('root', 'viewer'), is_platform_admin: true, may }
}

export function openIntake(): Me['intake'] {
  const nobody = { by: '', reason: '' }
  return { waits_for: '', since: null, opens_at: null, ...nobody, running_pull_jobs: 0, unfinished_tasks: 0 }
}

export function newSettings(given: Partial<SettingValues> = {}): Settings {
  const defaults: SettingValues = {
    cap_cluster: 100,
    cap_registry_host: 50,
    cap_registry_hosts: {},
    cap_tenant: 100,
    creates_per_second: 50,
    deletes_per_second: 100,
    intake_paused: false,
    intake_reason: '',
    windows: [],
    time_zone: 'UTC',
    keep_tasks_days: 90,
    keep_audit_days: 365,
    keep_inventory_days: 30,
    pull_windows: [],
    schedules_paused: false,
  }
  return { ...defaults, ...given, defaults, changed: [], intake: openIntake(), limits: [] }
}

let made = 0

export function newTask(): TaskDetail {
  made += 1
  const task: Task = {
    id: `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`,
    tenant: 'default',
    name: '',
    images: ['nginx:1.27'],
    node_selector: '',
    named_nodes: 0,
    all_nodes: true,
    batch_size: 10,
    concurrency: 5,
    parallel_batches: 1,
    priority: 5,
    urgent: false,
    timeout_seconds: 1800,
    timeout_by_estimate: true,
    pull_timeout_seconds: 900,
    max_attempts: 3,
    retry_backoff_seconds: 30,
    pull_policy: 'IfNotPresent',
    pull_secrets: [],
    failure_limit: '',
    first_wave: 0,
    strict_waves: false,
    allow_skipped: false,
    include_cordoned: false,
    puller: 'auto',
    status: 'running',
    reason: '',
    hint: '',
    counts: countOf([]),
    waiting_reason: '',
    waiting_text: '',
    waiting_since: null,
    paused_at: null,
    cancel_requested_at: null,
    created_by: 'olga',
    created_at: '2026-11-24T08:00:00Z',
    started_at: '2026-11-24T08:00:01Z',
    finished_at: null,
    retry_of: null,
    schedule: null,
    trigger: 'request',
    cause: '',
    policy: null,
    change: 0,
    request_id: 'r-1',
  }
  return { ...task, node_names: [], reasons: [], image_counts: [], waiting: null, look_closer: [] }
}

export function newResult(given: Partial<NodeResult> = {}): NodeResult {
  return {
    node: 'node-1',
    status: 'pending',
    reason: '',
    message: '',
    hint: '',
    attempt: 0,
    earlier: [],
    batch: 1,
    not_before: null,
    started_at: null,
    finished_at: null,
    seconds: null,
    images: [],
    change: 0,
    ...given,
  }
}

export function newGroup(given: Partial<ReasonGroup> = {}): ReasonGroup {
  const said = { hint: 'Do something about it.', message: '' }
  return { reason: 'image_not_found', ...said, nodes: 1, images: [], examples: [], look_closer: [], ...given }
}

export function newPreview(given: Partial<Preview> = {}): Preview {
  return {
    matched: 12,
    total: 12,
    skipped: [],
    nodes: [],
    images: [newPreviewImage()],
    warm: { nodes: 0, unknown: 0 },
    batches: 1,
    waves: { batches: 1, first_wave: 0, nodes_at_once: 5 },
    estimate: { seconds: 30, nodes_at_once: 5, measured_images: 0, bytes: null },
    timeout_seconds: 1800,
    waits: [],
    warnings: [],
    ...given,
  }
}

export function newPreviewImage(given: Partial<PreviewImage> = {}): PreviewImage {
  const told = { reason: null, message: '', platforms: ['linux/amd64'], checked_at: '2026-11-24T08:00:00Z' }
  return { image: 'nginx:1.27', registry: 'found', ...told, bytes: 58_000_000, ...given }
}

export function newNode(given: Partial<Node> = {}): Node {
  return {
    name: 'node-1',
    ready: true,
    unschedulable: false,
    os: 'linux',
    arch: 'amd64',
    labels: {},
    taints: [],
    images: 12,
    runtime: 'containerd://2.1.4',
    kubelet_version: 'v1.36.0',
    seen_at: '2026-11-24T08:00:00Z',
    ...given,
  }
}

export function countOf(rows: NodeResult[]): Task['counts'] {
  const of = (status: NodeResult['status']) => rows.filter((row) => row.status === status).length
  return {
    desired: rows.length,
    pending: of('pending'),
    active: of('pulling'),
    succeeded: of('succeeded'),
    failed: of('failed'),
    skipped: of('skipped'),
    cancelled: of('cancelled'),
  }
}

/** The API finds something wrong at each of these pointers, such as `images/1`. */
export const refusal = (...pointers: string[]) =>
  new ApiError(
    422,
    'invalid',
    'Some fields are not right.',
    'r-1',
    pointers.map((pointer) => ({ path: pointer.split('/'), code: 'invalid', detail: `wrong: ${pointer}` })),
  )
