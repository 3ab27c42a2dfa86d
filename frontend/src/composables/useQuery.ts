import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQueryValue, type Router } from 'vue-router'

type Words = LocationQueryValue | LocationQueryValue[] | undefined

/**
 * One word of the page's address as state, so that a link shows what its sender saw. Empty is left out.
 *
 * `resets` names other words that lose their meaning with a change (the page of a list that is filtered anew).
 */
export function useQueryText(name: string, resets: string[] = []): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => texts(route.query[name])[0] ?? '',
    set: (value) => write(router, name, value || undefined, resets),
  })
}

/** A repeated word (`status=failed&status=partial`) as a list. */
export function useQueryList<Value extends string>(
  name: string,
  known: (value: string) => value is Value,
  resets: string[] = [],
): WritableComputedRef<Value[]> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => texts(route.query[name]).filter(known),
    set: (values) => write(router, name, values.length ? values : undefined, resets),
  })
}

// The address changes a moment after it was asked to. Words that are set together wait here, and go in one change:
// otherwise each would be written over the address as it was before the others.
const waiting = new Map<string, Words>()
let writing = false

function write(router: Router, name: string, value: Words, resets: string[]): void {
  for (const other of resets) waiting.set(other, undefined)
  waiting.set(name, value)
  if (!writing) void writeAll(router)
}

async function writeAll(router: Router): Promise<void> {
  writing = true
  await Promise.resolve()
  while (waiting.size) {
    const words = { ...router.currentRoute.value.query, ...Object.fromEntries(waiting) }
    waiting.clear()
    const query = Object.fromEntries(Object.entries(words).filter(([, word]) => word !== undefined))
    await router.replace({ query })
  }
  writing = false
}

function texts(words: Words): string[] {
  return [words].flat().filter((word): word is string => typeof word === 'string')
}
