import { customRef, onScopeDispose, watch, type Ref } from 'vue'

/** The text of a field that is passed on only once the person has stopped typing for a moment. */
export function useDelayed(target: Ref<string>, milliseconds: number): Ref<string> {
  let text = target.value
  let timer: ReturnType<typeof setTimeout> | undefined

  const field = customRef<string>((track, trigger) => ({
    get: () => {
      track()
      return text
    },
    set: (value) => {
      text = value
      trigger()
      clearTimeout(timer)
      timer = setTimeout(() => (target.value = value.trim()), milliseconds)
    },
  }))

  // Someone else changed it (the back button, "clear the filters"): show that, and forget what was pending.
  watch(target, (value) => {
    if (value === text.trim()) return
    field.value = value
    clearTimeout(timer)
  })
  onScopeDispose(() => clearTimeout(timer))
  return field
}
