/** Reading, editing and saving the settings; what somebody else changed meanwhile is never written over unseen. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'

import { api } from '@/api'
import { ApiError, describe } from '@/api/problem'
import type { AuditEntry, SettingName, Settings } from '@/api/types'

import { changedNames, draftFrom, rebase, toRequest, type SettingsDraft } from './draft'
import { hasErrors, missingParts, noErrors, placeErrors, type SettingsErrors } from './errors'

export const CHANGES_SHOWN = 10

export interface EditedSettings {
  read: ShallowRef<Settings | null>
  draft: Ref<SettingsDraft | null>
  /** `null` when they could not be read. */
  changes: ShallowRef<AuditEntry[] | null>
  /** Why the settings could not be read. */
  failure: ShallowRef<unknown>
  errors: Ref<SettingsErrors>
  /** The settings that differ from what was read. */
  changed: ComputedRef<SettingName[]>
  /** What somebody else changed while this person edited. */
  meanwhile: Ref<SettingName[]>
  busy: Ref<boolean>
  saved: Ref<boolean>
  load: () => Promise<void>
  save: () => Promise<void>
  discard: () => void
}

export function useSettings(): EditedSettings {
  const read = shallowRef<Settings | null>(null)
  const draft = ref<SettingsDraft | null>(null)
  const changes = shallowRef<AuditEntry[] | null>([])
  const failure = shallowRef<unknown>(null)
  const errors = ref(noErrors())
  const meanwhile = ref<SettingName[]>([])
  const busy = ref(false)
  const saved = ref(false)
  let etag = ''

  const changed = computed(() => (read.value && draft.value ? changedNames(draft.value, read.value) : []))

  // What the last save found stands until something is edited.
  watch(
    () => JSON.stringify(draft.value),
    () => (errors.value = noErrors()),
    { flush: 'sync' },
  )
  watch(changed, (names) => {
    if (names.length) saved.value = false
  })

  async function load(): Promise<void> {
    failure.value = null
    try {
      take(await api.settings())
      await readChanges()
    } catch (problem) {
      failure.value = problem
    }
  }

  function take(answer: { settings: Settings; etag: string }): void {
    read.value = answer.settings
    draft.value = draftFrom(answer.settings)
    etag = answer.etag
  }

  /** A list that cannot be read must not make a change that was saved look like one that was not. */
  async function readChanges(): Promise<void> {
    changes.value = await api.settingsChanges(CHANGES_SHOWN).then(
      (page) => page.results,
      () => null,
    )
  }

  async function save(): Promise<void> {
    if (!read.value || !draft.value || busy.value) return
    errors.value = missingParts(draft.value)
    if (hasErrors(errors.value)) return
    busy.value = true
    try {
      take(await api.changeSettings(toRequest(draft.value, read.value, read.value.defaults), etag))
      meanwhile.value = []
      saved.value = true
      await readChanges()
    } catch (problem) {
      if (problem instanceof ApiError && problem.status === 412) await takeInWhatOthersChanged(draft.value, read.value)
      else if (problem instanceof ApiError) errors.value = placeErrors(problem, draft.value)
      else errors.value = { ...noErrors(), general: describe(problem) }
    } finally {
      busy.value = false
    }
  }

  /** Their values become what was read, the person's own edits stay on top: saving again is then a decision. */
  async function takeInWhatOthersChanged(mine: SettingsDraft, before: Settings): Promise<void> {
    try {
      const answer = await api.settings()
      meanwhile.value = changedNames(draftFrom(answer.settings), before)
      take(answer)
      draft.value = rebase(mine, before, answer.settings)
      await readChanges()
    } catch (problem) {
      errors.value = { ...noErrors(), general: describe(problem) }
    }
  }

  function discard(): void {
    if (read.value) draft.value = draftFrom(read.value)
    meanwhile.value = []
  }

  return { read, draft, changes, failure, errors, changed, meanwhile, busy, saved, load, save, discard }
}
