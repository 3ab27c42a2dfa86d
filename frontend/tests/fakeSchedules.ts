/** The part of the fake API that makes tasks by cron. */
import type { RuleRequest, Schedule, ScheduleRequest, ScheduleRun, Tenant } from '../src/api/types'
import { json, page, problem } from './answers'
import { answerRows, wrong, type Asked } from './fakeRows'
import { newRun, newSchedule, nextRuns } from './scheduleRows'

export class FakeSchedules {
  schedules: Schedule[] = []
  readonly runs = new Map<string, ScheduleRun[]>()
  /** The last wish for a schedule, as it was sent. */
  lastWish: Partial<ScheduleRequest> = {}

  /** The answer, or `null` for paths that are about something else. */
  answer(thing: string, asked: Asked, tenants: Tenant[]): Response | null {
    if (thing !== 'schedules') return null
    if (asked.id === 'preview') return this.preview(asked.body as RuleRequest)
    if (asked.id === 'pause-all' || asked.id === 'resume-all')
      return this.turnAll(asked.id === 'pause-all', (asked.body as { tenant: string }).tenant, tenants)
    const schedule = this.schedules.find(({ id }) => id === asked.id)
    if (schedule && asked.move) return this.move(schedule, asked)
    if (asked.method === 'POST' || asked.method === 'PATCH') this.lastWish = asked.body as ScheduleRequest
    if (this.lastWish.task?.node_selector?.includes('=='))
      return wrong('task/node_selector', 'Cannot read “==” here.')
    return answerRows(this.schedules, asked, (body) => newSchedule(body as Partial<Schedule>))
  }

  private preview({ cron, time_zone = 'UTC' }: RuleRequest): Response {
    if (cron.split(' ').length !== 5) return wrong('cron', 'A rule has five fields.')
    if (time_zone === 'Nowhere') return wrong('time_zone', 'This is no time zone.')
    return json(200, nextRuns(cron, time_zone))
  }

  private turnAll(paused: boolean, slug: string, tenants: Tenant[]): Response {
    const tenant = tenants.find((one) => one.slug === slug)
    if (tenant) Object.assign(tenant, { schedules_paused: paused })
    this.schedules = this.schedules.map((one) => ({ ...one, waits_for: paused ? 'tenant_paused' : '' }))
    return json(200, { tenant: slug, schedules_paused: paused })
  }

  private move(schedule: Schedule, { move, url }: Asked): Response {
    if (move === 'runs') return json(200, page(this.runs.get(schedule.id) ?? [], url))
    if (move === 'run') {
      const run = newRun({ asked_by: 'olga', outcome: 'refused', text: 'The tenant has enough tasks.' })
      this.runs.set(schedule.id, [run, ...(this.runs.get(schedule.id) ?? [])])
      return json(202, run)
    }
    const paused_at = move === 'pause' ? '2026-11-24T08:00:00Z' : null
    const changed: Schedule = { ...schedule, paused_at, waits_for: paused_at ? 'paused' : '' }
    this.schedules = this.schedules.map((one) => (one.id === schedule.id ? changed : one))
    return paused_at === schedule.paused_at ? problem(409, 'no_change', 'It is so already.') : json(200, changed)
  }
}
