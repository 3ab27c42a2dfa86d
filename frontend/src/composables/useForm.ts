import { nextTick, ref, shallowRef, type Ref } from 'vue'

import { addError, withElsewhere } from '@/api/fieldErrors'
import { ApiError, describe, type FieldError } from '@/api/problem'

export interface Form {
  /** What is wrong, by the request's field. */
  errors: Ref<Record<string, string>>
  /** All that the API found, for fields that show more than a sentence. */
  told: Ref<FieldError[]>
  /** What is wrong and belongs to no field of this form. */
  general: Ref<string>
  busy: Ref<boolean>
  /** Send it. What is wrong is placed, and the first field that is not right has the focus. */
  submit: () => Promise<void>
}

export interface FormOptions {
  /** What can be said without asking the server, by field. */
  missing?: () => Record<string, string | false>
  /** The words that belong to `networks/2`, so that an error in a list names its entry. */
  entry?: (field: string, index: number) => string | undefined
}

/** A form that sends `fields`; the API's errors are told at the field that they are about. */
export function useForm(fields: readonly string[], send: () => Promise<void>, options: FormOptions = {}): Form {
  const errors = ref<Record<string, string>>({})
  const told = shallowRef<FieldError[]>([])
  const general = ref('')
  const busy = ref(false)

  async function submit(): Promise<void> {
    if (busy.value) return
    errors.value = wrong(options.missing?.() ?? {})
    told.value = []
    general.value = ''
    if (!Object.keys(errors.value).length) {
      busy.value = true
      try {
        await send()
      } catch (problem) {
        place(problem)
      } finally {
        busy.value = false
      }
    }
    await nextTick()
    document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus()
  }

  function place(problem: unknown): void {
    told.value = problem instanceof ApiError ? problem.fields : []
    for (const error of told.value) {
      const [field = '', index] = error.path
      if (fields.includes(field)) addError(errors.value, field, named(field, index, error.detail))
      else general.value = withElsewhere(general.value, error)
    }
    if (!told.value.length) general.value = describe(problem)
  }

  function named(field: string, index: string | undefined, detail: string): string {
    const words = index === undefined ? undefined : options.entry?.(field, Number(index))
    return words && !detail.includes(words) ? `${words}: ${detail}` : detail
  }

  return { errors, told, general, busy, submit }
}

function wrong(said: Record<string, string | false>): Record<string, string> {
  return Object.fromEntries(Object.entries(said).filter((pair): pair is [string, string] => pair[1] !== false))
}
