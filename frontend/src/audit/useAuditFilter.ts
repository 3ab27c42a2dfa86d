/** What the audit is asked for, as words of the page's address: a link shows what its sender saw. */
import { computed, type ComputedRef, type WritableComputedRef } from 'vue'

import type { AuditFilter } from '@/api'
import type { AuditOutcome } from '@/api/types'
import { useQueryList, useQueryText } from '@/composables/useQuery'

import { outcomes } from './words'

export interface AuditWish {
  search: WritableComputedRef<string>
  actor: WritableComputedRef<string>
  action: WritableComputedRef<string>
  tenant: WritableComputedRef<string>
  outcome: WritableComputedRef<AuditOutcome[]>
  since: WritableComputedRef<string>
  until: WritableComputedRef<string>
}

export interface AuditQuery {
  wish: AuditWish
  filter: ComputedRef<AuditFilter>
  /** Whether anything is left out. */
  narrowed: ComputedRef<boolean>
  /** The address of a file with all that the filter names. */
  exportAs: (kind: 'csv' | 'jsonl') => string
}

export function useAuditFilter(): AuditQuery {
  const text = (name: string) => useQueryText(name, ['cursor'])
  const wish: AuditWish = {
    search: text('q'),
    actor: text('actor'),
    action: text('action'),
    tenant: text('tenant'),
    outcome: useQueryList('outcome', (word): word is AuditOutcome => word in outcomes, ['cursor']),
    since: text('since'),
    until: text('until'),
  }

  const filter = computed<AuditFilter>(() => ({
    ...(wish.search.value && { search: wish.search.value }),
    ...(wish.actor.value && { actor: wish.actor.value }),
    ...(wish.action.value && { action: [wish.action.value] }),
    ...(wish.tenant.value && { tenant: wish.tenant.value }),
    ...(wish.outcome.value.length && { outcome: wish.outcome.value }),
    ...(wish.since.value && { since: wish.since.value }),
    ...(wish.until.value && { until: wish.until.value }),
  }))

  function exportAs(kind: 'csv' | 'jsonl'): string {
    const words = Object.entries(filter.value).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, String(one)]),
    )
    return `/api/v1/audit/export/?${new URLSearchParams([['as', kind], ...words]).toString()}`
  }

  return { wish, filter, narrowed: computed(() => Object.keys(filter.value).length > 0), exportAs }
}
