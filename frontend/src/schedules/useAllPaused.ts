import { computed, reactive, shallowRef } from 'vue'

import { api } from '@/api'
import type { Tenant } from '@/api/types'
import { useAction } from '@/composables/useAction'
import { usePolling } from '@/composables/usePolling'
import { useSession } from '@/stores/session'

const REFRESH = 30_000
const MOST = 200

export interface AllPaused {
  /** Tenants whose schedules this person may stop all at once, and those in which that was done. */
  readonly running: string[]
  readonly paused: string[]
  /** Why they could not go on, in words; empty otherwise. */
  readonly problem: string
  resume: (tenant: string) => void
  refresh: () => void
}

/** Whether all schedules of a tenant are stopped at once. Nothing is asked for whoever may not do that. */
export function useAllPaused(changed: () => void): AllPaused {
  const session = useSession()
  const tenants = shallowRef<Tenant[]>([])
  const mine = computed(() => tenants.value.filter(({ slug }) => session.may('schedules.pause-all', slug)))
  const slugs = (paused: boolean) =>
    mine.value.filter(({ schedules_paused }) => schedules_paused === paused).map(({ slug }) => slug)

  const { now } = usePolling(async (signal) => {
    if (!session.may('schedules.pause-all')) return null
    tenants.value = (await api.tenants({ page_size: MOST }, signal)).results
    return REFRESH
  })
  const { run: resume, error: problem } = useAction(async (tenant: string) => {
    await api.resumeAllSchedules(tenant)
    refresh()
  })

  function refresh(): void {
    now()
    changed()
  }

  return reactive({
    running: computed(() => slugs(false)),
    paused: computed(() => slugs(true)),
    ...{ problem, resume, refresh },
  })
}
