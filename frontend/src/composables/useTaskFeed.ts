/** A task, live: node results and events arrive as they happen. */
import { computed, shallowRef, type ComputedRef, type ShallowRef } from 'vue'

import { api } from '@/api'
import { ApiError } from '@/api/problem'
import type { NodeResult, TaskDetail, TaskEvent } from '@/api/types'
import { TaskFeed } from '@/tasks/feed'
import { taskStatus } from '@/tasks/status'

import { usePolling, type Polling } from './usePolling'

export const WATCHED_PAUSE = 1_000
export const QUIET_PAUSE = 3_000

export interface LiveTask extends Polling {
  task: ShallowRef<TaskDetail | null>
  results: ShallowRef<NodeResult[]>
  events: ShallowRef<TaskEvent[]>
  /** Everything that the server has is here. */
  complete: ShallowRef<boolean>
  missing: ComputedRef<boolean>
}

/**
 * Follow a task until it has finished and nothing more is new.
 *
 * Every second while it runs and someone looks, every 3 s otherwise (the page's title still tells how far it is).
 */
export function useTaskFeed(id: string): LiveTask {
  const feed = new TaskFeed()
  const task = shallowRef<TaskDetail | null>(null)
  const results = shallowRef<NodeResult[]>([])
  const events = shallowRef<TaskEvent[]>([])
  const complete = shallowRef(false)
  let etag = ''

  const polling = usePolling(
    async (signal) => {
      const answer = await api.taskChanges(id, feed.after, etag, signal)
      etag = answer.etag
      const isNew = answer.changes !== null && feed.merge(answer.changes)
      if (isNew || !task.value) publish()
      if (feed.more) return 0
      return nextPause(isNew)
    },
    { whileHidden: true, isFinal: isMissing },
  )

  function publish(): void {
    task.value = feed.task
    results.value = [...feed.nodes.values()]
    events.value = [...feed.events]
    complete.value = !feed.more
  }

  function nextPause(isNew: boolean): number | null {
    const status = feed.task?.status
    if (status && taskStatus[status].finished) return isNew ? QUIET_PAUSE : null
    const watched = status === 'running' && document.visibilityState === 'visible'
    return watched ? WATCHED_PAUSE : QUIET_PAUSE
  }

  const missing = computed(() => isMissing(polling.error.value))
  return { ...polling, task, results, events, complete, missing }
}

/** Gone, never there, not ours to see, or no id at all: the API answers all of these alike. */
function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}
