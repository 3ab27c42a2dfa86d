/** Where an error about a schedule belongs in its form: its own fields, or those of the task that it asks for. */
import { addError, withElsewhere } from '@/api/fieldErrors'
import { ApiError } from '@/api/problem'
import {
  missingParts as missingOfTask,
  noErrors,
  placeErrors as placeOfTask,
  type FormErrors,
} from '@/tasks/formErrors'

import type { ScheduleDraft } from './draft'

const ownFields = new Set(['name', 'tenant', 'cron', 'time_zone', 'overlap', 'starting_deadline_seconds'])

/** What can be said without asking the server. */
export function missingParts(draft: ScheduleDraft): FormErrors {
  const errors = missingOfTask(draft.task)
  if (!draft.name.trim()) errors.fields.name = 'Enter a name, such as “nightly”.'
  if (!draft.cron.trim()) errors.fields.cron = 'Say when, for example 0 2 * * * for every night at two.'
  if (!draft.time_zone.trim()) errors.fields.time_zone = 'Say in which time zone.'
  return errors
}

/** The API's pointers (`cron`, `task/images/3`) as fields and lines of the form that was sent. */
export function placeErrors(refusal: ApiError, sent: ScheduleDraft): FormErrors {
  const inTask = refusal.fields
    .filter(({ path }) => path[0] === 'task')
    .map((error) => ({ ...error, path: error.path.slice(1) }))
  const about = new ApiError(refusal.status, refusal.code, '', refusal.requestId, inTask)
  const placed = inTask.length ? placeOfTask(about, sent.task) : noErrors()
  for (const error of refusal.fields.filter(({ path }) => path[0] !== 'task')) {
    const field = error.path[0] ?? ''
    if (ownFields.has(field)) addError(placed.fields, field, error.detail)
    else placed.general = withElsewhere(placed.general, error)
  }
  if (!refusal.fields.length) placed.general = refusal.message
  return placed
}
