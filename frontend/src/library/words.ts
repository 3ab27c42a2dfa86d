/** Reading tags that a person typed, and saying what a list holds. */

/** Tags, separated by commas; each once. */
export function parseTags(text: string): string[] {
  const tags = text.split(',').map((tag) => tag.trim())
  return [...new Set(tags.filter(Boolean))]
}

/** The first of its images, and how many others there are. */
export function holds(first: readonly string[], count: number): string {
  const others = count - first.length
  return others > 0 ? `${first.join(', ')} and ${others} more` : first.join(', ') || 'none'
}
