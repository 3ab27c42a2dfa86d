/** What has become of an API key, and when it ends. */
import { CircleCheckFilled, Clock, RemoveFilled, WarningFilled } from '@element-plus/icons-vue'

import type { ApiKey } from '@/api/types'
import type { Look } from '@/tasks/status'

const SOON = 14 * 86_400_000

export type KeyState = 'good' | 'ending' | 'replaced' | 'expired' | 'revoked'

export const keyState: Record<KeyState, Look> = {
  good: { label: 'Works', tone: 'good', icon: CircleCheckFilled },
  ending: { label: 'Ends soon', tone: 'warn', icon: WarningFilled },
  replaced: { label: 'Being replaced', tone: 'warn', icon: Clock },
  expired: { label: 'Expired', tone: 'off', icon: RemoveFilled },
  revoked: { label: 'Revoked', tone: 'off', icon: RemoveFilled },
}

export function stateOf(key: ApiKey, now: number): KeyState {
  const left = Date.parse(key.expires_at) - now
  if (key.revoked_at) return 'revoked'
  if (left <= 0) return 'expired'
  if (key.replaced_by) return 'replaced'
  return left < SOON ? 'ending' : 'good'
}

export const isOver = (state: KeyState) => state === 'expired' || state === 'revoked'
