import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api } from '@/api'
import { ApiError } from '@/api/problem'
import type { Me, Role } from '@/api/types'

const mayChange = new Set<Role>(['admin', 'operator'])

/** Who is signed in and what they may do. The session itself is a cookie that no script can read. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null)
  /** Whether the server has been asked yet. */
  const known = ref(false)

  const installation = computed(() => me.value?.installation ?? null)
  /** Tenants in which this person may create tasks. */
  const tenants = computed(() => {
    const memberships = me.value?.memberships ?? []
    return memberships.filter(({ role }) => mayChange.has(role)).map(({ tenant }) => tenant)
  })
  const mayCreate = computed(() => tenants.value.length > 0 || me.value?.is_platform_admin === true)

  function mayOperate(tenant: string): boolean {
    return me.value?.is_platform_admin === true || tenants.value.includes(tenant)
  }

  /** Ask the server once who this is. Not being signed in is an answer, not an error. */
  async function load(): Promise<void> {
    if (known.value) return
    try {
      me.value = await api.me()
    } catch (problem) {
      if (!(problem instanceof ApiError && problem.status === 401)) throw problem
      me.value = null
    }
    known.value = true
  }

  /** Ask again: what may be done, and whether pulls may start, changes while someone is at work. */
  async function refresh(signal?: AbortSignal): Promise<void> {
    const answer = await api.me(signal)
    if (me.value?.id === answer.id) me.value = answer
  }

  async function signIn(username: string, password: string): Promise<void> {
    me.value = await api.signIn(username, password)
    known.value = true
  }

  async function signOut(): Promise<void> {
    await api.signOut()
    forget()
  }

  /** The session has ended, here or on the server. */
  function forget(): void {
    me.value = null
    known.value = true
  }

  return { me, known, installation, tenants, mayCreate, mayOperate, load, refresh, signIn, signOut, forget }
})
