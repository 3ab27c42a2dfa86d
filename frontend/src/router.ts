import { createRouter, createWebHistory } from 'vue-router'

import { whenSignedOut } from './api/client'
import type { Permission } from './api/types'
import TaskListPage from './pages/TaskListPage.vue'
import { useSession } from './stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    title?: string
    /** Shown to people who are not signed in. */
    open?: boolean
    /** Only for those who may create tasks. */
    creates?: boolean
    /** Only for those who may do it, in some tenant. */
    needs?: Permission
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: '/tasks' },
    {
      path: '/sign-in',
      name: 'sign-in',
      component: () => import('./pages/SignInPage.vue'),
      meta: { title: 'Sign in', open: true },
    },
    {
      path: '/reset-password',
      name: 'reset-password',
      component: () => import('./pages/ResetPasswordPage.vue'),
      meta: { title: 'Set your password', open: true },
    },
    { path: '/tasks', name: 'tasks', component: TaskListPage, meta: { title: 'Tasks' } },
    {
      path: '/tasks/new',
      name: 'new-task',
      component: () => import('./pages/NewTaskPage.vue'),
      meta: { title: 'New task', creates: true },
    },
    {
      path: '/tasks/:id',
      name: 'task',
      component: () => import('./pages/TaskPage.vue'),
      props: true,
      meta: { title: 'Task' },
    },
    { path: '/nodes', name: 'nodes', component: () => import('./pages/NodesPage.vue'), meta: { title: 'Nodes' } },
    {
      path: '/settings',
      name: 'settings',
      component: () => import('./pages/SettingsPage.vue'),
      meta: { title: 'Settings' },
    },
    {
      path: '/api-keys',
      name: 'api-keys',
      component: () => import('./pages/ApiKeysPage.vue'),
      meta: { title: 'API keys' },
    },
    {
      path: '/library',
      name: 'library',
      component: () => import('./pages/LibraryPage.vue'),
      meta: { title: 'Image lists' },
    },
    {
      path: '/webhooks',
      name: 'webhooks',
      component: () => import('./pages/WebhooksPage.vue'),
      meta: { title: 'Webhooks' },
    },
    {
      path: '/deliveries',
      name: 'deliveries',
      component: () => import('./pages/DeliveriesPage.vue'),
      meta: { title: 'Deliveries' },
    },
    {
      path: '/schedules',
      name: 'schedules',
      component: () => import('./pages/SchedulesPage.vue'),
      meta: { title: 'Schedules' },
    },
    {
      path: '/schedules/new',
      name: 'new-schedule',
      component: () => import('./pages/ScheduleFormPage.vue'),
      meta: { title: 'New schedule', needs: 'schedules.write' },
    },
    {
      path: '/schedules/:id',
      name: 'schedule',
      component: () => import('./pages/SchedulePage.vue'),
      props: true,
      meta: { title: 'Schedule' },
    },
    {
      path: '/schedules/:id/edit',
      name: 'edit-schedule',
      component: () => import('./pages/ScheduleFormPage.vue'),
      props: true,
      meta: { title: 'Edit the schedule', needs: 'schedules.write' },
    },
    {
      path: '/registry-hooks',
      name: 'registry-hooks',
      component: () => import('./pages/RegistryHooksPage.vue'),
      meta: { title: 'Registry hooks' },
    },
    {
      path: '/registry-hooks/:id',
      name: 'registry-hook',
      component: () => import('./pages/RegistryHookPage.vue'),
      props: true,
      meta: { title: 'Registry hook' },
    },
    {
      path: '/policies',
      name: 'policies',
      component: () => import('./pages/PoliciesPage.vue'),
      meta: { title: 'Policies' },
    },
    {
      path: '/policies/new',
      name: 'new-policy',
      component: () => import('./pages/PolicyFormPage.vue'),
      meta: { title: 'New policy', needs: 'policies.manage' },
    },
    {
      path: '/policies/:id',
      name: 'policy',
      component: () => import('./pages/PolicyPage.vue'),
      props: true,
      meta: { title: 'Policy' },
    },
    {
      path: '/policies/:id/edit',
      name: 'edit-policy',
      component: () => import('./pages/PolicyFormPage.vue'),
      props: true,
      meta: { title: 'Edit the policy', needs: 'policies.manage' },
    },
    {
      path: '/images',
      name: 'images',
      component: () => import('./pages/ImagesPage.vue'),
      meta: { title: 'Images on nodes' },
    },
    {
      path: '/coverage',
      name: 'coverage',
      component: () => import('./pages/CoveragePage.vue'),
      meta: { title: 'Coverage' },
    },
    {
      path: '/account',
      name: 'account',
      component: () => import('./pages/AccountPage.vue'),
      meta: { title: 'My account' },
    },
    { path: '/users', name: 'users', component: () => import('./pages/UsersPage.vue'), meta: { title: 'Users' } },
    {
      path: '/tenants',
      name: 'tenants',
      component: () => import('./pages/TenantsPage.vue'),
      meta: { title: 'Tenants' },
    },
    {
      path: '/tenants/:id',
      name: 'tenant',
      component: () => import('./pages/TenantPage.vue'),
      props: true,
      meta: { title: 'Tenant' },
    },
    { path: '/audit', name: 'audit', component: () => import('./pages/AuditPage.vue'), meta: { title: 'Audit' } },
    {
      path: '/:missing(.*)*',
      name: 'missing',
      component: () => import('./pages/NotFoundPage.vue'),
      meta: { title: 'Not found' },
    },
  ],
})

router.beforeEach(async (to) => {
  const session = useSession()
  await session.load()
  if (!session.me && !to.meta.open) return { name: 'sign-in', query: to.path === '/tasks' ? {} : { next: to.fullPath } }
  if (session.me && to.name === 'sign-in') return { name: 'tasks' }
  if (to.meta.creates && !session.mayCreate) return { name: 'tasks' }
  if (to.meta.needs && !session.may(to.meta.needs)) return { name: 'tasks' }
  return true
})

router.afterEach((to, from) => {
  if (to.path !== from.path) window.scrollTo(0, 0)
  setTitle(to.meta.title ?? '')
})

/** The session ended while someone was at work: sign in again, then come back to the same page. */
whenSignedOut(() => {
  const session = useSession()
  if (!session.me) return
  session.forget()
  const here = router.currentRoute.value
  void router.push({ name: 'sign-in', query: { next: here.fullPath } })
})

export function setTitle(title: string): void {
  document.title = title ? `${title} · IPS` : 'IPS · Image Prewarm Service'
}
