/** Reading the images that a person typed or pasted. */

export interface ImageEntry {
  image: string
  /** The line of the field on which it stands, from 1. */
  line: number
}

export interface ImageList {
  entries: ImageEntry[]
  /** Those that were already there further up; they count once. */
  repeated: ImageEntry[]
}

/**
 * Images, one per line; also lists as they come from elsewhere.
 *
 * An image's name has neither spaces nor commas, so both separate (`kubectl … -o jsonpath` gives spaces). Around a
 * name, quotes, brackets, the dash of a YAML list and `image:` are taken off. From `#` on it is a comment.
 */
export function parseImages(text: string): ImageList {
  const list: ImageList = { entries: [], repeated: [] }
  const seen = new Set<string>()
  for (const entry of parseWords(text)) {
    if (seen.has(entry.image)) list.repeated.push(entry)
    else list.entries.push(entry)
    seen.add(entry.image)
  }
  return list
}

/** Node names, in the same forms. */
export function parseNames(text: string): string[] {
  return [...new Set(parseWords(text).map((entry) => entry.image.replace(/^node\//, '')))]
}

function parseWords(text: string): ImageEntry[] {
  return text.split(/\r?\n/).flatMap((line, index) =>
    line
      .replace(/(^|\s)#.*$/, '')
      .split(/[\s,;]+/)
      .map((word) => word.replace(/^["'[\]{}]+|["'[\]{}]+$/g, ''))
      .filter((word) => word !== '' && word !== '-' && word !== 'image:' && word !== 'images:')
      .map((image) => ({ image, line: index + 1 })),
  )
}
