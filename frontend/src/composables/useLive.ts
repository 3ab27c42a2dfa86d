import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

export const TYPING_PAUSE = 350

export interface Live<Answer> {
  answer: ShallowRef<Answer | null>
  /** Why there is no answer; `null` otherwise. */
  problem: ShallowRef<unknown>
  busy: Ref<boolean>
}

/**
 * What the server says of something that is being written, a moment after the person has stopped typing.
 *
 * `wish` is what is asked for, `null` while something is missing. An answer to an older wish is dropped, whenever it
 * arrives.
 */
export function useLive<Wish, Answer>(
  wish: () => Wish | null,
  ask: (wish: Wish, signal: AbortSignal) => Promise<Answer>,
): Live<Answer> {
  const answer = shallowRef<Answer | null>(null)
  const problem = shallowRef<unknown>(null)
  const busy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked: AbortController | null = null

  function drop(): void {
    clearTimeout(timer)
    asked?.abort()
    asked = null
  }

  async function put(asking: Wish): Promise<void> {
    const mine = new AbortController()
    asked = mine
    try {
      const told = await ask(asking, mine.signal)
      if (asked !== mine) return
      answer.value = told
      problem.value = null
    } catch (refusal) {
      if (asked !== mine) return
      answer.value = null
      problem.value = refusal
    }
    busy.value = false
  }

  watch(
    () => JSON.stringify(wish()),
    (text) => {
      drop()
      problem.value = null
      const asking = JSON.parse(text) as Wish | null
      busy.value = asking !== null
      if (asking === null) answer.value = null
      else timer = setTimeout(() => void put(asking), TYPING_PAUSE)
    },
    { immediate: true },
  )
  onScopeDispose(drop)

  return { answer, problem, busy }
}
