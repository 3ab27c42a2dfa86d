import { ref, shallowRef } from 'vue'

import type { Read } from '@/api/answer'

import { useAction } from './useAction'

export interface Editing<Row, Line = Row> {
  /** Whether the form is open: for something new, or for what `read` holds. */
  readonly open: boolean
  readonly read: Read<Row> | null
  /** Why it could not be read, in words; empty otherwise. */
  readonly problem: string
  make: () => void
  edit: (line: Line) => Promise<void>
  close: () => void
  /** It was saved. */
  done: () => void
}

/** A form for a new row, or for one that is read anew first: its line in a list may be old, and say less. */
export function useEditing<Row, Line = Row>(
  read: (line: Line) => Promise<Read<Row>>,
  saved: () => void,
): Editing<Row, Line> {
  const making = ref(false)
  const editing = shallowRef<Read<Row> | null>(null)
  const { run, error } = useAction(async (line: Line) => {
    editing.value = await read(line)
  })

  function close(): void {
    making.value = false
    editing.value = null
  }

  return {
    get open() {
      return making.value || editing.value !== null
    },
    get read() {
      return editing.value
    },
    get problem() {
      return error.value
    },
    make: () => {
      making.value = true
    },
    edit: run,
    close,
    done: () => {
      close()
      saved()
    },
  }
}
