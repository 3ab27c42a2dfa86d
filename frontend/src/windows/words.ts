/** Windows by cron rules, in words. */
import type { PullWindow } from '@/api/types'
import { duration } from '@/tasks/format'

export const windowKinds: Record<PullWindow['kind'], string> = {
  allow: 'Pulls start only',
  deny: 'No pull starts',
}

/** "no pull starts from 0 8 * * 1-5 (Europe/Berlin) for 2 h 00 min" */
export function pullWindowWords({ kind, cron, duration_minutes, time_zone }: PullWindow): string {
  const lasts = duration_minutes < 60 ? `${duration_minutes} min` : duration(duration_minutes * 60)
  return `${windowKinds[kind].toLowerCase()} from ${cron} (${time_zone}) for ${lasts}`
}

export function newPullWindow(time_zone: string): PullWindow {
  return { kind: 'deny', cron: '0 8 * * 1-5', duration_minutes: 120, time_zone }
}
