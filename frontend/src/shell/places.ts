/** Where one can go, by what one may do. */
import type { Permission } from '@/api/types'

interface Place {
  path: string
  label: string
  /** Shown to those who may do it, in some tenant or everywhere; to everybody where nothing is named. */
  needs?: Permission
}

/** A word of the main menu. On a small screen only `short` is shown of it. */
export interface Section {
  label: string
  short?: string
  places: Place[]
}

const sections: Section[] = [
  {
    label: 'Tasks',
    places: [
      { path: '/tasks', label: 'Tasks' },
      { path: '/schedules', label: 'Schedules', needs: 'schedules.read' },
      { path: '/policies', label: 'Policies', needs: 'policies.read' },
      { path: '/registry-hooks', label: 'Registry hooks', needs: 'registry-hooks.read' },
    ],
  },
  { label: 'Nodes', places: [{ path: '/nodes', label: 'Nodes' }] },
  {
    label: 'Images',
    places: [
      { path: '/library', label: 'Library', needs: 'image-lists.read' },
      { path: '/images', label: 'On nodes', needs: 'nodes.read' },
      { path: '/coverage', label: 'Coverage', needs: 'nodes.read' },
    ],
  },
  {
    label: 'Webhooks',
    places: [
      { path: '/webhooks', label: 'Webhooks', needs: 'webhooks.read' },
      { path: '/deliveries', label: 'Deliveries', needs: 'deliveries.read' },
    ],
  },
  {
    label: 'Administration',
    short: 'Admin',
    places: [
      { path: '/users', label: 'Users', needs: 'users.manage' },
      { path: '/tenants', label: 'Tenants', needs: 'members.read' },
      { path: '/audit', label: 'Audit', needs: 'audit.read' },
      { path: '/settings', label: 'Settings', needs: 'settings.manage' },
      { path: '/api-keys', label: 'API keys', needs: 'keys.make' },
    ],
  },
]

/** Those that everybody has: they alone make nobody an administrator. */
const everybodys = new Set(['/api-keys'])

/** The sections with the places that this person has; none for whoever would find only everybody's things there. */
export function sectionsFor(may: (what: Permission) => boolean): Section[] {
  return sections
    .map((section) => ({ ...section, places: section.places.filter(({ needs }) => !needs || may(needs)) }))
    .filter(({ places }) => places.some(({ path }) => !everybodys.has(path)))
}

export const isIn = (section: Section, path: string) => section.places.some((place) => path.startsWith(place.path))
