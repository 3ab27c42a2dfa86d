import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api } from '@/api'
import { ApiError } from '@/api/problem'
import type { Me, Permission, Role } from '@/api/types'

/** Who is signed in and what they may do. The session itself is a cookie that no script can read. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null)
  /** Whether the server has been asked yet. */
  const known = ref(false)

  const installation = computed(() => me.value?.installation ?? null)
  /** Tenants in which this person may create tasks. */
  const tenants = computed(() => {
    const memberships = me.value?.memberships ?? []
    return memberships.filter(({ may }) => may.includes('tasks.operate')).map(({ tenant }) => tenant)
  })
  const mayCreate = computed(() => may('tasks.operate'))

  /** Whether the server would let this person do it: in this tenant, or without one named in any. */
  function may(what: Permission, tenant?: string): boolean {
    const memberships = me.value?.memberships.filter((one) => tenant === undefined || one.tenant === tenant) ?? []
    return me.value?.may.includes(what) === true || memberships.some((one) => one.may.includes(what))
  }

  /** The role that was given in this tenant; a platform administrator may be without one. */
  function roleIn(tenant: string): Role | null {
    return me.value?.memberships.find((one) => one.tenant === tenant)?.role ?? null
  }

  function mayOperate(tenant: string): boolean {
    return may('tasks.operate', tenant)
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

  const asked = { may, roleIn, mayCreate, mayOperate }
  return { me, known, installation, tenants, ...asked, load, refresh, signIn, signOut, forget }
})
