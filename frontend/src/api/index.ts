/** The API, one method per endpoint: the table of contents of the product. */
import { accounts } from './accounts'
import { byId, etagOf, given } from './answer'
import { http } from './client'
import { inventory } from './inventory'
import { library } from './library'
import { policies } from './policies'
import { registryHooks } from './registryHooks'
import { schedules } from './schedules'
import type {
  AuditEntry,
  AuditOutcome,
  LongPage,
  Me,
  Node,
  Page,
  Preview,
  Settings,
  SettingsRequest,
  Task,
  TaskChanges,
  TaskDetail,
  TaskRequest,
  TaskStatus,
  Trigger,
} from './types'
import { webhooks } from './webhooks'

export interface TaskFilter {
  status?: TaskStatus[]
  trigger?: Trigger[]
  search?: string
  page?: number
  page_size?: number
}

export interface NodeFilter {
  selector?: string
  search?: string
  page?: number
  page_size?: number
}

/** What the audit can be asked for; everything that is given must hold. */
export interface AuditFilter {
  search?: string
  actor?: string
  action?: string[]
  tenant?: string
  outcome?: AuditOutcome[]
  /** Times in ISO 8601; `until` itself is left out. */
  since?: string
  until?: string
}

/** The settings as they were read; `etag` says to the server which reading a change is based on. */
export interface SettingsAnswer {
  settings: Settings
  etag: string
}

/** What changed in a task, or `null` when nothing did (304). */
export interface ChangesAnswer {
  changes: TaskChanges | null
  etag: string
}

export const api = {
  ...accounts,
  ...library,
  ...inventory,
  ...policies,
  ...registryHooks,
  ...schedules,
  ...webhooks,

  /** Start a session; the token stays in a cookie that scripts cannot read. */
  async signIn(username: string, password: string): Promise<Me> {
    const body = { username, password, cookie: true }
    return given(await http.POST('/api/v1/auth/login/', { body })).user
  },

  async signOut(): Promise<void> {
    await http.POST('/api/v1/auth/logout/')
  },

  /** Set the password that a one-time link stands for. */
  async resetPassword(token: string, password: string): Promise<void> {
    await http.POST('/api/v1/auth/reset-password/', { body: { token, new: password } })
  },

  async me(signal?: AbortSignal): Promise<Me> {
    return given(await http.GET('/api/v1/auth/me/', { signal }))
  },

  /** Newest first. */
  async tasks(filter: TaskFilter, signal?: AbortSignal): Promise<Page<Task>> {
    const query = { ordering: '-created_at' as const, ...filter }
    return given(await http.GET('/api/v1/tasks/', { params: { query }, signal })) as Page<Task>
  },

  async task(id: string): Promise<TaskDetail> {
    return given(await http.GET('/api/v1/tasks/{id}/', byId(id))) as TaskDetail
  },

  async createTask(body: TaskRequest): Promise<TaskDetail> {
    return given(await http.POST('/api/v1/tasks/', { body })) as TaskDetail
  },

  /** What a task would do: which nodes, which of them are left out and why. Changes nothing. */
  async previewTask(body: TaskRequest, signal?: AbortSignal): Promise<Preview> {
    return given(await http.POST('/api/v1/tasks/preview/', { body, signal }))
  },

  /** Node results and events newer than `after`, at most 500 nodes; `more` says that there are others. */
  async taskChanges(id: string, after: number, etag: string, signal?: AbortSignal): Promise<ChangesAnswer> {
    const { data, response } = await http.GET('/api/v1/tasks/{id}/changes/', {
      params: { path: { id }, query: { after } },
      headers: etag ? { 'If-None-Match': etag } : {},
      signal,
    })
    const changes = response.status === 304 ? null : (given({ data, response }) as TaskChanges)
    return { changes, etag: response.headers.get('ETag') ?? etag }
  },

  async cancelTask(id: string): Promise<TaskDetail> {
    return given(await http.POST('/api/v1/tasks/{id}/cancel/', byId(id))) as TaskDetail
  },

  async pauseTask(id: string): Promise<TaskDetail> {
    return given(await http.POST('/api/v1/tasks/{id}/pause/', byId(id))) as TaskDetail
  },

  async resumeTask(id: string): Promise<TaskDetail> {
    return given(await http.POST('/api/v1/tasks/{id}/resume/', byId(id))) as TaskDetail
  },

  /** A new task with only the pairs that failed. */
  async retryTask(id: string): Promise<TaskDetail> {
    return given(await http.POST('/api/v1/tasks/{id}/retry/', byId(id))) as TaskDetail
  },

  async nodes(filter: NodeFilter, signal?: AbortSignal): Promise<Page<Node>> {
    return given(await http.GET('/api/v1/nodes/', { params: { query: filter }, signal })) as Page<Node>
  },

  async settings(): Promise<SettingsAnswer> {
    return withEtag(await http.GET('/api/v1/settings/'))
  },

  /** Only what is named changes; refused (412) when somebody else changed something since `etag` was given. */
  async changeSettings(body: SettingsRequest, etag: string): Promise<SettingsAnswer> {
    const params = { header: { 'If-Match': etag } }
    return withEtag(await http.PATCH('/api/v1/settings/', { body, params }))
  },

  /** Who changed what or was refused, newest first; `cursor` is of an earlier answer. */
  async audit(filter: AuditFilter, cursor: string, signal?: AbortSignal): Promise<LongPage<AuditEntry>> {
    const query = { ...filter, ...(cursor && { cursor }) }
    return given(await http.GET('/api/v1/audit/', { params: { query }, signal })) as LongPage<AuditEntry>
  },

  /** Who changed which settings, newest first. */
  async settingsChanges(page_size: number): Promise<LongPage<AuditEntry>> {
    const query = { action: ['settings.changed'], page_size }
    return given(await http.GET('/api/v1/audit/', { params: { query } })) as LongPage<AuditEntry>
  },
}

function withEtag(answer: { data?: Settings; response: Response }): SettingsAnswer {
  return { settings: given(answer), etag: etagOf(answer) }
}
