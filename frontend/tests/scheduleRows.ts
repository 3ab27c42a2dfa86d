/** Schedules and their firings as the API gives them. */
import type { Schedule, SchedulePreview, ScheduleRun } from '../src/api/types'

let made = 0

function id(): string {
  made += 1
  return `00000000-0000-4000-b000-${String(made).padStart(12, '0')}`
}

export function newRun(given: Partial<ScheduleRun> = {}): ScheduleRun {
  return {
    id: id(),
    scheduled_for: '2026-11-24T02:00:00Z',
    fired_at: '2026-11-24T02:00:01Z',
    asked_by: '',
    outcome: 'made',
    reason: '',
    text: '',
    missed: 0,
    task: null,
    ...given,
  }
}

export function newSchedule(given: Partial<Schedule> = {}): Schedule {
  return {
    id: id(),
    tenant: 'default',
    name: 'nightly',
    cron: '0 2 * * *',
    time_zone: 'Europe/Berlin',
    in_words: 'At 02:00 every day',
    task: { images: ['nginx:1.27'], all_nodes: true },
    overlap: 'skip',
    starting_deadline_seconds: null,
    paused_at: null,
    paused_by: '',
    waits_for: '',
    next_at: '2099-11-25T01:00:00Z',
    last_run: null,
    created_by: 'olga',
    created_at: '2026-11-24T08:00:00Z',
    changed_at: '2026-11-24T08:00:00Z',
    ...given,
  }
}

/** The rule's next two times. */
export function nextRuns(cron: string, time_zone: string): SchedulePreview {
  const at = (iso: string) => ({ at: iso, local: iso, viewer: iso })
  const runs = [at('2099-11-25T01:00:00Z'), at('2099-11-26T01:00:00Z')]
  return { cron, time_zone, viewer_time_zone: 'UTC', in_words: 'At 02:00', shortest_gap_seconds: 86_400, runs }
}
