/** Where an error about a policy belongs in its form. */
import { addError, withElsewhere } from '@/api/fieldErrors'
import type { ApiError } from '@/api/problem'
import { hasErrors, noErrors, type FormErrors } from '@/tasks/formErrors'
import { parseImages, parseNames } from '@/tasks/imageList'

import type { PolicyDraft } from './draft'

const ownFields = new Set([
  ...['tenant', 'name', 'images', 'image_lists', 'node_selector', 'node_names', 'namespaces', 'selector', 'kinds'],
  ...['priority', 'settle_seconds', 'recheck_seconds', 'nodes_per_minute', 'pull_secrets', 'include_cordoned'],
])

/** What can be said without asking the server: something is missing. */
export function missingParts(draft: PolicyDraft): FormErrors {
  const { fields, ...errors } = noErrors()
  if (!draft.name.trim()) fields.name = 'Enter a name, such as “web shop”.'
  return { ...errors, fields: { ...fields, ...missingForPreview(draft) } }
}

/** The same, but for the name: what a policy would cover can be told without. */
export function missingForPreview(draft: PolicyDraft): Record<string, string> {
  const fields: Record<string, string> = {}
  if (!parseImages(draft.images).entries.length && !draft.lists.length && !draft.follows)
    fields.images = 'Enter at least one image, for example nginx:1.27, or follow workloads.'
  if (draft.follows && !parseNames(draft.namespaces).length) fields.namespaces = 'Enter at least one namespace.'
  if (draft.follows && !draft.kinds.length) fields.kinds = 'Choose at least one kind.'
  if (draft.target === 'selector' && !draft.selector.trim())
    fields.node_selector = 'Enter a selector such as pool=gpu, or choose “All nodes”.'
  if (draft.target === 'names' && !parseNames(draft.names).length)
    fields.node_names = 'Enter the name of at least one node.'
  return fields
}

/** The API's pointers (`images/3`, `follow/namespaces/0`, `task/pull_secrets/1`) as fields and lines of the form. */
export function placeErrors(refusal: ApiError, sent: PolicyDraft): FormErrors {
  const placed = noErrors()
  const { entries } = parseImages(sent.images)
  const lists: Record<string, string> = {
    node_names: sent.names,
    namespaces: sent.namespaces,
    pull_secrets: sent.pull_secrets,
  }
  for (const error of refusal.fields) {
    const path = ['follow', 'task'].includes(error.path[0] ?? '') ? error.path.slice(1) : error.path
    const [field = '', index] = path
    const entry = field === 'images' && index !== undefined ? entries[Number(index)] : undefined
    const name = index === undefined ? undefined : parseNames(lists[field] ?? '')[Number(index)]
    if (entry) placed.images.push({ ...entry, detail: error.detail })
    else if (ownFields.has(field))
      addError(placed.fields, field, name && !error.detail.includes(name) ? `${name}: ${error.detail}` : error.detail)
    else placed.general = withElsewhere(placed.general, error)
  }
  if (!hasErrors(placed)) placed.general = refusal.message
  return placed
}
