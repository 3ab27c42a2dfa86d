import { shallowRef } from 'vue'

import { useAction } from './useAction'

/** What a dialog needs that asks before something is done. */
export interface Asking {
  readonly busy: boolean
  /** Why it could not be done, in words; empty otherwise. */
  readonly problem: string
  confirm: () => Promise<void>
  close: () => void
}

export interface Question<Row> extends Asking {
  /** What is asked about; `null` while nothing is. */
  readonly about: Row | null
  ask: (about: Row) => void
}

/** Something that is done with a row only after a question; the question stays open when it could not be done. */
export function useQuestion<Row>(work: (about: Row) => Promise<void>): Question<Row> {
  const about = shallowRef<Row | null>(null)
  const { run, busy, error } = useAction(async () => {
    if (about.value === null) return
    await work(about.value)
    about.value = null
  })

  return {
    get about() {
      return about.value
    },
    get busy() {
      return busy.value
    },
    get problem() {
      return error.value
    },
    ask: (row) => {
      error.value = ''
      about.value = row
    },
    confirm: run,
    close: () => {
      about.value = null
    },
  }
}
