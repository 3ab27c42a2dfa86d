import { shallowRef, watch, type ShallowRef, type WatchSource } from 'vue'

import type { LongPage } from '@/api/types'

import { usePolling, type Polling } from './usePolling'
import { useQueryText } from './useQuery'

export interface LongList<Row> extends Polling {
  /** `null` until the first answer. */
  shown: ShallowRef<LongPage<Row> | null>
  /** Whether it is not the newest page. */
  isLater: () => boolean
  /** To the page that an answer names; to the newest where it names none. */
  go: (address: string | null | undefined) => void
}

const REFRESH = 10_000

/** Something long, newest first: pages that nobody counts, each of which leads to the next. */
export function useLongList<Row>(
  ask: (cursor: string, signal: AbortSignal) => Promise<LongPage<Row>>,
  others: WatchSource[] = [],
): LongList<Row> {
  const cursor = useQueryText('cursor')
  const shown = shallowRef<LongPage<Row> | null>(null)
  const polling = usePolling(async (signal) => {
    shown.value = await ask(cursor.value, signal)
    return REFRESH
  })
  watch([cursor, ...others], polling.now)

  /** The API gives whole addresses; the page's own has only what leads there. */
  function go(address: string | null | undefined): void {
    cursor.value = address ? (new URL(address, window.location.origin).searchParams.get('cursor') ?? '') : ''
  }

  return { ...polling, shown, isLater: () => cursor.value !== '', go }
}
