/** Settings and their changes as people say them. */
import type { AuditEntry, PullWindow } from '@/api/types'
import { count } from '@/tasks/format'
import { pullWindowWords } from '@/windows/words'

import type { Day, Window } from './draft'
import { isSetting, settingLabels } from './fields'

export const dayLabels: Record<Day, string> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
}
export const days = Object.keys(dayLabels) as Day[]

export interface ChangeWords {
  label: string
  before: string
  after: string
}

/** One line for each setting that an audit entry tells of. */
export function changeWords({ before, after }: Pick<AuditEntry, 'before' | 'after'>): ChangeWords[] {
  return Object.keys({ ...before, ...after }).map((name) => ({
    label: isSetting(name) ? settingLabels[name] : name,
    before: valueWords(name, before?.[name]),
    after: valueWords(name, after?.[name]),
  }))
}

export function valueWords(name: string, value: unknown): string {
  if (name === 'intake_paused') return value ? 'paused' : 'open'
  if (name === 'schedules_paused') return value ? 'paused' : 'running'
  if (name === 'windows' && Array.isArray(value)) return (value as Window[]).map(windowWords).join('; ') || 'always'
  if (name === 'pull_windows' && Array.isArray(value))
    return (value as PullWindow[]).map(pullWindowWords).join('; ') || 'none'
  if (typeof value === 'number') return count(value)
  if (typeof value === 'string') return value || 'none'
  if (value !== null && typeof value === 'object') return hostWords(value as Record<string, number>)
  return 'none'
}

/** Mon–Fri 22:00–06:00 (next day) */
export function windowWords({ days: chosen, start, end }: Window): string {
  return `${daysWords(chosen)} ${start}–${end}${endsNextDay(start, end) ? ' (next day)' : ''}`
}

export function endsNextDay(start: string, end: string): boolean {
  return /^\d\d:\d\d$/.test(start) && /^\d\d:\d\d$/.test(end) && end < start
}

function daysWords(chosen: Day[]): string {
  const first = days.indexOf(chosen[0] ?? 'mon')
  const together = chosen.length > 2 && chosen.every((day, index) => days[first + index] === day)
  if (chosen.length === days.length) return 'every day'
  const last = chosen[chosen.length - 1]
  return together && last
    ? `${dayLabels[days[first] ?? 'mon']}–${dayLabels[last]}`
    : chosen.map((day) => dayLabels[day]).join(', ')
}

function hostWords(hosts: Record<string, number>): string {
  const all = Object.entries(hosts).map(([host, cap]) => `${host} ${count(cap)}`)
  return all.join(', ') || 'none'
}
