import { computed, ref, type ComputedRef } from 'vue'

import { api } from '@/api'
import type { Permission } from '@/api/types'
import { useSession } from '@/stores/session'

const MOST = 200

/** The tenants in which this person may do it: those one belongs to, or for a platform administrator all. */
export function useTenants(permission: Permission): ComputedRef<string[]> {
  const session = useSession()
  const all = ref<string[] | null>(null)
  const own = computed(() => session.me?.memberships.map(({ tenant }) => tenant) ?? [])

  if (session.me?.is_platform_admin)
    void api.tenants({ page_size: MOST }).then(
      ({ results }) => (all.value = results.map(({ slug }) => slug)),
      () => undefined, // one's own are better than none
    )

  return computed(() => (all.value ?? own.value).filter((tenant) => session.may(permission, tenant)))
}
