import { ref, type Ref } from 'vue'

import { describe } from '@/api/problem'

export interface Action<Given extends unknown[]> {
  run: (...given: Given) => Promise<void>
  busy: Ref<boolean>
  /** What went wrong the last time, in words; empty otherwise. */
  error: Ref<string>
}

/** A button's work: a second press while the first is under way does nothing, and an error becomes words. */
export function useAction<Given extends unknown[]>(work: (...given: Given) => Promise<void>): Action<Given> {
  const busy = ref(false)
  const error = ref('')

  async function run(...given: Given): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = ''
    try {
      await work(...given)
    } catch (problem) {
      error.value = describe(problem)
    } finally {
      busy.value = false
    }
  }

  return { run, busy, error }
}
