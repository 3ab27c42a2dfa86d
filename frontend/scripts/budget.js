/**
 * Print what a first visit downloads (gzip), and fail above the budget.
 *
 * The entry is what the browser needs for the sign-in page or the task list: what index.html names, what those files
 * import, and the page's own files. A lazy page counts only what it adds to that.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const BUDGET = { js: 180, css: 35, page: 90 } // kB
const dist = fileURLToPath(new URL('../dist/', import.meta.url))

const files = readdirSync(join(dist, 'assets'))
const text = (file) => readFileSync(join(dist, 'assets', file), 'utf8')
const size = (file) => gzipSync(text(file), { level: 9 }).length / 1000
const total = (wanted, ending) =>
  [...wanted].filter((file) => file.endsWith(ending)).reduce((sum, file) => sum + size(file), 0)

/** The files that must be there before this one runs: static imports, and theirs. */
function needs(file, found = new Set()) {
  if (found.has(file)) return found
  found.add(file)
  if (!file.endsWith('.js')) return found
  for (const [, imported] of text(file).matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) needs(imported, found)
  return found
}

const html = readFileSync(join(dist, 'index.html'), 'utf8')
const named = [...html.matchAll(/\/assets\/([\w.-]+\.(?:js|css))/g)].map(([, file]) => file)
const entry = new Set(named.flatMap((file) => [...needs(file)]))

/** Each lazy page with what it loads beyond the entry: the list that the bundler wrote next to its import(). */
const entryCode = [...entry].filter((file) => file.endsWith('.js')).map(text).join('\n')
const lists = [...entryCode.matchAll(/assets\/[\w.-]+\.(?:js|css)/g)].map(([path]) => basename(path))
const pages = files.filter((file) => /Page-.*\.js$/.test(file))
const added = (page) => new Set([...needs(page)].filter((file) => !entry.has(file)))

let over = false
function line(name, kilobytes, budget) {
  const bad = kilobytes > budget
  over ||= bad
  console.log(`${name.padEnd(28)} ${kilobytes.toFixed(1).padStart(7)} kB  of ${budget} kB${bad ? '  TOO MUCH' : ''}`)
}

const signIn = added(pages.find((page) => page.startsWith('SignInPage')) ?? '')
const allCss = new Set([...entry, ...lists].filter((file) => file.endsWith('.css')))
line('entry JS', total(new Set([...entry, ...signIn]), '.js'), BUDGET.js)
line('entry CSS', total(entry, '.css'), BUDGET.css)
line('all CSS', total(allCss, '.css'), BUDGET.css)
for (const page of pages) line(`+ ${page.replace(/-.*/, '')} JS`, total(added(page), '.js'), BUDGET.page)
process.exitCode = over ? 1 : 0
