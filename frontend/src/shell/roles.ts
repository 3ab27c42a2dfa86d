import type { Me, Role } from '@/api/types'

export const roleLabel: Record<Role, string> = { admin: 'Admin', operator: 'Operator', viewer: 'Viewer' }

/** A person's role in words. Who has one tenant only never sees the word. */
export function roleText(me: Me): string {
  if (me.is_platform_admin) return 'Platform admin'
  const [first, ...others] = me.memberships
  if (!first) return 'No role'
  if (!others.length) return roleLabel[first.role]
  return me.memberships.map(({ tenant, role }) => `${tenant}: ${roleLabel[role]}`).join(', ')
}
