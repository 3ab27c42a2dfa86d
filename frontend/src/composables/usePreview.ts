import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

import { api } from '@/api'
import { ApiError, describe } from '@/api/problem'
import type { Preview } from '@/api/types'
import { toRequest, type Draft } from '@/tasks/draft'
import { hasErrors, missingParts, noErrors, placeErrors, type FormErrors } from '@/tasks/formErrors'

export const TYPING_PAUSE = 350

export interface LivePreview {
  preview: ShallowRef<Preview | null>
  errors: ShallowRef<FormErrors>
  busy: Ref<boolean>
}

/**
 * What the draft would do, a moment after the person has stopped typing.
 *
 * An answer to an older draft is dropped, whenever it arrives. While something is missing, nothing is asked. Errors of
 * input are as good as an answer: they are shown at their fields before anything is sent for real.
 */
export function usePreview(draft: Ref<Draft>): LivePreview {
  const preview = shallowRef<Preview | null>(null)
  const errors = shallowRef<FormErrors>(noErrors())
  const busy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked: AbortController | null = null

  function drop(): void {
    clearTimeout(timer)
    asked?.abort()
    asked = null
  }

  async function ask(): Promise<void> {
    const mine = new AbortController()
    asked = mine
    const sent = copy(draft.value)
    try {
      const answer = await api.previewTask(toRequest(sent), mine.signal)
      if (asked !== mine) return
      preview.value = answer
      errors.value = noErrors()
    } catch (problem) {
      if (asked !== mine) return
      preview.value = null
      errors.value =
        problem instanceof ApiError ? placeErrors(problem, sent) : { ...noErrors(), general: describe(problem) }
    }
    busy.value = false
  }

  watch(
    () => JSON.stringify(toRequest(draft.value)),
    () => {
      drop()
      errors.value = noErrors()
      busy.value = !hasErrors(missingParts(draft.value))
      if (busy.value) timer = setTimeout(() => void ask(), TYPING_PAUSE)
      else preview.value = null
    },
    { immediate: true },
  )
  onScopeDispose(drop)

  return { preview, errors, busy }
}

/** The draft as it is now: the person goes on typing while the answer is on its way. */
function copy(draft: Draft): Draft {
  return JSON.parse(JSON.stringify(draft)) as Draft
}
