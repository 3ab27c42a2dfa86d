/** What an entry of the audit says was different before, field by field, as text that can be read. */
import type { AuditEntry } from '@/api/types'

export interface FieldDifference {
  name: string
  /** `null`: there was nothing before, or there is nothing after. */
  before: string | null
  after: string | null
}

/** Lists are told by what came and what went: a hundred images of which one is new are one line. */
export function differences({ before, after }: Pick<AuditEntry, 'before' | 'after'>): FieldDifference[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return names.filter((name) => !isNothing(before?.[name]) || !isNothing(after?.[name])).map((name) => {
    const [old, now] = [before?.[name], after?.[name]]
    if (Array.isArray(old) && Array.isArray(now)) {
      const went = old.filter((item) => !holds(now, item))
      const came = now.filter((item) => !holds(old, item))
      if (went.length || came.length) return { name, before: some(went), after: some(came) }
    }
    return { name, before: old === undefined ? null : words(old), after: now === undefined ? null : words(now) }
  })
}

/** A field that was left empty when something was made says nothing. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

const some = (items: unknown[]) => (items.length ? words(items) : null)

function words(value: unknown): string {
  if (value === null || value === '') return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map(words).join(', ') || 'none'
  if (typeof value === 'object') return JSON.stringify(value)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function holds(list: unknown[], item: unknown): boolean {
  const text = JSON.stringify(item)
  return list.some((each) => JSON.stringify(each) === text)
}
