import { stateOf } from './instance'
import { expect, hasPerson, startTask, test } from './people'

test.skip(() => !hasPerson('vera'), 'the instance that was named has no viewer (IPS_VIEWER_PASSWORD)')

test.describe('someone who may only look', () => {
  test.use({ person: 'vera' })

  test('sees tasks and nodes, and no button to make a task', async ({ page }) => {
    await page.goto('/tasks')
    await expect(page.getByRole('button', { name: /Signed in as vera\s+Viewer/ })).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Tasks', exact: true })).toBeVisible()

    await expect(page.getByRole('button', { name: /new task|first task/i })).toHaveCount(0)
    await page.goto('/tasks/new')
    await expect(page).toHaveURL(/\/tasks$/)
    await page.goto('/nodes')
    await expect(page.getByRole('row').nth(1)).toBeVisible()
  })
})

test('a viewer watches an operator’s task without its buttons', async ({ page, browser, baseURL }) => {
  await startTask(page, 'slow/watched:1')
  const hers = await browser.newPage({ storageState: stateOf('vera'), baseURL })

  await hers.goto(page.url())

  await expect(hers.getByRole('heading', { level: 1 })).toContainText('slow/watched:1')
  await expect(hers.getByRole('button', { name: /^(Cancel|Pause|Clone|Retry.*)$/ })).toHaveCount(0)
  await hers.close()
  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await page.getByRole('button', { name: 'Cancel the task' }).click()
})
