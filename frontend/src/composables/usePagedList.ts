import { computed, shallowRef, watch, type WatchSource } from 'vue'
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
  readonly shown: Page<Row> | null
  readonly error: unknown
  /** What is in the search field; the list follows when the person stops typing. */
  readonly typed: string
  type: (text: string) => void
  readonly searched: boolean
  readonly page: number
  readonly pageSize: number
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
  /** In how many milliseconds it is asked again, by what was read. */
  every: (shown: Page<Row>) => number = () => REFRESH,
): PagedList<Row> {
  const router = useRouter()
  const search = useQueryText('q', ['page'])
  const pageText = useQueryText('page')
  const page = computed(() => Math.max(1, Number.parseInt(pageText.value, 10) || 1))
  const typed = useDelayed(search, 300)
  const shown = shallowRef<Page<Row> | null>(null)

  const { error, now: refresh } = usePolling(async (signal) => {
    const filter = { search: search.value || undefined, page: page.value, page_size: PAGE_SIZE }
    const read = await ask(filter, signal)
    shown.value = read
    return every(read)
  })
  watch([search, page, ...others], refresh)

  function go(to: number): void {
    pageText.value = to > 1 ? String(to) : ''
  }

  function clear(): void {
    typed.value = ''
    void router.replace({ query: {} })
  }

  return {
    get shown() {
      return shown.value
    },
    get error() {
      return error.value
    },
    get typed() {
      return typed.value
    },
    get searched() {
      return search.value !== ''
    },
    get page() {
      return page.value
    },
    type: (text) => {
      typed.value = text
    },
    pageSize: PAGE_SIZE,
    ...{ go, refresh, clear },
  }
}
