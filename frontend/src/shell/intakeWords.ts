/** Why no pull starts right now, in words for whoever waits. */
import type { Intake } from '@/api/types'
import { ago, count, duration } from '@/tasks/format'

export interface IntakeWords {
  /** What holds. */
  what: string
  /** Since when, by whom, why, until when. */
  more: string[]
  /** What goes on meanwhile. */
  still: string
}

export function intakeWords(intake: Intake, now: number): IntakeWords {
  return intake.waits_for === 'window' ? outsideWindows(intake, now) : paused(intake, now)
}

function paused(intake: Intake, now: number): IntakeWords {
  const since = intake.since ? ` ${ago(intake.since, now)}` : ''
  const who = intake.by ? `${intake.by} paused the intake${since}` : `The intake was paused${since}`
  const why = intake.reason ? `: “${intake.reason}”` : ', without giving a reason.'
  return { what: 'No new pulls start.', more: [who + why], still: `${stillRuns(intake)} ${whatWaits(intake)}` }
}

function outsideWindows(intake: Intake, now: number): IntakeWords {
  const more: string[] = []
  if (intake.opens_at) {
    const seconds = Math.max(0, Math.ceil((Date.parse(intake.opens_at) - now) / 1000))
    more.push(`The next window opens in ${duration(seconds)}, ${day(intake.opens_at, now)}.`)
  }
  if (intake.since) more.push(`The last one closed ${day(intake.since, now)}.`)
  if (intake.by) more.push(`The windows were set by ${intake.by}.`)
  return {
    what: 'No new pulls start outside the time windows.',
    more,
    still: `${stillRuns(intake)} ${whatWaits(intake)}`,
  }
}

function stillRuns({ running_pull_jobs: jobs }: Intake): string {
  if (!jobs) return 'No pull is running.'
  return jobs === 1 ? 'The pull that runs goes on.' : `The ${count(jobs)} pulls that run go on.`
}

function whatWaits({ unfinished_tasks: tasks }: Intake): string {
  const ready = 'New tasks are accepted and wait'
  if (!tasks) return `${ready}.`
  return `${ready}; ${tasks === 1 ? '1 task is' : `${count(tasks)} tasks are`} unfinished.`
}

/** The time of day here, with the weekday unless it is today's. */
function day(iso: string, now: number): string {
  const at = new Date(iso)
  const today = at.toDateString() === new Date(now).toDateString()
  const time = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  return today ? `at ${time}` : `on ${at.toLocaleDateString(undefined, { weekday: 'long' })} at ${time}`
}
