/** A schedule that is being written, and the request that it becomes. */
import type { Overlap, Schedule, ScheduleChange, ScheduleRequest } from '@/api/types'
import {
  besides,
  draftOf as taskDraftOf,
  emptyDraft as emptyTask,
  toRequest as taskRequest,
  type Besides,
  type Draft,
} from '@/tasks/draft'

import { ownZone } from './words'

export interface ScheduleDraft {
  name: string
  cron: string
  time_zone: string
  overlap: Overlap
  /** How many seconds late a task may still be made; empty for however late. */
  late: number | null
  /** What its tasks are asked for with; its tenant is the schedule's. */
  task: Draft
  /** What was asked for besides, for which the form has no field: it stays. */
  besides: Besides
}

export function emptyDraft(tenant: string): ScheduleDraft {
  const time_zone = ownZone()
  return { name: '', cron: '', time_zone, overlap: 'skip', late: null, task: emptyTask(tenant), besides: {} }
}

export function draftOf(schedule: Schedule): ScheduleDraft {
  const { name, cron, time_zone, overlap, starting_deadline_seconds: late } = schedule
  const task = taskDraftOf(schedule.task, schedule.tenant)
  return { name, cron, time_zone, overlap, late, task, besides: besides(schedule.task) }
}

/** Its tenant is said once, when it is made. */
export function requestOf(draft: ScheduleDraft): ScheduleRequest {
  const { tenant } = draft.task
  return { ...changeOf(draft), ...(tenant && { tenant }) }
}

export function changeOf(draft: ScheduleDraft): Omit<ScheduleRequest, 'tenant'> & ScheduleChange {
  return {
    name: draft.name.trim(),
    cron: draft.cron.trim(),
    time_zone: draft.time_zone.trim(),
    overlap: draft.overlap,
    starting_deadline_seconds: draft.late,
    task: { ...taskRequest({ ...draft.task, tenant: '' }), ...draft.besides },
  }
}
