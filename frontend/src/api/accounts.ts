/** Who works here and with what: keys, sessions, users, tenants and their members. */
import { asRead, byId, given, unlessChanged, type Read } from './answer'
import { http } from './client'
import type {
  ApiKey,
  ApiKeyRequest,
  Member,
  MemberRequest,
  NewApiKey,
  NewUser,
  Page,
  ResetLink,
  Role,
  Session,
  Tenant,
  TenantChange,
  TenantRequest,
  TenantUsage,
  User,
  UserChange,
  UserRequest,
} from './types'

/** What every list of these can be asked for. */
export interface ListFilter {
  search?: string
  page?: number
  page_size?: number
}

export const accounts = {
  /** One's own keys, and those of the tenants of which one is admin; newest first. */
  async apiKeys(query: ListFilter, signal?: AbortSignal): Promise<Page<ApiKey>> {
    return given(await http.GET('/api/v1/api-keys/', { params: { query }, signal }))
  },

  /** The answer alone has the key itself. */
  async makeApiKey(body: ApiKeyRequest): Promise<NewApiKey> {
    return given(await http.POST('/api/v1/api-keys/', { body }))
  },

  /** A new key like this one, which itself goes on for so many hours. */
  async rotateApiKey(id: string, overlap_hours: number): Promise<NewApiKey> {
    return given(await http.POST('/api/v1/api-keys/{id}/rotate/', { ...byId(id), body: { overlap_hours } }))
  },

  async revokeApiKey(id: string): Promise<void> {
    await http.DELETE('/api/v1/api-keys/{id}/', byId(id))
  },

  /** Where one is signed in oneself. */
  async sessions(query: Omit<ListFilter, 'search'>, signal?: AbortSignal): Promise<Page<Session>> {
    return given(await http.GET('/api/v1/auth/sessions/', { params: { query }, signal })) as Page<Session>
  },

  async endSession(id: string): Promise<void> {
    await http.DELETE('/api/v1/auth/sessions/{id}/', byId(id))
  },

  /** Sign out everywhere but here. */
  async endOtherSessions(): Promise<void> {
    await http.POST('/api/v1/auth/sessions/end-others/')
  },

  /** All other sessions end with it. */
  async changePassword(current: string, next: string): Promise<void> {
    await http.POST('/api/v1/auth/password/', { body: { current, new: next } })
  },

  async users(query: ListFilter & { active?: 'true' | 'false' }, signal?: AbortSignal): Promise<Page<User>> {
    return given(await http.GET('/api/v1/users/', { params: { query }, signal }))
  },

  /** The answer alone has the link by which the new user sets a password. */
  async makeUser(body: UserRequest): Promise<NewUser> {
    return given(await http.POST('/api/v1/users/', { body }))
  },

  async user(id: string): Promise<Read<User>> {
    return asRead(await http.GET('/api/v1/users/{id}/', byId(id)))
  },

  async changeUser(id: string, body: UserChange, etag: string): Promise<User> {
    return given(await http.PATCH('/api/v1/users/{id}/', { ...unlessChanged(id, etag), body }))
  },

  /** Whoever is disabled is signed out everywhere; that holds whatever else has changed meanwhile. */
  async turnUser(id: string, is_active: boolean): Promise<User> {
    return given(await http.PATCH('/api/v1/users/{id}/', { ...byId(id), body: { is_active } }))
  },

  /** A link that works once; earlier ones open nothing any more. */
  async makeResetLink(id: string): Promise<ResetLink> {
    return given(await http.POST('/api/v1/users/{id}/reset-link/', byId(id)))
  },

  /** Sign somebody else out everywhere. */
  async endSessionsOf(id: string): Promise<void> {
    await http.POST('/api/v1/users/{id}/end-sessions/', byId(id))
  },

  async tenants(query: ListFilter, signal?: AbortSignal): Promise<Page<Tenant>> {
    return given(await http.GET('/api/v1/tenants/', { params: { query }, signal }))
  },

  async tenant(id: string, signal?: AbortSignal): Promise<Read<Tenant>> {
    return asRead(await http.GET('/api/v1/tenants/{id}/', { ...byId(id), signal }))
  },

  /** How much of each of its limits a tenant uses now. */
  async tenantUsage(id: string, signal?: AbortSignal): Promise<TenantUsage> {
    return given(await http.GET('/api/v1/tenants/{id}/usage/', { ...byId(id), signal }))
  },

  async makeTenant(body: TenantRequest): Promise<Tenant> {
    return given(await http.POST('/api/v1/tenants/', { body }))
  },

  async changeTenant(id: string, body: TenantChange, etag: string): Promise<Read<Tenant>> {
    return asRead(await http.PATCH('/api/v1/tenants/{id}/', { ...unlessChanged(id, etag), body }))
  },

  async members(query: ListFilter & { tenant: string }, signal?: AbortSignal): Promise<Page<Member>> {
    return given(await http.GET('/api/v1/memberships/', { params: { query }, signal }))
  },

  async addMember(body: MemberRequest): Promise<Member> {
    return given(await http.POST('/api/v1/memberships/', { body }))
  },

  async member(id: number): Promise<Read<Member>> {
    return asRead(await http.GET('/api/v1/memberships/{id}/', byId(String(id))))
  },

  async changeRole(id: number, role: Role, etag: string): Promise<Member> {
    return given(await http.PATCH('/api/v1/memberships/{id}/', { ...unlessChanged(String(id), etag), body: { role } }))
  },

  async removeMember(id: number): Promise<void> {
    await http.DELETE('/api/v1/memberships/{id}/', byId(String(id)))
  },
}
