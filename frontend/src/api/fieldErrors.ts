/** What forms do with errors about single fields, whatever the form. */
import type { FieldError } from './problem'

/** Note what is wrong at a place; what is known of it already stays. */
export function addError(places: Record<string, string>, where: string, detail: string): void {
  places[where] = places[where] ? `${places[where]} ${detail}` : detail
}

/** The general text with an error that has no place in the form. */
export function withElsewhere(general: string, { path, detail }: FieldError): string {
  return [general, path.length ? `${path.join('/')}: ${detail}` : detail].filter(Boolean).join(' ')
}
