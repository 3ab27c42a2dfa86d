/**
 * An API with behaviour, for tests: it keeps tasks, gives every write a change number, answers `changes/` in pages
 * with ETag and 304, checks what it is sent, and can be taken away.
 */
import type {
  AuditEntry,
  Me,
  Node,
  NodeResult,
  PreviewImage,
  Settings,
  SettingsRequest,
  TaskDetail,
  TaskEvent,
  TaskRequest,
} from '../src/api/types'
import { json, page, problem } from './answers'
import { FakeAccounts } from './fakeAccounts'
import { answerAudit } from './fakeAudit'
import { FakeSchedules } from './fakeSchedules'
import { FakeHooks } from './fakeHooks'
import { FakePolicies } from './fakePolicies'
import { FakeInventory } from './fakeInventory'
import { FakeWebhooks } from './fakeWebhooks'
import { countOf, newPreview, newPreviewImage, newResult, newSettings, newTask, person } from './rows'

export const CHANGES_PAGE = 500

interface Kept {
  task: TaskDetail
  results: Map<string, NodeResult>
  events: TaskEvent[]
}

export class FakeApi {
  me: Me | null = person('olga', 'operator')
  readonly tasks = new Map<string, Kept>()
  nodes: Node[] = []
  settings: Settings = newSettings()
  readonly audit: AuditEntry[] = []
  readonly accounts = new FakeAccounts()
  readonly webhooks = new FakeWebhooks()
  readonly inventory = new FakeInventory()
  readonly policies = new FakePolicies()
  readonly hooks = new FakeHooks()
  readonly schedules = new FakeSchedules()
  /** What registries say of images, for previews; the others are found. */
  registries: Record<string, Partial<PreviewImage>> = {}
  /** While true, no request gets an answer. */
  away = false
  /** The answers that will be given, in turn, before the fake's own. */
  readonly answers: Response[] = []
  /** `METHOD path?query` of all that was asked. */
  readonly asked: string[] = []
  lastRequest: Request | null = null
  /** The last task that was asked for, or previewed. */
  lastTask: TaskRequest | null = null

  /** In place of the browser's fetch. */
  readonly fetch = async (request: Request): Promise<Response> => {
    await Promise.resolve()
    request.signal.throwIfAborted()
    const url = new URL(request.url)
    this.asked.push(`${request.method} ${url.pathname}${url.search}`)
    this.lastRequest = request
    if (this.away) throw new TypeError('Failed to fetch')
    return this.answers.shift() ?? (await this.answer(request, url))
  }

  addTask(given: Partial<TaskDetail> = {}): TaskDetail {
    const task: TaskDetail = { ...newTask(), ...given }
    this.tasks.set(task.id, { task, results: new Map(), events: [] })
    return task
  }

  /** Write node results: all get the same, next change number, as one transaction of the server would. */
  settle(id: string, results: Partial<NodeResult>[], given: Partial<TaskDetail> = {}): void {
    const kept = this.kept(id)
    const change = kept.task.change + 1
    for (const result of results) {
      const row = { ...newResult(), ...kept.results.get(result.node ?? ''), ...result, change }
      kept.results.set(row.node, row)
    }
    kept.task = { ...kept.task, ...given, change, counts: countOf([...kept.results.values()]) }
  }

  tell(id: string, text: string): void {
    const kept = this.kept(id)
    kept.task = { ...kept.task, change: kept.task.change + 1 }
    kept.events.push({ change: kept.task.change, at: kept.task.created_at, kind: 'note', text, data: {} })
  }

  private kept(id: string): Kept {
    const kept = this.tasks.get(id)
    if (!kept) throw new Error(`no task ${id}`)
    return kept
  }

  private async answer(request: Request, url: URL): Promise<Response> {
    const path = url.pathname.replace('/api/v1/', '')
    if (path === 'auth/login/') return this.signIn((await request.json()) as { username: string; password: string })
    if (!this.me) return problem(401, 'not_authenticated', 'Sign in first.')
    if (request.method !== 'GET' && request.headers.get('X-CSRFToken') !== csrf())
      return problem(403, 'csrf_failed', 'The CSRF token is missing or wrong.')
    if (path === 'auth/me/') return json(200, this.me)
    if (path === 'auth/logout/') return this.signOut()
    if (path === 'settings/') return this.answerSettings(request)
    if (path === 'audit/') return answerAudit(this.audit, url)
    if (path === 'nodes/') return json(200, page(this.nodes, url))
    if (path === 'tasks/preview/') return this.preview((await request.json()) as TaskRequest)
    if (path === 'tasks/' && request.method === 'GET') return this.list(url)
    if (path === 'tasks/') return this.create((await request.json()) as TaskRequest)
    const [thing = '', id = '', move = ''] = path.split('/')
    const text = request.method === 'GET' ? '' : await request.clone().text()
    const body: unknown = text ? JSON.parse(text) : {}
    const asked = { method: request.method, id, move, body, url, etag: request.headers.get('If-Match') }
    const answer =
      this.accounts.answer(thing, asked, this.me) ??
      this.webhooks.answer(thing, asked) ??
      this.inventory.answer(thing, asked) ??
      this.policies.answer(thing, asked) ??
      this.hooks.answer(thing, asked) ??
      this.schedules.answer(thing, asked, this.accounts.tenants)
    return answer ?? this.oneTask(request, path, url)
  }

  /** Somebody changes settings: values, who and when, and a line in the audit. */
  changeSettings(wish: SettingsRequest, by: string): void {
    const { defaults, changed: earlier } = this.settings
    const names = Object.keys(wish) as (keyof SettingsRequest)[]
    const values = Object.fromEntries(names.map((name) => [name, wish[name] ?? defaults[name]]))
    const before = Object.fromEntries(names.map((name) => [name, this.settings[name]]))
    const at = '2026-11-24T08:00:00Z'
    const changed = [...earlier, ...names.map((name) => ({ name, at, by }))]
    this.settings = { ...this.settings, ...values, changed }
    const about = { at, actor: by, tenant: null, action: 'settings.changed', target: 'settings', request_id: '' }
    const ended = { outcome: 'done', code: '', ip: null, credential: '' } as const
    this.audit.push({ id: this.audit.length + 1, ...about, ...ended, before, after: values })
  }

  private async answerSettings(request: Request): Promise<Response> {
    if (!this.me?.is_platform_admin)
      return problem(403, 'platform_admin_only', 'Only a platform administrator may do this.')
    const etag = () => ({ ETag: `"${this.audit.length}"` })
    if (request.method === 'GET') return json(200, this.settings, etag())
    const wish = (await request.json()) as SettingsRequest
    if (request.headers.get('If-Match') !== etag().ETag)
      return problem(412, 'changed_meanwhile', 'Somebody has changed the settings since you read them.')
    const errors = Object.keys(wish.cap_registry_hosts ?? {})
      .filter((host) => !host.includes('.'))
      .map((host) => ({ pointer: `cap_registry_hosts/${host}`, code: 'invalid', detail: 'This is no registry host.' }))
    if (errors.length) return problem(422, 'invalid', 'This is no registry host.', { errors })
    this.changeSettings(wish, this.me.username)
    return json(200, this.settings, etag())
  }

  private signIn({ username, password }: { username: string; password: string }): Response {
    if (password !== 'right') return problem(401, 'bad_credentials', 'Wrong user name or password.')
    this.me ??= person(username, 'operator')
    return json(200, { user: this.me })
  }

  private signOut(): Response {
    this.me = null
    return new Response(null, { status: 204 })
  }

  private list(url: URL): Response {
    const statuses = url.searchParams.getAll('status')
    const triggers = url.searchParams.getAll('trigger')
    const search = url.searchParams.get('search') ?? ''
    const rows = [...this.tasks.values()]
      .map((kept) => kept.task)
      .filter((task) => !statuses.length || statuses.includes(task.status))
      .filter((task) => !triggers.length || triggers.includes(task.trigger))
      .filter((task) => `${task.name} ${task.images.join(' ')}`.includes(search))
    return json(200, page(rows, url))
  }

  private preview(asked: TaskRequest): Response {
    this.lastTask = asked
    const refused = refuse(asked)
    if (refused) return refused
    const matching = this.nodes.filter((node) => matches(node, asked))
    const skipped = matching.filter((node) => !node.ready)
    return json(
      200,
      newPreview({
        matched: matching.length - skipped.length,
        total: this.nodes.length,
        skipped: skipped.length
          ? [{ reason: 'node_unready', hint: 'See kubectl describe node.', nodes: skipped.length }]
          : [],
        nodes: matching.map(({ name, ready }) => ({
          name,
          skipped: ready ? null : 'node_unready',
          present: [],
          absent: [],
        })),
        images: (asked.images ?? []).map((image) => newPreviewImage({ image, ...this.registries[image] })),
      }),
    )
  }

  private create(asked: TaskRequest): Response {
    this.lastTask = asked
    const given: Partial<TaskDetail> = { images: asked.images ?? [], created_by: this.me?.username ?? '' }
    return refuse(asked) ?? json(202, this.addTask(given))
  }

  private oneTask(request: Request, path: string, url: URL): Response {
    const [, id = '', what] = /^tasks\/([^/]+)\/(\w+)?\/?$/.exec(path) ?? []
    const kept = this.tasks.get(id)
    if (!kept) return problem(404, 'not_found', 'Not found.')
    if (what === undefined) return json(200, kept.task)
    if (what === 'changes') return changes(kept, url, request.headers.get('If-None-Match'))
    const next: Record<string, Partial<TaskDetail>> = {
      cancel: { cancel_requested_at: kept.task.created_at },
      pause: { paused_at: kept.task.created_at },
      resume: { paused_at: null },
    }
    if (what === 'retry') return json(202, this.addTask({ images: kept.task.images, retry_of: id }))
    kept.task = { ...kept.task, ...next[what], change: kept.task.change + 1 }
    return json(202, kept.task)
  }
}

/** At most a page of rows newer than `after`, oldest first; a transaction's rows are never torn apart. */
function changes(kept: Kept, url: URL, etag: string | null): Response {
  const after = Number(url.searchParams.get('after'))
  const current = `"${kept.task.change}"`
  const same = etag === current && after === kept.task.change
  if (same) return new Response(null, { status: 304, headers: { ETag: current } })
  const rows = [...kept.results.values()].filter((row) => row.change > after).sort((a, b) => a.change - b.change)
  const last = rows[CHANGES_PAGE - 1]?.change
  const given = last === undefined ? rows : rows.filter((row) => row.change <= last)
  const more = given.length < rows.length
  const change = more ? (last ?? 0) : kept.task.change
  return json(
    200,
    {
      change,
      task: kept.task,
      nodes: given,
      events: kept.events.filter((event) => event.change > after && event.change <= change),
      more,
    },
    { ETag: more ? `"${change}+"` : current },
  )
}

function refuse(asked: TaskRequest): Response | null {
  const errors = (asked.images ?? []).flatMap((image, index) =>
    /^[a-z0-9][a-z0-9./:@_-]*$/.test(image)
      ? []
      : [{ pointer: `images/${index}`, code: 'invalid_reference', detail: 'Image names are lower case.' }],
  )
  if (asked.node_selector?.includes('=='))
    errors.push({ pointer: 'node_selector', code: 'invalid_selector', detail: 'Cannot read “==” here.' })
  return errors.length ? problem(422, 'invalid', 'Some fields are not right.', { errors }) : null
}

function matches(node: Node, asked: TaskRequest): boolean {
  if (asked.all_nodes) return true
  if (asked.node_names) return asked.node_names.includes(node.name)
  const [key = '', value] = (asked.node_selector ?? '').split('=')
  return node.labels[key] === value
}

function csrf(): string {
  return /csrftoken=([^;]*)/.exec(typeof document === 'undefined' ? '' : document.cookie)?.[1] ?? ''
}

export { json, problem }
