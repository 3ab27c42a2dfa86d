import { computed, type ComputedRef, type Ref } from 'vue'
import { useRouter } from 'vue-router'

import { api } from '@/api'
import type { TaskDetail } from '@/api/types'
import { useAction, type Action } from '@/composables/useAction'
import { useSession } from '@/stores/session'

import { taskStatus } from './status'

export interface TaskActions {
  /** What this person may do with this task now. Nobody is shown a button that the API would refuse. */
  may: ComputedRef<{ cancel: boolean; pause: boolean; resume: boolean; retry: boolean; again: boolean }>
  cancel: Action<[]>
  pause: Action<[]>
  resume: Action<[]>
  retry: Action<[]>
}

/** The buttons of a task's page. `changed` is called when the server has taken a wish. */
export function useTaskActions(task: Ref<TaskDetail | null>, changed: () => void): TaskActions {
  const session = useSession()
  const router = useRouter()

  const may = computed(() => {
    const shown = task.value
    const allowed = shown !== null && session.mayOperate(shown.tenant)
    const open = allowed && !taskStatus[shown.status].finished && !shown.cancel_requested_at
    return {
      cancel: open,
      pause: open && !shown.paused_at,
      resume: open && Boolean(shown.paused_at),
      retry: allowed && taskStatus[shown.status].finished && shown.counts.failed > 0,
      again: allowed,
    }
  })

  const wish = (send: (id: string) => Promise<unknown>) =>
    useAction(async () => {
      if (!task.value) return
      await send(task.value.id)
      changed()
    })

  return {
    may,
    cancel: wish((id) => api.cancelTask(id)),
    pause: wish((id) => api.pauseTask(id)),
    resume: wish((id) => api.resumeTask(id)),
    retry: useAction(async () => {
      if (!task.value) return
      const next = await api.retryTask(task.value.id)
      await router.push({ name: 'task', params: { id: next.id } })
    }),
  }
}
