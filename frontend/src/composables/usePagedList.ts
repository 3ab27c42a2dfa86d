import { computed, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef, type WatchSource } from 'vue'
import { useRouter } from 'vue-router'

import type { Page } from '@/api/types'

import { useDelayed } from './useDelayed'
import { usePolling } from './usePolling'
import { useQueryText } from './useQuery'

export interface Asked {
  search?: string
  page: number
  page_size: number
}

export interface PagedList<Row> {
  /** `null` until the first answer. */
  shown: ShallowRef<Page<Row> | null>
  error: Ref<unknown>
  /** What is in the search field; the list follows when the person stops typing. */
  typed: Ref<string>
  searched: ComputedRef<boolean>
  page: ComputedRef<number>
  pageSize: number
  go: (page: number) => void
  refresh: () => void
  clear: () => void
}

const PAGE_SIZE = 50
const REFRESH = 30_000

/** A list with search and numbered pages, both kept in the page's address. It is asked for anew now and then. */
export function usePagedList<Row>(
  ask: (filter: Asked, signal: AbortSignal) => Promise<Page<Row>>,
  others: WatchSource[] = [],
): PagedList<Row> {
  const router = useRouter()
  const search = useQueryText('q', ['page'])
  const pageText = useQueryText('page')
  const page = computed(() => Math.max(1, Number.parseInt(pageText.value, 10) || 1))
  const typed = useDelayed(search, 300)
  const shown = shallowRef<Page<Row> | null>(null)

  const { error, now: refresh } = usePolling(async (signal) => {
    const filter = { search: search.value || undefined, page: page.value, page_size: PAGE_SIZE }
    shown.value = await ask(filter, signal)
    return REFRESH
  })
  watch([search, page, ...others], refresh)

  function go(to: number): void {
    pageText.value = to > 1 ? String(to) : ''
  }

  function clear(): void {
    typed.value = ''
    void router.replace({ query: {} })
  }

  const searched = computed(() => search.value !== '')
  return { shown, error, typed, searched, page, pageSize: PAGE_SIZE, go, refresh, clear }
}
