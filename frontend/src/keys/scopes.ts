/** What an API key may do, in words, and which of it a role can give away. */
import type { Role, Scope } from '@/api/types'

interface ScopeWords {
  label: string
  what: string
  /** The lowest role whose owner's key can have it. */
  needs: Role
}

export const scopes: Record<Scope, ScopeWords> = {
  read: { label: 'Read', what: 'look at tasks, nodes and image lists', needs: 'viewer' },
  tasks: { label: 'Tasks', what: 'make, cancel and retry tasks, keep image lists', needs: 'operator' },
  manage: { label: 'Manage', what: 'whatever else an admin of the tenant may do by a program', needs: 'admin' },
}

const ladder: Role[] = ['viewer', 'operator', 'admin']

/** The scopes that a key of somebody with this role may have. */
export function scopesOf(role: Role): Scope[] {
  const all = Object.keys(scopes) as Scope[]
  return all.filter((scope) => ladder.indexOf(scopes[scope].needs) <= ladder.indexOf(role))
}
