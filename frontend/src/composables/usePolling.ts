/**
 * Ask again and again, politely.
 *
 * `ask` does one round and says in how many milliseconds the next is due, or `null` when there is nothing left to ask
 * for. One round at a time. An error is answered by waiting twice as long each time (1 s … 30 s, with some chance in
 * it so that many tabs do not come back together), or as long as `Retry-After` says. A round is started at once when
 * the page becomes visible or the network comes back.
 */
import { onScopeDispose, ref, type Ref } from 'vue'

import { ApiError } from '@/api/problem'

export interface Polling {
  /** The error of the last round, `null` after a good one. */
  error: Ref<unknown>
  /** When the last good round ended (milliseconds since the epoch, this computer's clock). */
  lastSeen: Ref<number | null>
  /** Ask now, dropping a round that is under way; also after the end, or an error that ended it. */
  now: () => void
  stop: () => void
}

export interface PollingOptions {
  /** Whether to go on while nobody looks at the page. */
  whileHidden?: boolean
  /** Errors after which asking again makes no sense. */
  isFinal?: (error: unknown) => boolean
}

export const FIRST_PAUSE = 1_000
export const LONGEST_PAUSE = 30_000

/** One round: the milliseconds until the next, or null when there is nothing left to ask for. */
type Ask = (signal: AbortSignal) => Promise<number | null>

export function usePolling(ask: Ask, options: PollingOptions = {}): Polling {
  const error = ref<unknown>(null)
  const lastSeen = ref<number | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let round: AbortController | null = null
  let failures = 0
  let due = true

  const mayAsk = () => options.whileHidden === true || document.visibilityState === 'visible'

  async function askOnce(): Promise<void> {
    clearTimeout(timer)
    if (round || !mayAsk()) return
    const mine = new AbortController()
    round = mine
    let pause: number | null
    try {
      pause = await ask(mine.signal)
      failures = 0
      error.value = null
      lastSeen.value = Date.now()
    } catch (problem) {
      if (mine.signal.aborted) return
      failures += 1
      error.value = problem
      pause = options.isFinal?.(problem) ? null : pauseAfter(problem, failures)
    } finally {
      if (round === mine) round = null
    }
    if (mine.signal.aborted) return
    due = pause !== null
    if (pause !== null) timer = setTimeout(() => void askOnce(), pause)
  }

  const wake = () => {
    if (due) void askOnce()
  }

  function stop(): void {
    clearTimeout(timer)
    due = false
    round?.abort()
    round = null
    document.removeEventListener('visibilitychange', wake)
    window.removeEventListener('online', wake)
  }

  document.addEventListener('visibilitychange', wake)
  window.addEventListener('online', wake)
  onScopeDispose(stop)
  void askOnce()

  const now = () => {
    due = true
    round?.abort()
    round = null
    void askOnce()
  }
  return { error, lastSeen, now, stop }
}

function pauseAfter(problem: unknown, failures: number): number {
  const told = problem instanceof ApiError ? problem.retryAfter : null
  if (told !== null) return Math.max(FIRST_PAUSE, told * 1000)
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1))
  return pause * (0.75 + Math.random() / 4)
}
