/** Where an error of the API belongs in the form. */
import { addError, withElsewhere } from '@/api/fieldErrors'
import type { ApiError, FieldError } from '@/api/problem'

import { parseImages, parseNames } from './imageList'
import type { Draft } from './draft'

export interface ImageError {
  image: string
  line: number
  detail: string
}

export interface FormErrors {
  images: ImageError[]
  /** By the request's field: node_selector, batch_size, … */
  fields: Record<string, string>
  /** Those that belong to no field. */
  general: string
}

export const noErrors = (): FormErrors => ({ images: [], fields: {}, general: '' })

/** What can be said without asking the server: something is missing. */
export function missingParts(draft: Draft): FormErrors {
  const errors = noErrors()
  if (!parseImages(draft.images).entries.length && !draft.lists.length)
    errors.fields.images = 'Enter at least one image, for example nginx:1.27.'
  if (draft.target === 'selector' && !draft.selector.trim())
    errors.fields.node_selector =
      'The selector is empty, which does not mean every node. Enter one such as pool=gpu, or choose “All nodes”.'
  if (draft.target === 'names' && !parseNames(draft.names).length)
    errors.fields.node_names = 'Enter the name of at least one node.'
  return errors
}

export function hasErrors(errors: FormErrors): boolean {
  return errors.images.length > 0 || errors.general !== '' || Object.keys(errors.fields).length > 0
}

/** The API's pointers (`images/3`) as lines and fields of the form that was sent. */
export function placeErrors(refusal: ApiError, sent: Draft): FormErrors {
  const placed = noErrors()
  const { entries } = parseImages(sent.images)
  const names = parseNames(sent.names)
  for (const error of refusal.fields) {
    const { path, detail } = error
    const [field = '', index] = path
    const entry = field === 'images' && index !== undefined ? entries[Number(index)] : undefined
    if (entry) placed.images.push({ ...entry, detail })
    else if (field in fieldsOfForm) addError(placed.fields, field, named(names, field, index, detail))
    else placed.general = withElsewhere(placed.general, error)
  }
  if (!hasErrors(placed)) placed.general = refusal.message
  return placed
}

/** The API's `images/3` is the fourth image; the person looks for its line. */
export function imageErrors(text: string, told: FieldError[]): ImageError[] {
  const { entries } = parseImages(text)
  return told.flatMap(({ path: [field, index], detail }) => {
    const entry = field === 'images' && index !== undefined ? entries[Number(index)] : undefined
    return entry ? [{ ...entry, detail }] : []
  })
}

function named(names: string[], field: string, index: string | undefined, detail: string): string {
  const name = field === 'node_names' && index !== undefined ? names[Number(index)] : undefined
  return name && !detail.includes(name) ? `${name}: ${detail}` : detail
}

/** The fields that have a place of their own; `true` for those under "Limits". */
export const fieldsOfForm: Record<string, boolean> = {
  tenant: false,
  name: false,
  images: false,
  image_lists: false,
  node_selector: false,
  node_names: false,
  batch_size: true,
  concurrency: true,
  parallel_batches: true,
  priority: true,
  timeout_seconds: true,
  pull_timeout_seconds: true,
  max_attempts: true,
  retry_backoff_seconds: true,
  first_wave: true,
  failure_limit: true,
  pull_secrets: true,
  pull_policy: true,
  puller: true,
  include_cordoned: true,
  allow_skipped: true,
  strict_waves: true,
}
