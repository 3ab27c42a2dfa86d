/** Where one can go, by what one may do. */
import type { Permission } from '@/api/types'

interface Place {
  path: string
  label: string
  /** Shown to those who may do it, in some tenant or everywhere. */
  needs: Permission
}

const administration: Place[] = [
  { path: '/users', label: 'Users', needs: 'users.manage' },
  { path: '/tenants', label: 'Tenants', needs: 'members.read' },
  { path: '/audit', label: 'Audit', needs: 'audit.read' },
  { path: '/settings', label: 'Settings', needs: 'settings.manage' },
  { path: '/api-keys', label: 'API keys', needs: 'keys.make' },
]

/** Those that everybody has: they alone make nobody an administrator. */
const everybodys = new Set(['/api-keys'])

/** The pages of the section "Administration"; none for those who would find only their own things there. */
export function administrationFor(may: (what: Permission) => boolean): Place[] {
  const places = administration.filter(({ needs }) => may(needs))
  return places.every(({ path }) => everybodys.has(path)) ? [] : places
}
