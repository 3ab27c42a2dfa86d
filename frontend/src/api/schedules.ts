/** Schedules: cron rules that make tasks, and what became of each firing. */
import type { ListFilter } from './accounts'
import { asRead, byId, given, unlessChanged, type Read } from './answer'
import { http } from './client'
import type {
  Page,
  RuleRequest,
  Schedule,
  ScheduleChange,
  SchedulePreview,
  ScheduleRequest,
  ScheduleRun,
} from './types'

export const schedules = {
  async schedules(query: ListFilter & { tenant?: string }, signal?: AbortSignal): Promise<Page<Schedule>> {
    return given(await http.GET('/api/v1/schedules/', { params: { query }, signal }))
  },

  async schedule(id: string): Promise<Read<Schedule>> {
    return asRead(await http.GET('/api/v1/schedules/{id}/', byId(id)))
  },

  async makeSchedule(body: ScheduleRequest): Promise<Schedule> {
    return given(await http.POST('/api/v1/schedules/', { body }))
  },

  async changeSchedule(id: string, body: ScheduleChange, etag: string): Promise<Schedule> {
    return given(await http.PATCH('/api/v1/schedules/{id}/', { ...unlessChanged(id, etag), body }))
  },

  async deleteSchedule(id: string): Promise<void> {
    await http.DELETE('/api/v1/schedules/{id}/', byId(id))
  },

  /** When a rule comes next. Nothing is kept. */
  async previewSchedule(body: RuleRequest, signal?: AbortSignal): Promise<SchedulePreview> {
    return given(await http.POST('/api/v1/schedules/preview/', { body, signal }))
  },

  /** Besides its rule. The answer has the task, or why there is none. */
  async runSchedule(id: string): Promise<ScheduleRun> {
    return given(await http.POST('/api/v1/schedules/{id}/run/', byId(id)))
  },

  async pauseSchedule(id: string): Promise<Schedule> {
    return given(await http.POST('/api/v1/schedules/{id}/pause/', byId(id)))
  },

  async resumeSchedule(id: string): Promise<Schedule> {
    return given(await http.POST('/api/v1/schedules/{id}/resume/', byId(id)))
  },

  /** Every firing, newest first. */
  async scheduleRuns(
    id: string,
    query: Omit<ListFilter, 'search'>,
    signal?: AbortSignal,
  ): Promise<Page<ScheduleRun>> {
    const params = { path: { id }, query }
    return given(await http.GET('/api/v1/schedules/{id}/runs/', { params, signal }))
  },

  async pauseAllSchedules(tenant: string): Promise<void> {
    await http.POST('/api/v1/schedules/pause-all/', { body: { tenant } })
  },

  async resumeAllSchedules(tenant: string): Promise<void> {
    await http.POST('/api/v1/schedules/resume-all/', { body: { tenant } })
  },
}
