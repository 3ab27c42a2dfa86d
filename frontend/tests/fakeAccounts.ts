/** The part of the fake API that knows people, their keys and their sessions. */
import type {
  ApiKey,
  ApiKeyRequest,
  ImageList,
  ImageListLine,
  ImageListRequest,
  Me,
  Member,
  MemberRequest,
  NewApiKey,
  Session,
  Tenant,
  TenantRequest,
  TenantUsage,
  User,
  UserRequest,
} from '../src/api/types'
import { newImageList, newKey, newTenant, newUsage, newUser } from './accountRows'
import { json, page, problem } from './answers'
import { answerRows, found, wrong, type Asked } from './fakeRows'

/** As the library shows a list: not all of its images. */
function asLine({ images, ...list }: ImageList): ImageListLine {
  return { ...list, image_count: images.length, first_images: images.slice(0, 2) }
}

export class FakeAccounts {
  keys: ApiKey[] = []
  sessions: Session[] = []
  users: User[] = []
  tenants: Tenant[] = []
  usage: Partial<TenantUsage> = {}
  members: Member[] = []
  imageLists: ImageList[] = []
  password = 'right'

  /** The answer, or `null` for paths that are not about accounts. */
  answer(thing: string, asked: Asked, me: Me): Response | null {
    if (thing === 'api-keys') return this.answerKeys(asked, me)
    if (thing === 'auth') return this.answerAuth(asked)
    if (thing === 'users') return this.answerUsers(asked)
    if (thing === 'tenants') return this.answerTenants(asked)
    if (thing === 'memberships') return this.answerMembers(asked)
    if (thing === 'image-lists') return this.answerLists(asked)
    return null
  }

  private answerAuth({ method, id: thing, move: id, body, url }: Asked): Response | null {
    if (thing === 'sessions' && method === 'GET') return json(200, page(this.sessions, url))
    if (thing === 'sessions') {
      this.sessions = this.sessions.filter(({ id: one, current }) => (id === 'end-others' ? current : one !== id))
      return new Response(null, { status: 204 })
    }
    if (thing !== 'password') return null
    const { current, new: next } = body as { current: string; new: string }
    if (current !== this.password) return wrong('current', 'This is not your password.')
    if (next.length < 12) return wrong('new', 'This password is too short.')
    this.password = next
    this.sessions = this.sessions.filter((session) => session.current)
    return new Response(null, { status: 204 })
  }

  private answerLists(asked: Asked): Response {
    const tag = asked.url.searchParams.get('tag')
    const images = (asked.body as Partial<ImageListRequest>).images ?? []
    const errors = images.flatMap((image, index) =>
      image === image.toLowerCase()
        ? []
        : [{ pointer: `images/${index}`, code: 'invalid', detail: 'Image names are lower case.' }],
    )
    if (errors.length) return problem(422, 'invalid', 'Some fields are not right.', { errors })
    const make = (wish: unknown) => newImageList(wish as ImageListRequest)
    const shown = this.imageLists.filter(({ tags }) => tag === null || tags.includes(tag))
    if (asked.method === 'GET' && !asked.id) return json(200, page(found(shown, asked.url).map(asLine), asked.url))
    return answerRows(this.imageLists, asked, make, shown)
  }

  private answerUsers(asked: Asked): Response {
    const active = asked.url.searchParams.get('active')
    const shown = this.users.filter((user) => active === null || String(user.is_active) === active)
    const link = { url: 'https://ips.example.com/reset-password#again', expires_at: '2099-11-24T08:00:00Z' }
    if (asked.move === 'end-sessions') return this.signOut(asked.id)
    if (asked.move === 'reset-link') return json(201, link)
    const make = (body: unknown) => {
      const wish = body as UserRequest
      if (this.users.some(({ username }) => username === wish.username))
        return wrong('username', `There is a user '${wish.username}' already.`)
      const reset_url = `https://ips.example.com/reset-password#for-${wish.username}`
      return { ...newUser({ ...wish, memberships: [] }), reset_url }
    }
    return answerRows(this.users, asked, make, shown)
  }

  /** Names of those who were signed out everywhere. */
  readonly signedOut: string[] = []

  private signOut(id: string): Response {
    this.signedOut.push(this.users.find((user) => user.id === id)?.username ?? '')
    return new Response(null, { status: 204 })
  }

  private answerTenants(asked: Asked): Response {
    const tenant = this.tenants.find(({ id }) => id === asked.id)
    if (asked.move === 'usage' && tenant) return json(200, { ...newUsage(tenant), ...this.usage })
    const { node_pool } = asked.body as Partial<TenantRequest>
    if (node_pool?.includes('==')) return wrong('node_pool', 'Cannot read “==” here.')
    return answerRows(this.tenants, asked, (body) => {
      const wish = body as TenantRequest
      if (this.tenants.some(({ slug }) => slug === wish.slug))
        return wrong('slug', `There is a tenant '${wish.slug}' already.`)
      return newTenant(wish)
    })
  }

  private answerMembers(asked: Asked): Response {
    const tenant = asked.url.searchParams.get('tenant')
    const shown = this.members.filter((one) => one.tenant === tenant)
    const make = (body: unknown) => {
      const { username, role, tenant: where = 'default' } = body as MemberRequest
      if (!this.users.some((user) => user.username === username)) return wrong('username', 'There is no such user.')
      return { id: this.members.length + 1, tenant: where, username, active: true, role }
    }
    return answerRows(this.members, asked, make, shown)
  }

  private answerKeys({ method, id, move, body, url }: Asked, me: Me): Response {
    if (!id && method === 'POST') return this.makeKey(body as ApiKeyRequest, me)
    if (!id) return json(200, page(found(this.keys, url), url))
    const key = this.keys.find((each) => each.id === id)
    if (!key) return problem(404, 'not_found', 'Not found.')
    if (move === 'rotate') {
      const { overlap_hours } = body as { overlap_hours: number }
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
