import { onScopeDispose, ref, type Ref } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'

export interface UnsavedGuard {
  /** Whether the person is being asked. */
  asking: Ref<boolean>
  answer: (leave: boolean) => void
}

/** Ask before a page with unsaved work is left: by a link, by the back button, or by closing the tab. */
export function useUnsavedGuard(unsaved: () => boolean): UnsavedGuard {
  const asking = ref(false)
  let decide: ((leave: boolean) => void) | null = null

  function answer(leave: boolean): void {
    asking.value = false
    decide?.(leave)
    decide = null
  }

  onBeforeRouteLeave(() => {
    if (!unsaved()) return true
    answer(false)
    asking.value = true
    return new Promise<boolean>((resolve) => (decide = resolve))
  })

  const hold = (event: BeforeUnloadEvent) => {
    if (unsaved()) event.preventDefault()
  }
  window.addEventListener('beforeunload', hold)
  onScopeDispose(() => window.removeEventListener('beforeunload', hold))

  return { asking, answer }
}
