/** What can be told, in words. */
import type { EventName } from '@/api/types'

interface EventWords {
  label: string
  /** Those that are all that a webhook hears of which wants failures only. */
  bad?: boolean
}

export const events: Record<EventName, EventWords> = {
  'task.created': { label: 'asked for' },
  'task.started': { label: 'started' },
  'task.paused': { label: 'paused' },
  'task.resumed': { label: 'goes on' },
  'task.cancel_requested': { label: 'is being cancelled' },
  'task.stopped': { label: 'is being stopped', bad: true },
  'task.succeeded': { label: 'succeeded' },
  'task.partial': { label: 'partly done', bad: true },
  'task.failed': { label: 'failed', bad: true },
  'task.cancelled': { label: 'cancelled' },
  'schedule.fired': { label: 'fired' },
  'schedule.skipped': { label: 'skipped a run', bad: true },
  'schedule.missed': { label: 'missed runs', bad: true },
  'schedule.failed': { label: 'could not make its task', bad: true },
  'policy.covered': { label: 'covered: all is warm' },
  'policy.gap': { label: 'has images to pull' },
  'policy.cannot': { label: 'cannot keep its images warm', bad: true },
}

const subjects: Record<string, string> = { task: 'Task', schedule: 'Schedule', policy: 'Policy' }

export const groups = Object.entries(subjects).map(([subject, label]) => ({
  label,
  names: (Object.keys(events) as EventName[]).filter((name) => name.startsWith(`${subject}.`)),
}))

export const isEvent = (name: string): name is EventName => name in events

/** "Task partly done"; one that is not known here is shown as the API names it. */
export function eventWords(name: string): string {
  if (name === 'webhook.test') return 'Test'
  const [subject = ''] = name.split('.')
  return isEvent(name) ? `${subjects[subject] ?? subject} ${events[name].label}` : name
}

export function isBad(name: string): boolean {
  return isEvent(name) && events[name].bad === true
}

/** What a webhook hears of, short enough for a table. */
export function heard({ events: names, only_failures }: { events: string[]; only_failures: boolean }): string {
  const wanted = names.filter((name) => !only_failures || isBad(name))
  if (!names.length) return only_failures ? 'Failures' : 'Everything'
  const [first, second, ...others] = wanted.map(eventWords)
  if (!first) return 'Nothing: none of its events is a failure'
  if (!second) return first
  return others.length ? `${first}, ${second} and ${others.length} more` : `${first}, ${second}`
}
