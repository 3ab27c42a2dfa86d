import { ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

import type { Page } from '@/api/types'

import { useDelayed } from './useDelayed'
import type { Asked } from './usePagedList'
import { usePolling } from './usePolling'

const SIZE = 50

export interface Found<Row> {
  shown: ShallowRef<Page<Row> | null>
  error: Ref<unknown>
  search: Ref<string>
  page: Ref<number>
  pageSize: number
  refresh: () => void
}

/** A list inside of a drawer: its search and page are nobody's link. `about` is what it is of; empty for nothing. */
export function useFound<Row>(
  about: () => string,
  ask: (about: string, filter: Asked, signal: AbortSignal) => Promise<Page<Row>>,
  others: () => unknown = () => null,
): Found<Row> {
  const shown = shallowRef<Page<Row> | null>(null)
  const wanted = ref('')
  const search = useDelayed(wanted, 300)
  const page = ref(1)

  const { error, now } = usePolling(async (signal) => {
    if (!about()) return null
    const filter = { search: wanted.value || undefined, page: page.value, page_size: SIZE }
    shown.value = await ask(about(), filter, signal)
    return null
  })
  watch([about, wanted, others], () => {
    page.value = 1
    shown.value = null
    now()
  })
  watch(page, now)

  return { shown, error, search, page, pageSize: SIZE, refresh: now }
}
