import { onScopeDispose, ref, type Ref } from 'vue'

/** Whether a media query matches, as state. */
export function useMedia(query: string): Ref<boolean> {
  const media = window.matchMedia(query)
  const matches = ref(media.matches)
  const read = () => (matches.value = media.matches)
  media.addEventListener('change', read)
  onScopeDispose(() => media.removeEventListener('change', read))
  return matches
}
