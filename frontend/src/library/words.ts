/** Reading tags that a person typed, and saying what a list holds. */

/** Tags, separated by commas; each once. */
export function parseTags(text: string): string[] {
  const tags = text.split(',').map((tag) => tag.trim())
  return [...new Set(tags.filter(Boolean))]
}

/** The first of its images, and how many others there are. */
export function holds(images: string[]): string {
  const [first = 'none', second, ...others] = images
  if (!second) return first
  return others.length ? `${first}, ${second} and ${others.length} more` : `${first}, ${second}`
}
