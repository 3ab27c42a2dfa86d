import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQueryValue } from 'vue-router'

/** One word of the page's address as state, so that a link shows what its sender saw. Empty is left out. */
export function useQueryText(name: string, resets: string[] = []): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => words(route.query[name])[0] ?? '',
    set: (value) => {
      const { [name]: _old, ...others } = route.query
      for (const reset of resets) Reflect.deleteProperty(others, reset)
      void router.replace({ query: value ? { ...others, [name]: value } : others })
    },
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
    get: () => words(route.query[name]).filter(known),
    set: (values) => {
      const { [name]: _old, ...others } = route.query
      for (const reset of resets) Reflect.deleteProperty(others, reset)
      void router.replace({ query: values.length ? { ...others, [name]: values } : others })
    },
  })
}

function words(value: LocationQueryValue | LocationQueryValue[] | undefined): string[] {
  return [value].flat().filter((word): word is string => typeof word === 'string')
}
