/** Keys, sessions, users, tenants and image lists as the API gives them. */
import type { ApiKey, ImageList, Session, Tenant, TenantUsage, User } from '../src/api/types'

let made = 0

function id(): string {
  made += 1
  return `00000000-0000-4000-9000-${String(made).padStart(12, '0')}`
}

export function newSession(given: Partial<Session> = {}): Session {
  return {
    id: id(),
    created_at: '2026-11-24T08:00:00Z',
    last_seen_at: '2026-11-24T08:00:00Z',
    expires_at: '2099-11-24T08:00:00Z',
    ip: '192.0.2.7',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    current: false,
    ...given,
  }
}

export function newUser(given: Partial<User> = {}): User {
  return {
    id: id(),
    username: 'otto',
    email: '',
    first_name: '',
    last_name: '',
    is_active: true,
    is_platform_admin: false,
    memberships: [{ tenant: 'default', role: 'operator' }],
    last_login: null,
    date_joined: '2026-11-24T08:00:00Z',
    ...given,
  }
}

export function newTenant(given: Partial<Tenant> = {}): Tenant {
  const slug = given.slug ?? 'default'
  return {
    id: id(),
    slug,
    name: slug,
    max_priority: 10,
    max_running_tasks: null,
    max_nodes_at_once: null,
    max_pairs_per_day: null,
    max_api_keys: null,
    max_webhooks: null,
    max_schedules: null,
    min_interval_seconds: null,
    node_pool: '',
    allowed_images: null,
    denied_images: null,
    pull_secrets: null,
    pull_windows: null,
    schedules_paused: false,
    followed_namespaces: null,
    created_at: '2026-11-24T08:00:00Z',
    ...given,
  }
}

/** Nothing is used yet. */
export function newUsage(tenant: Tenant): TenantUsage {
  return {
    running_tasks: { used: 0, limit: tenant.max_running_tasks },
    nodes_at_once: { used: 0, limit: tenant.max_nodes_at_once ?? 100 },
    pairs_today: { used: tenant.max_pairs_per_day === null ? null : 0, limit: tenant.max_pairs_per_day },
    api_keys: { used: 0, limit: tenant.max_api_keys ?? 50 },
    webhooks: { used: 0, limit: tenant.max_webhooks ?? 20 },
    schedules: { used: 0, limit: tenant.max_schedules ?? 50 },
    policies: { used: 0, limit: 100 },
    registry_hooks: { used: 0, limit: 20 },
  }
}

export function newKey(given: Partial<ApiKey> = {}): ApiKey {
  return {
    id: id(),
    name: 'deploy pipeline',
    starts_with: 'ips_abcd1234_',
    last_four: 'wxyz',
    tenant: 'default',
    owner: 'olga',
    scopes: ['read'],
    networks: [],
    created_at: '2026-11-24T08:00:00Z',
    expires_at: '2099-11-24T08:00:00Z',
    revoked_at: null,
    last_used_at: null,
    last_used_ip: null,
    replaced_by: null,
    ...given,
  }
}

export function newImageList(given: Partial<ImageList> = {}): ImageList {
  return {
    id: id(),
    tenant: 'default',
    name: 'web shop',
    images: ['nginx:1.27'],
    notes: '',
    tags: [],
    created_by: 'olga',
    created_at: '2026-11-24T08:00:00Z',
    changed_at: '2026-11-24T08:00:00Z',
    ...given,
  }
}
