import { computed, type ComputedRef } from 'vue'

import { api } from '@/api'
import { ApiError, describe } from '@/api/problem'
import type { SchedulePreview } from '@/api/types'
import { useLive, type Live } from '@/composables/useLive'

import type { ScheduleDraft } from './draft'

export interface NextRuns extends Live<SchedulePreview> {
  /** What is wrong, by the request's field. */
  errors: ComputedRef<Record<string, string>>
}

/** When a rule comes next, as the server reckons it. */
export function useNextRuns(draft: () => ScheduleDraft): NextRuns {
  const live = useLive(
    () => {
      const { cron, time_zone, task } = draft()
      if (!cron.trim() || !time_zone.trim()) return null
      return { cron: cron.trim(), time_zone: time_zone.trim(), ...(task.tenant && { tenant: task.tenant }) }
    },
    (rule, signal) => api.previewSchedule(rule, signal),
  )
  const errors = computed(() => (live.problem.value === null ? {} : placed(live.problem.value)))
  return { ...live, errors }
}

function placed(problem: unknown): Record<string, string> {
  const fields = problem instanceof ApiError ? problem.fields : []
  if (!fields.length) return { cron: describe(problem) }
  return Object.fromEntries(fields.map(({ path, detail }) => [path[0] ?? 'cron', detail]))
}
