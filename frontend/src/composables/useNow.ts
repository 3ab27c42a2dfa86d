import { onScopeDispose, ref, type Ref } from 'vue'

import { serverNow } from '@/api/clock'

/** The server's time in milliseconds, moving once a second. */
export function useNow(): Ref<number> {
  const now = ref(serverNow())
  const timer = setInterval(() => (now.value = serverNow()), 1_000)
  onScopeDispose(() => clearInterval(timer))
  return now
}
