import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

import { api } from '@/api'
import { ApiError, describe } from '@/api/problem'
import type { Preview } from '@/api/types'
import { toRequest, type Draft } from '@/tasks/draft'
import { hasErrors, missingParts, noErrors, placeErrors, type FormErrors } from '@/tasks/formErrors'

export const TYPING_PAUSE = 350
/** While registries are being asked, the same question is put again after this, so many times. */
export const ASK_AGAIN = 1_000
export const ROUNDS = 10
/** Longer than this, nobody who wants to start is kept waiting for a preview. */
const PATIENCE = 3_000

export interface LivePreview {
  preview: ShallowRef<Preview | null>
  errors: ShallowRef<FormErrors>
  busy: Ref<boolean>
  /** Ask at once if something has changed, and return when the answer is there, or when it takes too long. */
  latest: () => Promise<void>
}

/**
 * What the draft would do, a moment after the person has stopped typing.
 *
 * An answer to an older draft is dropped, whenever it arrives. While something is missing, nothing is asked. Errors of
 * input are as good as an answer: they are shown at their fields before anything is sent for real. An answer that still
 * waits for registries stands until the next one replaces it; when those fail or take too long, it stands for good.
 */
export function usePreview(draft: Ref<Draft>): LivePreview {
  const preview = shallowRef<Preview | null>(null)
  const errors = shallowRef<FormErrors>(noErrors())
  const busy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked: AbortController | null = null
  let asking: Promise<void> = Promise.resolve()

  function drop(): void {
    clearTimeout(timer)
    asked?.abort()
    asked = null
  }

  function ask(round = 0): void {
    clearTimeout(timer)
    asking = answer(round)
  }

  async function answer(round: number): Promise<void> {
    const mine = new AbortController()
    asked = mine
    const sent = copy(draft.value)
    try {
      const told = await api.previewTask(toRequest(sent), mine.signal)
      if (asked !== mine) return
      preview.value = told
      errors.value = noErrors()
    } catch (problem) {
      if (asked !== mine) return
      if (!round) {
        preview.value = null
        errors.value =
          problem instanceof ApiError ? placeErrors(problem, sent) : { ...noErrors(), general: describe(problem) }
      }
    }
    busy.value = false
    if (!preview.value || !isChecking(preview.value)) return
    if (round < ROUNDS) timer = setTimeout(() => ask(round + 1), ASK_AGAIN)
    else preview.value = withoutAnswer(preview.value)
  }

  async function latest(): Promise<void> {
    if (!busy.value) return
    if (!asked) ask()
    await Promise.race([asking, new Promise((resolve) => setTimeout(resolve, PATIENCE))])
  }

  watch(
    () => JSON.stringify(toRequest(draft.value)),
    () => {
      drop()
      errors.value = noErrors()
      busy.value = !hasErrors(missingParts(draft.value))
      if (busy.value) timer = setTimeout(() => ask(), TYPING_PAUSE)
      else preview.value = null
    },
    { immediate: true },
  )
  onScopeDispose(drop)

  return { preview, errors, busy, latest }
}

function isChecking(preview: Preview): boolean {
  return preview.images.some((image) => image.registry === 'checking')
}

/** Nobody waits for ever: what a registry has not told by now is not known. */
function withoutAnswer(preview: Preview): Preview {
  const images = preview.images.map((image) =>
    image.registry === 'checking'
      ? { ...image, registry: 'unknown' as const, message: 'The registry has not answered so far.' }
      : image,
  )
  return { ...preview, images }
}

/** The draft as it is now: the person goes on typing while the answer is on its way. */
function copy(draft: Draft): Draft {
  return JSON.parse(JSON.stringify(draft)) as Draft
}
