/** The part of the fake API that knows people, their keys and their sessions. */
import type {
  ApiKey,
  ApiKeyRequest,
  ImageList,
  ImageListRequest,
  Me,
  Member,
  MemberRequest,
  NewApiKey,
  Session,
  Tenant,
  TenantRequest,
  User,
  UserRequest,
} from '../src/api/types'
import { newImageList, newKey, newTenant, newUser } from './accountRows'
import { json, page, problem } from './answers'

export class FakeAccounts {
  keys: ApiKey[] = []
  sessions: Session[] = []
  users: User[] = []
  tenants: Tenant[] = []
  members: Member[] = []
  imageLists: ImageList[] = []
  password = 'right'

  /** The answer, or `null` for paths that are not about accounts. */
  async answer(request: Request, path: string, url: URL, me: Me): Promise<Response | null> {
    const [thing = '', id = '', move = ''] = path.split('/')
    const body = request.method === 'GET' ? {} : ((await request.text()) || '{}')
    const asked: unknown = typeof body === 'string' ? JSON.parse(body) : body
    if (thing === 'api-keys') return this.answerKeys(request.method, id, move, asked, url, me)
    if (thing === 'auth') return this.answerAuth(request.method, id, move, asked, url)
    if (thing === 'users') return this.answerUsers(request.method, id, move, asked, url)
    if (thing === 'tenants') return this.answerTenants(request.method, id, asked, url)
    if (thing === 'memberships') return this.answerMembers(request.method, id, asked, url)
    if (thing === 'image-lists') return this.answerLists(request, id, asked, url)
    return null
  }

  private answerAuth(method: string, thing: string, id: string, asked: unknown, url: URL): Response | null {
    if (thing === 'sessions' && method === 'GET') return json(200, page(this.sessions, url))
    if (thing === 'sessions') {
      this.sessions = this.sessions.filter(({ id: one, current }) => (id === 'end-others' ? current : one !== id))
      return new Response(null, { status: 204 })
    }
    if (thing !== 'password') return null
    const { current, new: next } = asked as { current: string; new: string }
    if (current !== this.password) return wrong('current', 'This is not your password.')
    if (next.length < 12) return wrong('new', 'This password is too short.')
    this.password = next
    this.sessions = this.sessions.filter((session) => session.current)
    return new Response(null, { status: 204 })
  }

  private answerLists(request: Request, id: string, asked: unknown, url: URL): Response {
    const tag = url.searchParams.get('tag')
    const some = this.imageLists.filter(({ tags }) => tag === null || tags.includes(tag))
    if (!id && request.method === 'GET') return json(200, page(found(some, url), url))
    const wish = asked as Partial<ImageListRequest>
    const errors = (wish.images ?? []).flatMap((image, index) =>
      image === image.toLowerCase()
        ? []
        : [{ pointer: `images/${index}`, code: 'invalid', detail: 'Image names are lower case.' }],
    )
    if (errors.length) return problem(422, 'invalid', 'Some fields are not right.', { errors })
    if (!id) {
      this.imageLists.push(newImageList(wish))
      return json(201, this.imageLists.at(-1))
    }
    if (request.method === 'DELETE') {
      this.imageLists = this.imageLists.filter((list) => list.id !== id)
      return new Response(null, { status: 204 })
    }
    const list = this.imageLists.find((each) => each.id === id)
    const etag = `"${JSON.stringify(list).length}"`
    if (request.method === 'GET') return json(200, list, { ETag: etag })
    if (request.headers.get('If-Match') !== etag)
      return problem(412, 'changed_meanwhile', 'Somebody has changed this since you read it.')
    this.imageLists = this.imageLists.map((each) => (each.id === id ? { ...each, ...wish } : each))
    return json(200, { ...list, ...wish })
  }

  private answerUsers(method: string, id: string, move: string, asked: unknown, url: URL): Response {
    const active = url.searchParams.get('active')
    const some = this.users.filter((user) => active === null || String(user.is_active) === active)
    if (!id && method === 'GET') return json(200, page(found(some, url), url))
    if (!id) {
      const wish = asked as UserRequest
      if (this.users.some(({ username }) => username === wish.username))
        return wrong('username', `There is a user '${wish.username}' already.`)
      const user = newUser({ ...wish, memberships: [] })
      this.users.push(user)
      return json(201, { ...user, reset_url: `https://ips.example.com/reset-password#for-${user.username}` })
    }
    const link = { url: 'https://ips.example.com/reset-password#again', expires_at: '2099-11-24T08:00:00Z' }
    if (move === 'end-sessions') return this.signOut(id)
    if (move === 'reset-link') return json(201, link)
    this.users = this.users.map((user) => (user.id === id ? { ...user, ...(asked as Partial<User>) } : user))
    return json(200, this.users.find((user) => user.id === id))
  }

  /** Names of those who were signed out everywhere. */
  readonly signedOut: string[] = []

  private signOut(id: string): Response {
    this.signedOut.push(this.users.find((user) => user.id === id)?.username ?? '')
    return new Response(null, { status: 204 })
  }

  private answerTenants(method: string, id: string, asked: unknown, url: URL): Response {
    if (!id && method === 'GET') return json(200, page(found(this.tenants, url), url))
    if (!id) {
      const wish = asked as TenantRequest
      if (this.tenants.some(({ slug }) => slug === wish.slug))
        return wrong('slug', `There is a tenant '${wish.slug}' already.`)
      const tenant = newTenant(wish)
      this.tenants.push(tenant)
      return json(201, tenant)
    }
    if (method === 'PATCH')
      this.tenants = this.tenants.map((one) => (one.id === id ? { ...one, ...(asked as Partial<Tenant>) } : one))
    const tenant = this.tenants.find((one) => one.id === id)
    return tenant ? json(200, tenant) : problem(404, 'not_found', 'Not found.')
  }

  private answerMembers(method: string, id: string, asked: unknown, url: URL): Response {
    const tenant = url.searchParams.get('tenant')
    if (!id && method === 'GET')
      return json(200, page(found(this.members.filter((one) => one.tenant === tenant), url), url))
    if (!id) {
      const { username, role, tenant: where = 'default' } = asked as MemberRequest
      if (!this.users.some((user) => user.username === username)) return wrong('username', 'There is no such user.')
      const member: Member = { id: this.members.length + 1, tenant: where, username, active: true, role }
      this.members.push(member)
      return json(201, member)
    }
    if (method === 'DELETE') {
      this.members = this.members.filter((member) => String(member.id) !== id)
      return new Response(null, { status: 204 })
    }
    const change = asked as Partial<Member>
    this.members = this.members.map((one) => (String(one.id) === id ? { ...one, ...change } : one))
    return json(200, this.members.find((one) => String(one.id) === id))
  }

  private answerKeys(method: string, id: string, move: string, asked: unknown, url: URL, me: Me): Response {
    if (!id && method === 'POST') return this.makeKey(asked as ApiKeyRequest, me)
    if (!id) return json(200, page(found(this.keys, url), url))
    const key = this.keys.find((each) => each.id === id)
    if (!key) return problem(404, 'not_found', 'Not found.')
    if (move === 'rotate') {
      const { overlap_hours } = asked as { overlap_hours: number }
      const made = this.add({ ...key, id: `${key.id}-next`, last_used_at: null })
      const expires_at = new Date(Date.now() + overlap_hours * 3_600_000).toISOString()
      this.replace({ ...key, replaced_by: made.id, expires_at })
      return json(201, made)
    }
    this.replace({ ...key, revoked_at: new Date().toISOString() })
    return new Response(null, { status: 204 })
  }

  private makeKey(asked: ApiKeyRequest, me: Me): Response {
    const errors = (asked.networks ?? []).flatMap((network, index) =>
      /^[\d.:a-f]+(\/\d+)?$/.test(network)
        ? []
        : [{ pointer: `networks/${index}`, code: 'invalid', detail: 'This is no network like 10.0.0.0/8.' }],
    )
    if (errors.length) return problem(422, 'invalid', 'Some fields are not right.', { errors })
    const { name, tenant = 'default', scopes = ['read'], networks = [] } = asked
    return json(201, this.add(newKey({ name, tenant, scopes, networks, owner: me.username })))
  }

  private add(key: ApiKey): NewApiKey {
    this.keys = [key, ...this.keys]
    return { ...key, key: `${key.starts_with}the-secret-of-${this.keys.length}` }
  }

  private replace(changed: ApiKey): void {
    this.keys = this.keys.map((key) => (key.id === changed.id ? changed : key))
  }
}

function found<Row extends object>(rows: Row[], url: URL): Row[] {
  const search = url.searchParams.get('search') ?? ''
  return rows.filter((row) => JSON.stringify(Object.values(row)).includes(search))
}

function wrong(pointer: string, detail: string): Response {
  return problem(422, 'invalid', detail, { errors: [{ pointer, code: 'invalid', detail }] })
}
