/** What schedules do, in words. */
import {
  CircleCheckFilled,
  CircleCloseFilled,
  Clock,
  RemoveFilled,
  VideoPause,
  WarningFilled,
} from '@element-plus/icons-vue'

import type { Overlap, RunOutcome, Schedule, ScheduleRun } from '@/api/types'
import { count, duration } from '@/tasks/format'
import { taskStatus, type Look } from '@/tasks/status'

type WaitsFor = Schedule['waits_for']

/** What a firing does while a task of an earlier one is not over. */
export const overlaps: Record<Overlap, string> = {
  skip: 'Skip this run',
  queue: 'Wait until it is over; at most one waits',
  replace: 'Cancel the earlier task, and start when it is over',
  allow: 'Start beside it',
}

export const outcomes: Record<RunOutcome, Look> = {
  made: { label: 'Task made', tone: 'good', icon: CircleCheckFilled },
  queued: { label: 'Waits its turn', tone: 'busy', icon: Clock },
  skipped: { label: 'Skipped', tone: 'warn', icon: WarningFilled },
  refused: { label: 'Refused', tone: 'bad', icon: CircleCloseFilled },
  missed: { label: 'Missed', tone: 'bad', icon: RemoveFilled },
}

/** Why one does not fire by itself. */
const stopped: Record<WaitsFor, string> = {
  '': '',
  paused: 'Paused',
  tenant_paused: 'All paused',
  all_paused: 'All paused by an administrator',
}

/** Whether it fires by itself; `null` when it does. */
export function pauseLook({ waits_for }: Pick<Schedule, 'waits_for'>): Look | null {
  return waits_for ? { label: stopped[waits_for], tone: 'warn', icon: VideoPause } : null
}

/** How a firing went: as its task did, where there is one. */
export function runLook(run: ScheduleRun): Look {
  return run.task ? taskStatus[run.task.status] : outcomes[run.outcome]
}

/** "3 earlier times were missed"; empty when none was. */
export function missedWords(missed: number): string {
  if (!missed) return ''
  return missed === 1 ? '1 earlier time was missed' : `${count(missed)} earlier times were missed`
}

export function lateWords({ starting_deadline_seconds: seconds }: Schedule): string {
  return seconds === null ? 'however late' : `at most ${duration(seconds)} late`
}

/** A moment in a zone: Fri, Nov 27, 02:00; empty where this browser does not know the zone. */
export function inZone(iso: string, zone?: string): string {
  const parts = { weekday: 'short', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' } as const
  try {
    return new Date(iso).toLocaleString('en-US', { ...parts, hourCycle: 'h23', timeZone: zone })
  } catch {
    return ''
  }
}

/** The zone in which the reader lives. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone
