/**
 * The API as TypeScript sees it. Written by `npm run api:types` from docs/openapi.yaml; do not edit by hand.
 */
export interface components {
  schemas: {
    Membership: { tenant: string; role: 'admin' | 'operator' | 'viewer' }
    Installation: { simulated: boolean; cluster: string; kubernetes_version: string | null; version: string }
    Me: {
      id: string
      username: string
      is_platform_admin: boolean
      memberships: components['schemas']['Membership'][]
      installation: components['schemas']['Installation']
    }
    LoginRequest: { username: string; password: string; cookie?: boolean }
    Login: { token?: string; expires_at?: string; user: components['schemas']['Me'] }
    TaskRequest: {
      tenant?: string
      name?: string
      images: string[]
      node_selector?: string
      node_names?: string[]
      all_nodes?: boolean
      batch_size?: number
      concurrency?: number
      parallel_batches?: number
      priority?: number
      timeout_seconds?: number
      pull_timeout_seconds?: number
      max_attempts?: number
      retry_backoff_seconds?: number
      pull_policy?: 'IfNotPresent' | 'Always'
      pull_secrets?: string[]
      failure_limit?: string
      first_wave?: number
      strict_waves?: boolean
      allow_skipped?: boolean
      include_cordoned?: boolean
      puller?: 'auto' | 'job' | 'pod'
    }
    Counts: {
      desired: number
      pending: number
      active: number
      succeeded: number
      failed: number
      skipped: number
      cancelled: number
    }
    Task: {
      id: string
      tenant: string
      name: string
      images: string[]
      node_selector: string
      node_names: string[]
      all_nodes: boolean
      batch_size: number
      concurrency: number
      parallel_batches: number
      priority: number
      timeout_seconds: number
      pull_timeout_seconds: number
      max_attempts: number
      retry_backoff_seconds: number
      pull_policy: 'IfNotPresent' | 'Always'
      pull_secrets: string[]
      failure_limit: string
      first_wave: number
      strict_waves: boolean
      allow_skipped: boolean
      include_cordoned: boolean
      puller: 'auto' | 'job' | 'pod'
      status: 'pending' | 'running' | 'succeeded' | 'partial' | 'failed' | 'cancelled'
      reason: string
      hint: string
      counts: components['schemas']['Counts']
      waiting_reason: string
      waiting_since: string | null
      paused_at: string | null
      cancel_requested_at: string | null
      created_by: string
      created_at: string
      started_at: string | null
      finished_at: string | null
      retry_of: string | null
      change: number
      request_id: string
    }
    ReasonGroup: { reason: string; hint: string; nodes: number; message: string }
    ImageCount: { image: string; outcome: string; reason: string; nodes: number }
    TaskDetail: components['schemas']['Task'] & {
      reasons: components['schemas']['ReasonGroup'][]
      image_counts: components['schemas']['ImageCount'][]
    }
    ImageResult: {
      image: string
      outcome: '' | 'pulled' | 'already_present' | 'failed' | 'cancelled' | 'skipped'
      reason: string
      message: string
      hint: string
      seconds: number | null
      bytes: number | null
    }
    NodeResult: {
      node: string
      status: 'pending' | 'pulling' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'
      reason: string
      message: string
      hint: string
      attempt: number
      batch: number | null
      not_before: string | null
      started_at: string | null
      finished_at: string | null
      seconds: number | null
      images: components['schemas']['ImageResult'][]
      change: number
    }
    TaskEvent: { change: number; at: string; kind: string; text: string; data: Record<string, unknown> }
    TaskChanges: {
      change: number
      task: components['schemas']['TaskDetail']
      nodes: components['schemas']['NodeResult'][]
      events: components['schemas']['TaskEvent'][]
      more: boolean
    }
    Preview: {
      matched: number
      total: number
      skipped: { reason: string; hint: string; nodes: number }[]
      nodes: { name: string; skipped: string | null; present: number[] }[]
      warnings: string[]
    }
    Node: {
      name: string
      ready: boolean
      unschedulable: boolean
      os: string
      arch: string
      labels: Record<string, string>
      taints: Record<string, string>[]
      images: number
      kubelet_version: string
      seen_at: string | null
    }
    TaskPage: Page<components['schemas']['Task']>
    NodePage: Page<components['schemas']['Node']>
    ProblemError: { pointer: string; code: string; detail: string }
    Problem: {
      type: string
      title: string
      status: number
      detail: string
      code: string
      request_id: string
      errors?: components['schemas']['ProblemError'][]
    }
  }
}

type Page<Row> = { count: number; next: string | null; previous: string | null; results: Row[] }
type Json<Body> = { headers: Record<string, unknown>; content: { 'application/json': Body } }
type Empty = { headers: Record<string, unknown>; content?: never }
type Body<Request> = { content: { 'application/json': Request } }
type Post<Parameters, Request, Response> = {
  post: { parameters: Parameters; requestBody?: Request; responses: Response }
}
type None = { query?: never; header?: never; path?: never; cookie?: never }
type ById = { query?: never; header?: never; path: { id: string }; cookie?: never }
type Schemas = components['schemas']

export interface paths {
  '/api/v1/auth/login/': Post<None, Body<Schemas['LoginRequest']>, { 200: Json<Schemas['Login']> }>
  '/api/v1/auth/logout/': Post<None, never, { 204: Empty }>
  '/api/v1/auth/me/': { get: { parameters: None; responses: { 200: Json<Schemas['Me']> } } }
  '/api/v1/tasks/': {
    get: {
      parameters: {
        query?: { status?: string[]; search?: string; ordering?: string; page?: number; page_size?: number }
      }
      responses: { 200: Json<Schemas['TaskPage']> }
    }
  } & Post<None, Body<Schemas['TaskRequest']>, { 202: Json<Schemas['Task']> }>
  '/api/v1/tasks/preview/': Post<None, Body<Schemas['TaskRequest']>, { 200: Json<Schemas['Preview']> }>
  '/api/v1/tasks/{id}/': { get: { parameters: ById; responses: { 200: Json<Schemas['TaskDetail']> } } }
  '/api/v1/tasks/{id}/changes/': {
    get: {
      parameters: { query?: { after?: number }; header?: { 'If-None-Match'?: string }; path: { id: string } }
      responses: { 200: Json<Schemas['TaskChanges']>; 304: Empty }
    }
  }
  '/api/v1/tasks/{id}/cancel/': Post<ById, never, { 202: Json<Schemas['Task']> }>
  '/api/v1/tasks/{id}/pause/': Post<ById, never, { 202: Json<Schemas['Task']> }>
  '/api/v1/tasks/{id}/resume/': Post<ById, never, { 202: Json<Schemas['Task']> }>
  '/api/v1/tasks/{id}/retry/': Post<ById, never, { 202: Json<Schemas['Task']> }>
  '/api/v1/nodes/': {
    get: {
      parameters: { query?: { selector?: string; search?: string; page?: number; page_size?: number } }
      responses: { 200: Json<Schemas['NodePage']> }
    }
  }
}
