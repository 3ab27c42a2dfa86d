/** Whether somebody may sign in, in words. */
import { CircleCheckFilled, RemoveFilled } from '@element-plus/icons-vue'

import type { User } from '@/api/types'
import type { Look } from '@/tasks/status'

export type UserState = 'active' | 'disabled'

export const userState: Record<UserState, Look> = {
  active: { label: 'Active', tone: 'good', icon: CircleCheckFilled },
  disabled: { label: 'Disabled', tone: 'off', icon: RemoveFilled },
}

export const stateOf = (user: User): UserState => (user.is_active ? 'active' : 'disabled')

/** Name and address on one line, as far as they are known. */
export function aboutUser({ first_name, last_name, email }: User): string {
  return [`${first_name} ${last_name}`.trim(), email].filter(Boolean).join(' · ')
}
